//! How even a count is: figures of the README, printed by `make measure`.
//!
//! A beat's error is where its perceptual centre lies in a recording, less the second it was due on. Where in a
//! recording of the virtual card the talk's time began is not known, so the median error is taken out there.

use crate::card::Card;
use crate::led_by_voice::{Led, led, located};
use crate::support::{bank, counts, find_clip, rehearse, tree};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use talkthrough::session::spoken_number;
use talkthrough::sound::RATE;
use talkthrough::sound::file::Pcm;
use talkthrough::sound::timeline::timeline;
use talkthrough::time::Moment;
use talkthrough::voice::{Beat, BeatSound, Rank, Sound, Turn, Voice};

const HUNDRED: &str = "tests/card/hundred.toml";
const ANSWERS: [(&str, &str); 2] = [("press", "holding"), ("plug-in", "plugged in")];

/// A clip is found where what lies there is as alike as this: other sounds may lie over its end.
const LIKE_ENOUGH: f32 = 0.6;

/// Beats in a recording: when each was due, and where it was found, in seconds.
struct Found {
    beats: Vec<(f64, f64)>,
    wanted: usize,
}

/// What is to be said of them.
struct Spread {
    mean: f64,
    p99: f64,
    worst: f64,
}

impl Found {
    /// Errors in seconds; `centred`: less their median.
    fn errors(&self, centred: bool) -> Vec<f64> {
        let mut errors: Vec<f64> = self.beats.iter().map(|(due, at)| at - due).collect();
        errors.sort_by(f64::total_cmp);
        let median = errors.get(errors.len() / 2).copied().unwrap_or_default();
        let offset = if centred { median } else { 0.0 };
        errors.iter().map(|error| error - offset).collect()
    }

    /// Mean error; 99th percentile (the nearest rank) and greatest of their sizes.
    fn spread(&self, centred: bool) -> Spread {
        let errors = self.errors(centred);
        let mut sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let rank = (sizes.len() * 99).div_ceil(100).max(1) - 1;
        Spread {
            mean: errors.iter().sum::<f64>() / errors.len().max(1) as f64,
            p99: sizes.get(rank).copied().unwrap_or(f64::NAN),
            worst: sizes.last().copied().unwrap_or(f64::NAN),
        }
    }

    fn print(&self, what: &str, centred: bool) -> Spread {
        let spread = self.spread(centred);
        println!(
            "{what}: mean {:+.3} ms, p99 {:.3} ms, worst {:.3} ms (N = {} of {} beats)",
            spread.mean * 1e3,
            spread.p99 * 1e3,
            spread.worst * 1e3,
            self.beats.len(),
            self.wanted
        );
        spread
    }

    /// How fast the error grows, in seconds for each second: the slope of the straight line through it.
    fn drift(&self) -> f64 {
        let n = self.beats.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| self.beats.iter().map(of).sum::<f64>() / n;
        let (due, error) = (mean(|beat| beat.0), mean(|beat| beat.1 - beat.0));
        let (mut across, mut along) = (0.0, 0.0);
        for beat in &self.beats {
            across += (beat.0 - due) * (beat.1 - beat.0 - error);
            along += (beat.0 - due).powi(2);
        }
        across / along
    }
}

/// A hundred numbers in a rehearsal, looked for in what its loudspeaker played.
#[test]
#[ignore = "a measurement; `make measure` runs it"]
fn a_hundred_counts_of_a_rehearsal() {
    let rehearsal = rehearse(HUNDRED, None, &[]);
    let (bank, recording) = (bank(), rehearsal.speaker().samples);
    let counts = counts(&rehearsal.record);
    let found = Found {
        beats: counts
            .iter()
            .filter_map(|(due, _, text)| {
                let (at, alike) = find_clip(&bank, &recording, text, *due, 0.05)?;
                if alike <= LIKE_ENOUGH {
                    println!("{text:?}, due {due}, is not to be heard (likeness {alike:.2})");
                }
                (alike > LIKE_ENOUGH).then_some((*due, at))
            })
            .collect(),
        wanted: counts.len(),
    };
    let spread = found.print("counts of a rehearsal, in its recording", false);
    assert_eq!(found.beats.len(), 100, "every beat is in the recording");
    assert!(spread.p99 <= 0.010);
}

