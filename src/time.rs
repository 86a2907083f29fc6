//! Session time: a point on the audio clock.
//!
//! A [`Moment`] is the time since the talk began, as the *loudspeaker* has played it: frame `k` of
//! the 48 kHz output sounds at `k / 48000` s, always. While no loudspeaker plays, the monotonic
//! clock carries it on (see [`crate::sound::clock`]). Nothing outside `sound` and the outermost
//! loop asks what time it is; every other part is handed its moments.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// A point in session time, in whole microseconds since the talk began.
///
/// Integers, so that a replayed talk is the same talk to the last bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The beginning of the talk.
    pub const ZERO: Self = Self(0);

    /// The moment `micros` microseconds after the beginning.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The moment `secs` seconds after the beginning; negative and non-finite values give the beginning.
    pub fn from_secs(secs: f64) -> Self {
        Self((secs.max(0.0) * 1e6).round() as u64)
    }

    /// Seconds since the beginning.
    pub fn secs(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Microseconds since the beginning.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// The moment at which frame `frame` of a stream of `rate` frames a second sounds.
    pub fn from_frame(frame: u64, rate: u32) -> Self {
        Self((u128::from(frame) * 1_000_000 / u128::from(rate.max(1))) as u64)
    }

    /// The frame, of a stream of `rate` frames a second, that sounds at this moment (nearest).
    pub fn frame(self, rate: u32) -> u64 {
        ((u128::from(self.0) * u128::from(rate) + 500_000) / 1_000_000) as u64
    }

    /// Time since `earlier`; zero where `earlier` is in fact later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// This moment less `span`, stopping at the beginning.
    pub fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_micros() as u64))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_micros() as u64))
    }
}

impl Sub for Moment {
    type Output = Duration;

    /// The same as [`Moment::since`].
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_and_its_moment_agree_over_ten_hours() {
        for frame in [0, 1, 47_999, 48_000, 36_000 * 48_000 + 17] {
            assert_eq!(Moment::from_frame(frame, 48_000).frame(48_000), frame);
        }
    }

    /// The time of day may be set at any moment; only the ages of files that are kept may depend on it.
    #[test]
    fn nothing_of_a_talk_asks_for_the_time_of_day() {
        let mut directories = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut asking = Vec::new();
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if path.is_dir() {
                    directories.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let clocks = [concat!("System", "Time"), concat!("UNIX_", "EPOCH")];
                if clocks.iter().any(|clock| text.contains(clock)) {
                    asking.push(path);
                }
            }
        }
        let kept = [
            "app/place.rs",
            "ears/model/extend.rs",
            "voice/cache.rs",
            "voice/engine.rs",
        ];
        asking.retain(|path| !kept.iter().any(|kept| path.ends_with(kept)));
        assert!(asking.is_empty(), "{asking:?}");
    }

    #[test]
    fn time_never_runs_below_the_beginning() {
        let late = Moment::from_secs(2.0);
        assert_eq!(Moment::ZERO - late, Duration::ZERO);
        assert_eq!(
            Moment::ZERO.saturating_sub(Duration::from_secs(1)),
            Moment::ZERO
        );
    }
}
