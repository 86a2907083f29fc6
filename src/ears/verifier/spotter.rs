//! What hears words through the speech embedding: affine layers on the last nine embeddings. There are two, the one on the
//! embedding as Google trained it, the other on one whose upper layers learned what is listened for here; they differ enough that
//! both together are right more often. `models/training/spotter.py` trains them.

use safetensors::SafeTensors;

use super::embedding::{Lower, Map, SIZE, Upper, samples_for};
use super::layers::{Affine, softmax, vector};

/// Embeddings they look at, 80 ms apart.
const EMBEDDINGS: usize = 9;

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

impl Spotters {
    /// Samples they look at: 1.4 s.
    pub(super) const SAMPLES: u64 = samples_for(EMBEDDINGS) as u64;

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
            .map(|spotter| spotter.shares(&heard))
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

    fn shares(&self, heard: &Map) -> Vec<f32> {
        let mut seen = self.upper.embed(heard);
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
