//! Where a word's vowel begins, by its phones: the second opinion on the perceptual centre.
//!
//! [`centre`](super::centre) looks at how the level of a clip rises. This looks at nothing but the shape of
//! the spectrum: flite says the same text and prints when each of its phones ends, its sound is laid along
//! the clip by dynamic time warping of their mel cepstra (without the zeroth, which is the level), and the
//! beginning of the vowel is read off the clip. That is done with three voices of flite; the median counts.
//! (Alignment with a synthesised reference: Malfrère & Dutoit, Eurospeech 1997. Sakoe & Chiba, IEEE Trans.
//! ASSP 26, 1978, for the warping.)

use std::f32::consts::PI;
use std::path::Path;
use std::process::Command;

use realfft::RealFftPlanner;

use super::bank::BeatOn;
use super::centre::syllables;
use super::pcm::{self, Pcm};

/// Voices of flite that lend their phones.
const VOICES: [&str; 3] = ["rms", "awb", "slt"];
/// What both sounds are brought to, in frames a second.
const RATE: u32 = 16_000;
/// Samples from one spectrum to the next: 5 ms.
const HOP: usize = 80;
/// Samples in a spectrum: 20 ms.
const WINDOW: usize = 320;
/// Bands of the mel scale, 100 Hz to 7 kHz.
const BANDS: usize = 26;
/// Cepstral coefficients, from the first on: the shape of the spectrum, not its level.
const CEPSTRA: usize = 12;
/// What is this far below the loudest band of a sound is silence, as a factor of its power.
const FLOOR: f32 = 1e-5;

/// Why a clip could not be aligned.
#[derive(Debug, thiserror::Error)]
pub enum AlignError {
    /// flite did not run, or not as it should.
    #[error("flite cannot say \"{text}\": {reason}; install flite (Debian: flite)")]
    Flite {
        /// The text.
        text: String,
        /// What went wrong.
        reason: String,
    },
    /// There is no vowel in what flite said.
    #[error("flite finds no vowel in \"{0}\"; leave it out")]
    NoVowel(String),
}

/// A phone and where it lies, in seconds.
#[derive(Clone, Debug, PartialEq)]
struct Phone {
    name: String,
    start: f64,
    end: f64,
}

/// Seconds from the first sample of `samples`, mono at `rate`, which say `text`, to the beginning of the
/// first vowel of its first or last word: for each voice of flite, the least first.
///
/// # Errors
///
/// flite is missing or fails, or the text has no vowel.
pub fn vowel_onsets(
    samples: &[f32],
    rate: u32,
    text: &str,
    beat_on: BeatOn,
) -> Result<Vec<f64>, AlignError> {
    let flite = |reason: String| AlignError::Flite {
        text: text.to_owned(),
        reason,
    };
    let dir = tempfile::tempdir().map_err(|error| flite(error.to_string()))?;
    let clip = cepstra(&pcm::resampled(samples.to_vec(), rate, RATE).map_err(flite)?);
    let mut onsets = Vec::with_capacity(VOICES.len());
    for voice in VOICES {
        let (pcm, phones) = spoken(voice, text, dir.path()).map_err(flite)?;
        let vowel =
            vowel(&phones, text, beat_on).ok_or_else(|| AlignError::NoVowel(text.to_owned()))?;
        // The pauses around the words are not in the clip.
        let first = phones.first().map_or(0.0, |phone| phone.start);
        let last = phones.last().map_or(0.0, |phone| phone.end);
        let sample = |secs: f64| ((secs * f64::from(pcm.rate)) as usize).min(pcm.samples.len());
        let words = pcm.samples[sample(first - 0.02)..sample(last)].to_vec();
        let reference = cepstra(&pcm::resampled(words, pcm.rate, RATE).map_err(flite)?);
        let at =
            ((vowel - (first - 0.02).max(0.0)) * f64::from(RATE) / HOP as f64).round() as usize;
        let path = warp(&reference, &clip);
        let there: Vec<usize> = path
            .iter()
            .filter(|(r, _)| *r == at)
            .map(|(_, c)| *c)
            .collect();
        let frame = there.iter().sum::<usize>() as f64 / there.len().max(1) as f64;
        onsets.push(frame * HOP as f64 / f64::from(RATE));
    }
    onsets.sort_by(f64::total_cmp);
    Ok(onsets)
}

