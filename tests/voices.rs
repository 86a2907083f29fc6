//! Both shipped voices, as they are played: whole, equally loud, no peak, every number in its second.

mod support;

use std::path::PathBuf;
use std::time::Duration;

use talkthrough::session::spoken_number;
use talkthrough::sound::RATE;
use talkthrough::voice::Bank;
use talkthrough::voice::level::{LOUDNESS_LUFS, PEAK_DBTP, loudness, true_peak};
use talkthrough::voice::shipped::SHIPPED;

/// Every so manyth clip is measured here; `make measure-voice` measures all.
const EVERY: usize = 8;

fn banks() -> Vec<(&'static str, Bank)> {
    let audio: PathBuf = support::tree().join("audio");
    let load = |name: &str| Bank::load(&audio.join(name)).expect("a shipped voice loads");
    SHIPPED
        .iter()
        .map(|voice| (voice.name, load(voice.name)))
        .collect()
}

#[test]
fn every_voice_is_the_one_it_is_said_to_be() {
    for ((name, bank), voice) in banks().iter().zip(&SHIPPED) {
        assert!(voice.describes(bank.index()), "{name}: {:?}", bank.index());
    }
}

#[test]
fn every_voice_says_the_same() {
    let banks = banks();
    for (name, bank) in &banks {
        for text in banks.iter().flat_map(|(_, other)| other.texts()) {
            assert!(bank.has(text), "{name} does not say {text:?}: make voice");
        }
    }
}

#[test]
fn every_clip_is_equally_loud_and_none_peaks() {
    for (name, bank) in banks() {
        for text in bank.texts().step_by(EVERY) {
            let clip = bank.clip(text).expect("a clip is decoded");
            let level = loudness(&clip.samples, RATE).expect("it sounds");
            assert!(
                (level - LOUDNESS_LUFS).abs() <= 1.0,
                "{name}: {text:?} at {level:.2} LUFS"
            );
            let peak = true_peak(&clip.samples, RATE).expect("it is measured");
            assert!(
                peak <= f64::from(PEAK_DBTP),
                "{name}: {text:?} peaks at {peak:.2} dBTP"
            );
        }
    }
}

#[test]
fn every_number_fits_into_its_second() {
    for (name, bank) in banks() {
        for text in (0..=60).map(spoken_number) {
            let clip = bank.clip(&text).expect("a number has a clip");
            let (length, beat) = (clip.duration(), clip.beat);
            assert!(
                length < Duration::from_secs(1),
                "{name}: {text}: {length:?}"
            );
            assert!(
                beat < Duration::from_millis(400),
                "{name}: {text}: {beat:?}"
            );
        }
    }
}