/// A hold of ten minutes: every tick, milestone and number of it.
#[test]
#[ignore = "a measurement; `make measure` runs it"]
fn the_drift_of_ten_minutes() {
    let rehearsal = rehearse("tests/card/ten-minutes.toml", None, &[]);
    let (bank, recording) = (bank(), rehearsal.speaker().samples);
    let tick = Sound::Tick.clip();
    let counts = counts(&rehearsal.record);
    let beats = counts.iter().filter_map(|(due, _, text)| {
        let (at, alike) = if text.is_empty() {
            tick_at(&tick.samples, &recording, *due)
        } else {
            find_clip(&bank, &recording, text, *due, 0.05)?
        };
        (alike > LIKE_ENOUGH).then_some((*due, at))
    });
    let found = Found {
        beats: beats.collect(),
        wanted: counts.len(),
    };
    found.print("beats of a hold of ten minutes", false);
    println!(
        "their drift: {:+.4} ms in ten minutes (slope of the error over N = {} beats)",
        found.drift() * 600.0 * 1e3,
        found.beats.len()
    );
    // Ticks under a milestone are hard to tell from its words.
    assert!(found.beats.len() > 580, "the beats are in the recording");
    assert!((found.drift() * 600.0).abs() < 0.001);
}

/// Where a tick begins near second `about`. A decaying tone is like itself a period later: it is where it is loudest.
fn tick_at(tick: &[f32], recording: &[f32], about: f64) -> (f64, f32) {
    let middle = (about * f64::from(RATE)).round() as usize;
    let product = |start: usize| -> f32 {
        let heard = recording.iter().skip(start);
        heard.zip(tick).map(|(x, y)| x * y).sum()
    };
    let best = (middle.saturating_sub(2_400)..middle + 2_400)
        .max_by(|a, b| product(*a).total_cmp(&product(*b)))
        .unwrap_or(middle);
    let heard = &recording[best..(best + tick.len()).min(recording.len())];
    let size = |samples: &[f32]| samples.iter().map(|x| x * x).sum::<f32>().sqrt();
    let alike = product(best) / (size(heard) * size(tick)).max(1e-9);
    (best as f64 / f64::from(RATE), alike)
}

/// What a talk counted, and what is to be heard of it.
fn of_a_talk(led: &Led) -> Found {
    let counts = counts(&led.record);
    Found {
        beats: located(&bank(), &counts, &led.recording),
        wanted: counts.len(),
    }
}

