//! A microphone that is there and delivers nothing but zeros: it is muted, by its switch or by the system.
//!
//! No room is so quiet that a microphone delivers zeros, but some headsets do between two words. One that falls
//! silent and comes back by itself twice is taken for such, and its silence is not told any more.

use crate::sound::EAR_RATE;

/// After this much of it, in samples (3 s), it is told.
const LONG: u64 = 3 * EAR_RATE as u64;
/// Half of the smallest step of 16-bit sound.
const NOTHING: f32 = 0.5 / 32_768.0;
/// So often it is told of one microphone.
const TOLD: u32 = 2;

/// What one microphone delivers.
#[derive(Debug, Default)]
pub(super) struct Muted {
    /// Samples of nothing, up to now.
    silent: u64,
    muted: bool,
    told: u32,
}

impl Muted {
    /// Takes in the next samples, 16 kHz: `Some(true)` when the microphone turns out to be muted, `Some(false)`
    /// when it is not any more.
    pub(super) fn push(&mut self, samples: &[f32]) -> Option<bool> {
        if samples.iter().any(|sample| sample.abs() > NOTHING) {
            self.silent = 0;
            return std::mem::replace(&mut self.muted, false).then_some(false);
        }
        self.silent += samples.len() as u64;
        if self.muted || self.silent < LONG || self.told >= TOLD {
            return None;
        }
        self.muted = true;
        self.told += 1;
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: usize = EAR_RATE as usize / 50;

    fn hear(muted: &mut Muted, level: f32, secs: usize) -> Vec<bool> {
        let chunk = vec![level; CHUNK];
        (0..secs * 50).filter_map(|_| muted.push(&chunk)).collect()
    }

    #[test]
    fn three_seconds_of_nothing_are_told_once_and_so_is_their_end() {
        let mut muted = Muted::default();
        assert!(hear(&mut muted, 0.0, 2).is_empty());
        assert_eq!(hear(&mut muted, 0.0, 600), [true]);
        assert_eq!(hear(&mut muted, 0.001, 600), [false]);
    }

    #[test]
    fn the_faintest_noise_is_not_nothing() {
        assert!(hear(&mut Muted::default(), 1.0 / 32_768.0, 600).is_empty());
    }

    #[test]
    fn a_headset_that_is_silent_between_words_is_told_of_twice_and_no_more() {
        let mut muted = Muted::default();
        let told: Vec<bool> = (0..50)
            .flat_map(|_| {
                let mut told = hear(&mut muted, 0.0, 10);
                told.extend(hear(&mut muted, 0.1, 1));
                told
            })
            .collect();
        assert_eq!(told, [true, false, true, false]);
    }
}
