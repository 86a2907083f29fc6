use crate::harness::{Talk, every_kind};
use talkthrough::session::vocabulary::{Care, all_phrases};
use talkthrough::session::{Input, Meaning};

#[test]
fn no_phrase_of_the_table_confirms() {
    for phrase in all_phrases() {
        let mut talk = Talk::begin(every_kind());
        talk.input(Input::Heard {
            phrase: phrase.into(),
            end: talk.now,
        });
        talk.pass(300.0);
        assert_eq!(talk.step(), "erase", "{phrase:?} must not confirm");
    }
}

#[test]
fn its_own_phrase_wants_strict_care() {
    let talk = Talk::begin(every_kind());
    let own: Vec<_> = talk
        .session
        .vocabulary()
        .into_iter()
        .filter(|sayable| sayable.meaning == Meaning::Confirm)
        .collect();
    assert_eq!(own.len(), 1);
    assert_eq!((&*own[0].phrase, own[0].care), ("erase it", Care::Strict));
}

#[test]
fn enter_says_how_and_does_nothing() {
    let mut talk = Talk::begin(every_kind());
    talk.heard_back();
    for _ in 0..5 {
        talk.input(Input::Primary);
    }
    assert_eq!(talk.step(), "erase");
    assert!(talk.heard_back().contains("Press E twice"));
}

#[test]
fn the_key_has_to_be_pressed_twice_within_ten_seconds() {
    let mut talk = Talk::begin(every_kind());
    talk.input(Input::ConfirmKey);
    talk.pass(11.0);
    talk.input(Input::ConfirmKey);
    assert_eq!(
        talk.step(),
        "erase",
        "two presses far apart are two first presses"
    );
    talk.pass(2.0);
    talk.input(Input::ConfirmKey);
    assert_eq!(talk.step(), "unplug");
}

#[test]
fn a_phrase_that_is_not_valid_now_does_nothing() {
    let mut talk = Talk::begin(every_kind());
    for phrase in ["erase", "it", "holding", "", "erase it erase it"] {
        talk.input(Input::Heard {
            phrase: phrase.into(),
            end: talk.now,
        });
        assert_eq!(talk.step(), "erase");
    }
}
