//! Everything a talk may say and everything it may listen for, listed before it begins.
//!
//! The shipped voice is rendered from the first list, the model is checked against the second: what
//! is missing is found when the guide loads, not in the middle of a hold.

use super::count::beats;
use super::lines::{Line, either, words};
use super::rhythm::count_in;
use super::vocabulary::required_phrases;
use super::{Doing, Place, Session};
use crate::guide::{Count, Guide, Kind};
use crate::time::Moment;
use std::sync::Arc;
use std::time::Duration;

/// Every sentence a talk through `guide` may say, each once, in about the order it is needed.
pub fn catalogue(guide: &Arc<Guide>) -> Vec<String> {
    let mut session = Session::new(Arc::clone(guide), super::Settings::default());
    let mut said = Sentences::default();
    said.all(session.opening());
    let ways = std::iter::once((None, &guide.steps)).chain(
        guide
            .ways
            .iter()
            .enumerate()
            .map(|(index, way)| (Some(index), &way.steps)),
    );
    for (way, steps) in ways {
        if let Some(way) = way {
            said.one(guide.ways[way].title.clone());
        }
        for index in 0..steps.len() {
            session.place = Place { way, index };
            session.doing = Doing::Instructed;
            said.step(&session);
        }
    }
    said.all(guide.closing.clone());
    said.stock(guide);
    said.0
}

/// Every sentence that may be said around a talk through `guide`: of its place, where that is kept, and of
/// what is kept beside it.
pub fn said_around(guide: &Guide) -> Vec<String> {
    let mut said = Sentences::default();
    let ways = guide.ways.iter().map(|way| &way.steps);
    for steps in std::iter::once(&guide.steps).chain(ways) {
        let numbered = steps.iter().filter(|step| step.numbered());
        for (step, number) in numbered.zip(1..) {
            said.line(&Line::WereAt(number));
            if matches!(step.kind, Kind::Hold(_)) {
                said.line(&Line::WereHolding(number));
            }
        }
    }
    for line in [
        Line::WereBetween,
        Line::ThatHoldAgain,
        Line::HoldAgain,
        Line::WasStopped,
        Line::AsksAgain,
        Line::AskReturn,
        Line::YouCanSay("continue, or no".into()),
        Line::AskInterrupt,
        Line::PlaceKept,
        Line::PlaceUnusable,
        Line::PlaceNotKept,
        Line::AudioKept,
        Line::AudioNotKept,
    ] {
        said.line(&line);
    }
    said.0
}

/// Every phrase a talk through `guide` cannot do without, each once.
///
/// [`optional_phrases`](super::vocabulary::optional_phrases) come on top where the model knows them.
pub fn phrases(guide: &Guide) -> Vec<String> {
    let mut phrases: Vec<String> = required_phrases().into_iter().map(Into::into).collect();
    for step in guide.all_steps() {
        let own: Vec<&String> = match &step.kind {
            Kind::Confirm { phrase } => vec![phrase],
            Kind::Choice { options } => options.iter().map(|option| &option.phrase).collect(),
            Kind::Do | Kind::Hold(_) | Kind::Wait(_) => Vec::new(),
        };
        for phrase in own {
            if !phrases.contains(phrase) {
                phrases.push(phrase.clone());
            }
        }
    }
    phrases
}

/// Everything that may sound on a beat of any hold, as far as it does not depend on the guide: numbers, cues
/// and milestones.
pub fn beat_texts() -> Vec<String> {
    let cues = [
        Line::KeepHolding,
        Line::LetGoNow,
        Line::LetGo,
        Line::Press,
        Line::PowerOn,
        Line::PowerOff,
        Line::LeaveOn,
        Line::MinimumPassed,
    ];
    let left = [15, 30, 60, 120, 180].map(Line::SecondsLeft);
    let held = [30, 60, 120, 180].map(Line::Held);
    // The usual numbers of power cycles; those of a guide come on top.
    let cycles = [3, 5].map(|of| (1..=of).map(move |n| Line::CycleOf(n, of)));
    let numbers = (0..=60).map(Line::Number);
    let lines = numbers
        .chain(cues)
        .chain(left)
        .chain(held)
        .chain(cycles.into_iter().flatten());
    lines.map(|line| words(&line)).collect()
}

