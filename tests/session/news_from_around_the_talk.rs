//! What is said of files and signals: once, at a moment when it disturbs nothing.

use crate::harness::{Talk, every_kind, kept_at};
use talkthrough::record::Event;
use talkthrough::session::vocabulary::Command;
use talkthrough::session::{Input, News, Outcome};

const NOT_KEPT: &str = "I cannot keep your place. If this breaks off, we begin at the start.";

#[test]
fn that_the_sound_is_kept_is_said_before_anything_else() {
    let mut talk = Talk::keeping(every_kind());
    talk.input(Input::News(News::AudioKept));
    assert_eq!(
        talk.heard_back(),
        "",
        "nobody speaks before the talk begins"
    );
    talk.input(Input::Start);
    assert!(
        talk.heard_back()
            .starts_with("What the microphone hears is being kept. This erases everything.")
    );
}

#[test]
fn that_the_place_cannot_be_kept_is_said_once_and_not_into_a_count() {
    let mut talk = kept_at("press");
    talk.hear("holding");
    talk.input(Input::News(News::PlaceNotKept));
    talk.pass(19.0);
    assert_eq!(talk.heard_back(), "");
    talk.pass(2.0);
    assert!(talk.heard_back().ends_with(NOT_KEPT));
    talk.input(Input::News(News::PlaceNotKept));
    assert_eq!(talk.heard_back(), "");
    talk.hear("stop");
    talk.said.clear();
    talk.hear("stop");
    assert_eq!(
        talk.heard_back(),
        "Stopped. Nothing more will happen.",
        "nothing untrue is promised"
    );
}

#[test]
fn news_that_the_next_key_cut_off_are_told_after_it() {
    let mut talk = kept_at("unplug");
    talk.input(Input::News(News::PlaceNotKept));
    assert_eq!(talk.heard_back(), NOT_KEPT);
    talk.pass(1.0);
    talk.input(Input::Key(Command::Next));
    let said = talk.heard_back();
    assert!(said.ends_with(NOT_KEPT) && said != NOT_KEPT, "{said}");
    talk.listen_to_the_end();
    talk.input(Input::Key(Command::Wait));
    talk.input(Input::Key(Command::Continue));
    talk.listen_to_the_end();
    assert!(
        !talk.heard_back().contains(NOT_KEPT),
        "what was told is not told again"
    );
}

#[test]
fn control_c_asks_once_while_the_button_is_held() {
    let mut talk = kept_at("press");
    talk.hear("holding");
    talk.pass(5.0);
    talk.input(Input::Interrupt);
    assert_eq!(
        talk.heard_back(),
        "You are holding. Press Control C again to stop."
    );
    assert!(!talk.beats.is_empty(), "the count goes on");
    talk.hear("continue");
    talk.input(Input::Interrupt);
    assert_eq!(
        talk.heard_back(),
        "You are holding. Press Control C again to stop."
    );
    talk.input(Input::Interrupt);
    assert!(talk.heard_back().starts_with("Stopped."));
    assert!(talk.beats.is_empty());
    talk.pass(60.0);
    assert_eq!(talk.outcome, Some(Outcome::Stopped));
    assert!(talk.kept.as_ref().is_some_and(|place| place.holding));
}

#[test]
fn control_c_ends_any_other_talk() {
    for step in ["erase", "unplug", "boot", "worked"] {
        let mut talk = kept_at(step);
        talk.input(Input::Interrupt);
        assert!(talk.heard_back().starts_with("Stopped."), "{step}");
        talk.pass(60.0);
        assert_eq!(talk.outcome, Some(Outcome::Stopped));
    }
}

#[test]
fn a_signal_to_end_ends_at_once_and_leaves_the_place() {
    let mut talk = kept_at("press");
    talk.hear("holding");
    talk.pass(5.0);
    talk.said.clear();
    talk.input(Input::Terminate);
    assert_eq!(talk.outcome, Some(Outcome::Stopped));
    assert_eq!(talk.heard_back(), "");
    assert!(talk.beats.is_empty());
    assert!(talk.kept.as_ref().is_some_and(|place| place.holding));
    assert!(
        matches!(talk.events.last(), Some((_, Event::End { outcome })) if outcome == "stopped")
    );
    let mut done = kept_at("password");
    done.hear("next");
    done.input(Input::Terminate);
    assert_eq!(done.outcome, Some(Outcome::Done), "every step was done");
}
