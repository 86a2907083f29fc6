//! What the convolutions of the speech embedding work on: a feature map.

use std::ops::Range;

use super::energies::MELS;

/// Values in time and frequency: for each frame and band a row of channels, with a band of zeros below the lowest and one
/// above the highest, so that a convolution over bands finds its neighbours there.
#[derive(Clone)]
pub(super) struct Map {
    pub(super) frames: usize,
    pub(super) bands: usize,
    pub(super) channels: usize,
    values: Vec<f32>,
}

impl Map {
    /// One of zeros.
    pub(super) fn new(frames: usize, bands: usize, channels: usize) -> Self {
        Self {
            frames,
            bands,
            channels,
            values: vec![0.0; frames * (bands + 2) * channels],
        }
    }

    pub(super) fn of(energies: &[[f32; MELS]]) -> Self {
        Self::pooled(energies.as_flattened(), MELS, 1, (1, 1))
    }

    /// The maxima over so many frames and bands of `rows`, which are those of a map without the bands beyond the edges; what is
    /// left over at the end is left out.
    pub(super) fn pooled(
        rows: &[f32],
        bands: usize,
        channels: usize,
        (frames_each, bands_each): (usize, usize),
    ) -> Self {
        let frames = rows.len() / (bands * channels).max(1);
        let mut pooled = Self::new(frames / frames_each, bands / bands_each, channels);
        let frame_values = bands * channels * frames_each;
        let places = rows.chunks_exact(frame_values).zip(0..pooled.frames);
        for (of_frame, frame) in places {
            for (nth, row) in of_frame.chunks_exact(channels).enumerate() {
                let band = nth % bands / bands_each;
                let first = nth < bands && nth % bands_each == 0;
                if band == pooled.bands {
                    continue;
                }
                let Some(most) = pooled.row_mut(frame, band) else {
                    continue;
                };
                if first {
                    most.copy_from_slice(row);
                    continue;
                }
                for (most, value) in most.iter_mut().zip(row) {
                    *most = most.max(*value);
                }
            }
        }
        pooled
    }

    /// Does `change` to every value but those beyond the edges.
    pub(super) fn changed(mut self, change: impl Fn(f32) -> f32) -> Self {
        let (edge, frame) = (self.channels, (self.bands + 2) * self.channels);
        for values in self.values.chunks_exact_mut(frame) {
            let inner = values.get_mut(edge..frame - edge).unwrap_or_default();
            inner.iter_mut().for_each(|value| *value = change(*value));
        }
        self
    }

    /// From how many places a convolution over so many frames sees.
    pub(super) fn places(&self, frames: usize) -> usize {
        (self.frames + 1).saturating_sub(frames) * self.bands
    }

    /// What a convolution over so many frames and bands sees from each of `places` in turn: the rows of a matrix.
    pub(super) fn seen(&self, frames: usize, bands: usize, places: Range<usize>) -> Vec<f32> {
        let mut seen = Vec::with_capacity(places.len() * frames * bands * self.channels);
        for place in places {
            for nth in 0..frames {
                // In the middle of three bands, or itself alone.
                let first = place % self.bands + usize::from(bands == 1);
                let at = self.at(place / self.bands + nth, first);
                let values = self.values.get(at..at + bands * self.channels);
                seen.extend_from_slice(values.unwrap_or_default());
            }
        }
        seen
    }

    /// Its frames and then those of `next`, which has as many bands and channels.
    pub(super) fn followed_by(&self, next: &Self) -> Self {
        Self {
            frames: self.frames + next.frames,
            values: [&*self.values, &*next.values].concat(),
            ..*self
        }
    }

    /// Its last frames, so many or all.
    pub(super) fn last(&self, frames: usize) -> Self {
        let frames = frames.min(self.frames);
        let values = self.values.get(self.at(self.frames - frames, 0)..);
        Self {
            frames,
            values: values.unwrap_or_default().to_vec(),
            ..*self
        }
    }

    /// All values but those of the bands beyond the edges.
    pub(super) fn inner(&self) -> Vec<f32> {
        self.seen(1, 1, 0..self.places(1))
    }

    /// Where the row of a frame and band is, the first of which is beyond the edge.
    fn at(&self, frame: usize, band: usize) -> usize {
        (frame * (self.bands + 2) + band) * self.channels
    }

    fn row_mut(&mut self, frame: usize, band: usize) -> Option<&mut [f32]> {
        let at = self.at(frame, band + 1);
        self.values.get_mut(at..at + self.channels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two channels, of two bands in three frames: the number of the place, and that times ten.
    fn rows() -> Vec<f32> {
        let place = |n: u8| [f32::from(n), 10.0 * f32::from(n)];
        (1..=6).flat_map(place).collect()
    }

    #[test]
    fn a_convolution_sees_the_frames_and_bands_around_each_place_and_zeros_beyond_the_edges() {
        let map = Map::pooled(&rows(), 2, 2, (1, 1));
        assert_eq!((map.frames, map.bands), (3, 2));
        assert_eq!(map.inner(), rows());
        let seen = map.seen(1, 3, 0..6);
        assert_eq!(seen[..6], [0.0, 0.0, 1.0, 10.0, 2.0, 20.0]);
        assert_eq!(seen[30..], [5.0, 50.0, 6.0, 60.0, 0.0, 0.0]);
        let seen = map.seen(3, 1, 0..2);
        assert_eq!(seen[..6], [1.0, 10.0, 3.0, 30.0, 5.0, 50.0]);
        assert_eq!(seen[6..], [2.0, 20.0, 4.0, 40.0, 6.0, 60.0]);
        assert_eq!(map.seen(3, 1, 1..2), [2.0, 20.0, 4.0, 40.0, 6.0, 60.0]);
        assert_eq!([1, 3, 4].map(|frames| map.places(frames)), [6, 2, 0]);
    }

    #[test]
    fn the_largest_of_frames_and_bands_remain_and_whole_groups_only() {
        let pooled = Map::pooled(&rows(), 2, 2, (2, 2));
        assert_eq!((pooled.frames, pooled.bands), (1, 1));
        assert_eq!(pooled.inner(), [4.0, 40.0]);
        let pooled = Map::pooled(&rows(), 2, 2, (3, 1));
        assert_eq!(pooled.inner(), [5.0, 50.0, 6.0, 60.0]);
        let three_bands = Map::pooled(&rows(), 3, 2, (1, 2));
        assert_eq!(three_bands.inner(), [2.0, 20.0, 5.0, 50.0]);
    }

    #[test]
    fn pieces_follow_one_another_and_change_within_the_edges_only() {
        let map = Map::pooled(&rows(), 2, 2, (1, 1));
        let joined = map.last(1).followed_by(&map.last(9));
        assert_eq!(joined.frames, 4);
        assert_eq!(joined.inner()[..6], [5.0, 50.0, 6.0, 60.0, 1.0, 10.0]);
        let changed = map.changed(|value| value + 1.0);
        assert_eq!(changed.seen(1, 3, 0..1)[..4], [0.0, 0.0, 2.0, 11.0]);
    }
}
