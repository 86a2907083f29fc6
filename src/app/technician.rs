//! The simulated technician: says the script's lines at their moments, or, without a script, the
//! right answer to every prompt.

use super::Notice;
use super::script::{Say, Script, What, When};
use crate::session::{Meaning, Sayable};
use crate::time::Moment;
use std::path::PathBuf;
use std::time::Duration;

/// A listener answers this long after a prompt: time to do what it asks for is not simulated.
const ANSWERS_AFTER: f64 = 0.8;

/// Something to be said into the microphone.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// What.
    pub what: What,
    /// When it begins.
    pub at: Moment,
    /// Louder (positive) or softer, in dB.
    pub gain_db: f32,
}

/// Who answers the talk in a rehearsal.
#[derive(Debug)]
pub enum Technician {
    /// Says the lines of a script, each once.
    Scripted(Vec<Say>),
    /// Gives the right answer to every prompt.
    Obliging,
}

impl Technician {
    /// A technician who keeps to `script`.
    pub fn scripted(script: Script) -> Self {
        Self::Scripted(script.lines)
    }

    /// What is to be said because of the beginning of the session.
    pub fn at_the_start(&mut self) -> Vec<Utterance> {
        self.take(|when| match when {
            When::At(at) => Some(Moment::from_secs(*at)),
            _ => None,
        })
    }

    /// What is to be said because of `notice`, given what may be said now.
    pub fn react(&mut self, notice: &Notice, sayable: &[Sayable]) -> Vec<Utterance> {
        match (&*self, notice) {
            (Self::Obliging, Notice::PromptEnded { at, .. }) => answer(sayable)
                .map(|text| Utterance {
                    what: What::Text(text),
                    at: *at + Duration::from_secs_f64(ANSWERS_AFTER),
                    gain_db: 0.0,
                })
                .into_iter()
                .collect(),
            (Self::Scripted(_), Notice::PromptEnded { step, at }) => self.take_one(|when| {
                matches!(when, When::After(wanted) if wanted == step).then_some(*at)
            }),
            (Self::Scripted(_), Notice::Counted { step, n, due }) => self.take_one(|when| {
                matches!(when, When::Count { n: wanted, step: of } if wanted == n && of == step)
                    .then_some(*due)
            }),
            _ => Vec::new(),
        }
    }

    /// Every recording the script names, to be checked before the talk begins.
    pub fn files(&self) -> Vec<PathBuf> {
        let Self::Scripted(lines) = self else {
            return Vec::new();
        };
        let file = |say: &Say| match &say.what {
            What::File(path) => Some(path.clone()),
            What::Text(_) => None,
        };
        lines.iter().filter_map(file).collect()
    }

    /// Whether a script still has lines that nothing has called for.
    pub fn has_lines_left(&self) -> bool {
        matches!(self, Self::Scripted(lines) if !lines.is_empty())
    }

    fn take(&mut self, due: impl Fn(&When) -> Option<Moment>) -> Vec<Utterance> {
        let Self::Scripted(lines) = self else {
            return Vec::new();
        };
        let mut taken = Vec::new();
        lines.retain(|say| {
            due(&say.when)
                .map(|at| taken.push(utterance(say, at)))
                .is_none()
        });
        taken
    }

    /// Takes the first line that is due: a step that is entered twice has its second line the second time.
    fn take_one(&mut self, due: impl Fn(&When) -> Option<Moment>) -> Vec<Utterance> {
        let Self::Scripted(lines) = self else {
            return Vec::new();
        };
        let Some(index) = lines.iter().position(|say| due(&say.when).is_some()) else {
            return Vec::new();
        };
        let say = lines.remove(index);
        due(&say.when)
            .map(|at| utterance(&say, at))
            .into_iter()
            .collect()
    }
}

fn utterance(say: &Say, at: Moment) -> Utterance {
    let at = if say.delay < 0.0 {
        at.saturating_sub(Duration::from_secs_f64(-say.delay))
    } else {
        at + Duration::from_secs_f64(say.delay)
    };
    Utterance {
        what: say.what.clone(),
        at,
        gain_db: say.gain_db,
    }
}

/// The right answer: what the state listens for first. Where a count runs there is nothing to say.
fn answer(sayable: &[Sayable]) -> Option<String> {
    let first = sayable.first()?;
    match first.meaning {
        Meaning::Command(crate::session::vocabulary::Command::Slipped) => None,
        _ => Some(first.phrase.to_string()),
    }
}
