//! Entering and leaving a step, and what is said there.

use super::lines::{Line, either, words};
use super::timer::Timer;
use super::{Doing, Outcome, Output, Place, Session, Urgency};
use crate::guide::{Begin, Cue, Kind, SourceKind, Step, Target};
use crate::record::Event;
use crate::time::Moment;
use std::time::Duration;

impl Session {
    pub(super) fn step(&self) -> Option<&Step> {
        self.step_at(self.place)
    }

    pub(super) fn step_at(&self, place: Place) -> Option<&Step> {
        self.steps_of(place.way).get(place.index)
    }

    pub(super) fn steps_of(&self, way: Option<usize>) -> &[Step] {
        match way {
            None => &self.guide.steps,
            Some(way) => self.guide.ways.get(way).map_or(&[], |way| &way.steps),
        }
    }

    /// What is said before the first step.
    pub(super) fn opening(&self) -> Vec<String> {
        let mut sentences = self.guide.opening.clone();
        let from_maker = self
            .guide
            .sources
            .iter()
            .any(|source| source.kind == SourceKind::Maker);
        if !self.guide.sources.is_empty() && !from_maker {
            sentences.push(words(&Line::CommonInstructions));
        }
        sentences
    }

    /// Goes to `place`; `preface` is said before its prompt. `phase` counts the phases of a hold.
    pub(super) fn enter(&mut self, place: Place, phase: u32, preface: Vec<String>, now: Moment) {
        for timer in [
            Timer::HoldEnd,
            Timer::Progress,
            Timer::Typical,
            Timer::GiveUp,
            Timer::KeyConfirm,
        ] {
            self.timers.stop(timer);
        }
        self.place = place;
        self.entered = now;
        // What was left unsaid belongs to another step.
        self.interrupted.clear();
        self.unsaid.clear();
        let Some(step) = self.step() else {
            self.finish(now);
            return;
        };
        let (id, kind) = (step.id.clone(), step.kind.clone());
        self.doing = match kind {
            Kind::Hold(_) => Doing::Pressing { phase },
            Kind::Wait(_) => Doing::Waiting {
                since: now,
                slept: Duration::ZERO,
            },
            Kind::Do | Kind::Confirm { .. } | Kind::Choice { .. } => Doing::Instructed,
        };
        self.record(Event::Step { id: id.clone() });
        let prompt = self.prompt();
        let mut sentences = preface;
        sentences.extend(self.take_delay());
        sentences.extend(prompt.iter().cloned());
        if let Kind::Wait(wait) = kind {
            self.record(Event::Wait {
                step: id,
                typical: wait.typical.as_secs_f64(),
            });
            self.timers.set(Timer::Progress, now + wait.progress);
            self.timers.set(Timer::Typical, now + wait.typical);
            self.timers.set(Timer::GiveUp, now + wait.give_up);
        }
        self.say(sentences, Urgency::Now);
        // "Say again" gives the step, not the farewell of the one before.
        self.last_said = prompt;
    }

    /// Everything that is said on entering the present step.
    pub(super) fn prompt(&self) -> Vec<String> {
        if self.doing == Doing::Offered {
            return self.offer_said();
        }
        let Some(step) = self.step() else {
            return Vec::new();
        };
        let mut sentences = step.warning.clone();
        if let Kind::Hold(hold) = &step.kind
            && let Some(maximum) = hold.maximum
        {
            sentences.push(words(&Line::NotLonger(maximum.as_secs())));
            sentences.extend(hold.too_long.iter().cloned());
        }
        if let Some(number) = self.number() {
            sentences.push(words(&Line::StepNumber(number)));
        }
        sentences.extend(step.say.iter().cloned());
        if let Kind::Wait(wait) = &step.kind {
            sentences.push(words(&Line::TypicalWait(wait.typical)));
        }
        sentences.extend(self.ask());
        sentences
    }

    /// How the present step wants to be answered.
    pub(super) fn ask(&self) -> Option<String> {
        if self.doing == Doing::Offered {
            return Some(words(&Line::AskReturn));
        }
        let step = self.step()?;
        if let Some(ask) = &step.ask {
            return Some(ask.clone());
        }
        Some(words(&match &step.kind {
            Kind::Do => Line::AskNext,
            Kind::Wait(_) => Line::AskWait,
            Kind::Hold(hold) if hold.count_in > 0 => match hold.cycles.map(|cycles| cycles.cue) {
                Some(Cue::Power) => Line::AskPowerCountIn,
                Some(Cue::Press) | None => Line::AskCountIn,
            },
            Kind::Hold(hold) if hold.begin == Begin::PluggedIn => Line::AskPluggedIn,
            Kind::Hold(_) => Line::AskHolding,
            Kind::Confirm { phrase } => Line::AskConfirm(phrase.clone()),
            Kind::Choice { options } => {
                let phrases: Vec<&str> = options
                    .iter()
                    .map(|option| option.phrase.as_str())
                    .collect();
                Line::AskChoice(either(&phrases))
            }
        }))
    }

    /// The number of the present step among the numbered ones of its way.
    pub(super) fn number(&self) -> Option<usize> {
        self.number_at(self.place)
    }

    pub(super) fn number_at(&self, place: Place) -> Option<usize> {
        let steps = self.steps_of(place.way);
        steps.get(place.index).filter(|step| step.numbered())?;
        Some(
            steps[..=place.index]
                .iter()
                .filter(|step| step.numbered())
                .count(),
        )
    }

