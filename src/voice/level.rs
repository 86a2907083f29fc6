//! Makes what an engine rendered ready to be placed: trimmed, levelled, its onset known, and its
//! perceptual centre (see [`centre`](super::centre)).

use ebur128::{EbuR128, Mode};

use super::bank::BeatOn;
use super::centre::beat;
use super::pcm;

/// Silence before the first audible sample, in seconds.
pub const LEAD_S: f32 = 0.020;
/// Sound kept after the last audible sample, in seconds.
pub const TAIL_S: f32 = 0.040;
/// Integrated loudness of every clip (EBU R 128, mono).
pub const LOUDNESS_LUFS: f64 = -19.0;
/// No clip's true peak lies above this (ITU-R BS.1770, four times oversampled).
pub const PEAK_DBTP: f32 = -1.5;
/// The limiter aims this much lower, in dB: two ways of oversampling differ by some hundredths.
const PEAK_SPARE: f32 = 0.1;
/// What is this far below the loudest 5 ms is silence.
const SILENCE_DB: f32 = -40.0;

/// A rendered text, ready to be placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Levelled {
    /// Mono, at the rate it came with.
    pub samples: Vec<f32>,
    /// Index of the first audible sample.
    pub onset: usize,
    /// Index of the perceptual centre of the first or last word.
    pub beat: usize,
}

/// Why a rendered text is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    /// The engine gave silence.
    #[error("nothing is to be heard in it")]
    Silent,
    /// The loudness cannot be measured.
    #[error("its loudness cannot be measured: {0}")]
    Loudness(String),
}

/// Trims, fades and levels `samples`, mono at `rate`, which say `text`; finds onset and beat.
///
/// # Errors
///
/// There is nothing to be heard, or the loudness cannot be measured.
pub fn levelled(
    samples: &[f32],
    rate: u32,
    text: &str,
    beat_on: BeatOn,
) -> Result<Levelled, LevelError> {
    let mut samples = trimmed(samples, rate).ok_or(LevelError::Silent)?;
    level(&mut samples, rate)?;
    let onset = audible(&samples, rate).ok_or(LevelError::Silent)?.0;
    let beat = beat(&samples, rate, text, beat_on).unwrap_or(onset);
    Ok(Levelled {
        samples,
        onset,
        beat,
    })
}

/// The first and the last audible sample: the first within 40 dB of the loudest 5 ms, and the end of the last
/// 5 ms that are. (A single sample would do for the end only where engines ended in true silence.)
pub fn audible(samples: &[f32], rate: u32) -> Option<(usize, usize)> {
    let frame = (rate as usize / 200).max(1);
    let levels: Vec<f32> = samples
        .chunks(frame)
        .map(|chunk| mean_square(chunk).sqrt())
        .collect();
    let loudest = levels.iter().copied().fold(0.0, f32::max);
    // Anything quieter than one step of 16 bits is no sound at all.
    if loudest < 1.0 / 32_768.0 {
        return None;
    }
    let threshold = loudest * decibels(SILENCE_DB);
    let first = samples.iter().position(|x| x.abs() > threshold)?;
    let last = levels.iter().rposition(|level| *level > threshold)?;
    Some((
        first,
        ((last + 1) * frame)
            .min(samples.len())
            .saturating_sub(1)
            .max(first),
    ))
}

pub(super) fn mean_square(samples: &[f32]) -> f32 {
    samples.iter().map(|x| x * x).sum::<f32>() / samples.len().max(1) as f32
}

pub(super) fn decibels(db: f32) -> f32 {
    10.0_f32.powf(db / 20.0)
}

/// What is audible, with exactly the lead and the tail around it, faded in and out.
fn trimmed(samples: &[f32], rate: u32) -> Option<Vec<f32>> {
    let (first, last) = audible(samples, rate)?;
    let frames = |secs: f32| (secs * rate as f32).round() as usize;
    let (lead, tail) = (frames(LEAD_S), frames(TAIL_S));
    let mut out = vec![0.0; lead.saturating_sub(first)];
    out.extend(&samples[first.saturating_sub(lead)..(last + 1 + tail).min(samples.len())]);
    out.resize(lead + (last + 1 - first) + tail, 0.0);
    fade(&mut out, frames(0.004), frames(0.015));
    Some(out)
}

/// Fades in over the first `rise` and out over the last `fall` samples.
pub(super) fn fade(samples: &mut [f32], rise: usize, fall: usize) {
    for (k, x) in samples.iter_mut().take(rise).enumerate() {
        *x *= k as f32 / rise as f32;
    }
    for (k, x) in samples.iter_mut().rev().take(fall).enumerate() {
        *x *= k as f32 / fall as f32;
    }
}

