//! What the screen shows: the talk's state, without any rule of it.

use super::{Doing, Overlay, Session, rhythm};
use crate::time::Moment;
use std::time::Duration;

/// The talk as it stands at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Number of the present step and of all steps of its way; `None` at a question.
    pub number: Option<(usize, usize)>,
    /// The step's title.
    pub title: String,
    /// What the step says, without preface or question.
    pub say: Vec<String>,
    /// Whole seconds of the running hold: held, and to go.
    pub hold: Option<(u64, u64)>,
    /// Whole seconds until the button is to be pressed.
    pub count_in: Option<u64>,
    /// The running cycle of a hold, counted from 1, and how many there are.
    pub cycle: Option<(u32, u32)>,
    /// Whole seconds within which the button must be let go, or harm is done.
    pub let_go: Option<u64>,
    /// "must stay pressed" although nothing is being counted.
    pub keep_holding: bool,
    /// Whole seconds of the running wait: gone, and usual.
    pub wait: Option<(u64, u64)>,
    /// The listener asked for quiet.
    pub paused: bool,
    /// A kept place is offered.
    pub offered: bool,
    /// "Shall I stop?" is open.
    pub stop_asked: bool,
}

impl Session {
    /// The talk as it stands at `now`.
    pub fn view(&self, now: Moment) -> View {
        let step = self.step();
        let ceil = |span: Duration| span.as_secs_f64().ceil() as u64;
        let (mut hold, mut count_in, mut cycle) = (None, None, None);
        match self.doing {
            Doing::Holding { zero, .. } if zero > now => count_in = Some(ceil(zero - now)),
            Doing::Holding { zero, end, .. } => {
                let now = now.max(self.stands_until);
                hold = Some(((now - zero).as_secs(), ceil(end - now)));
                cycle = self.hold().and_then(|hold| rhythm::cycle(hold, now - zero));
            }
            _ => {}
        }
        let wait = match (self.doing, step.map(|step| &step.kind)) {
            (Doing::Waiting { since, slept }, Some(crate::guide::Kind::Wait(wait))) => {
                Some(((now - since + slept).as_secs(), wait.typical.as_secs()))
            }
            _ => None,
        };
        View {
            number: self.number().map(|number| (number, self.numbered_steps())),
            title: step.map_or_else(String::new, |step| step.title.clone()),
            say: step.map_or_else(Vec::new, |step| step.say.clone()),
            hold,
            count_in,
            cycle,
            let_go: self.free_by.filter(|by| *by > now).map(|by| ceil(by - now)),
            keep_holding: hold.is_none() && count_in.is_none() && self.is_held(),
            wait,
            paused: self.overlay == Overlay::Paused,
            offered: self.doing == Doing::Offered,
            stop_asked: self.overlay == Overlay::StopAsked,
        }
    }
}