    /// How many numbered steps the present way has.
    pub(super) fn numbered_steps(&self) -> usize {
        self.steps_of(self.place.way)
            .iter()
            .filter(|step| step.numbered())
            .count()
    }

    /// The steps after the present one, on the same way.
    pub(super) fn steps_after(&self) -> &[Step] {
        self.steps_of(self.place.way)
            .get(self.place.index + 1..)
            .unwrap_or(&[])
    }

    /// The listener says that the step is done.
    pub(super) fn done(&mut self, now: Moment) {
        if matches!(
            self.step().map(|step| &step.kind),
            Some(Kind::Do | Kind::Wait(_))
        ) {
            self.advance(1, Vec::new(), now);
        }
    }

    /// The irreversible step was confirmed by its own phrase.
    pub(super) fn confirmed(&mut self, now: Moment) {
        if self.confirm_phrase().is_some() {
            self.advance(1, Vec::new(), now);
        }
    }

    /// Goes to the next step in order.
    pub(super) fn advance(&mut self, phase: u32, preface: Vec<String>, now: Moment) {
        self.history.push(self.place);
        let next = Place {
            index: self.place.index + 1,
            ..self.place
        };
        self.enter(next, phase, preface, now);
    }

    /// An answer of a choice was given.
    pub(super) fn chosen(&mut self, index: usize, now: Moment) {
        let Some(option) = self.options().get(index) else {
            return;
        };
        match option.to.clone() {
            Target::Next => self.advance(1, Vec::new(), now),
            Target::End => self.finish(now),
            Target::GiveUp => {
                let sentences = self
                    .step()
                    .map_or_else(Vec::new, |step| step.if_not.clone());
                let sentences = if sentences.is_empty() {
                    vec![words(&Line::Finished)]
                } else {
                    sentences
                };
                self.leave(Outcome::GaveUp, sentences, now);
            }
            Target::Step(id) => self.jump(&id, Vec::new(), now),
            Target::Way(id) => {
                let Some(way) = self.guide.ways.iter().position(|way| way.id == id) else {
                    return;
                };
                let title = self.guide.ways[way].title.clone();
                self.history.push(self.place);
                self.enter(
                    Place {
                        way: Some(way),
                        index: 0,
                    },
                    1,
                    vec![title],
                    now,
                );
            }
        }
    }

    /// Goes to a step by its id.
    pub(super) fn jump(&mut self, id: &str, preface: Vec<String>, now: Moment) {
        // The loader has checked that every target exists; without it, staying is the safe answer.
        let Some(place) = self.place_of(id) else {
            return;
        };
        self.history.push(self.place);
        self.enter(place, 1, preface, now);
    }

    /// The listener wants the step before.
    pub(super) fn back(&mut self, now: Moment) {
        let mut target = self.history.pop();
        // A later phase of a hold cannot be entered from behind: its first phase is where it begins.
        while let Some(place) = target {
            let carried = place.index > 0
                && place_carries(self.step_at(Place {
                    index: place.index - 1,
                    ..place
                }));
            if !carried {
                break;
            }
            target = self.history.pop();
        }
        match target {
            Some(place) => self.enter(place, 1, Vec::new(), now),
            None => {
                let mut sentences = vec![words(&Line::FirstStep)];
                sentences.extend(self.prompt());
                self.say(sentences, Urgency::Now);
            }
        }
    }

    /// Every step is done.
    pub(super) fn finish(&mut self, now: Moment) {
        let mut sentences = self.guide.closing.clone();
        if sentences.is_empty() {
            sentences.push(words(&Line::Finished));
        }
        self.leave(Outcome::Done, sentences, now);
    }

    pub(super) fn progress(&mut self, now: Moment) {
        let Doing::Waiting { since, slept } = self.doing else {
            return;
        };
        let Some(Kind::Wait(wait)) = self.step().map(|step| &step.kind) else {
            return;
        };
        let (typical, every) = (wait.typical, wait.progress);
        self.timers.set(Timer::Progress, now + every);
        let left = typical.saturating_sub(now - since + slept);
        // Close to the usual end the "about now" of its own timer says more.
        if left < every / 2 || self.is_quiet() {
            return;
        }
        self.speak(vec![words(&Line::TimeLeft(left))], Urgency::Next, false);
    }

    pub(super) fn typical_is_over(&mut self) {
        if self.is_quiet() {
            return;
        }
        let mut sentences = vec![words(&Line::TimeNow)];
        if let Some(step) = self.step() {
            sentences.extend(step.expect.iter().cloned());
        }
        sentences.extend(self.ask());
        self.say(sentences, Urgency::Next);
    }

    pub(super) fn give_up_is_over(&mut self, _now: Moment) {
        self.timers.stop(Timer::Progress);
        let Some(step) = self.step() else { return };
        if !step.if_not.is_empty() {
            let mut sentences = step.if_not.clone();
            sentences.extend(self.ask());
            self.say(sentences, Urgency::Next);
        }
    }

    /// Whether the listener asked for quiet.
    fn is_quiet(&self) -> bool {
        self.overlay == super::Overlay::Paused
    }

    /// Makes a sound for an answer that has to wait until the count is over.
    pub(super) fn blip(&mut self) {
        self.out.push_back(Output::Blip);
    }
}

pub(super) fn place_carries(step: Option<&Step>) -> bool {
    matches!(step.map(|step| &step.kind), Some(Kind::Hold(hold)) if hold.carries_on)
}
