//! What hears words through the speech embedding: affine layers on the last nine embeddings. There are two, the one on the
//! embedding as Google trained it, the other on one whose upper layers learned what is listened for here; they differ enough that
//! both together are right more often. `models/training/spotter.py` trains them.

use safetensors::SafeTensors;

use super::embedding::{self, Followed, Kept, Lower, SIZE, Upper, samples_for};
use super::energies::{SHIFT, samples_of};
use super::layers::{Affine, softmax, vector};

/// Embeddings they look at, 80 ms apart.
const EMBEDDINGS: usize = 9;

/// Embeddings that the first piece of a sound holds which is followed (1.44 s): more than are looked at, as the first of them are
/// of a beginning that was not heard.
const BEGINNING: usize = 18;

/// Both, and the lower layers of the embedding that they share.
pub(super) struct Spotters {
    lower: Lower,
    spotters: [Spotter; 2],
}

struct Spotter {
    upper: Upper,
    mean: Vec<f32>,
    deviation: Vec<f32>,
    wide: Affine,
    deep: Affine,
    last: Affine,
}

/// How far a sound was followed.
#[derive(Default)]
pub(in crate::ears) struct Following {
    lower: Followed,
    upper: [Kept; 2],
    /// The last embeddings, of each spotter.
    seen: [Vec<f32>; 2],
}

impl Spotters {
    /// Samples they look at: 1.4 s.
    pub(super) const SAMPLES: u64 = samples_for(EMBEDDINGS) as u64;

    /// Samples from one embedding of a sound that is followed to the next (80 ms), and up to the first that counts.
    pub(super) const STEP: u64 = (embedding::STEP * SHIFT) as u64;
    pub(super) const FIRST: u64 = samples_of(BEGINNING * embedding::STEP) as u64;

    /// Reads those that tell so many `phrases` apart; the error says what is wrong with them.
    pub(super) fn read(stored: &SafeTensors<'_>, phrases: usize) -> Result<Self, String> {
        Ok(Self {
            lower: Lower::read(stored)?,
            spotters: [
                Spotter::read(stored, "spotter", "embedding", phrases)?,
                Spotter::read(stored, "tuned", "tuned", phrases)?,
            ],
        })
    }

    /// The probabilities of each phrase at the end of `samples`, as either sees them.
    pub(super) fn shares(&self, samples: &[f32]) -> [Vec<f32>; 2] {
        let heard = self.lower.hear(samples, EMBEDDINGS);
        self.spotters
            .each_ref()
            .map(|spotter| spotter.shares(spotter.upper.embed(&heard)))
    }

    /// The same at the end of a sound that is followed, given its last `samples`, of which so many embeddings are new; at first
    /// all of [`Spotters::FIRST`].
    pub(super) fn follow(
        &self,
        following: &mut Following,
        samples: &[f32],
        new: usize,
    ) -> [Vec<f32>; 2] {
        let begun = following.seen.iter().all(|seen| !seen.is_empty());
        let new = if begun { new } else { BEGINNING };
        let piece = samples_of(new * embedding::STEP);
        let from = samples.len().saturating_sub(piece);
        let piece = samples.get(from..).unwrap_or_default();
        let heard = self.lower.follow(&mut following.lower, piece);
        let spotters = self.spotters.iter().zip(&mut following.upper);
        for ((spotter, kept), seen) in spotters.zip(&mut following.seen) {
            seen.extend(spotter.upper.follow(kept, &heard));
            let surplus = seen.len().saturating_sub(EMBEDDINGS * SIZE);
            seen.drain(..surplus);
        }
        let [first, second] = &self.spotters;
        let [seen, also] = &following.seen;
        [first.shares(seen.clone()), second.shares(also.clone())]
    }
}

impl Spotter {
    fn read(
        stored: &SafeTensors<'_>,
        name: &str,
        upper: &str,
        phrases: usize,
    ) -> Result<Self, String> {
        let part = |part: &str| format!("{name}.{part}");
        let wide = Affine::read(stored, &part("wide"), EMBEDDINGS * SIZE)?;
        let deep = Affine::read(stored, &part("deep"), wide.outputs)?;
        let last = Affine::read(stored, &part("last"), deep.outputs)?;
        if wide.outputs != deep.outputs || last.outputs != phrases {
            return Err(format!("the layers of the {name} do not fit one another"));
        }
        Ok(Self {
            upper: Upper::read(stored, upper)?,
            mean: vector(stored, &part("mean"), SIZE)?,
            deviation: vector(stored, &part("deviation"), SIZE)?,
            wide,
            deep,
            last,
        })
    }

    /// The probability of each phrase given the embeddings.
    fn shares(&self, mut seen: Vec<f32>) -> Vec<f32> {
        for embedding in seen.chunks_mut(SIZE) {
            let normal = embedding.iter_mut().zip(&self.mean).zip(&self.deviation);
            normal.for_each(|((value, mean), deviation)| *value = (*value - mean) / deviation);
        }
        let wide = rectified(self.wide.apply(&seen));
        let mut deep = rectified(self.deep.apply(&wide));
        deep.iter_mut()
            .zip(&wide)
            .for_each(|(deep, wide)| *deep += wide);
        softmax(self.last.apply(&deep))
    }
}

fn rectified(mut values: Vec<f32>) -> Vec<f32> {
    values.iter_mut().for_each(|x| *x = x.max(0.0));
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::file::read;
    use std::path::Path;

    #[test]
    fn followed_piece_by_piece_a_word_is_what_it_is_as_a_whole() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(root.join("models/talkthrough-en/verifier.safetensors")).unwrap();
        let stored = SafeTensors::deserialize(&bytes).unwrap();
        let phrases = vector_length(&stored, "spotter.last.bias");
        let spotters = Spotters::read(&stored, phrases).unwrap();
        let word = read(&root.join("tests/words/next.flac")).unwrap();
        // Some noise, so that nothing lies too far below the loudest to count.
        let noise = |n: usize| 0.01 * ((n * n) as f32 * 0.37).sin();
        let mut sound: Vec<f32> = (0..60_000).map(noise).collect();
        let word = word.resampled(16_000).unwrap().samples;
        let place = sound.iter_mut().skip(20_000);
        place.zip(word).for_each(|(sound, word)| *sound += word);
        let mut following = Following::default();
        let mut at = Spotters::FIRST;
        let mut steps = [1, 2, 3].into_iter().cycle();
        let mut new = 0;
        while at <= 56_000 {
            let heard = &sound[..at as usize];
            let pieces = spotters.follow(&mut following, heard, new);
            let whole = spotters.shares(heard);
            for (piece, whole) in pieces.iter().flatten().zip(whole.iter().flatten()) {
                assert!((piece - whole).abs() < 1e-3, "at {at}: {piece} {whole}");
            }
            new = steps.next().unwrap();
            at += new as u64 * Spotters::STEP;
        }
    }

    fn vector_length(stored: &SafeTensors<'_>, name: &str) -> usize {
        stored.tensor(name).unwrap().shape().iter().product()
    }
}