/// Brings `samples` to [`LOUDNESS_LUFS`] with no true peak above [`PEAK_DBTP`].
fn level(samples: &mut [f32], rate: u32) -> Result<(), LevelError> {
    // The measure takes what is below -70 LUFS for silence, so it is brought near first.
    let peak = samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    samples
        .iter_mut()
        .for_each(|x| *x *= 0.5 / peak.max(f32::MIN_POSITIVE));
    // Limiting takes some loudness away again, which the next round gives back; three are enough.
    for _ in 0..3 {
        let short_by = LOUDNESS_LUFS - loudness(samples, rate)?;
        let gain = decibels(short_by.clamp(-60.0, 60.0) as f32);
        samples.iter_mut().for_each(|x| *x *= gain);
        limit(samples, rate);
    }
    Ok(())
}

/// Integrated loudness in LUFS. A clip is measured over and over for three seconds, because the
/// measure knows nothing below its 400 ms window.
pub fn loudness(samples: &[f32], rate: u32) -> Result<f64, LevelError> {
    let failed = |error: ebur128::Error| LevelError::Loudness(error.to_string());
    let mut meter = EbuR128::new(1, rate, Mode::I).map_err(failed)?;
    let rounds = (3 * rate as usize).div_ceil(samples.len().max(1));
    for _ in 0..rounds.max(1) {
        meter.add_frames_f32(samples).map_err(failed)?;
    }
    match meter.loudness_global().map_err(failed)? {
        lufs if lufs.is_finite() => Ok(lufs),
        _ => Err(LevelError::Silent),
    }
}

/// True peak in dB of full scale (ITU-R BS.1770): what the loudspeaker's filter makes between the samples
/// counts too.
///
/// # Errors
///
/// The meter refuses the rate.
pub fn true_peak(samples: &[f32], rate: u32) -> Result<f64, LevelError> {
    let failed = |error: ebur128::Error| LevelError::Loudness(error.to_string());
    let mut meter = EbuR128::new(1, rate, Mode::TRUE_PEAK).map_err(failed)?;
    meter.add_frames_f32(samples).map_err(failed)?;
    // The filter's delay: its last outputs are still those of the clip.
    meter.add_frames_f32(&[0.0; 64]).map_err(failed)?;
    Ok(20.0 * meter.true_peak(0).map_err(failed)?.max(1e-9).log10())
}

/// Turns the level down smoothly around every true peak above [`PEAK_DBTP`].
///
/// The gain needed at each sample is held over 5 ms on both sides (minimum) and then averaged over the
/// same span: no average is above the gain that the sample in its middle needs.
pub(super) fn limit(samples: &mut [f32], rate: u32) {
    let ceiling = decibels(PEAK_DBTP - PEAK_SPARE);
    let reach = (rate as usize / 200).max(1);
    let mut held = vec![1.0_f32; samples.len()];
    for (k, peak) in peaks(samples, rate).into_iter().enumerate() {
        if peak <= ceiling {
            continue;
        }
        let around = k.saturating_sub(reach)..(k + reach + 1).min(samples.len());
        held[around]
            .iter_mut()
            .for_each(|gain| *gain = gain.min(ceiling / peak));
    }
    let mut sums = Vec::with_capacity(held.len() + 1);
    sums.push(0.0_f64);
    for gain in &held {
        sums.push(sums[sums.len() - 1] + f64::from(*gain));
    }
    for (k, x) in samples.iter_mut().enumerate() {
        let (from, to) = (k.saturating_sub(reach), (k + reach + 1).min(held.len()));
        *x *= ((sums[to] - sums[from]) / (to - from) as f64) as f32;
    }
}

