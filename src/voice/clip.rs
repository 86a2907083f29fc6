//! A piece of speech or a sound, ready to be placed.

use std::sync::Arc;
use std::time::Duration;

use crate::sound::RATE;

/// Samples ready to be placed on the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// 48 kHz mono, within ±1.
    pub samples: Arc<[f32]>,
    /// From the first sample to the first audible one.
    pub onset: Duration,
    /// From the first sample to the perceptual centre: what is put on the beat.
    pub beat: Duration,
}

impl Clip {
    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        frames(self.samples.len())
    }
}

/// How long `count` frames of the loudspeaker's stream last.
pub(super) fn frames(count: usize) -> Duration {
    Duration::from_micros(count as u64 * 1_000_000 / u64::from(RATE))
}

/// The form of a text by which its clip is found: lower-case words with single spaces, without
/// punctuation, so that "Let go now." finds "let go now".
pub fn normalised(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !matches!(c, '\'' | '’')) {
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        } else if !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
    }
    words.truncate(words.trim_end().len());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_and_whitespace_do_not_matter() {
        assert_eq!(normalised("  Let go now. "), "let go now");
        assert_eq!(normalised("Twenty-one!"), "twenty one");
        assert_eq!(normalised("keep\n holding"), normalised("Keep holding!"));
        assert_eq!(normalised("Don’t let go"), "dont let go");
        assert_eq!(normalised("…"), "");
    }
}
