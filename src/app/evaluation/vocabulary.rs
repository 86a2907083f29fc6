//! What is listened for: the phrases of a state of a talk, or any others.

use std::borrow::Cow;
use std::sync::Arc;

use super::EvaluationError;
use super::manifest::normalised;
use crate::app::phrase;
use crate::ears::{Lane, Phrase};
use crate::guide::{Guide, Kind};
use crate::session::states::State;
use crate::session::vocabulary::{Care, TABLE};
use crate::session::{Meaning, Sayable, spoken_number};

/// What a person chooses between at one moment of a talk, as the model's recipe measures it.
const SIX: [&str; 6] = ["ready", "next", "go back", "repeat", "stop", "help"];

/// The vocabularies that have a name, beside those of [`State::ALL`].
const NAMED: [&str; 4] = ["all", "six", "digits", "numbers"];

/// The phrases that `name` stands for, decided as in a talk through `guides`: `all`, `six`, `digits`,
/// `numbers`, the name of a [`State`], or phrases separated by commas.
///
/// # Errors
///
/// A name that stands for nothing, or a state that no guide has.
pub fn phrases(name: &str, guides: &[Arc<Guide>]) -> Result<Vec<Phrase>, EvaluationError> {
    if let Some(state) = State::ALL.into_iter().find(|state| state.name() == name) {
        let said = guides.iter().find_map(|guide| state.vocabulary(guide));
        let said = said.ok_or_else(|| {
            EvaluationError::Vocabulary(format!(
                "no built-in guide has a step for {name:?}: choose another vocabulary"
            ))
        })?;
        return Ok(said.iter().map(phrase).collect());
    }
    let texts: Vec<String> = match name {
        "all" => return Ok(all(guides)),
        "six" => SIX.map(String::from).into(),
        "digits" => (0..10).map(spoken_number).collect(),
        "numbers" => (0..=60).map(spoken_number).collect(),
        list => list.split(',').map(normalised).collect(),
    };
    let everything = all(guides);
    let mut phrases: Vec<Phrase> = Vec::new();
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        if !text
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, ' ' | '\''))
        {
            return Err(EvaluationError::Vocabulary(format!(
                "{text:?} cannot be a phrase: write words separated by commas, or one of {}",
                names()
            )));
        }
        // A command is decided as in a talk; of anything else it is known only that it is no stop.
        let known = everything.iter().find(|phrase| phrase.text == text);
        let lane = known.map_or(Lane::Normal, |phrase| phrase.lane);
        if !phrases.iter().any(|phrase| phrase.text == text) {
            phrases.push(Phrase { text, lane });
        }
    }
    if phrases.is_empty() {
        return Err(EvaluationError::Vocabulary(format!(
            "the vocabulary is empty: write words separated by commas, or one of {}",
            names()
        )));
    }
    Ok(phrases)
}

/// The names of the vocabularies, for help and messages.
pub fn names() -> String {
    let states = State::ALL.into_iter().map(State::name);
    NAMED
        .into_iter()
        .chain(states)
        .collect::<Vec<_>>()
        .join(", ")
}

fn all(guides: &[Arc<Guide>]) -> Vec<Phrase> {
    let mut listed: Vec<Sayable> = Vec::new();
    let commands = TABLE.iter().flat_map(|row| {
        row.phrases.iter().map(|phrase| Sayable {
            phrase: Cow::Borrowed(phrase),
            meaning: Meaning::Command(row.command),
            care: row.care,
        })
    });
    let confirmed = guides.iter().flat_map(|guide| guide.all_steps());
    let confirmed = confirmed.filter_map(|step| match &step.kind {
        Kind::Confirm { phrase } => Some(Sayable {
            phrase: Cow::Owned(phrase.clone()),
            meaning: Meaning::Confirm,
            care: Care::Strict,
        }),
        _ => None,
    });
    for sayable in commands.chain(confirmed) {
        if !listed.iter().any(|there| there.phrase == sayable.phrase) {
            listed.push(sayable);
        }
    }
    listed.iter().map(phrase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::library;

    fn listed(name: &str) -> Result<Vec<Phrase>, EvaluationError> {
        phrases(name, &[Arc::new(library::find("wisenet-dvr").unwrap())])
    }

    fn lane(phrases: &[Phrase], text: &str) -> Option<Lane> {
        let mut phrases = phrases.iter();
        phrases.find(|phrase| phrase.text == text).map(|p| p.lane)
    }

    #[test]
    fn all_is_every_command_and_what_cannot_be_undone_each_in_its_lane() {
        let all = listed("all").unwrap();
        assert_eq!(lane(&all, "stop"), Some(Lane::Fast));
        assert_eq!(lane(&all, "next"), Some(Lane::Normal));
        assert_eq!(lane(&all, "erase it"), Some(Lane::Strict));
        assert_eq!(lane(&all, "seven"), None);
    }

    #[test]
    fn numbers_and_words_of_ones_own_are_decided_as_usual_and_commands_as_commands() {
        assert_eq!(listed("digits").unwrap().len(), 10);
        let numbers = listed("numbers").unwrap();
        assert_eq!(
            (numbers.len(), numbers[21].text.as_str()),
            (61, "twenty one")
        );
        let own = listed("Green light, stop,stop,").unwrap();
        assert_eq!(own.len(), 2);
        assert_eq!(lane(&own, "green light"), Some(Lane::Normal));
        assert_eq!(lane(&own, "stop"), Some(Lane::Fast));
    }

    #[test]
    fn a_state_is_what_the_session_listens_for_there() {
        let hold = listed("hold").unwrap();
        assert!(lane(&hold, "slipped").is_some() && lane(&hold, "next").is_none());
        for wrong in ["", "go, 7"] {
            let message = listed(wrong).unwrap_err().to_string();
            assert!(message.contains("one of all, six"), "{message}");
        }
    }
}