/// The same through cpal and the virtual card; then with every core busy.
#[test]
#[ignore = "takes five minutes; `make measure` runs it"]
fn a_hundred_counts_through_the_card() {
    for (what, busy) in [("idle", 0), ("every core busy", cores())] {
        let Some(mut card) = Card::start() else {
            return;
        };
        let _load = Load::new(busy);
        let led = led(&mut card, &tree().join(HUNDRED), &ANSWERS);
        let found = of_a_talk(&led);
        found.print(&format!("counts through the virtual card, {what}"), true);
        // What is said of a few that happened to be found is no figure of the count.
        assert!(
            found.beats.len() * 10 >= found.wanted * 9,
            "too few beats are found in the recording"
        );
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Processes that do nothing but compute.
struct Load(Vec<Child>);

impl Load {
    fn new(busy: usize) -> Self {
        let spin = || {
            Command::new("sh")
                .args(["-c", "while :; do :; done"])
                .stdin(Stdio::null())
                .spawn()
                .expect("a shell starts")
        };
        Self((0..busy).map(|_| spin()).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Beside one another on the same card: sixty numbers of a talk, and those of a counter as one would write it at
/// first, which sleeps for a second and plays the next clip from the beginning of its file.
#[test]
#[ignore = "takes three minutes; `make measure` runs it"]
fn beside_a_counter_that_sleeps() {
    const NUMBERS: u64 = 60;
    let bank = bank();
    let texts: Vec<String> = (1..=NUMBERS).map(spoken_number).collect();
    let (naive, ours) = {
        let Some(mut card) = Card::start() else {
            return;
        };
        for text in &texts {
            let pcm = Pcm {
                rate: RATE,
                samples: bank.clip(text).expect("a clip").samples.to_vec(),
            };
            pcm.write(&card.path(&format!("{text}.wav")))
                .expect("written");
        }
        let path = card.path("naive.raw");
        card.record(&path);
        std::thread::sleep(Duration::from_secs(1));
        let mut playing = Vec::new();
        for text in &texts {
            std::thread::sleep(Duration::from_secs(1));
            let mut player = card.command("paplay");
            player.arg(card.path(&format!("{text}.wav")));
            playing.push(player.spawn().expect("paplay starts"));
        }
        for mut player in playing {
            let _ = player.wait();
        }
        let recording = card.recorded(&path);
        let due = |(index, text): (usize, &String)| (index as f64, index as f64, text.clone());
        let counts: Vec<_> = texts.iter().enumerate().map(due).collect();
        let naive = Found {
            beats: located(&bank, &counts, &recording),
            wanted: counts.len(),
        };
        drop(card);
        let Some(mut card) = Card::start() else {
            return;
        };
        let led = led(&mut card, &tree().join(HUNDRED), &ANSWERS);
        let mut ours = of_a_talk(&led);
        ours.beats.truncate(texts.len());
        ours.wanted = texts.len();
        (naive, ours)
    };
    let theirs = naive.print("a counter that sleeps and plays files, on the card", true);
    let ours = ours.print("the talk, on the same card", true);
    // Nothing is found more exactly than to a sample.
    println!(
        "its p99 error is at least {:.0} times the talk's (N = {NUMBERS} each)",
        theirs.p99 / ours.p99.max(1.0 / f64::from(RATE))
    );
}

/// The work of the audio callback: 10 ms at a time of the mixer with the timeline, while a count runs under speech.
/// In processor time, so that being kept waiting for the processor does not count; by the wall, it does.
#[test]
#[ignore = "a measurement; `make measure` runs it"]
fn the_work_of_the_audio_callback() {
    const PERIOD: usize = RATE as usize / 100;
    const SECONDS: u32 = 60;
    let cpu = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let (mut control, timeline) = timeline(0);
    let one = std::num::NonZero::new(1).expect("one");
    let rate = std::num::NonZero::new(RATE).expect("a rate");
    let (mixer, mut source) = rodio::mixer::mixer(one, rate);
    mixer.add(timeline);
    let mut voice = Voice::new(bank(), None);
    let beat = |n: u32| Beat {
        n,
        due: Moment::from_secs(f64::from(n)),
        sound: BeatSound::Word(spoken_number(u64::from(n))),
        rank: Rank::Number,
    };
    voice.count(&(1..=SECONDS).map(beat).collect::<Vec<_>>(), Moment::ZERO);
    let (mut by_cpu, mut by_wall) = (Vec::new(), Vec::new());
    for block in 0..u64::from(SECONDS) * 100 {
        let now = Moment::from_frame(block * PERIOD as u64, RATE);
        if block % 500 == 0 {
            let sentence = ["Press the button and hold it, then say holding.".to_owned()];
            voice.say(block + 1, &sentence, Turn::After, now);
        }
        for report in control.reports().collect::<Vec<_>>() {
            voice.report(report);
        }
        voice.advance(now);
        while let Some(command) = voice.poll_placement() {
            let _ = control.send(command);
        }
        let (began, cpu_began) = (Instant::now(), cpu());
        let heard: f32 = source.by_ref().take(PERIOD).sum();
        by_cpu.push(cpu().saturating_sub(cpu_began).as_secs_f64());
        by_wall.push(began.elapsed().as_secs_f64());
        assert!(heard.is_finite());
    }
    for (what, mut took) in [("processor time", by_cpu), ("wall time", by_wall)] {
        took.sort_by(f64::total_cmp);
        let share = |share: f64| took[(took.len() as f64 * share) as usize - 1] / 0.01 * 100.0;
        println!(
            "the audio callback's mixing of 10 ms, {what}: median {:.2} %, p99 {:.2} %, worst {:.2} % of its period (N = {})",
            share(0.5),
            share(0.99),
            share(1.0),
            took.len()
        );
    }
}
