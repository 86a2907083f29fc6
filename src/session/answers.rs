//! Answers to what the listener asks: say again, how long, where am I, why, help.

use super::lines::{Line, either, words};
use super::vocabulary::Command;
use super::{Doing, Overlay, Session, Urgency};
use crate::guide::{Kind, Step};
use crate::time::Moment;
use std::time::Duration;

/// What an action of a guide takes, where the guide does not say.
const ACTION: Duration = Duration::from_secs(20);

impl Session {
    /// Says an answer; what it interrupts goes on afterwards. During a count a sound says "heard" at
    /// once, and the answer follows where there is room.
    pub(super) fn answer(&mut self, sentences: Vec<String>) {
        if matches!(self.doing, Doing::Holding { .. }) {
            self.blip();
        }
        self.speak(sentences, Urgency::Aside, false);
    }

    pub(super) fn say_again(&mut self) {
        let sentences = match (self.overlay, self.doing) {
            (Overlay::StopAsked, _) => vec![words(&Line::AskStop)],
            (_, Doing::Holding { .. }) => vec![words(&Line::KeepHolding)],
            _ if self.last_said.is_empty() => self.prompt(),
            _ => self.last_said.clone(),
        };
        if matches!(self.doing, Doing::Holding { .. }) {
            self.answer(sentences);
        } else {
            // What is said again need not be taken up where it was interrupted.
            self.speak(sentences, Urgency::Now, false);
        }
    }

    pub(super) fn how_long(&mut self, now: Moment) {
        let line = match (self.doing, self.step().map(|step| &step.kind)) {
            (_, Some(Kind::Hold(hold))) => Line::HoldFor(hold.length().as_secs()),
            (Doing::Waiting { since, slept }, Some(Kind::Wait(wait))) => {
                let left = wait.typical.saturating_sub(now - since + slept);
                if left.is_zero() {
                    Line::TimeNow
                } else {
                    Line::TimeLeft(left)
                }
            }
            _ => {
                let left: Duration = self.steps_after().iter().map(duration).sum();
                Line::TalkLeft(left + ACTION)
            }
        };
        self.answer(vec![words(&line)]);
    }

    pub(super) fn where_am_i(&mut self) {
        let place = match self.number() {
            Some(number) => Line::StepOf(number, self.numbered_steps()),
            None => Line::NotNumbered,
        };
        let mut sentences = vec![words(&place)];
        if let Some(step) = self.step() {
            sentences.push(format!("{}.", step.title.trim_end_matches('.')));
        }
        sentences.extend(self.ask());
        self.answer(sentences);
    }

    pub(super) fn why(&mut self) {
        let mut sentences = Vec::new();
        if let Some(step) = self.step() {
            sentences.extend(step.more.iter().cloned());
            sentences.extend(step.expect.iter().cloned());
        }
        if sentences.is_empty() {
            sentences.push(words(&Line::NothingMore));
        }
        sentences.extend(self.ask());
        self.answer(sentences);
    }

    /// What can be said now: what belongs to this very state first, then what always works.
    pub(super) fn help(&mut self) {
        let mut first: Vec<String> = Vec::new();
        let taught = |command: Command| command.taught().to_owned();
        match self.overlay {
            Overlay::Paused => first.extend([Command::Continue, Command::Stop].map(taught)),
            Overlay::StopAsked => first.extend([Command::Yes, Command::Continue].map(taught)),
            Overlay::Clear if self.doing == Doing::Offered => {
                first.extend([Command::Continue, Command::No].map(taught));
            }
            Overlay::Clear => match self.step().map(|step| &step.kind) {
                Some(Kind::Confirm { phrase }) => first.push(phrase.clone()),
                Some(Kind::Choice { options }) => {
                    first.extend(options.iter().map(|option| option.phrase.clone()))
                }
                Some(Kind::Hold(_)) => {
                    first.extend(self.primary_command().map(taught));
                    first.push(taught(Command::Slipped));
                }
                _ => first.extend(self.primary_command().map(taught)),
            },
        }
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        let mut sentences = vec![words(&Line::YouCanSay(either(&first)))];
        if self.overlay == Overlay::Clear && self.doing != Doing::Offered {
            sentences.push(words(&Line::AlsoAnyTime));
        }
        self.answer(sentences);
    }
}

/// What a step usually takes.
fn duration(step: &Step) -> Duration {
    match &step.kind {
        Kind::Do => ACTION,
        Kind::Hold(hold) => hold.length(),
        Kind::Wait(wait) => wait.typical,
        Kind::Confirm { .. } | Kind::Choice { .. } => Duration::ZERO,
    }
}
