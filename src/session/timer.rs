//! One table of every timer a talk may have running, each with the reason it is set.

use crate::time::Moment;
use std::time::Duration;

/// Why the talk wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Timer {
    /// The hold has lasted its target: let go, or carry on into the next phase.
    HoldEnd,
    /// The listener has been silent for a while: remind once, gently.
    Reminder,
    /// A wait goes on: tell how long.
    Progress,
    /// A wait has lasted as long as it usually does.
    Typical,
    /// A wait has lasted so long that something is wrong.
    GiveUp,
    /// The last words should be over; end even if nobody reports that they are.
    Farewell,
    /// The second key press that an irreversible step wants has not come.
    KeyConfirm,
}

/// All timers, in the order of [`Timer`].
const ALL: [Timer; 7] = [
    Timer::HoldEnd,
    Timer::Reminder,
    Timer::Progress,
    Timer::Typical,
    Timer::GiveUp,
    Timer::Farewell,
    Timer::KeyConfirm,
];

/// When each timer is due.
#[derive(Clone, Debug, Default)]
pub(super) struct TimerTable {
    due: [Option<Moment>; ALL.len()],
}

impl TimerTable {
    /// Sets `timer` to `due`, in place of what it was.
    pub(super) fn set(&mut self, timer: Timer, due: Moment) {
        self.due[timer as usize] = Some(due);
    }

    /// Stops `timer`.
    pub(super) fn stop(&mut self, timer: Timer) {
        self.due[timer as usize] = None;
    }

    /// Has `timer` be due this much sooner.
    pub(super) fn bring_forward(&mut self, timer: Timer, by: Duration) {
        let due = &mut self.due[timer as usize];
        *due = due.map(|due| due.saturating_sub(by));
    }

    /// When `timer` is due.
    pub(super) fn get(&self, timer: Timer) -> Option<Moment> {
        self.due[timer as usize]
    }

    /// The next moment at which any timer is due.
    pub(super) fn next(&self) -> Option<Moment> {
        self.due.iter().flatten().min().copied()
    }

    /// Takes the earliest timer that is due by `now`.
    pub(super) fn expired(&mut self, now: Moment) -> Option<Timer> {
        let timer = ALL
            .into_iter()
            .filter(|timer| self.get(*timer).is_some_and(|due| due <= now))
            .min_by_key(|timer| self.get(*timer))?;
        self.stop(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_out_in_the_order_they_are_due() {
        let mut table = TimerTable::default();
        table.set(Timer::Reminder, Moment::from_secs(3.0));
        table.set(Timer::HoldEnd, Moment::from_secs(2.0));
        table.set(Timer::GiveUp, Moment::from_secs(9.0));
        assert_eq!(table.next(), Some(Moment::from_secs(2.0)));
        let now = Moment::from_secs(5.0);
        assert_eq!(table.expired(now), Some(Timer::HoldEnd));
        assert_eq!(table.expired(now), Some(Timer::Reminder));
        assert_eq!(table.expired(now), None);
        assert_eq!(table.next(), Some(Moment::from_secs(9.0)));
    }

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (index, timer) in ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, index);
        }
    }
}
