//! Google's speech embedding: 32 log-mel energies every 10 ms, and a small convolutional network that makes 96
//! values of every 0.76 s of them. It was trained to tell 5,000 keywords in 200 million clips apart (J. Lin et
//! al., "Training Keyword Spotters with Limited and Synthesized Speech Data", ICASSP 2020).
//!
//! It is in two parts: the [`Lower`] layers hear sounds and are common to both spotters, the [`Upper`] ones hear
//! words, and each spotter has its own.
//!
//! `models/training/embedding.py` says where it comes from and computes the same.

use std::borrow::Cow;
use std::collections::VecDeque;

use half::f16;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use safetensors::SafeTensors;

use super::energies::{Energies, MELS, loudest, samples_of, scale};
use super::layers::{vector, widened};
use super::map::Map;

/// Frames of energies that one embedding sees, and from one to the next.
const FRAMES: usize = 76;
pub(super) const STEP: usize = 8;

/// Values of an embedding.
pub(super) const SIZE: usize = 96;

/// Frames among which the loudest energy is looked for when a sound is followed: those of nine embeddings, as ever.
const LOUDEST_KEPT: usize = frames_for(9);

/// Samples that so many embeddings take.
pub(super) const fn samples_for(embeddings: usize) -> usize {
    samples_of(frames_for(embeddings))
}

const fn frames_for(embeddings: usize) -> usize {
    FRAMES + (embeddings - 1) * STEP
}

/// From how many places a layer is computed at once: what it sees from all would take a megabyte and more.
const PLACES: usize = 512;

/// Layers of the lower part.
const LOWER: usize = 11;

/// The network: convolutions over three frames or three bands in turn, each followed by [`activated`], and
/// by the maximum over so many frames and bands.
const LAYERS: [Shape; 20] = {
    const fn layer(frames: usize, bands: usize, inputs: usize, outputs: usize) -> Shape {
        Shape {
            frames,
            bands,
            inputs,
            outputs,
            pool: (1, 1),
        }
    }
    const fn pooled(shape: Shape, frames: usize, bands: usize) -> Shape {
        Shape {
            pool: (frames, bands),
            ..shape
        }
    }
    [
        layer(3, 3, 1, 24),
        layer(1, 3, 24, 24),
        pooled(layer(3, 1, 24, 24), 2, 2),
        layer(1, 3, 24, 48),
        layer(3, 1, 48, 48),
        layer(1, 3, 48, 48),
        pooled(layer(3, 1, 48, 48), 1, 2),
        layer(1, 3, 48, 72),
        layer(3, 1, 72, 72),
        layer(1, 3, 72, 72),
        pooled(layer(3, 1, 72, 72), 2, 2),
        layer(1, 3, 72, 96),
        layer(3, 1, 96, 96),
        layer(1, 3, 96, 96),
        pooled(layer(3, 1, 96, 96), 1, 2),
        layer(1, 3, 96, 96),
        layer(3, 1, 96, 96),
        layer(1, 3, 96, 96),
        pooled(layer(3, 1, 96, 96), 2, 2),
        layer(3, 1, 96, SIZE),
    ]
};

/// What a convolution looks at, and over what its outputs are pooled.
#[derive(Clone, Copy)]
struct Shape {
    frames: usize,
    bands: usize,
    inputs: usize,
    outputs: usize,
    pool: (usize, usize),
}

struct Layer {
    shape: Shape,
    /// A matrix with a row for each value it looks at and a column for each output, in half precision as it is stored: it
    /// takes half as much memory.
    weights: Vec<f16>,
    /// The last has none.
    bias: Vec<f32>,
    /// Whether [`activated`] comes after it: not after the last.
    activate: bool,
}

/// The lower part, and the energies before it.
pub(super) struct Lower {
    energies: Energies,
    layers: Vec<Layer>,
}

/// The upper part.
pub(super) struct Upper(Vec<Layer>);

