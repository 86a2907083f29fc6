//! The states of a talk that differ in what may be said, each by a name.
//!
//! Made for whoever has to listen as a talk does without holding one: the phrases are those that the
//! session itself would announce there.

use super::{Doing, Overlay, Place, Sayable, Session, Settings};
use crate::guide::{Begin, Guide, Kind, Step};
use crate::time::Moment;
use std::sync::Arc;
use std::time::Duration;

/// A state of a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The listener does what a step says.
    Step,
    /// A hold is about to begin with "holding".
    Press,
    /// A hold goes on when the power is back in.
    Plug,
    /// A hold is counted.
    Hold,
    /// An irreversible step wants its phrase.
    Confirm,
    /// A question is open.
    Choice,
    /// Something boots.
    Wait,
    /// The listener asked for quiet.
    Paused,
    /// "Shall I stop?" is open.
    StopAsked,
    /// A kept place is offered.
    Offered,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Step,
        Self::Press,
        Self::Plug,
        Self::Hold,
        Self::Confirm,
        Self::Choice,
        Self::Wait,
        Self::Paused,
        Self::StopAsked,
        Self::Offered,
    ];

    /// Its name, in lower case with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Press => "press",
            Self::Plug => "plug",
            Self::Hold => "hold",
            Self::Confirm => "confirm",
            Self::Choice => "choice",
            Self::Wait => "wait",
            Self::Paused => "paused",
            Self::StopAsked => "stop-asked",
            Self::Offered => "offered",
        }
    }

    /// What may be said in this state of a talk through `guide`, at the first step that has it; `None`
    /// where no step does.
    pub fn vocabulary(self, guide: &Arc<Guide>) -> Option<Vec<Sayable>> {
        let mut session = Session::new(Arc::clone(guide), Settings::default());
        session.place = place(guide, |step| self.happens_at(step))?;
        session.doing = match self {
            Self::Hold => Doing::Holding {
                phase: 1,
                zero: Moment::ZERO,
                end: Moment::ZERO,
            },
            Self::Press => Doing::Pressing { phase: 1 },
            Self::Plug => Doing::Pressing { phase: 2 },
            Self::Wait => Doing::Waiting {
                since: Moment::ZERO,
                slept: Duration::ZERO,
            },
            Self::Offered => Doing::Offered,
            _ => Doing::Instructed,
        };
        session.overlay = match self {
            Self::Paused => Overlay::Paused,
            Self::StopAsked => Overlay::StopAsked,
            _ => Overlay::Clear,
        };
        Some(session.vocabulary())
    }

    fn happens_at(self, step: &Step) -> bool {
        match (self, &step.kind) {
            (Self::Step | Self::Paused | Self::StopAsked | Self::Offered, Kind::Do) => true,
            (Self::Press, Kind::Hold(hold)) => hold.begin == Begin::Holding,
            (Self::Plug, Kind::Hold(hold)) => hold.begin == Begin::PluggedIn,
            (Self::Hold, Kind::Hold(_)) => true,
            (Self::Confirm, Kind::Confirm { .. }) => true,
            (Self::Choice, Kind::Choice { .. }) => true,
            (Self::Wait, Kind::Wait(_)) => true,
            _ => false,
        }
    }
}

/// The first place of the guide whose step is wanted.
fn place(guide: &Guide, wanted: impl Fn(&Step) -> bool) -> Option<Place> {
    let ways = guide.ways.iter().enumerate();
    let ways = ways.map(|(way, steps)| (Some(way), &steps.steps));
    std::iter::once((None, &guide.steps))
        .chain(ways)
        .find_map(|(way, steps)| {
            let index = steps.iter().position(&wanted)?;
            Some(Place { way, index })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::library;

    fn said(state: State) -> Vec<String> {
        let guide = Arc::new(library::find("wisenet-dvr").unwrap());
        let phrases = state.vocabulary(&guide).unwrap();
        phrases.into_iter().map(|s| s.phrase.into_owned()).collect()
    }

    #[test]
    fn every_state_of_the_built_in_talk_listens_for_something_of_its_own() {
        for (state, own) in [
            (State::Step, "next"),
            (State::Press, "holding"),
            (State::Plug, "plugged in"),
            (State::Hold, "slipped"),
            (State::Confirm, "erase it"),
            (State::Choice, "yes"),
            (State::Wait, "next"),
            (State::Paused, "continue"),
            (State::StopAsked, "no"),
            (State::Offered, "no"),
        ] {
            let phrases = said(state);
            assert!(phrases.iter().any(|p| p == own), "{state:?}: {phrases:?}");
            assert!(phrases.iter().any(|p| p == "stop"), "{state:?}");
        }
        assert_eq!(State::ALL.len(), 10);
    }

    #[test]
    fn while_a_hold_is_counted_little_is_listened_for() {
        assert!(!said(State::Hold).iter().any(|phrase| phrase == "next"));
        assert!(!said(State::Step).iter().any(|phrase| phrase == "slipped"));
    }
}
