//! Speech that is understood in noise: the same words, as loud as before, shaped for it.
//!
//! After Zorila, Kandia & Stylianou, "Speech-in-noise intelligibility improvement based on spectral shaping and
//! dynamic range compression", Interspeech 2012: what is below 500 Hz, where fans and motors are loud, gives way
//! to 1 to 4 kHz, where consonants are told apart (their fixed shaping, here by three filters in the place of an
//! FFT); then soft sounds are raised and loud vowels lowered (their dynamics, here with a straight line at 3:1 in
//! the place of their curve). The loudness after BS.1770 stays what it was, and so does the length.
//!
//! What is said in a count is shaped in its spectrum only: raising soft sounds would make a consonant's rise steeper
//! than the vowel's, and the listener would hear another beat.
//!
//! It does not sound nicer, so it is used only in a loud room. What it is worth: `benches/voices/README.md`.

use super::clip::Clip;
use super::level::loudness;
use crate::sound::RATE;
use std::f32::consts::{PI, TAU};
use std::sync::Arc;

/// Below this, in Hz, 6 dB less for each octave.
const BASS_HZ: f32 = 450.0;
/// Around this, in Hz, begins what is raised, by so many dB.
const PRESENCE: (f32, f32) = (750.0, 12.0);
/// Around this what is raised ends: hissing needs no help.
const HISS: (f32, f32) = (5_500.0, -6.0);
/// So many decibels of the level's range become one.
const RATIO: f32 = 3.0;
/// So far below the loudest, in dB, sound is breath and room: it is lowered, not raised.
const SOFTEST_DB: f32 = -35.0;
/// Decibels that it is lowered for each decibel.
const EXPANSION: f32 = 1.5;
/// How fast the level is followed upwards and downwards, in seconds: within a vowel's period, and within a stop.
const ATTACK: f32 = 0.002;
const RELEASE: f32 = 0.015;
/// No sample is larger: half a decibel is left for what lies between them, under -1.5 dBTP.
const PEAK: f32 = 0.79;
/// After so many steps the loudness hardly changes any more.
const GAIN_STEPS: usize = 3;
/// From here on what is loud is bent to stay below it.
const KNEE: f32 = 0.55;

/// `clip` as it is said in a loud room.
pub(super) fn clear(clip: &Clip) -> Arc<Clip> {
    let mut samples = clip.samples.to_vec();
    shape(&mut samples);
    compress(&mut samples);
    as_loud_as(clip, samples)
}

/// `clip` as it is said in a count in a loud room: its beat stays where it is.
pub(super) fn clear_on_the_beat(clip: &Clip) -> Arc<Clip> {
    let mut samples = clip.samples.to_vec();
    shape(&mut samples);
    as_loud_as(clip, samples)
}

/// The shaped `samples` of `clip`, at its loudness. Bending the peaks takes some of it, so the gain is found in steps.
fn as_loud_as(clip: &Clip, samples: Vec<f32>) -> Arc<Clip> {
    let mut gain = 1.0;
    let mut louder = samples.clone();
    for _ in 0..GAIN_STEPS {
        gain *= lost(&clip.samples, &louder);
        louder.clear();
        louder.extend(samples.iter().map(|x| bent(x * gain)));
    }
    Arc::new(Clip {
        samples: louder.into(),
        onset: clip.onset,
        beat: clip.beat,
    })
}

/// `x`, bent smoothly where it comes near the highest peak: the bursts of a few consonants.
fn bent(x: f32) -> f32 {
    let over = x.abs() - KNEE;
    if over <= 0.0 {
        return x;
    }
    let room = PEAK - KNEE;
    (KNEE + room * (over / room).tanh()).copysign(x)
}

fn shape(samples: &mut [f32]) {
    // A high pass of first order.
    let k = (PI * BASS_HZ / RATE as f32).tan();
    let (gain, back) = (1.0 / (1.0 + k), (k - 1.0) / (k + 1.0));
    let (mut before, mut y) = (0.0, 0.0);
    for x in samples.iter_mut() {
        y = gain * (*x - before) - back * y;
        before = *x;
        *x = y;
    }
    for (hertz, db) in [PRESENCE, HISS] {
        high_shelf(samples, hertz, db);
    }
}

/// A high shelf (R. Bristow-Johnson's cookbook, slope 1), in place.
fn high_shelf(samples: &mut [f32], hertz: f32, db: f32) {
    let a = 10.0_f32.powf(db / 40.0);
    let w = TAU * hertz / RATE as f32;
    let (cos, s) = (w.cos(), w.sin() * (2.0 * a).sqrt());
    let (up, down) = (a + 1.0, a - 1.0);
    filter(
        samples,
        [
            a * (up + down * cos + s),
            -2.0 * a * (down + up * cos),
            a * (up + down * cos - s),
        ],
        [
            up - down * cos + s,
            2.0 * (down - up * cos),
            up - down * cos - s,
        ],
    );
}

