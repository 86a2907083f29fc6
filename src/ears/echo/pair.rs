//! Two filters for one path: one that changes slowly, and one that shows it when the path has changed.
//!
//! A filter that expects the path to stay as it is learns it more exactly, and a person who speaks over the
//! loudspeaker disturbs it less; but it follows a hand or a door slowly. One that expects change is
//! the other way round. So both listen, the steady one is heard, and where the quick one leaves less it hands
//! over what it knows (K. Ochiai, T. Araseki and T. Ogihara, "Echo canceler with two echo path models", IEEE
//! Transactions on Communications 25, 1977). While somebody speaks, both leave that, so nothing is handed over.

use super::filter::{BLOCK, Filter, Played, Transforms};
use super::power;

/// How much of the path the steady filter expects to be the same after a block.
const STEADY: f32 = 0.99999;

/// The same of the quick one.
const QUICK: f32 = 0.9997;

/// What the quick one leaves must be this share of what the steady one does: 1 dB less.
const CLEARLY_LESS: f32 = 0.8;

/// Smoothing of what both leave, from block to block: 200 ms.
const SMOOTHING: f32 = 0.95;

pub(super) struct Pair {
    steady: Filter,
    quick: Filter,
    /// What each leaves, smoothed.
    steady_left: f32,
    quick_left: f32,
}

impl Pair {
    pub(super) fn new() -> Self {
        Self {
            steady: Filter::new(STEADY),
            quick: Filter::new(QUICK),
            steady_left: 0.0,
            quick_left: 0.0,
        }
    }

    /// Begins to learn anew, a path of the variance `prior` in its first partition.
    pub(super) fn forget(&mut self, prior: f32) {
        self.steady.forget(prior);
        self.quick.forget(prior);
        (self.steady_left, self.quick_left) = (0.0, 0.0);
    }

    /// As [`Filter::decay`].
    pub(super) fn decay(&self) -> Option<f32> {
        self.steady.decay()
    }

    /// What is left of `near`, a block, when the echo of what was played is taken out of it. Both learn from it.
    pub(super) fn cancel(
        &mut self,
        played: &Played,
        near: &[f32],
        out: &mut [f32],
        transforms: &mut Transforms,
    ) {
        let mut other = [0.0; BLOCK];
        self.steady.cancel(played, near, out, transforms);
        self.steady.learn(played, out, transforms);
        self.quick.cancel(played, near, &mut other, transforms);
        self.quick.learn(played, &other, transforms);
        let smooth =
            |before: f32, block: &[f32]| SMOOTHING * before + (1.0 - SMOOTHING) * power(block);
        self.steady_left = smooth(self.steady_left, out);
        self.quick_left = smooth(self.quick_left, &other);
        if self.quick_left < CLEARLY_LESS * self.steady_left {
            self.steady.adopt(&self.quick);
            self.steady_left = self.quick_left;
            out.copy_from_slice(&other);
        }
    }
}
