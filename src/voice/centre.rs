//! Where a word seems to happen: its perceptual centre, which is put on the beat of a count.
//!
//! A word does not seem to happen when its file begins, nor when its first consonant does: "six"
//! must begin some 0.1 s before "eight" to be heard at the same time (the perceptual centre: Morton,
//! Marcus & Frankish, Psychological Review 83, 1976). What it coincides with best is the moment of
//! the fastest energy change, around the start of the vowel (Rathcke et al., JASA 155(4), 2024,
//! doi 10.1121/10.0025777). Here: the energy between 400 and 1000 Hz (the first formant's range, which
//! vowels fill, and neither hissing nor nasal consonants do), as loudness by Stevens' power law, smoothed over 25 ms;
//! of each syllable's nucleus (a maximum of the same curve), the steepest rise before it.

use std::f32::consts::{PI, SQRT_2, TAU};

use super::bank::BeatOn;
use super::level::mean_square;

/// Index of the perceptual centre of the first or last word of `text`, as spoken in `samples`.
pub(super) fn beat(samples: &[f32], rate: u32, text: &str, beat_on: BeatOn) -> Option<usize> {
    let step = (rate as usize / 1_000).max(1);
    let power = vowel_power(samples, rate, step);
    let loudness: Vec<f32> = smoothed(&power, 25)
        .iter()
        .map(|energy| energy.max(0.0).powf(0.3))
        .collect();
    let nuclei = nuclei(&smoothed(&loudness, 50));
    let nucleus = match beat_on {
        BeatOn::First => 0,
        BeatOn::Last => {
            let last = text.split_whitespace().next_back().unwrap_or_default();
            nuclei.len().saturating_sub(syllables(last))
        }
    };
    let (valley, peak) = *nuclei.get(nucleus)?;
    let rise =
        |&k: &usize| loudness[(k + 1).min(loudness.len() - 1)] - loudness[k.saturating_sub(1)];
    let steepest = (valley..=peak).max_by(|a, b| rise(a).total_cmp(&rise(b)))?;
    Some((steepest * step + step / 2).min(samples.len() - 1))
}

/// Mean power between 400 and 1000 Hz of every `step` samples.
fn vowel_power(samples: &[f32], rate: u32, step: usize) -> Vec<f32> {
    let mut band = samples.to_vec();
    for _ in 0..2 {
        biquad(&mut band, rate, 400.0, true);
        biquad(&mut band, rate, 1_000.0, false);
        // Once forwards and once backwards: together the filters delay nothing.
        band.reverse();
    }
    band.chunks(step).map(mean_square).collect()
}

/// A Butterworth high or low pass of second order (R. Bristow-Johnson's cookbook), in place.
pub(super) fn biquad(samples: &mut [f32], rate: u32, hertz: f32, high: bool) {
    let w = TAU * hertz / rate as f32;
    let (alpha, cos) = (w.sin() / SQRT_2, w.cos());
    let edge = if high { 1.0 + cos } else { 1.0 - cos };
    let a0 = 1.0 + alpha;
    let (b0, b1) = (edge / 2.0 / a0, if high { -edge } else { edge } / a0);
    let (a1, a2) = (-2.0 * cos / a0, (1.0 - alpha) / a0);
    let (mut s1, mut s2) = (0.0, 0.0);
    for x in samples {
        let y = b0 * *x + s1;
        s1 = b1 * *x - a1 * y + s2;
        s2 = b0 * *x - a2 * y;
        *x = y;
    }
}

/// Smoothed with a Hann window `width` long, which delays nothing.
fn smoothed(curve: &[f32], width: usize) -> Vec<f32> {
    let half = (width / 2) as isize;
    let window: Vec<f32> = (-half..=half)
        .map(|k| (PI * k as f32 / (2 * half + 2) as f32).cos().powi(2))
        .collect();
    let sum: f32 = window.iter().sum();
    let at = |k: isize| {
        usize::try_from(k)
            .ok()
            .and_then(|k| curve.get(k))
            .copied()
            .unwrap_or(0.0)
    };
    let weighted = |k: isize| {
        (-half..=half)
            .zip(&window)
            .map(|(d, weight)| at(k + d) * weight)
            .sum::<f32>()
    };
    (0..curve.len() as isize)
        .map(|k| weighted(k) / sum)
        .collect()
}

/// The syllables' nuclei in a loudness curve: (the valley before, the peak), in order.
///
/// A peak counts when it stands out of the valleys on both sides by a twelfth of the highest.
fn nuclei(curve: &[f32]) -> Vec<(usize, usize)> {
    let stand_out = curve.iter().copied().fold(0.0, f32::max) / 12.0;
    let mut found = Vec::new();
    let (mut valley, mut peak, mut rising) = (0, 0, true);
    for (k, &x) in curve.iter().enumerate() {
        if rising {
            if x > curve[peak] {
                peak = k;
            } else if x < curve[peak] - stand_out {
                found.push((valley, peak));
                (valley, rising) = (k, false);
            } else if found.is_empty() && x < curve[valley] {
                (valley, peak) = (k, k);
            }
        } else if x < curve[valley] {
            valley = k;
        } else if x > curve[valley] + stand_out {
            (peak, rising) = (k, true);
        }
    }
    found
}

/// How many syllables an English word has, by its spelling: groups of vowels, less a silent final e.
pub(super) fn syllables(word: &str) -> usize {
    let word: String = word
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphabetic)
        .collect();
    let stem = word
        .strip_suffix('e')
        .filter(|stem| !stem.ends_with('l'))
        .unwrap_or(&word);
    let is_vowel = |c: char| "aeiouy".contains(c);
    let mut groups = 0;
    let mut before = false;
    for c in stem.chars() {
        groups += usize::from(is_vowel(c) && !before);
        before = is_vowel(c);
    }
    groups.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_by_spelling() {
        for (word, count) in [
            ("now", 1),
            ("holding!", 2),
            ("release", 2),
            ("time", 1),
            ("settle", 2),
            ("", 1),
        ] {
            assert_eq!(syllables(word), count, "{word}");
        }
    }
}
