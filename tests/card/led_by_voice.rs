use crate::card::Card;
use crate::support::{bank, counts, find_clip, record, talkthrough, tree};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use talkthrough::record::{Event, Line};
use talkthrough::sound::file::Pcm;
use talkthrough::voice::Bank;

/// How often the short talk is led at the most. A machine that stands still for longer than a loudspeaker may
/// makes the talk take its devices for lost, and what was being said with them: such a try proves nothing.
const TRIES: usize = 3;

/// A short guide with a carried hold, led from start to end by a voice in the room alone; the count is
/// then looked for in what the loudspeaker's monitor recorded.
#[test]
fn a_short_talk_is_led_by_voice_and_its_count_is_even() {
    let guide = tree().join("tests/card/short.toml");
    let answers = [
        ("agree", "erase it"),
        ("press", "holding"),
        ("plug-in", "plugged in"),
        ("look", "next"),
    ];
    let led_well = (0..TRIES).any(|_| {
        let Some(mut card) = Card::start() else {
            return true;
        };
        let lead = || lead(&mut card, &guide, &answers, 13, Machine::Busy);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(lead)).is_ok()
    });
    assert!(led_well, "not once in {TRIES} tries, see above");
}

/// The whole built-in talk in real time: some five minutes. Part of `make measure`.
#[test]
#[ignore = "takes five minutes; `make measure` runs it"]
fn the_whole_wisenet_talk_is_led_by_voice() {
    let Some(mut card) = Card::start() else {
        return;
    };
    let answers = [
        ("agree", "erase it"),
        ("unplug", "next"),
        ("find-button", "yes"),
        ("hold", "holding"),
        ("plug-in", "plugged in"),
        ("boot", "next"),
        ("log-in", "next"),
        ("worked", "yes"),
        ("password", "next"),
        ("write-down", "next"),
        ("set-up", "next"),
    ];
    lead(
        &mut card,
        Path::new("wisenet-dvr"),
        &answers,
        30,
        Machine::Idle,
    );
}

/// Whether the virtual card can be trusted to keep going. It is a process like others: where it, or the
/// recorder, is kept waiting for the processor, the recording has a gap that no talk is to blame for.
#[derive(Clone, Copy, PartialEq)]
enum Machine {
    Busy,
    Idle,
}

/// On a machine that is busy with other tests words may be lost; more than this many is a fault.
const MOST_REPEATED: usize = 6;

/// The running program: a test that fails must not leave it behind.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a talk that was led by voice left behind.
pub(crate) struct Led {
    pub(crate) record: Vec<Line>,
    /// What the loudspeaker's monitor recorded, at 48 kHz.
    pub(crate) recording: Vec<f32>,
    repeated: usize,
}

/// So many numbers that are spoken only once are looked for in a whole recording, until one is found.
const ANCHORS: usize = 5;

/// Leads a talk from start to end by a voice in the room.
pub(crate) fn led(card: &mut Card, guide: &Path, answers: &[(&str, &str)]) -> Led {
    let (log, recording) = (card.path("session.jsonl"), card.path("speaker.raw"));
    let words = technician(card.path("words"), answers);
    card.record(&recording);
    let recorded_from = Instant::now();
    let mut command = card.command(talkthrough().get_program());
    command
        .arg("run")
        .arg(guide)
        .arg("--log")
        .arg(&log)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let mut program = Program(command.spawn().expect("the program starts"));
    let mut repeated = 0;
    for (index, (step, phrase)) in answers.iter().enumerate() {
        wait_for_the_end_of_the_prompt(&log, step, &mut program);
        std::thread::sleep(Duration::from_millis(700));
        card.say(&words.join(format!("{phrase}.wav")));
        // As a person would: not understood, say it again. How often that was needed is told.
        while !obeyed(&log, index + 1, Duration::from_secs(4)) && repeated < MOST_REPEATED {
            repeated += 1;
            card.say(&words.join(format!("{phrase}.wav")));
        }
    }
    let status = wait(&mut program, Duration::from_secs(150));
    let record = record(&log);
    let heard: Vec<&Event> = record
        .iter()
        .map(|line| &line.event)
        .filter(|event| matches!(event, Event::Heard { .. }))
        .collect();
    assert!(status.success(), "{status}: {heard:?}");

    let samples = card.recorded(&recording);
    assert!(
        samples.len() as f64 / 48_000.0 > recorded_from.elapsed().as_secs_f64() * 0.5,
        "the monitor was recorded"
    );
    Led {
        record,
        recording: samples,
        repeated,
    }
}