/// A list without repetitions.
#[derive(Default)]
struct Sentences(Vec<String>);

impl Sentences {
    fn one(&mut self, sentence: String) {
        if !self.0.contains(&sentence) {
            self.0.push(sentence);
        }
    }

    fn all(&mut self, sentences: Vec<String>) {
        for sentence in sentences {
            self.one(sentence);
        }
    }

    fn line(&mut self, line: &Line) {
        self.one(words(line));
    }

    fn step(&mut self, session: &Session) {
        self.all(session.prompt());
        let Some(step) = session.step() else { return };
        self.all(step.more.clone());
        self.all(step.expect.clone());
        self.all(step.if_not.clone());
        self.one(format!("{}.", step.title.trim_end_matches('.')));
        if let Some(number) = session.number() {
            self.line(&Line::StepOf(number, session.numbered_steps()));
        }
        let mut first: Vec<String> = Vec::new();
        match &step.kind {
            Kind::Do => first.push("next".into()),
            Kind::Wait(wait) => {
                first.push("next".into());
                self.spans(Line::TimeLeft, wait.typical);
            }
            Kind::Confirm { phrase } => first.push(phrase.clone()),
            Kind::Choice { options } => {
                first.extend(options.iter().map(|option| option.phrase.clone()))
            }
            Kind::Hold(hold) => {
                self.all(hold.slipped.clone());
                self.line(&Line::HoldFor(hold.length().as_secs()));
                let zero = Moment::ZERO;
                let both_ways = [Count::Down, Count::Up].map(|way| beats(hold, way, zero));
                for beat in both_ways.into_iter().flatten().chain(count_in(hold, zero)) {
                    if !beat.text.is_empty() {
                        self.one(beat.text);
                    }
                }
                first.extend(
                    session
                        .primary_command()
                        .map(|command| command.taught().into()),
                );
                first.push("slipped".into());
            }
        }
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        self.line(&Line::YouCanSay(either(&first)));
    }

    /// The line for every time up to `longest`.
    fn spans(&mut self, line: fn(Duration) -> Line, longest: Duration) {
        for tens in 1..=longest.as_secs() / 10 + 1 {
            self.line(&line(Duration::from_secs(tens * 10)));
        }
    }

    fn stock(&mut self, guide: &Guide) {
        let typical: Duration = guide
            .steps
            .iter()
            .map(|step| match &step.kind {
                Kind::Hold(hold) => hold.length(),
                Kind::Wait(wait) => wait.typical,
                _ => Duration::from_secs(20),
            })
            .sum();
        self.spans(Line::TalkLeft, typical);
        for line in [
            Line::MustBeFree,
            Line::CountingUp,
            Line::CountingDown,
            Line::NotNumbered,
            Line::CommonInstructions,
            Line::AskNext,
            Line::AskHolding,
            Line::AskCountIn,
            Line::AskPowerCountIn,
            Line::AskPluggedIn,
            Line::AskWait,
            Line::KeyConfirm,
            Line::UseKeysToConfirm,
            Line::SlippedAgain,
            Line::NothingHeldYet,
            Line::AskStop,
            Line::GoingOn,
            Line::Stopped,
            Line::Paused,
            Line::Reminder,
            Line::SecondReminder,
            Line::NothingMore,
            Line::FirstStep,
            Line::YouCanSay("continue, or stop".into()),
            Line::YouCanSay("yes, or continue".into()),
            Line::AlsoAnyTime,
            Line::TimeNow,
            Line::AsLoudAsItGoes,
            Line::AsSoftAsItGoes,
            Line::AsFastAsItGoes,
            Line::AsSlowAsItGoes,
            Line::LikeThis,
            Line::NoMicrophone,
            Line::MicrophoneBack,
            Line::SpeakerBack,
            Line::Loud,
            Line::Finished,
        ] {
            self.line(&line);
        }
        self.all(beat_texts());
    }
}
