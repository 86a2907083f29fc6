//! A talk that stood still: its program was stopped, or the whole machine slept.
//!
//! Nothing was said and nothing was heard meanwhile, so nobody knows whether the button is still held. A hold
//! is therefore never shorter for it: the seconds that were not counted are not counted, and where holding on
//! is not possible (the button would be held too long, a rhythm is broken, a minute has passed) it begins again.

use super::lines::{Line, words};
use super::timer::Timer;
use super::{Doing, News, Output, Overlay, Session, Urgency, hold_event};
use crate::guide::Hold;
use crate::record::Event;
use crate::time::Moment;
use std::time::Duration;

/// A shorter standstill is not told: a number is missing at the most, and the count is right without it.
const UNNOTICED: Duration = Duration::from_secs(1);
/// After a longer one nobody is believed to have held a button on for all of it.
const LONGEST: Duration = Duration::from_secs(60);
/// The count goes on this long after the standstill: "I was stopped for a while. Keep holding." is over by then.
const TELLING: Duration = Duration::from_secs(4);

impl Session {
    /// The talk stood still until `now`: `stood` of session time, and `slept` that session time knows nothing of.
    /// The last beat that was told had its moment at `told`.
    pub(super) fn stalled(&mut self, stood: Duration, slept: Duration, told: Moment, now: Moment) {
        let gone = stood + slept;
        if gone < UNNOTICED || matches!(self.doing, Doing::Leaving { .. }) {
            return;
        }
        self.record(Event::Stalled {
            stood: stood.as_secs_f64(),
            slept: slept.as_secs_f64(),
        });
        // Its second press was meant for the moment.
        self.timers.stop(Timer::KeyConfirm);
        self.free_by = self.free_by.map(|by| by.saturating_sub(slept));
        let since = now.saturating_sub(stood);
        match self.doing {
            Doing::Holding { phase, zero, .. } if zero > since => {
                // The press was still being counted in, and its moment may be past.
                self.doing = Doing::Pressing { phase };
                self.timers.stop(Timer::HoldEnd);
                self.out.push_back(Output::StopCount);
                self.tell_of_stall(true, now);
            }
            // Its end was on time; what comes next is said now, with why it was late.
            Doing::Holding { end, .. } if end <= since.max(told) => self.tell(News::WasStopped),
            Doing::Holding { .. } if self.can_be_extended(gone) => {
                self.extend(stood, slept, told, now)
            }
            Doing::Holding { .. } => self.begin_again(now),
            Doing::Pressing { phase } if phase > 1 && gone > LONGEST => self.begin_again(now),
            Doing::Waiting {
                since,
                slept: before,
            } => {
                // What boots went on booting.
                self.doing = Doing::Waiting {
                    since,
                    slept: before + slept,
                };
                for timer in [Timer::Progress, Timer::Typical, Timer::GiveUp] {
                    self.timers.bring_forward(timer, slept);
                }
                self.tell_of_stall(gone > LONGEST, now);
            }
            _ => self.tell_of_stall(gone > LONGEST, now),
        }
    }

    /// Why what is said next is late, where nobody has been told.
    pub(super) fn take_delay(&mut self) -> Option<String> {
        let is_it = |news: &News| *news == News::WasStopped;
        let at = self.untold.iter().position(is_it)?;
        self.untold.remove(at);
        Some(words(&Line::WasStopped))
    }

    /// Whether the running hold may last longer by `gone`.
    fn can_be_extended(&self, gone: Duration) -> bool {
        let fits = |hold: &Hold| {
            let held = hold.length() + self.extended + gone + TELLING;
            hold.cycles.is_none() && hold.maximum.is_none_or(|maximum| held <= maximum)
        };
        gone <= LONGEST && self.hold().is_some_and(fits)
    }

    /// The seconds of the standstill, and those in which it is told, are not counted.
    fn extend(&mut self, stood: Duration, slept: Duration, told: Moment, now: Moment) {
        let Doing::Holding { phase, zero, end } = self.doing else {
            return;
        };
        let Some(id) = self.step().map(|step| step.id.clone()) else {
            return;
        };
        let by = stood + TELLING;
        // Stopped again while it was being told, the count has not gone on since.
        let waited = self.stands_until.since(now.saturating_sub(stood));
        let by = by.saturating_sub(waited);
        let (zero, end) = (zero + by, end + by);
        self.doing = Doing::Holding { phase, zero, end };
        self.extended += by + slept;
        // No number is told twice.
        self.stands_until = (now + TELLING).max(told + by);
        self.timers.set(Timer::HoldEnd, end);
        self.record(hold_event(&id, phase, zero));
        self.out.push_back(Output::StopCount);
        let mut sentences = vec![words(&Line::WasStopped), words(&Line::KeepHolding)];
        if self.overlay == Overlay::StopAsked {
            sentences.push(words(&Line::AskStop));
        }
        self.say(sentences, Urgency::Now);
        self.place_beats(now);
    }

    fn begin_again(&mut self, now: Moment) {
        let Some(hold) = self.hold() else { return };
        let restart_at = hold.restart_at.clone();
        let reason = vec![words(&Line::WasStopped), words(&Line::HoldAgain)];
        self.break_hold(restart_at, reason, now);
    }

    /// Says why it was silent, and what is wanted; the whole prompt where that was being said, or `whole`.
    fn tell_of_stall(&mut self, whole: bool, now: Moment) {
        self.quiet_since = now;
        let mut sentences = vec![words(&Line::WasStopped)];
        match self.overlay {
            // Quiet was asked for.
            Overlay::Paused => return,
            Overlay::StopAsked => sentences.push(words(&Line::AskStop)),
            Overlay::Clear => {
                if matches!(self.doing, Doing::Pressing { phase } if phase > 1) {
                    sentences.push(words(&Line::KeepHolding));
                }
                if whole || !self.speaking.is_empty() {
                    sentences.extend(self.prompt());
                } else {
                    sentences.extend(self.ask());
                }
            }
        }
        self.speak(sentences, Urgency::Now, false);
    }
}