fn lead(card: &mut Card, guide: &Path, answers: &[(&str, &str)], beats: usize, machine: Machine) {
    let Led {
        record,
        recording,
        repeated,
    } = led(card, guide, answers);
    let errors = measured(&bank(), &counts(&record), &recording);
    println!("{} answers, {repeated} had to be repeated", answers.len());
    let in_ms = |at: Option<&f64>| at.map_or(f64::NAN, |error| error * 1e3);
    println!(
        "{} of {beats} beats in the monitor's recording, each against the one before: median {:.2} ms, worst {:.2} ms off",
        errors.len(),
        in_ms(errors.get(errors.len() / 2)),
        in_ms(errors.last())
    );
    // What the program places is the same on any machine. Whatever stalls this one tears holes into the
    // recording: a beat or two are lost or moved, and most are left alone.
    let placed = counts(&record).len();
    assert_eq!(placed, beats, "every beat was placed");
    assert!(
        errors.len() > beats / 2 && errors[errors.len() / 2] < 0.001,
        "the count is uneven: {errors:?}"
    );
    if machine == Machine::Idle {
        assert_eq!(errors.len(), beats, "every beat is in the recording");
        assert!(errors[errors.len() - 1] < 0.025, "one beat is uneven");
    }
}

/// How far each beat is from where the one before says that it belongs: in seconds, in order of size,
/// and as many as were found.
fn measured(bank: &Bank, counts: &[(f64, f64, String)], recording: &[f32]) -> Vec<f64> {
    let located = located(bank, counts, recording);
    let off = |pair: &[(f64, f64)]| ((pair[1].1 - pair[0].1) - (pair[1].0 - pair[0].0)).abs();
    let first = located.first().map(|_| 0.0);
    let mut errors: Vec<f64> = first
        .into_iter()
        .chain(located.windows(2).map(off))
        .collect();
    errors.sort_by(f64::total_cmp);
    errors
}

/// When each beat was due, and where it was found in the recording. Where the recording began is not known, nor is it
/// to be had from what was said at first: a card may take its time to begin. So a number that is spoken only once
/// is looked for in all of it, and the others from there.
pub(crate) fn located(
    bank: &Bank,
    counts: &[(f64, f64, String)],
    recording: &[f32],
) -> Vec<(f64, f64)> {
    let once = |text: &str| counts.iter().filter(|(_, _, other)| other == text).count() == 1;
    let length = recording.len() as f64 / 48_000.0;
    let anchor = counts
        .iter()
        .enumerate()
        .filter(|(_, (_, _, text))| once(text))
        .take(ANCHORS)
        .find_map(|(index, (due, _, text))| {
            Some((index, *due, find(bank, recording, text, 0.0..length)?))
        });
    let Some((anchor, due, at)) = anchor else {
        return Vec::new();
    };
    let mut located = vec![(due, at)];
    let (earlier, later) = counts.split_at(anchor);
    for beats in [
        earlier.iter().rev().collect::<Vec<_>>(),
        later.iter().skip(1).collect(),
    ] {
        let mut before = (due, at);
        for (due, _, text) in beats {
            let about = before.1 + (due - before.0);
            // Less than half the way to a neighbour.
            if let Some(at) = find(bank, recording, text, about - 0.4..about + 0.4) {
                before = (*due, at);
                located.push(before);
            }
        }
    }
    located.sort_by(|one, other| one.0.total_cmp(&other.0));
    located
}