impl Upper {
    /// Reads the one whose tensors begin with `name`; the error says what is wrong.
    pub(super) fn read(stored: &SafeTensors<'_>, name: &str) -> Result<Self, String> {
        let layers = LOWER..LAYERS.len();
        layers
            .map(|number| Layer::read(stored, name, number))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The embeddings of what followed on what was kept of the frames before.
    pub(super) fn follow(&self, kept: &mut Kept, heard: &Map) -> Vec<f32> {
        kept.through(&self.0, heard).inner()
    }

    /// The embeddings of what the lower part heard, one after the other.
    pub(super) fn embed(&self, heard: &Map) -> Vec<f32> {
        match self.0.split_first() {
            Some((first, rest)) => through(rest, first.applied(heard)).inner(),
            None => heard.inner(),
        }
    }
}

/// What layers keep of the frames before, so that a sound is heard piece by piece and nothing twice.
#[derive(Default)]
pub(super) struct Kept(Vec<Map>);

impl Kept {
    /// What the layers make of a piece. At the beginning, where nothing was heard before, that is worth nothing.
    fn through(&mut self, layers: &[Layer], piece: &Map) -> Map {
        let mut map = Cow::Borrowed(piece);
        for (number, layer) in layers.iter().enumerate() {
            let before = layer.shape.frames - 1;
            if self.0.len() <= number {
                self.0.push(Map::new(before, map.bands, map.channels));
            }
            let applied = match self.0.get_mut(number) {
                Some(kept) if before > 0 => {
                    let joined = kept.followed_by(&map);
                    *kept = joined.last(before);
                    layer.applied(&joined)
                }
                _ => layer.applied(&map),
            };
            map = Cow::Owned(applied);
        }
        map.into_owned()
    }
}

/// What the lower part keeps.
#[derive(Default)]
pub(super) struct Followed {
    layers: Kept,
    /// The loudest energy of each of the last frames.
    loudest: VecDeque<f32>,
}

fn through(layers: &[Layer], map: Map) -> Map {
    layers.iter().fold(map, |map, layer| layer.applied(&map))
}

impl Lower {
    /// Reads it; the error says what is wrong.
    pub(super) fn read(stored: &SafeTensors<'_>) -> Result<Self, String> {
        Ok(Self {
            energies: Energies::read(stored)?,
            layers: (0..LOWER)
                .map(|number| Layer::read(stored, "embedding", number))
                .collect::<Result<_, _>>()?,
        })
    }

    /// What the end of `samples` (16 kHz, full scale 1.0) holds, for so many embeddings. What is missing at the
    /// beginning is filled with the quietest frames, as in the training.
    pub(super) fn hear(&self, samples: &[f32], embeddings: usize) -> Map {
        let from = samples.len().saturating_sub(samples_for(embeddings));
        let mut heard = self
            .energies
            .decibels(samples.get(from..).unwrap_or_default());
        let loudest = heard.iter().map(loudest).fold(f32::NEG_INFINITY, f32::max);
        scale(&mut heard, loudest);
        through(
            &self.layers,
            Map::of(&extended(heard, frames_for(embeddings))),
        )
    }