/// What `voice` makes of `text`, and its phones without the pauses around them.
fn spoken(voice: &str, text: &str, dir: &Path) -> Result<(Pcm, Vec<Phone>), String> {
    let wav = dir.join(format!("{voice}.wav"));
    let output = Command::new("flite")
        .args(["-voice", voice, "-psdur", "-t", text, "-o"])
        .arg(&wav)
        .output()
        .map_err(|error| error.to_string())?;
    let phones = phones(&String::from_utf8_lossy(&output.stdout));
    if !output.status.success() || phones.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let file = std::fs::File::open(&wav).map_err(|error| error.to_string())?;
    Ok((pcm::decode(file)?, phones))
}

/// Reads "pau:0.152 w:0.252 ah:0.379": each phone with its end.
fn phones(listed: &str) -> Vec<Phone> {
    let mut before = 0.0;
    let mut phones: Vec<Phone> = Vec::new();
    for (name, end) in listed
        .split_whitespace()
        .filter_map(|it| it.split_once(':'))
    {
        let Ok(end) = end.parse::<f64>() else {
            continue;
        };
        phones.push(Phone {
            name: name.to_owned(),
            start: before,
            end,
        });
        before = end;
    }
    let is_pause = |phone: &Phone| phone.name == "pau";
    while phones.last().is_some_and(is_pause) {
        phones.pop();
    }
    let pauses = phones.iter().take_while(|phone| is_pause(phone)).count();
    phones.split_off(pauses)
}

/// Where the first vowel of the first or last word begins.
fn vowel(phones: &[Phone], text: &str, beat_on: BeatOn) -> Option<f64> {
    let is_vowel = |phone: &&Phone| phone.name.starts_with(['a', 'e', 'i', 'o', 'u']);
    let vowels: Vec<&Phone> = phones.iter().filter(is_vowel).collect();
    let index = match beat_on {
        BeatOn::First => 0,
        BeatOn::Last => {
            let last = text.split_whitespace().next_back().unwrap_or_default();
            vowels.len().saturating_sub(syllables(last))
        }
    };
    vowels.get(index).map(|phone| phone.start)
}

type Cepstrum = [f32; CEPSTRA];

/// The mel cepstrum of every 5 ms, centred there, the mean of the whole taken away.
fn cepstra(samples: &[f32]) -> Vec<Cepstrum> {
    let spectrum = RealFftPlanner::<f32>::new().plan_fft_forward(512);
    let window: Vec<f32> = (0..WINDOW)
        .map(|k| (PI * (k as f32 + 0.5) / WINDOW as f32).sin().powi(2))
        .collect();
    let filters = mel_filters(512);
    let mut bands: Vec<[f32; BANDS]> = Vec::with_capacity(samples.len() / HOP + 1);
    for centre in (0..samples.len()).step_by(HOP) {
        let mut input = spectrum.make_input_vec();
        for (k, weight) in window.iter().enumerate() {
            let at = (centre + k).checked_sub(WINDOW / 2);
            input[k] = at.and_then(|at| samples.get(at)).copied().unwrap_or(0.0) * weight;
        }
        let mut output = spectrum.make_output_vec();
        // The lengths are the plan's own, which is all that can be wrong.
        if spectrum.process(&mut input, &mut output).is_err() {
            break;
        }
        let power: Vec<f32> = output.iter().map(|x| x.norm_sqr()).collect();
        bands.push(std::array::from_fn(|band| {
            filters[band]
                .iter()
                .map(|(bin, weight)| power[*bin] * weight)
                .sum()
        }));
    }
    let loudest = bands
        .iter()
        .flatten()
        .copied()
        .fold(f32::MIN_POSITIVE, f32::max);
    let mut cepstra: Vec<Cepstrum> = bands
        .iter()
        .map(|bands| {
            std::array::from_fn(|k| {
                let angle = PI * (k + 1) as f32 / BANDS as f32;
                bands
                    .iter()
                    .enumerate()
                    .map(|(band, power)| {
                        (power / loudest + FLOOR).ln() * (angle * (band as f32 + 0.5)).cos()
                    })
                    .sum()
            })
        })
        .collect();
    let count = cepstra.len().max(1) as f32;
    for k in 0..CEPSTRA {
        let mean = cepstra.iter().map(|it| it[k]).sum::<f32>() / count;
        cepstra.iter_mut().for_each(|it| it[k] -= mean);
    }
    cepstra
}

