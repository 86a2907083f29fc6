//! Silence, which is legal for ever: two gentle reminders, and help after words that were refused.

use super::lines::{Line, words};
use super::timer::Timer;
use super::{Doing, Overlay, Session, Urgency};
use crate::time::Moment;
use std::time::Duration;

/// After this long without a word from either side, the first reminder.
const FIRST_REMINDER: Duration = Duration::from_secs(30);
/// After this long, the second and last.
const SECOND_REMINDER: Duration = Duration::from_secs(120);
/// After this many refusals in a row the listener is told what can be said.
const REFUSALS_BEFORE_HELP: u8 = 2;

impl Session {
    pub(super) fn refused(&mut self, now: Moment) {
        if !self.speaking.is_empty() || matches!(self.doing, Doing::Holding { .. }) {
            return;
        }
        self.refusals += 1;
        if self.refusals >= REFUSALS_BEFORE_HELP {
            self.attend(now);
            self.help();
        }
    }

    pub(super) fn remind(&mut self) {
        // A wait tells its own progress; a count speaks every second; a pause was asked for.
        let busy = matches!(
            self.doing,
            Doing::Holding { .. } | Doing::Leaving { .. } | Doing::Waiting { .. }
        );
        if busy || self.overlay == Overlay::Paused {
            return;
        }
        self.reminders += 1;
        let line = if self.reminders == 1 {
            Line::Reminder
        } else {
            Line::SecondReminder
        };
        let mut sentences = vec![words(&line)];
        if self.overlay == Overlay::StopAsked {
            sentences.push(words(&Line::AskStop));
        } else {
            sentences.extend(self.ask());
        }
        self.reminding = Some(self.speak(sentences, Urgency::Next, false));
    }

    pub(super) fn set_reminder(&mut self) {
        let due = match self.reminders {
            0 => self.quiet_since + FIRST_REMINDER,
            1 => self.quiet_since + SECOND_REMINDER,
            _ => return,
        };
        self.timers.set(Timer::Reminder, due);
    }

    /// The listener did something: reminders start afresh.
    pub(super) fn attend(&mut self, now: Moment) {
        self.reminders = 0;
        self.refusals = 0;
        self.quiet_since = now;
        self.timers.stop(Timer::Reminder);
        if self.speaking.is_empty() {
            self.set_reminder();
        }
    }
}
