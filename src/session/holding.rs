//! A hold: begun, carried on, let go, slipped.
//!
//! The zero of a phase is the end of the word that began it, however late the word was understood.
//! The end of a phase is a timer of the session, not the end of a sound: it falls due whether or not
//! anything can be heard.

use super::count::beats;
use super::lines::{Line, words};
use super::rhythm::{BEFORE_COUNT_IN, count_in};
use super::timer::Timer;
use super::{Doing, Output, Overlay, Session, Urgency, hold_event};
use crate::guide::{Count, Hold, Kind};
use crate::record::Event;
use crate::time::Moment;
use std::time::Duration;

impl Session {
    pub(super) fn hold(&self) -> Option<&Hold> {
        match &self.step()?.kind {
            Kind::Hold(hold) => Some(hold),
            _ => None,
        }
    }

    /// The listener has a finger on the button: the press is counted in.
    pub(super) fn count_in(&mut self, now: Moment) {
        let Some(hold) = self.hold() else { return };
        let zero = now + BEFORE_COUNT_IN + Duration::from_secs(hold.count_in.into());
        self.begin_hold(zero, now);
    }

    /// The button is pressed (or the power is back, or will be): the phase counts from `zero`.
    pub(super) fn begin_hold(&mut self, zero: Moment, now: Moment) {
        let Doing::Pressing { phase } = self.doing else {
            return;
        };
        let Some(step) = self.step() else { return };
        let Kind::Hold(hold) = &step.kind else { return };
        let (id, end) = (step.id.clone(), zero + hold.length());
        self.doing = Doing::Holding { phase, zero, end };
        self.timers.stop(Timer::Reminder);
        self.timers.set(Timer::HoldEnd, end);
        self.free_by = None;
        (self.stands_until, self.extended) = (Moment::ZERO, Duration::ZERO);
        self.out.push_back(Output::Hush);
        self.record(hold_event(&id, phase, zero));
        self.place_beats(now);
    }

    /// Places every beat that is still to come.
    pub(super) fn place_beats(&mut self, now: Moment) {
        let Doing::Holding { zero, .. } = self.doing else {
            return;
        };
        let Some(hold) = self.hold() else { return };
        let before = if zero > now {
            count_in(hold, zero)
        } else {
            Vec::new()
        };
        let beats = before
            .into_iter()
            .chain(beats(hold, self.direction(hold), zero))
            .filter(|beat| beat.due > now.max(self.stands_until))
            .collect();
        self.out.push_back(Output::Count(beats));
    }

    /// Which way the numbers of a hold run: as the listener wants it, else as the guide does.
    fn direction(&self, hold: &Hold) -> Count {
        self.settings.count.unwrap_or(hold.count)
    }

    /// The listener wants the numbers the other way.
    pub(super) fn count_way(&mut self, way: Count, now: Moment) {
        self.settings.count = Some(way);
        if let Doing::Holding { .. } = self.doing {
            self.blip();
            self.place_beats(now);
            return;
        }
        let line = match way {
            Count::Up => Line::CountingUp,
            Count::Down => Line::CountingDown,
        };
        self.answer(vec![words(&line)]);
    }

    /// The phase has lasted its length.
    pub(super) fn end_hold(&mut self, now: Moment) {
        let Doing::Holding { phase, zero, .. } = self.doing else {
            return;
        };
        let Some(hold) = self.hold() else { return };
        let (carries_on, maximum) = (hold.carries_on, hold.maximum);
        // On the last beat of a count to "keep holding" this has just been said.
        let said = hold.milestones || self.direction(hold) == Count::Down;
        // A question that is still open belongs to the hold that is over now: it is put again.
        let asked = std::mem::replace(&mut self.overlay, Overlay::Clear) == Overlay::StopAsked;
        if carries_on {
            let preface = (!said).then(|| words(&Line::KeepHolding));
            self.advance(phase + 1, preface.into_iter().collect(), now);
        } else if let Some(maximum) = maximum {
            // It has been pressed for longer than was counted.
            self.free_by = Some((zero + maximum).saturating_sub(self.extended));
            self.advance(1, vec![words(&Line::MustBeFree)], now);
        } else {
            self.advance(1, Vec::new(), now);
        }
        if asked && !self.is_over() {
            self.stop(now);
        }
    }

    /// The button was let go.
    pub(super) fn slipped(&mut self, now: Moment) {
        let held = match self.doing {
            Doing::Holding { zero, .. } => now - zero,
            Doing::Pressing { phase } if phase > 1 => Duration::ZERO,
            _ => {
                self.answer(vec![words(&Line::NothingHeldYet)]);
                return;
            }
        };
        let Some(step) = self.step() else { return };
        let id = step.id.clone();
        let Kind::Hold(hold) = &step.kind else { return };
        let restart_at = hold.restart_at.clone();
        let mut reason = hold.slipped.clone();
        if reason.is_empty() {
            reason.push(words(&Line::SlippedAgain));
        }
        self.record(Event::Slip {
            step: id,
            held: held.as_secs_f64(),
        });
        self.break_hold(restart_at, reason, now);
    }

    /// Ends the hold and asks for it once more, where it begins.
    pub(super) fn break_hold(
        &mut self,
        restart_at: Option<String>,
        mut reason: Vec<String>,
        now: Moment,
    ) {
        self.overlay = Overlay::Clear;
        self.out.push_back(Output::StopCount);
        self.timers.stop(Timer::HoldEnd);
        match restart_at {
            Some(target) => self.jump(&target, reason, now),
            None => {
                let phase = match self.doing {
                    Doing::Holding { phase, .. } | Doing::Pressing { phase } => phase,
                    _ => 1,
                };
                self.doing = Doing::Pressing { phase };
                self.entered = now;
                reason.extend(self.ask());
                self.say(reason, Urgency::Now);
            }
        }
    }

    /// A press that is still being counted in is called off: nothing has begun.
    pub(super) fn call_off_count_in(&mut self, now: Moment) {
        let Doing::Holding { phase, zero, .. } = self.doing else {
            return;
        };
        if zero <= now {
            return;
        }
        self.doing = Doing::Pressing { phase };
        self.timers.stop(Timer::HoldEnd);
        self.out.push_back(Output::StopCount);
    }
}
