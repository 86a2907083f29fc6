use crate::harness::{Talk, one_hold};
use std::time::Duration;
use talkthrough::session::{Input, Role};

fn counted_in() -> Talk {
    let mut talk = Talk::begin(one_hold(|hold| hold.count_in = 3));
    talk.listen_to_the_end();
    talk
}

#[test]
fn ready_counts_to_the_press_and_the_hold_counts_from_it() {
    let mut talk = counted_in();
    assert!(
        talk.heard_back()
            .ends_with("Say ready, and press when I say press.")
    );
    let asked = talk.now;
    talk.hear("ready");
    talk.pass(12.5);
    let sounded: Vec<(u64, &str)> = talk
        .sounded
        .iter()
        .map(|beat| ((beat.due - asked).as_secs(), beat.text.as_str()))
        .collect();
    assert_eq!(
        sounded[..5],
        [
            (1, "three"),
            (2, "two"),
            (3, "one"),
            (4, "press"),
            (5, "seven")
        ]
    );
    assert_eq!(talk.releases(), [asked + Duration::from_secs(12)]);
}

#[test]
fn who_has_pressed_already_says_holding_and_is_not_counted_in() {
    let mut talk = counted_in();
    let pressed = talk.now;
    talk.hear("holding");
    talk.pass(9.0);
    assert_eq!(
        talk.sounded.first().map(|beat| beat.text.as_str()),
        Some("seven")
    );
    assert_eq!(talk.releases(), [pressed + Duration::from_secs(8)]);
}

#[test]
fn the_key_counts_in_and_the_screen_shows_it() {
    let mut talk = counted_in();
    talk.input(Input::Primary);
    talk.pass(1.5);
    let view = talk.session.view(talk.now);
    assert_eq!((view.count_in, view.hold), (Some(3), None));
    talk.pass(3.0);
    let view = talk.session.view(talk.now);
    assert_eq!((view.count_in, view.hold), (None, Some((0, 8))));
}

#[test]
fn a_stop_while_it_is_counted_in_calls_the_press_off() {
    let mut talk = counted_in();
    talk.hear("ready");
    talk.pass(2.5);
    talk.hear("stop");
    talk.pass(60.0);
    assert!(talk.sounded.iter().all(|beat| beat.role != Role::Cue));
    assert_eq!(talk.releases(), []);
    talk.hear("continue");
    talk.hear("ready");
    talk.pass(12.5);
    assert_eq!(talk.releases().len(), 1);
}
