//! A copy of what a timeline sends out, for an echo canceller.

use rtrb::{Consumer, Producer, RingBuffer};

use crate::sound::RATE;

/// Blocks that may wait for whoever reads them: 2 s.
const BLOCKS: usize = 200;
/// Samples of [`FarEnd`]: 10 ms.
const FAR_END: usize = RATE as usize / 100;

/// Up to 10 ms of what was sent to the loudspeaker.
#[derive(Clone, Copy, Debug)]
pub struct FarEnd {
    /// The frame of the first sample.
    pub first: u64,
    length: usize,
    samples: [f32; FAR_END],
}

impl FarEnd {
    /// The samples, 48 kHz mono: 480, or fewer before a jump.
    pub fn samples(&self) -> &[f32] {
        self.samples.get(..self.length).unwrap_or_default()
    }
}

/// Gathers samples into blocks, and passes them on once somebody wants them.
pub(super) struct Tap {
    out: Option<Producer<FarEnd>>,
    far: FarEnd,
}

impl Tap {
    /// Nobody wants any yet; the next sample is frame `first`.
    pub(super) fn new(first: u64) -> Self {
        Self {
            out: None,
            far: FarEnd {
                first,
                length: 0,
                samples: [0.0; FAR_END],
            },
        }
    }

    /// Where the blocks from frame `first` on come out. Neither this nor what follows locks; only this allocates.
    pub(super) fn open(&mut self, first: u64) -> Consumer<FarEnd> {
        let (tap, out) = RingBuffer::new(BLOCKS);
        self.out = Some(tap);
        (self.far.first, self.far.length) = (first, 0);
        out
    }

    /// Takes the sample after which comes frame `next`.
    pub(super) fn feed(&mut self, sample: f32, next: u64) {
        if self.out.is_none() {
            return;
        }
        if let Some(slot) = self.far.samples.get_mut(self.far.length) {
            *slot = sample;
            self.far.length += 1;
        }
        if self.far.length == FAR_END {
            self.flush(next);
        }
    }

    /// Passes on what there is; the next sample is frame `next`.
    pub(super) fn flush(&mut self, next: u64) {
        if let Some(out) = &mut self.out
            && self.far.length > 0
        {
            let _ = out.push(self.far);
        }
        (self.far.first, self.far.length) = (next, 0);
    }
}
