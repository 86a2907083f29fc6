//! What lies over a step for a while: a pause, the question whether to stop; and how it is spoken.

use super::lines::{Line, words};
use super::vocabulary::Command;
use super::{Doing, Outcome, Output, Overlay, Session, Urgency};
use crate::time::Moment;

/// Steps of loudness and rate in either direction.
const STEPS: i8 = 2;

impl Session {
    pub(super) fn pause(&mut self, now: Moment) {
        self.set_aside();
        self.overlay = Overlay::Paused;
        self.quiet_since = now;
        self.say(vec![words(&Line::Paused)], Urgency::Now);
    }

    /// What is being said is about to be cut: "continue" takes it up again.
    fn set_aside(&mut self) {
        // A pause within the question whether to stop interrupts nothing but the question.
        if self.overlay == Overlay::Clear {
            self.interrupted.clone_from(&self.speaking);
            self.unsaid.clear();
        }
    }

    /// Goes on where the talk was interrupted: with the sentence that was cut; where all had been said, with the
    /// whole prompt, for that may be long ago.
    pub(super) fn go_on(&mut self, now: Moment) {
        let was = std::mem::replace(&mut self.overlay, Overlay::Clear);
        if was == Overlay::Clear {
            return;
        }
        if let Doing::Holding { .. } = self.doing {
            // The numbers went on all the while; those that had made room for the question come back.
            self.out.push_back(Output::Hush);
            self.place_beats(now);
            return;
        }
        let mut sentences = vec![words(&Line::GoingOn)];
        let unsaid = std::mem::take(&mut self.unsaid);
        if unsaid.is_empty() {
            sentences.extend(self.prompt());
        } else {
            sentences.extend(unsaid);
        }
        self.speak(sentences, Urgency::Now, false);
        // "Say again" gives the step, however much of it was left.
        self.last_said = self.prompt();
    }

    pub(super) fn stop(&mut self, now: Moment) {
        if self.overlay == Overlay::StopAsked {
            self.leave(Outcome::Stopped, vec![words(&Line::Stopped)], now);
            return;
        }
        self.set_aside();
        self.overlay = Overlay::StopAsked;
        self.call_off_count_in(now);
        self.say(vec![words(&Line::AskStop)], Urgency::Now);
    }

    /// Ctrl-C. Whoever holds a button may have meant to copy something: asked once.
    pub(super) fn interrupt(&mut self, now: Moment) {
        if matches!(self.doing, Doing::Leaving { .. }) {
            return;
        }
        self.attend(now);
        if self.is_held() && self.overlay != Overlay::StopAsked {
            self.set_aside();
            self.overlay = Overlay::StopAsked;
            self.call_off_count_in(now);
            self.say(vec![words(&Line::AskInterrupt)], Urgency::Now);
            return;
        }
        self.leave(Outcome::Stopped, vec![words(&Line::Stopped)], now);
    }

    /// The program has to end: no last words, no question.
    pub(super) fn terminate(&mut self, now: Moment) {
        match self.doing {
            Doing::Leaving { outcome, .. } => self.end(outcome),
            _ => self.leave(Outcome::Stopped, Vec::new(), now),
        }
    }

    pub(super) fn adjust(&mut self, command: Command) {
        let (value, by, limit) = match command {
            Command::Louder => (&mut self.level, 1, Line::AsLoudAsItGoes),
            Command::Softer => (&mut self.level, -1, Line::AsSoftAsItGoes),
            Command::Faster => (&mut self.rate, 1, Line::AsFastAsItGoes),
            _ => (&mut self.rate, -1, Line::AsSlowAsItGoes),
        };
        let wanted = (*value + by).clamp(-STEPS, STEPS);
        let line = if wanted == *value {
            limit
        } else {
            Line::LikeThis
        };
        *value = wanted;
        let output = match command {
            Command::Louder | Command::Softer => Output::Level(self.level),
            _ => Output::Rate(self.rate),
        };
        self.out.push_back(output);
        self.answer(vec![words(&line)]);
    }
}