/// A filter of second order, in place.
fn filter(samples: &mut [f32], b: [f32; 3], a: [f32; 3]) {
    let (b, a) = (b.map(|b| b / a[0]), a.map(|x| x / a[0]));
    let (mut s1, mut s2) = (0.0, 0.0);
    for x in samples {
        let y = b[0] * *x + s1;
        s1 = b[1] * *x - a[1] * y + s2;
        s2 = b[2] * *x - a[2] * y;
        *x = y;
    }
}

fn compress(samples: &mut [f32]) {
    let share = |seconds: f32| 1.0 - (-1.0 / (RATE as f32 * seconds)).exp();
    let (attack, release) = (share(ATTACK), share(RELEASE));
    let mut level = 0.0_f32;
    let levels: Vec<f32> = samples
        .iter()
        .map(|x| {
            let x = x.abs();
            level += (x - level) * if x > level { attack } else { release };
            level
        })
        .collect();
    let loudest = levels.iter().copied().fold(1e-6, f32::max);
    for (x, level) in samples.iter_mut().zip(levels) {
        let db = 20.0 * (level / loudest).max(1e-5).log10();
        let wanted = if db > SOFTEST_DB {
            db / RATIO
        } else {
            SOFTEST_DB / RATIO + (db - SOFTEST_DB) * EXPANSION
        };
        *x *= 10.0_f32.powf((wanted - db) / 20.0);
    }
}

/// By how much `shaped` has to be amplified to be as loud as `before` (EBU R 128).
fn lost(before: &[f32], shaped: &[f32]) -> f32 {
    match (loudness(before, RATE), loudness(shaped, RATE)) {
        (Ok(before), Ok(shaped)) => 10.0_f32.powf((before - shaped) as f32 / 20.0),
        // Silence.
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::Bank;
    use crate::voice::bank::BeatOn;
    use crate::voice::centre::beat;
    use crate::voice::level::{LOUDNESS_LUFS, PEAK_DBTP, true_peak};

    fn bank(voice: &str) -> Bank {
        let audio = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("audio");
        Bank::load(&audio.join(voice)).unwrap()
    }

    /// The rule for every clip that is shipped: -19 LUFS within one, no true peak above -1.5 dBTP.
    #[test]
    fn it_is_as_loud_as_before_and_no_peak_is_higher_than_any_clips() {
        let bank = bank("bdl");
        for text in bank.texts().step_by(40) {
            let clear = clear(&bank.clip(text).unwrap());
            let loud = loudness(&clear.samples, RATE).unwrap();
            let peak = true_peak(&clear.samples, RATE).unwrap();
            assert!((loud - LOUDNESS_LUFS).abs() <= 1.0, "{text:?}: {loud} LUFS");
            assert!(peak <= f64::from(PEAK_DBTP), "{text:?}: {peak} dBTP");
        }
    }

    #[test]
    fn consonants_gain_on_rumble_and_soft_sounds_on_loud_ones() {
        let tone = |hertz: f32, level: f32| -> Vec<f32> {
            (0..RATE / 4)
                .map(|n| level * (n as f32 * hertz * TAU / RATE as f32).sin())
                .collect()
        };
        let power = |samples: &[f32]| samples.iter().map(|x| x * x).sum::<f32>();
        let raised = |hertz| {
            let mut samples = tone(hertz, 0.1);
            shape(&mut samples);
            10.0 * (power(&samples) / power(&tone(hertz, 0.1))).log10()
        };
        assert!(
            (10.0..13.0).contains(&raised(2_500.0)),
            "{}",
            raised(2_500.0)
        );
        assert!((-13.0..-10.0).contains(&raised(125.0)), "{}", raised(125.0));
        let quarter = (RATE / 4) as usize;
        let mut both = [tone(1_000.0, 0.5), tone(1_000.0, 0.05)].concat();
        compress(&mut both);
        let apart = 10.0 * (power(&both[..quarter]) / power(&both[quarter..])).log10();
        assert!((5.0..9.0).contains(&apart), "20 dB became {apart}");
    }

    /// By the rise of the level, which found the beat of all but a few; of those the phones lie where they lay.
    #[test]
    fn every_number_stays_on_its_beat() {
        for (voice, most) in [("bdl", 0.010), ("slt", 0.025)] {
            let bank = bank(voice);
            let mut looked_at = 0;
            for n in 0..=60 {
                let text = crate::session::spoken_number(n);
                let clip = bank.clip(&text).unwrap();
                let at = |samples: &[f32]| beat(samples, RATE, &text, BeatOn::First).unwrap();
                let seconds = |samples: usize| samples as f64 / f64::from(RATE);
                let before = at(&clip.samples);
                if (seconds(before) - clip.beat.as_secs_f64()).abs() > 0.010 {
                    continue;
                }
                let moved = seconds(at(&clear_on_the_beat(&clip).samples).abs_diff(before));
                assert!(moved <= most, "{voice}, {text}: {moved} s");
                looked_at += 1;
            }
            assert!(looked_at > 50, "{voice}: {looked_at} of 61");
        }
    }

    #[test]
    fn silence_stays_silence() {
        let silent = Clip {
            samples: vec![0.0; 4_800].into(),
            onset: std::time::Duration::ZERO,
            beat: std::time::Duration::ZERO,
        };
        assert!(clear(&silent).samples.iter().all(|x| *x == 0.0));
    }
}
