//! The half of the verifier that hears words through the speech embedding: three affine layers on the last nine
//! embeddings. `models/training/spotter.py` trains it.

use safetensors::SafeTensors;

use super::embedding::{Embedding, SIZE, samples_for};
use super::layers::{Affine, softmax, vector};

/// Embeddings it looks at, 80 ms apart.
const EMBEDDINGS: usize = 9;

pub(super) struct Spotter {
    embedding: Embedding,
    mean: Vec<f32>,
    deviation: Vec<f32>,
    wide: Affine,
    deep: Affine,
    last: Affine,
}

impl Spotter {
    /// Samples it looks at: 1.4 s.
    pub(super) const SAMPLES: u64 = samples_for(EMBEDDINGS) as u64;

    /// Reads one that tells so many `phrases` apart; the error says what is wrong with it.
    pub(super) fn read(stored: &SafeTensors<'_>, phrases: usize) -> Result<Self, String> {
        let wide = Affine::read(stored, "spotter.wide", EMBEDDINGS * SIZE)?;
        let deep = Affine::read(stored, "spotter.deep", wide.outputs)?;
        let last = Affine::read(stored, "spotter.last", deep.outputs)?;
        if wide.outputs != deep.outputs || last.outputs != phrases {
            return Err("the spotter's layers do not fit one another".into());
        }
        Ok(Self {
            embedding: Embedding::read(stored)?,
            mean: vector(stored, "spotter.mean", SIZE)?,
            deviation: vector(stored, "spotter.deviation", SIZE)?,
            wide,
            deep,
            last,
        })
    }

    /// The probability of each phrase at the end of `samples`.
    pub(super) fn shares(&self, samples: &[f32]) -> Vec<f32> {
        let mut seen = self.embedding.embed(samples, EMBEDDINGS);
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
