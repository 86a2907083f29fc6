//! What may be said now: the part of the vocabulary that is valid in the talk's present state.

use super::vocabulary::{Care, Command};
use super::{Doing, Overlay, Session};
use crate::guide::{Begin, ChoiceOption, Kind};
use std::borrow::Cow;

/// A phrase that may be said now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sayable {
    /// The words.
    pub phrase: Cow<'static, str>,
    /// What they mean now.
    pub meaning: Meaning,
    /// How much evidence they need.
    pub care: Care,
}

/// What a phrase means in the present state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A command of the table.
    Command(Command),
    /// The phrase of an irreversible step.
    Confirm,
    /// The n-th answer of a choice, counted from 0.
    Option(usize),
}

/// Valid wherever the talk waits for the listener.
const ALWAYS: [Command; 11] = [
    Command::SayAgain,
    Command::Back,
    Command::Wait,
    Command::HowLong,
    Command::WhereAmI,
    Command::Why,
    Command::Help,
    Command::Louder,
    Command::Softer,
    Command::Faster,
    Command::Slower,
];

impl Session {
    /// Every phrase that may be said now, each once; what comes first wins where rows share a phrase.
    pub fn vocabulary(&self) -> Vec<Sayable> {
        let mut listed = self.valid();
        let unheard = &self.settings.unheard;
        listed.retain(|sayable| !unheard.iter().any(|phrase| *phrase == sayable.phrase));
        listed
    }

    /// The same with the phrases that this talk cannot hear: their keys are valid all the same.
    pub(super) fn valid(&self) -> Vec<Sayable> {
        let mut listed = Vec::new();
        if matches!(
            self.doing,
            Doing::Asleep | Doing::Leaving { .. } | Doing::Over
        ) {
            return listed;
        }
        match self.overlay {
            Overlay::Paused => {
                add(
                    &mut listed,
                    &[
                        Command::Continue,
                        Command::Stop,
                        Command::Help,
                        Command::Louder,
                        Command::Softer,
                    ],
                );
                if self.is_held() {
                    add(&mut listed, &[Command::Slipped]);
                }
                return listed;
            }
            Overlay::StopAsked => {
                add(
                    &mut listed,
                    &[
                        Command::Stop,
                        Command::Yes,
                        Command::Continue,
                        Command::No,
                        Command::SayAgain,
                    ],
                );
                if self.is_held() {
                    add(&mut listed, &[Command::Slipped]);
                }
                return listed;
            }
            Overlay::Clear => {}
        }
        if self.doing == Doing::Offered {
            let offered = [Command::Continue, Command::Yes, Command::No];
            add(&mut listed, &offered);
            add(
                &mut listed,
                &[Command::Stop, Command::SayAgain, Command::Help],
            );
            let voice = [
                Command::Louder,
                Command::Softer,
                Command::Faster,
                Command::Slower,
            ];
            add(&mut listed, &voice);
            return listed;
        }
        if matches!(self.doing, Doing::Holding { .. }) {
            add(
                &mut listed,
                &[
                    Command::Slipped,
                    Command::Stop,
                    Command::SayAgain,
                    Command::HowLong,
                    Command::Louder,
                    Command::Softer,
                    Command::CountUp,
                    Command::CountDown,
                ],
            );
            return listed;
        }
        match self.step().map(|step| &step.kind) {
            Some(Kind::Confirm { phrase }) => push(
                &mut listed,
                Cow::Owned(phrase.clone()),
                Meaning::Confirm,
                Care::Strict,
            ),
            Some(Kind::Choice { options }) => {
                for (index, option) in options.iter().enumerate() {
                    push(
                        &mut listed,
                        Cow::Owned(option.phrase.clone()),
                        Meaning::Option(index),
                        Care::Usual,
                    );
                }
            }
            Some(Kind::Hold(hold)) => {
                if hold.count_in > 0 {
                    add(&mut listed, &[Command::CountIn]);
                }
                // Whoever has pressed without waiting for the count-in is understood all the same.
                let begin = match hold.begin {
                    Begin::Holding => Command::Holding,
                    Begin::PluggedIn => Command::PluggedIn,
                };
                let more = [Command::Slipped, Command::CountUp, Command::CountDown];
                add(&mut listed, &[begin]);
                add(&mut listed, &more);
            }
            Some(Kind::Do | Kind::Wait(_)) => add(&mut listed, &[Command::Next]),
            None => {}
        }
        add(&mut listed, &[Command::Stop]);
        add(&mut listed, &ALWAYS);
        listed
    }

    /// What Enter does now.
    pub(super) fn primary_command(&self) -> Option<Command> {
        match self.overlay {
            Overlay::Paused | Overlay::StopAsked => return Some(Command::Continue),
            Overlay::Clear if self.doing == Doing::Offered => return Some(Command::Continue),
            Overlay::Clear => {}
        }
        match (&self.doing, self.step().map(|step| &step.kind)?) {
            (Doing::Holding { .. }, _) => None,
            (_, Kind::Do | Kind::Wait(_)) => Some(Command::Next),
            (_, Kind::Hold(hold)) if hold.count_in > 0 => Some(Command::CountIn),
            (_, Kind::Hold(hold)) => Some(match hold.begin {
                Begin::Holding => Command::Holding,
                Begin::PluggedIn => Command::PluggedIn,
            }),
            (_, Kind::Confirm { .. } | Kind::Choice { .. }) => None,
        }
    }

    /// The phrase that the present step wants before it goes on, if it is irreversible.
    pub(super) fn confirm_phrase(&self) -> Option<&str> {
        match &self.step()?.kind {
            // It is not asked for before the listener has chosen to go on there.
            _ if self.doing == Doing::Offered => None,
            Kind::Confirm { phrase } => Some(phrase),
            _ => None,
        }
    }

    /// The answers of the present step, if it is a choice.
    pub(super) fn options(&self) -> &[ChoiceOption] {
        match self.step().map(|step| &step.kind) {
            _ if self.doing == Doing::Offered => &[],
            Some(Kind::Choice { options }) => options,
            _ => &[],
        }
    }

    /// Whether the listener's finger is on the button, as far as we know.
    pub(super) fn is_held(&self) -> bool {
        match self.doing {
            Doing::Holding { .. } => true,
            Doing::Pressing { phase } => phase > 1,
            _ => false,
        }
    }
}

fn add(listed: &mut Vec<Sayable>, commands: &[Command]) {
    for row in commands.iter().map(|command| command.row()) {
        for phrase in row.phrases {
            push(
                listed,
                Cow::Borrowed(phrase),
                Meaning::Command(row.command),
                row.care,
            );
        }
    }
}

fn push(listed: &mut Vec<Sayable>, phrase: Cow<'static, str>, meaning: Meaning, care: Care) {
    if !listed.iter().any(|sayable| sayable.phrase == phrase) {
        listed.push(Sayable {
            phrase,
            meaning,
            care,
        });
    }
}
