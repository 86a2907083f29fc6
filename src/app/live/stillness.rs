//! Whether the program stood still: it was stopped and continued, or the whole machine slept.
//!
//! The loop comes round every 10 ms. Where it did not, the monotonic clock shows for how long; a sleep of the
//! machine is only seen by the clock that goes on through it. The time of day is never asked: it may be set.

use std::time::{Duration, Instant};

/// The loop may be late by so much: a busy machine, a sound server that is slow to let go.
const LATE: Duration = Duration::from_millis(1_500);
/// The two clocks are not read at the very same instant.
const APART: Duration = Duration::from_millis(500);

/// For how long it stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standstill {
    /// By the monotonic clock.
    pub(super) stood: Duration,
    /// What the monotonic clock knows nothing of.
    pub(super) slept: Duration,
}

/// Watches the loop.
#[derive(Debug, Default)]
pub(super) struct Stillness {
    last: Option<(Instant, Option<Duration>)>,
}

impl Stillness {
    /// The loop comes round at `now`, `since_boot` after the machine was started, sleep included.
    pub(super) fn look(
        &mut self,
        now: Instant,
        since_boot: Option<Duration>,
    ) -> Option<Standstill> {
        let (last, boot) = self.last.replace((now, since_boot))?;
        let stood = now.saturating_duration_since(last);
        let slept = match (boot, since_boot) {
            (Some(before), Some(after)) => after.saturating_sub(before).saturating_sub(stood),
            _ => Duration::ZERO,
        };
        let slept = Some(slept)
            .filter(|slept| *slept > APART)
            .unwrap_or_default();
        (stood > LATE || !slept.is_zero()).then_some(Standstill { stood, slept })
    }
}

/// Time since the machine was started, with that in which it slept; `None` where it cannot be asked.
pub(super) fn since_boot() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let secs = u64::try_from(time.tv_sec).ok()?;
        Some(Duration::new(secs, u32::try_from(time.tv_nsec).ok()?))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at 0 and, after these milliseconds of either clock, again.
    fn after(monotonic: u64, boot: Option<u64>) -> Option<(u128, u128)> {
        let origin = Instant::now();
        let mut stillness = Stillness::default();
        let zero = boot.map(|_| Duration::from_secs(1_000));
        assert_eq!(
            stillness.look(origin, zero),
            None,
            "nothing to compare with"
        );
        let boot = boot.map(|boot| Duration::from_secs(1_000) + Duration::from_millis(boot));
        stillness
            .look(origin + Duration::from_millis(monotonic), boot)
            .map(|it| (it.stood.as_millis(), it.slept.as_millis()))
    }

    #[test]
    fn a_loop_that_is_a_little_late_did_not_stand_still() {
        assert_eq!(after(10, Some(10)), None);
        assert_eq!(after(1_400, Some(1_401)), None);
    }

    #[test]
    fn stopped_for_five_seconds_it_did() {
        assert_eq!(after(5_000, Some(5_000)), Some((5_000, 0)));
        assert_eq!(after(5_000, None), Some((5_000, 0)));
    }

    #[test]
    fn a_sleep_is_seen_although_the_monotonic_clock_does_not() {
        assert_eq!(after(12, Some(3_600_012)), Some((12, 3_600_000)));
        assert_eq!(after(2_000, Some(7_000)), Some((2_000, 5_000)));
    }

    #[test]
    fn this_machine_s_own_clocks_agree() {
        let (now, boot) = (Instant::now(), since_boot());
        let mut stillness = Stillness::default();
        stillness.look(now, boot);
        std::thread::sleep(Duration::from_millis(5));
        let seen = stillness.look(Instant::now(), since_boot());
        assert!(seen.is_none_or(|it| it.slept.is_zero()), "{seen:?}");
        #[cfg(target_os = "linux")]
        assert!(boot.is_some());
    }
}
