//! The talk's own sounds, made in code: the same samples every time.
//!
//! They must never be taken for one another, so each differs in more than one way: the chime is one
//! falling, dying bell; "heard" a short soft blip; the tick a click without pitch to speak of; the
//! end tone is the only one that rises, the only one held, and by far the longest and loudest.

use std::f32::consts::TAU;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::clip::Clip;
use crate::sound::RATE;

/// The talk's own sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sound {
    /// A text without a voice, or something unclear: look at the screen.
    Chime,
    /// A command was accepted.
    Heard,
    /// A second has passed.
    Tick,
    /// Zero: let go. Nothing else sounds like it.
    EndTone,
}

impl Sound {
    /// Its clip, which starts and has its beat at sample 0.
    pub fn clip(self) -> Arc<Clip> {
        static CLIPS: [OnceLock<Arc<Clip>>; 4] = [const { OnceLock::new() }; 4];
        let (cell, make): (_, fn() -> Vec<f32>) = match self {
            Self::Chime => (&CLIPS[0], chime),
            Self::Heard => (&CLIPS[1], heard),
            Self::Tick => (&CLIPS[2], tick),
            Self::EndTone => (&CLIPS[3], end_tone),
        };
        let made = || {
            Arc::new(Clip {
                samples: make().into(),
                onset: Duration::ZERO,
                beat: Duration::ZERO,
            })
        };
        Arc::clone(cell.get_or_init(made))
    }
}

/// A bell: three partials, each dying away, the pitch sinking by a tenth.
fn chime() -> Vec<f32> {
    let partials = [
        (523.25, 0.16, 0.12),
        (1_046.5, 0.07, 0.08),
        (1_570.0, 0.03, 0.05),
    ];
    sampled(0.40, |t| {
        let sink = t - 0.125 * t * t;
        partials
            .iter()
            .map(|(hertz, level, decay)| level * (TAU * hertz * sink).sin() * (-t / decay).exp())
            .sum()
    })
}

/// A soft high blip of 50 ms.
fn heard() -> Vec<f32> {
    sampled(0.05, |t| {
        0.10 * (TAU * 1_760.0 * t).sin() * (-t / 0.018).exp()
    })
}

/// A click: a strongly damped 2.4 kHz.
fn tick() -> Vec<f32> {
    sampled(0.02, |t| {
        0.30 * (TAU * 2_400.0 * t).sin() * (-t / 0.003).exp()
    })
}

/// Two held notes, a fifth apart, rising; with an octave above for small loudspeakers.
fn end_tone() -> Vec<f32> {
    const RISE_AT: f32 = 0.22;
    sampled(0.60, |t| {
        let hertz = if t < RISE_AT { 880.0 } else { 1_318.5 };
        let t = if t < RISE_AT { t } else { t - RISE_AT };
        let attack = (t / 0.002).min(1.0);
        attack * (0.26 * (TAU * hertz * t).sin() + 0.12 * (TAU * 2.0 * hertz * t).sin())
    })
}

/// `secs` of a function of time, faded out over the last quarter so that it ends without a click.
fn sampled(secs: f32, level: impl Fn(f32) -> f32) -> Vec<f32> {
    let frames = (secs * RATE as f32) as usize;
    let fade = (frames / 4).max(1) as f32;
    (0..frames)
        .map(|k| level(k as f32 / RATE as f32) * ((frames - k) as f32 / fade).min(1.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Sound; 4] = [Sound::Chime, Sound::Heard, Sound::Tick, Sound::EndTone];

    /// The share of two sounds that is the same, at the best shift: 1 for the same sound.
    fn likeness(a: &[f32], b: &[f32]) -> f32 {
        let energy = |s: &[f32]| s.iter().map(|x| x * x).sum::<f32>();
        let best = (0..a.len().max(1))
            .step_by(8)
            .map(|shift| {
                a[shift..]
                    .iter()
                    .zip(b)
                    .map(|(x, y)| x * y)
                    .sum::<f32>()
                    .abs()
            })
            .fold(0.0, f32::max);
        best / (energy(a) * energy(b)).sqrt()
    }

    #[test]
    fn no_sound_is_like_another() {
        for a in ALL {
            for b in ALL {
                let likeness = likeness(&a.clip().samples, &b.clip().samples);
                assert_eq!(likeness > 0.5, a == b, "{a:?} and {b:?}: {likeness}");
            }
        }
    }

    #[test]
    fn they_start_at_once_end_quietly_and_do_not_clip() {
        for sound in ALL {
            let clip = sound.clip();
            let peak = clip
                .samples
                .iter()
                .fold(0.0f32, |peak, x| peak.max(x.abs()));
            assert!((0.05..0.5).contains(&peak), "{sound:?} peaks at {peak}");
            assert!(
                clip.samples[..96].iter().any(|x| x.abs() > peak / 10.0),
                "{sound:?} starts late"
            );
            assert!(
                clip.samples[clip.samples.len() - 1].abs() < peak / 50.0,
                "{sound:?} ends with a click"
            );
        }
    }

    #[test]
    fn the_end_tone_is_the_loudest_and_the_longest() {
        let energy = |sound: Sound| sound.clip().samples.iter().map(|x| x * x).sum::<f32>();
        for other in [Sound::Chime, Sound::Heard, Sound::Tick] {
            assert!(energy(Sound::EndTone) > 4.0 * energy(other));
            assert!(Sound::EndTone.clip().duration() > other.clip().duration());
        }
    }
}
