//! Ten hours of listening in the simulated room: does anything grow? `make endurance HOURS=10` prints every hour.
//!
//! A talk waits at its first step and is asked for this and that by the technician's voice; sentences of the shipped
//! voice are other people's talk, and six of them at once the noise. It goes by the audio clock, as fast as the
//! machine can. Memory is what lies in RAM of this process, with session, voice, ears and room, and of the recogniser.
#![cfg(target_os = "linux")]

#[path = "../support/dice.rs"]
mod dice;
#[path = "../support/mod.rs"]
mod support;
mod usage;

use dice::Dice;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use support::tree;
use talkthrough::app::Notice;
use talkthrough::app::rehearsal::InRoom;
use talkthrough::ears::Ears;
use talkthrough::ears::recogniser::PATIENCE;
use talkthrough::guide::{Guide, parse};
use talkthrough::session::Settings;
use talkthrough::sound::EAR_RATE;
use talkthrough::sound::file::{Pcm, read};
use talkthrough::sound::room::{Room, RoomConfig};
use talkthrough::voice::{Bank, Renderer, Voice};
use usage::Usage;

/// What may be asked at any moment and leaves the talk where it is.
const ASKED: [&str; 6] = [
    "say again",
    "how long",
    "where am i",
    "what can i say",
    "repeat",
    "why",
];
/// Growth that is allowed after the first hour.
const MOST_BYTES: u64 = 5_000_000;
/// Seconds between one sound of the room and the next: at least, and at most so many more.
const PAUSE: (u64, u64) = (4, 12);

/// Everything that can be heard in the room.
struct Sounds {
    asked: Vec<Arc<[f32]>>,
    others: Vec<Arc<[f32]>>,
}

fn heard(pcm: Pcm) -> Arc<[f32]> {
    pcm.resampled(EAR_RATE).expect("resampled").samples.into()
}

fn files(dir: &Path) -> Vec<Arc<[f32]>> {
    let entries = std::fs::read_dir(dir).expect("a directory");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|it| it == "flac"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| heard(read(path).expect("a recording")))
        .collect()
}

impl Sounds {
    fn load() -> Self {
        let technician = Bank::load(&tree().join("audio/technician")).expect("the technician");
        let clip = |text: &&str| {
            let samples = technician.clip(text).expect("a clip").samples.to_vec();
            heard(Pcm {
                rate: talkthrough::sound::RATE,
                samples,
            })
        };
        let mut others = files(&tree().join("audio/bdl"));
        others.extend(files(&tree().join("tests/words/sentences")));
        Self {
            asked: ASKED.iter().map(clip).collect(),
            others,
        }
    }

    /// Six voices at once for a minute: what a room full of people is to a microphone.
    fn babble(&self, dice: &mut Dice) -> Pcm {
        let mut samples = vec![0.0; 60 * EAR_RATE as usize];
        for _ in 0..6 {
            let mut at = 0;
            while at < samples.len() {
                let voice = &self.others[dice.roll(self.others.len())];
                for (sum, sample) in samples[at..].iter_mut().zip(voice.iter()) {
                    *sum += sample / 6.0;
                }
                at += voice.len();
            }
        }
        Pcm {
            rate: EAR_RATE,
            samples,
        }
    }
}

fn voice() -> Voice {
    let bank = Bank::load(&tree().join("audio/bdl")).expect("the shipped voice");
    Voice::new(bank, Renderer::none())
}

fn talk(guide: &Arc<Guide>, noise: Pcm) -> InRoom {
    let config = RoomConfig {
        noise: Some(noise),
        snr_db: 20.0,
        ..RoomConfig::default()
    };
    let ears = Ears::open(&tree().join("models/talkthrough-en"), PATIENCE).expect("ears");
    let room = Room::new(config).expect("a room");
    InRoom::new(Arc::clone(guide), Settings::default(), voice(), ears, room)
}

/// Listens for `hours` of sound; what was used at the end of each.
fn listen(hours: usize) -> Vec<Usage> {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let sounds = Sounds::load();
    let guide = include_str!("../card/short.toml");
    let guide = Arc::new(parse("short.toml", guide).expect("a guide"));
    let mut talk = talk(&guide, sounds.babble(&mut dice));
    talk.begin();
    let mut used = Vec::new();
    let mut next = 5.0;
    println!(
        "| hour | this process, MB | recogniser, MB | threads | file handles | verdicts | of them obeyed | median seconds to the verdict | times faster than real time |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for hour in 1..=hours {
        let began = Instant::now();
        let (mut late, mut obeyed) = (Vec::new(), 0);
        while talk.now().secs() < 3600.0 * hour as f64 {
            // The record is what a talk writes away: nothing of it is kept here.
            for notice in talk.notices() {
                drop::<Notice>(notice);
            }
            // Two words that were taken for "stop" end a talk.
            if talk.outcome().is_some() {
                talk.replace(Arc::clone(&guide), Settings::default(), voice());
                talk.begin();
            }
            if talk.now().secs() >= next {
                let kind = if dice.roll(3) == 0 {
                    &sounds.asked
                } else {
                    &sounds.others
                };
                let sound = Arc::clone(&kind[dice.roll(kind.len())]);
                let length = sound.len() as f64 / f64::from(EAR_RATE);
                let at = talk.now();
                talk.room().talk(sound, at, 0.0);
                next = at.secs() + length + (PAUSE.0 + dice.roll(PAUSE.1 as usize) as u64) as f64;
            }
            for verdict in talk.step().expect("the recogniser answers") {
                obeyed += usize::from(verdict.accepted);
                late.push((verdict.decided - verdict.end).as_secs_f64());
            }
        }
        late.sort_by(f64::total_cmp);
        let usage = Usage::now(late.get(late.len() / 2).copied());
        println!(
            "| {hour} | {:.1} | {:.1} | {} | {} | {} | {obeyed} | {} | {:.0} |",
            usage.own as f64 / 1e6,
            usage.recogniser as f64 / 1e6,
            usage.threads,
            usage.handles,
            late.len(),
            usage
                .late
                .map_or("none".into(), |late| format!("{late:.2}")),
            3600.0 / began.elapsed().as_secs_f64()
        );
        used.push(usage);
    }
    used
}

#[test]
#[ignore = "a measurement; `make endurance` runs it"]
fn hours_of_listening_leave_nothing_behind() {
    let hours = std::env::var("TALKTHROUGH_HOURS").ok();
    let hours: usize = hours.and_then(|text| text.parse().ok()).unwrap_or(10);
    let used = listen(hours);
    let (Some(first), Some(last)) = (used.first(), used.last()) else {
        return;
    };
    assert!(last.own < first.own + MOST_BYTES, "this process grew");
    assert!(last.recogniser < first.recogniser + MOST_BYTES, "it grew");
    assert_eq!(last.threads, first.threads);
    assert_eq!(last.handles, first.handles);
    let late = first.late.zip(last.late).expect("something was heard");
    assert!(late.1 < late.0 + 0.1, "the verdicts came later: {late:?}");
}
