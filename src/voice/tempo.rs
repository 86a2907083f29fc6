//! Faster and slower at the same pitch.
//!
//! The tempo of a clip is changed by WSOLA (waveform similarity overlap-add: Verhelst & Roelands, ICASSP
//! 1993), which leaves the pitch, and with it who is speaking, as it is. Counts are never stretched: a
//! number fits its second as it was rendered.

use super::clip::Clip;
use crate::sound::RATE;
use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;

/// `clip` spoken `tempo` times as fast; unchanged where that cannot be done.
pub(super) fn at_tempo(clip: &Arc<Clip>, tempo: f32) -> Arc<Clip> {
    let Some(rate) = NonZeroU32::new(RATE).filter(|_| tempo != 1.0) else {
        return Arc::clone(clip);
    };
    let Ok(samples) = wsola::stretch(&clip.samples, rate, NonZeroU16::MIN, tempo) else {
        return Arc::clone(clip);
    };
    Arc::new(Clip {
        samples: samples.into(),
        onset: clip.onset.div_f32(tempo),
        beat: clip.beat.div_f32(tempo),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A quarter faster: a quarter shorter, the pitch as before.
    #[test]
    fn faster_is_shorter_and_not_higher() {
        let samples: Vec<f32> = (0..48_000)
            .map(|n| (n as f32 * 200.0 * std::f32::consts::TAU / 48_000.0).sin())
            .collect();
        let clip = Arc::new(Clip {
            samples: samples.into(),
            onset: Duration::from_millis(20),
            beat: Duration::from_millis(100),
        });
        let fast = at_tempo(&clip, 1.25);
        let length = fast.samples.len() as f32 / 48_000.0;
        assert!((length - 0.8).abs() < 0.05, "{length} s");
        let middle = &fast.samples[8_000..32_000];
        let crossings = middle
            .windows(2)
            .filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0)
            .count();
        assert!(
            (98..=102).contains(&crossings),
            "{crossings} periods of 200 Hz in half a second"
        );
    }

    #[test]
    fn the_usual_tempo_is_the_clip_itself() {
        let clip = Arc::new(Clip {
            samples: vec![0.1; 100].into(),
            onset: Duration::ZERO,
            beat: Duration::ZERO,
        });
        assert!(Arc::ptr_eq(&clip, &at_tempo(&clip, 1.0)));
    }
}