/// The highest the sound gets around each sample, between the samples too.
fn peaks(samples: &[f32], rate: u32) -> Vec<f32> {
    const FINER: usize = 4;
    // Without the finer signal the samples themselves have to do.
    let fine = pcm::resampled(samples.to_vec(), rate, rate * FINER as u32).unwrap_or_default();
    let highest = |around: &[f32]| around.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    let between = |k: usize| {
        let (from, to) = ((k * FINER).saturating_sub(FINER), (k + 1) * FINER);
        fine.get(from..to.min(fine.len())).map_or(0.0, highest)
    };
    let peaks = samples.iter().enumerate();
    peaks.map(|(k, x)| x.abs().max(between(k))).collect()
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::super::centre::biquad;
    use super::*;

    const RATE: u32 = 24_000;

    /// `secs` of a vowel-like tone, swelling over 20 ms.
    fn vowel(secs: f32) -> Vec<f32> {
        let frames = (secs * RATE as f32) as usize;
        let mut tone: Vec<f32> = (0..frames)
            .map(|k| 0.3 * (TAU * 500.0 * k as f32 / RATE as f32).sin())
            .collect();
        fade(&mut tone, RATE as usize / 50, RATE as usize / 50);
        tone
    }

    /// `secs` of a hiss above 4 kHz.
    fn hiss(secs: f32) -> Vec<f32> {
        let mut state = 1_u32;
        let mut noise: Vec<f32> = (0..(secs * RATE as f32) as usize)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                0.1 * (state as f32 / u32::MAX as f32 - 0.5)
            })
            .collect();
        biquad(&mut noise, RATE, 4_000.0, true);
        biquad(&mut noise, RATE, 4_000.0, true);
        noise
    }

    fn silence(secs: f32) -> Vec<f32> {
        vec![0.0; (secs * RATE as f32) as usize]
    }

    fn secs(frames: usize) -> f32 {
        frames as f32 / RATE as f32
    }

    #[test]
    fn lead_and_tail_are_the_same_whatever_silence_there_was() {
        for lead in [0.0, 0.005, 0.25] {
            let ready = levelled(
                &[silence(lead), vowel(0.5), silence(lead)].concat(),
                RATE,
                "ah",
                BeatOn::First,
            )
            .unwrap();
            assert!(
                (secs(ready.onset) - LEAD_S).abs() < 0.004,
                "onset at {}",
                secs(ready.onset)
            );
            assert!(
                (secs(ready.samples.len()) - 0.56).abs() < 0.006,
                "{} s",
                secs(ready.samples.len())
            );
        }
    }

    #[test]
    fn every_clip_is_equally_loud_and_none_peaks() {
        for gain in [0.001, 0.1, 3.0] {
            let quiet: Vec<f32> = [silence(0.1), vowel(0.3), hiss(0.1)]
                .concat()
                .iter()
                .map(|x| x * gain)
                .collect();
            let ready = levelled(&quiet, RATE, "ice", BeatOn::First).unwrap();
            assert!((loudness(&ready.samples, RATE).unwrap() - LOUDNESS_LUFS).abs() < 0.3);
            let peak = true_peak(&ready.samples, RATE).unwrap();
            assert!(peak <= f64::from(PEAK_DBTP), "peak {peak}");
        }
    }

    #[test]
    fn a_click_too_loud_is_limited() {
        let mut samples = vowel(0.5);
        samples[6_000] = 40.0;
        let ready = levelled(&samples, RATE, "tock", BeatOn::First).unwrap();
        assert!(true_peak(&ready.samples, RATE).unwrap() <= f64::from(PEAK_DBTP));
    }

    /// A tone of a quarter of the rate, sampled beside its peaks: no sample is above 0.71.
    #[test]
    fn a_peak_between_the_samples_counts() {
        let tone: Vec<f32> = (0..RATE)
            .map(|k| (TAU * ((k % 4) as f32 / 4.0 + 0.125)).sin())
            .collect();
        assert!(tone.iter().all(|x| x.abs() < 0.71));
        assert!(true_peak(&tone, RATE).unwrap() > -0.1);
        let mut limited = tone;
        limit(&mut limited, RATE);
        assert!(true_peak(&limited, RATE).unwrap() <= f64::from(PEAK_DBTP));
    }

    #[test]
    fn the_beat_is_the_vowel_and_not_the_hiss_before_it() {
        let with_hiss = levelled(
            &[hiss(0.15), vowel(0.4)].concat(),
            RATE,
            "see",
            BeatOn::First,
        )
        .unwrap();
        assert!(
            (secs(with_hiss.beat) - LEAD_S - 0.15).abs() < 0.015,
            "beat at {}",
            secs(with_hiss.beat)
        );
        assert!(
            (secs(with_hiss.onset) - LEAD_S).abs() < 0.004,
            "onset at {}",
            secs(with_hiss.onset)
        );
    }

    #[test]
    fn the_beat_is_on_the_word_asked_for() {
        let words = [vowel(0.2), silence(0.1), vowel(0.2), hiss(0.1), vowel(0.3)].concat();
        let first = levelled(&words, RATE, "let go now", BeatOn::First).unwrap();
        let last = levelled(&words, RATE, "let go now", BeatOn::Last).unwrap();
        assert!(
            (secs(first.beat) - LEAD_S).abs() < 0.02,
            "first at {}",
            secs(first.beat)
        );
        assert!(
            (secs(last.beat) - LEAD_S - 0.6).abs() < 0.02,
            "last at {}",
            secs(last.beat)
        );
    }

    #[test]
    fn silence_is_an_error() {
        assert_eq!(
            levelled(&silence(1.0), RATE, "hush", BeatOn::First),
            Err(LevelError::Silent)
        );
        assert_eq!(
            levelled(&[], RATE, "hush", BeatOn::First),
            Err(LevelError::Silent)
        );
    }
}
