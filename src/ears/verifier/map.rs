//! What the convolutions of the speech embedding work on: a feature map.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, ShapeBuilder, concatenate};

use super::energies::MELS;

/// Values in time and frequency: a row for each frame and band, with a band of zeros below the lowest and one
/// above the highest, so that a convolution over bands finds its neighbours there.
#[derive(Clone)]
pub(super) struct Map {
    pub(super) frames: usize,
    pub(super) bands: usize,
    pub(super) values: Array2<f32>,
}

impl Map {
    pub(super) fn new(frames: usize, bands: usize, channels: usize) -> Self {
        let values = Array2::zeros((frames * (bands + 2), channels));
        Self {
            frames,
            bands,
            values,
        }
    }

    pub(super) fn of(energies: &[[f32; MELS]]) -> Self {
        let mut map = Self::new(energies.len(), MELS, 1);
        for (frame, energies) in energies.iter().enumerate() {
            for (band, energy) in energies.iter().enumerate() {
                map.values[(frame * (MELS + 2) + band + 1, 0)] = *energy;
            }
        }
        map
    }

    /// Its frames and then those of `next`, which has as many bands and channels.
    pub(super) fn followed_by(&self, next: &Self) -> Self {
        let frames = self.frames + next.frames;
        let values = concatenate(Axis(0), &[self.values.view(), next.values.view()]);
        let shape = (frames * self.stride(), self.values.ncols());
        Self {
            frames,
            bands: self.bands,
            values: values.unwrap_or_else(|_| Array2::zeros(shape)),
        }
    }

    /// Its last frames.
    pub(super) fn last(&self, frames: usize) -> Self {
        let from = self.frames.saturating_sub(frames) * self.stride();
        Self {
            frames,
            bands: self.bands,
            values: self.values.slice(ndarray::s![from.., ..]).to_owned(),
        }
    }

    /// Rows of a frame.
    pub(super) fn stride(&self) -> usize {
        self.bands + 2
    }

    /// So many rows from one on, each with the values of the rows after it that make up so many bands. They overlap.
    pub(super) fn neighbours(
        &self,
        from: usize,
        rows: usize,
        bands: usize,
    ) -> Option<ArrayView2<'_, f32>> {
        let channels = self.values.ncols();
        let values = self.values.as_slice()?;
        let seen = values.get(from * channels..(from + rows + bands - 1) * channels)?;
        ArrayView2::from_shape((rows, bands * channels).strides((channels, 1)), seen).ok()
    }

    /// The maxima over so many frames and bands; what is left over at the end is left out.
    pub(super) fn pooled(self, frames: usize, bands: usize) -> Self {
        if (frames, bands) == (1, 1) {
            return self;
        }
        let mut pooled = Self::new(
            self.frames / frames,
            self.bands / bands,
            self.values.ncols(),
        );
        let (stride, own) = (self.stride(), pooled.stride());
        let channels = self.values.ncols();
        let (Some(seen), Some(most)) = (self.values.as_slice(), pooled.values.as_slice_mut())
        else {
            return pooled;
        };
        let row = |number: usize| number * channels..(number + 1) * channels;
        for frame in 0..pooled.frames * frames {
            for band in 0..pooled.bands * bands {
                let first = frame % frames == 0 && band % bands == 0;
                let at = row((frame / frames) * own + band / bands + 1);
                let (Some(from), Some(most)) =
                    (seen.get(row(frame * stride + band + 1)), most.get_mut(at))
                else {
                    continue;
                };
                if first {
                    most.copy_from_slice(from);
                    continue;
                }
                for (most, value) in most.iter_mut().zip(from) {
                    *most = most.max(*value);
                }
            }
        }
        pooled
    }

    /// All values but those of the bands beyond the edges.
    pub(super) fn inner(&self) -> Vec<f32> {
        let rows = self.values.axis_iter(Axis(0)).enumerate();
        rows.filter(|(row, _)| (1..=self.bands).contains(&(row % self.stride())))
            .flat_map(|(_, values)| values.to_vec())
            .collect()
    }
}

pub(super) fn span_mut(
    values: &mut Array2<f32>,
    from: usize,
    rows: usize,
) -> Option<ArrayViewMut2<'_, f32>> {
    (from + rows <= values.nrows()).then(|| values.slice_mut(ndarray::s![from..from + rows, ..]))
}
