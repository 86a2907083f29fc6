//! Guides: what to talk a person through.
//!
//! A guide is a TOML file, checked when it is loaded ([`parse`]); everything here is plain data that
//! the talk (`session`) walks through. A step holds *one* action; what kind of step it is decides
//! how the talk behaves there.
//!
//! | file | what it does |
//! |---|---|
//! | `raw` | the file as TOML spells it, every value with its place |
//! | `parse` | text → TOML → `raw`, and what to write instead of what cannot be read |
//! | `convert`, `kinds`, `hold`, `text`, `duration`, `pronunciations`, `spans` | each field by itself: ids, sentences, phrases, durations |
//! | `check` | how the steps hang together: holds in phases, choices, confirmations |
//! | `fault` | an error with its place, shown through miette |
//! | `library` | the guides that come with the program, and finding one by name or path |
//!
#![doc = include_str!("../../guides/README.md")]

mod check;
mod convert;
mod duration;
mod fault;
mod hold;
mod kinds;
pub mod library;
mod parse;
mod pronunciations;
mod raw;
mod spans;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::phone::Pronunciation;

pub use check::{Clash, clashes};
pub use fault::{Fault, GuideAdvice, GuideError, is_forbidden};
pub use parse::{lint, parse};

/// One procedure, start to end.
#[derive(Clone, Debug, PartialEq)]
pub struct Guide {
    /// Short name used on the command line, such as `wisenet-dvr`: lower-case letters, digits, hyphens.
    pub id: String,
    /// What the guide does, as a listener would say it.
    pub title: String,
    /// BCP 47 tag of the language it is written in, such as `en`.
    pub language: String,
    /// The devices it is for.
    pub applies_to: Vec<String>,
    /// What is lost by carrying it out; empty where nothing is.
    pub erases: Vec<String>,
    /// What to have at hand.
    pub tools: Vec<String>,
    /// Where the facts come from.
    pub sources: Vec<Source>,
    /// How words are said by whom we listen to, where they are said otherwise than the dictionary has
    /// them: by word, one way at least.
    pub pronunciations: BTreeMap<String, Vec<Pronunciation>>,
    /// Spoken once before the first step.
    pub opening: Vec<String>,
    /// Spoken once after the last step.
    pub closing: Vec<String>,
    /// The main way, in order.
    pub steps: Vec<Step>,
    /// Other ways to the same end, reached only through a choice.
    pub ways: Vec<Way>,
}

/// An address a fact comes from, and how far it can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Title of the page or manual.
    pub title: String,
    /// Its address.
    pub address: String,
    /// Who published it.
    pub kind: SourceKind,
}

/// Who published a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// The maker of the device.
    Maker,
    /// Somebody who sells or installs it.
    Reseller,
    /// Users, forums, general how-to sites.
    Community,
}

/// A separate sequence of steps with the same aim as the main one.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// Name that a choice refers to.
    pub id: String,
    /// What this way is, spoken when it is entered.
    pub title: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One step: one action, and what surrounds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Name, unique in the guide.
    pub id: String,
    /// Two or three words for the screen and for "where am I".
    pub title: String,
    /// Sentences spoken *before* the action is named.
    pub warning: Vec<String>,
    /// What to do, in sentences of at most twenty words.
    pub say: Vec<String>,
    /// How to answer ("Say next when it is unplugged."); a stock sentence where the guide gives none.
    pub ask: Option<String>,
    /// More, on "why" or "tell me more".
    pub more: Vec<String>,
    /// What one should see or hear when it worked.
    pub expect: Vec<String>,
    /// What to do if not; said when a wait gives up or a choice ends the talk without success.
    pub if_not: Vec<String>,
    /// How the talk behaves here.
    pub kind: Kind,
}

impl Step {
    /// Whether the step is counted ("step three of seven"): actions are, questions are not.
    pub fn numbered(&self) -> bool {
        matches!(self.kind, Kind::Do | Kind::Hold(_) | Kind::Wait(_))
    }
}

/// How the talk behaves in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Do it, then say so.
    Do,
    /// An irreversible step: goes on only when this very phrase (two words or more) is said.
    Confirm {
        /// The phrase, such as "erase it".
        phrase: String,
    },
    /// Press and hold, counted aloud.
    Hold(Hold),
    /// Nothing to do but wait.
    Wait(Wait),
    /// A question with named answers.
    Choice {
        /// The answers, in the order they are offered.
        options: Vec<ChoiceOption>,
    },
}