/// Looks for a clip in a part of the recording, given in seconds: at an eighth of the rate, then to the
/// sample. The moment of its perceptual centre.
fn find(bank: &Bank, recording: &[f32], text: &str, part: std::ops::Range<f64>) -> Option<f64> {
    const STEP: usize = 8;
    let clip = bank.clip(text)?;
    let beat = clip.beat.as_secs_f64();
    let thin = |samples: &[f32]| -> Vec<f32> {
        samples
            .chunks(STEP)
            .map(|chunk| chunk.iter().sum::<f32>() / STEP as f32)
            .collect()
    };
    let first = ((part.start - beat).max(0.0) * 48_000.0) as usize;
    let last = ((part.end - beat).max(0.0) * 48_000.0) as usize + clip.samples.len();
    let (pattern, thinned) = (
        thin(&clip.samples),
        thin(recording.get(first..last.min(recording.len()))?),
    );
    let own: f32 = pattern.iter().map(|x| x * x).sum::<f32>().sqrt();
    let mut best = (0, -1.0_f32);
    for start in 0..thinned.len().saturating_sub(pattern.len()) {
        let window = &thinned[start..start + pattern.len()];
        let product: f32 = pattern.iter().zip(window).map(|(x, y)| x * y).sum();
        let power: f32 = window.iter().map(|y| y * y).sum::<f32>().sqrt();
        let alike = product / (own * power).max(1e-6);
        if alike > best.1 {
            best = (start, alike);
        }
    }
    let about = (first + best.0 * STEP) as f64 / 48_000.0 + beat;
    let (found, alike) = find_clip(bank, recording, text, about, 0.001)?;
    (alike > 0.6).then_some(found)
}

/// The technician's words as files that PulseAudio plays.
fn technician(dir: PathBuf, answers: &[(&str, &str)]) -> PathBuf {
    std::fs::create_dir_all(&dir).expect("a directory");
    let bank = Bank::load(&tree().join("audio/technician")).expect("the technician's voice loads");
    for (_, phrase) in answers {
        let clip = bank.clip(phrase).expect("the technician has every phrase");
        let pcm = Pcm {
            rate: 48_000,
            samples: clip.samples.to_vec(),
        };
        pcm.write(&dir.join(format!("{phrase}.wav")))
            .expect("written");
    }
    dir
}

/// Waits until the prompt of `step` has been spoken. The log is flushed at every step; what is said is
/// in it, with its end, as soon as it begins, so the waiting is done here.
fn wait_for_the_end_of_the_prompt(log: &Path, step: &str, program: &mut Program) {
    let begun = Instant::now();
    loop {
        assert!(
            program.0.try_wait().ok().flatten().is_none(),
            "the program ended before {step}"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(150),
            "{step} is not reached; heard: {:#?}",
            heard(log)
        );
        let lines = lines(log);
        let entered = lines
            .iter()
            .position(|line| matches!(&line.event, Event::Step { id } if id == step));
        if let Some(entered) = entered {
            let asked = lines[entered..]
                .iter()
                .rev()
                .find_map(|line| match &line.event {
                    Event::Say { text, end, .. } if asks(text) => Some((line.t, *end)),
                    _ => None,
                });
            if let Some((said_at, end)) = asked {
                std::thread::sleep(Duration::from_secs_f64((end - said_at).max(0.0)));
                return;
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether a sentence is the one that ends a prompt.
fn asks(text: &str) -> bool {
    text.starts_with("Say ") || text.contains("then say ")
}

/// Whether `count` phrases have been obeyed, now or within `limit`.
fn obeyed(log: &Path, count: usize, limit: Duration) -> bool {
    let begun = Instant::now();
    loop {
        let accepted = |line: &Line| matches!(line.event, Event::Heard { accepted: true, .. });
        if lines(log).iter().filter(|line| accepted(line)).count() >= count {
            return true;
        }
        if begun.elapsed() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the ears and the devices had to say so far.
fn heard(log: &Path) -> Vec<Line> {
    let mut lines = lines(log);
    lines.retain(|line| matches!(line.event, Event::Heard { .. } | Event::Device { .. }));
    lines
}

/// The whole lines of a record that is still being written.
fn lines(log: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn wait(program: &mut Program, limit: Duration) -> std::process::ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = program.0.try_wait().expect("the program can be waited for") {
            return status;
        }
        if begun.elapsed() > limit {
            let _ = program.0.kill();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