    /// What a piece holds whose first frame follows on the last of the piece before; its frames are a multiple of [`STEP`].
    pub(super) fn follow(&self, followed: &mut Followed, piece: &[f32]) -> Map {
        let mut heard = self.energies.decibels(piece);
        for frame in &heard {
            followed.loudest.push_back(loudest(frame));
        }
        let surplus = followed.loudest.len().saturating_sub(LOUDEST_KEPT);
        followed.loudest.drain(..surplus);
        let most = followed.loudest.iter().copied();
        scale(&mut heard, most.fold(f32::NEG_INFINITY, f32::max));
        followed.layers.through(&self.layers, &Map::of(&heard))
    }
}

/// `wanted` frames that end with `heard`, before it its quietest.
fn extended(heard: Vec<[f32; MELS]>, wanted: usize) -> Vec<[f32; MELS]> {
    let loudness = |frame: &[f32; MELS]| frame.iter().sum::<f32>();
    let mut quiet = heard.clone();
    quiet.sort_by(|a, b| loudness(a).total_cmp(&loudness(b)));
    quiet.truncate((heard.len() / 10).max(6));
    if quiet.is_empty() {
        quiet.push([0.0; MELS]);
    }
    let missing = wanted.saturating_sub(heard.len());
    let before = quiet.into_iter().cycle().take(missing);
    before.chain(heard).collect()
}

impl Layer {
    fn read(stored: &SafeTensors<'_>, name: &str, number: usize) -> Result<Self, String> {
        let shape = *LAYERS.get(number).ok_or("it has too many layers")?;
        let Shape {
            frames,
            bands,
            inputs,
            outputs,
            ..
        } = shape;
        let name = |part: &str| format!("{name}.{number}.{part}");
        let weights = vector(stored, &name("weight"), frames * bands * inputs * outputs)?;
        let activate = number + 1 < LAYERS.len();
        let bias = if activate {
            vector(stored, &name("bias"), outputs)?
        } else {
            vec![0.0; outputs]
        };
        Ok(Self {
            shape,
            weights: weights.into_iter().map(f16::from_f32).collect(),
            bias,
            activate,
        })
    }

    fn applied(&self, map: &Map) -> Map {
        let Shape { outputs, pool, .. } = self.shape;
        let pooled = Map::pooled(&self.convolved(map), map.bands, outputs, pool);
        // The largest stays the largest, and there are fewer of them afterwards.
        if self.activate {
            pooled.changed(activated)
        } else {
            pooled
        }
    }

    /// The outputs of each place in turn.
    fn convolved(&self, map: &Map) -> Vec<f32> {
        let Shape {
            frames,
            bands,
            outputs,
            ..
        } = self.shape;
        let places = map.places(frames);
        let width = frames * bands * map.channels;
        let weights = widened(&self.weights);
        let mut out = self.bias.repeat(places);
        for (nth, block) in out.chunks_mut(PLACES * outputs).enumerate() {
            let count = block.len() / outputs;
            let seen = map.seen(frames, bands, nth * PLACES..nth * PLACES + count);
            if let (Ok(seen), Ok(weights), Ok(mut block)) = (
                ArrayView2::from_shape((count, width), &seen),
                ArrayView2::from_shape((width, outputs), &weights),
                ArrayViewMut2::from_shape((count, outputs), block),
            ) {
                general_mat_mul(1.0, &seen, &weights, 1.0, &mut block);
            }
        }
        out
    }
}

/// A leaky rectifier, and never below -0.4; without a branch.
#[inline]
fn activated(x: f32) -> f32 {
    x.max(0.2 * x).max(-0.4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::file::read;
    use std::path::Path;

    #[test]
    fn it_is_what_the_recipe_computes() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = root.join("models/talkthrough-en").join(super::super::FILE);
        let bytes = std::fs::read(file).unwrap();
        let stored = SafeTensors::deserialize(&bytes).unwrap();
        let lower = Lower::read(&stored).unwrap();
        let upper = Upper::read(&stored, "embedding").unwrap();
        let word = read(&root.join("tests/words/next.flac")).unwrap();
        let embedded = upper.embed(&lower.hear(&word.samples[..samples_for(1)], 1));
        assert_eq!(embedded.len(), SIZE);
        // Of the first 12,512 samples, by `embedding.py`, which has the weights in full precision.
        let recipe = [-19.179, 13.325, -4.327, 5.386, 21.358, 21.800];
        for (ours, theirs) in embedded.iter().zip(recipe) {
            assert!((ours - theirs).abs() < 0.2, "{ours} {theirs}");
        }
    }

    #[test]
    fn what_is_missing_is_quiet() {
        let loud = [9.0; MELS];
        let quiet = [1.0; MELS];
        let heard = vec![loud, quiet, loud];
        let extended = extended(heard.clone(), 12);
        assert_eq!(extended.len(), 12);
        assert_eq!(extended.first(), Some(&quiet));
        assert_eq!(extended.get(9..), Some(&heard[..]));
        assert_eq!(super::extended(Vec::new(), 3).len(), 3);
    }
}