/// A hold of a button, or one phase of a hold that runs over several steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    /// Shorter than this does not work.
    pub minimum: Duration,
    /// What is counted to.
    pub target: Duration,
    /// Longer than this does harm; `None` where over-holding is harmless.
    pub maximum: Option<Duration>,
    /// What too long a hold does, said before it begins; a stock sentence where the guide gives none.
    pub too_long: Vec<String>,
    /// Which way the numbers run.
    pub count: Count,
    /// Whole seconds counted before the listener presses, on the word "press"; 0: the hold begins with
    /// the listener's own word.
    pub count_in: u32,
    /// Whether only milestones ("thirty seconds left") and the last ten seconds are spoken.
    pub milestones: bool,
    /// The hold is made several times, in a rhythm.
    pub cycles: Option<Cycles>,
    /// The phrase family that begins the count.
    pub begin: Begin,
    /// `true`: the button is not let go at the end, the next step is the next phase of the same hold.
    pub carries_on: bool,
    /// Said when the button slipped in this phase.
    pub slipped: Vec<String>,
    /// Id of the step at which the hold is begun again after a slip; `None`: at this phase.
    pub restart_at: Option<String>,
}

impl Hold {
    /// From the first press to the last cue: the target, never less than the minimum, for each cycle,
    /// and the rests.
    pub fn length(&self) -> Duration {
        let once = self.target.max(self.minimum);
        match &self.cycles {
            None => once,
            Some(cycles) => {
                let rests = match cycles.cue {
                    Cue::Press => cycles.times.saturating_sub(1),
                    Cue::Power => cycles.times,
                };
                once * cycles.times + cycles.rest * rests
            }
        }
    }
}

/// Which way a count runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Count {
    /// "three, two, one, let go now": the listener hears what is left.
    #[default]
    Down,
    /// "one, two, three".
    Up,
}

/// A hold that is made several times: each lasts the hold's target, with a rest between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cycles {
    /// How often.
    pub times: u32,
    /// From letting go (or switching off) to the next press, in whole seconds.
    pub rest: Duration,
    /// What is told at the beginning and the end of each.
    pub cue: Cue,
}

/// What a cycle consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cue {
    /// "press", "let go": the last time it is let go for good.
    #[default]
    Press,
    /// "on", "off": after the last rest the power is left on.
    Power,
}

/// What begins the count of a hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Begin {
    /// "holding": the button has just been pressed.
    #[default]
    Holding,
    /// "plugged in": the power has just come back, the button still held.
    PluggedIn,
}

/// A wait.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// How long it usually takes.
    pub typical: Duration,
    /// After this, something is wrong: what to do `if_not` is said.
    pub give_up: Duration,
    /// How often the time is told.
    pub progress: Duration,
}

/// One answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceOption {
    /// What to say for it.
    pub phrase: String,
    /// What it means, for the screen.
    pub label: String,
    /// Where it leads.
    pub to: Target,
}

/// Where a choice leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A step of the main way or of a way, by id.
    Step(String),
    /// The first step of a way, by the way's id.
    Way(String),
    /// The next step in order.
    Next,
    /// The end of the talk, done.
    End,
    /// The end of the talk, without success: the step's `if_not` is said in place of the closing.
    GiveUp,
}

impl Guide {
    /// Finds a step by id, in the main way or any other.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.all_steps().find(|step| step.id == id)
    }

    /// Every step, main way first.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps
            .iter()
            .chain(self.ways.iter().flat_map(|way| &way.steps))
    }

    /// How many steps of the main way are counted aloud.
    pub fn numbered_steps(&self) -> usize {
        self.steps.iter().filter(|step| step.numbered()).count()
    }

    /// How long the main way usually takes, for "7 steps, about 6 minutes".
    ///
    /// Holds and waits as the guide gives them; for everything else, and for getting ready to hold,
    /// a rough time of listening and doing.
    pub fn estimate(&self) -> Duration {
        let seconds = Duration::from_secs;
        self.steps
            .iter()
            .map(|step| match &step.kind {
                Kind::Do => seconds(20),
                Kind::Confirm { .. } => seconds(15),
                Kind::Choice { .. } => seconds(10),
                Kind::Hold(hold) => hold.length() + seconds(15),
                Kind::Wait(wait) => wait.typical + seconds(10),
            })
            .sum()
    }
}