/// Triangles, evenly spaced on the mel scale: for each band, the bins of a spectrum of `size` and their weights.
fn mel_filters(size: usize) -> Vec<Vec<(usize, f32)>> {
    let mel = |hertz: f32| 1127.0 * (1.0 + hertz / 700.0).ln();
    let hertz = |mel: f32| 700.0 * ((mel / 1127.0).exp() - 1.0);
    let (low, high) = (mel(100.0), mel(7_000.0));
    let edge = |k: usize| hertz(low + (high - low) * k as f32 / (BANDS + 1) as f32);
    (0..BANDS)
        .map(|band| {
            let (from, top, to) = (edge(band), edge(band + 1), edge(band + 2));
            (0..=size / 2)
                .filter_map(|bin| {
                    let at = bin as f32 * RATE as f32 / size as f32;
                    let weight = ((at - from) / (top - from)).min((to - at) / (to - top));
                    (weight > 0.0).then_some((bin, weight))
                })
                .collect()
        })
        .collect()
}

/// The cheapest path that lays every frame of `reference` along `clip`, as pairs of frames.
fn warp(reference: &[Cepstrum], clip: &[Cepstrum]) -> Vec<(usize, usize)> {
    let distance = |r: usize, c: usize| {
        let pairs = reference[r].iter().zip(&clip[c]);
        pairs.map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    };
    let (rows, columns) = (reference.len(), clip.len());
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    let mut costs = vec![vec![f32::INFINITY; columns]; rows];
    let before = |r: usize, c: usize| {
        let diagonal = r.checked_sub(1).zip(c.checked_sub(1)).map(|at| (at, 2.0));
        let up = r.checked_sub(1).map(|r| ((r, c), 1.0));
        let left = c.checked_sub(1).map(|c| ((r, c), 1.0));
        // The diagonal first: of equal ways the straightest.
        [diagonal, up, left].into_iter().flatten()
    };
    for r in 0..rows {
        for c in 0..columns {
            let here = distance(r, c);
            costs[r][c] = if (r, c) == (0, 0) {
                here
            } else {
                before(r, c)
                    .map(|((r, c), weight)| costs[r][c] + weight * here)
                    .fold(f32::INFINITY, f32::min)
            };
        }
    }
    let mut path = vec![(rows - 1, columns - 1)];
    while let Some(&(r, c)) = path.last().filter(|at| **at != (0, 0)) {
        let here = distance(r, c);
        let cost = |&((r, c), weight): &((usize, usize), f32)| costs[r][c] + weight * here;
        let Some((at, _)) = before(r, c).min_by(|a, b| cost(a).total_cmp(&cost(b))) else {
            break;
        };
        path.push(at);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_lie_between_their_ends_without_the_pauses() {
        let phones = phones("pau:0.136 s:0.299 ih:0.440 k:0.498 s:0.692 pau:0.874");
        let told: Vec<_> = phones
            .iter()
            .map(|it| (it.name.as_str(), it.start, it.end))
            .collect();
        assert_eq!(
            told,
            [
                ("s", 0.136, 0.299),
                ("ih", 0.299, 0.440),
                ("k", 0.440, 0.498),
                ("s", 0.498, 0.692)
            ]
        );
        assert_eq!(vowel(&phones, "six", BeatOn::First), Some(0.299));
    }

    #[test]
    fn the_last_word_s_vowel_is_counted_from_the_end() {
        let phones = phones("pau:0.1 l:0.2 eh:0.3 t:0.4 g:0.5 ow:0.6 n:0.7 aw:0.9 pau:1.0");
        assert_eq!(vowel(&phones, "let go now", BeatOn::Last), Some(0.7));
    }

    /// A noise that hisses and then hums, slower the second time: the change is found where it is.
    #[test]
    fn a_change_of_sound_is_found_at_another_pace() {
        let sound = |hiss: usize, hum: usize| -> Vec<f32> {
            let mut state = 1_u32;
            let mut noise = move || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 9) as f32 / (1 << 22) as f32 - 1.0
            };
            let hissing: Vec<f32> = (0..hiss).map(|_| noise()).collect();
            // The difference of two neighbours is high, their sum is low.
            let mut out: Vec<f32> = hissing.windows(2).map(|it| it[1] - it[0]).collect();
            out.extend((0..hum).map(|k| (k as f32 * 0.1).sin() + 0.5 * (k as f32 * 0.2).sin()));
            out
        };
        let (slow, fast) = (cepstra(&sound(6_400, 8_000)), cepstra(&sound(3_200, 4_800)));
        let path = warp(&slow, &fast);
        let there: Vec<usize> = path
            .iter()
            .filter(|(r, _)| *r == 80)
            .map(|(_, c)| *c)
            .collect();
        assert!(
            there.iter().all(|frame| (38..=42).contains(frame)),
            "{there:?}"
        );
    }
}
