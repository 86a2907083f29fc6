//! Who may speak when: the listener's turn, and what is answered at once.

use super::stage::Stage;
use crate::voice::{Turn, VoiceEvent};

/// A sentence of ten letters takes half a second here.
#[test]
fn after_a_speech_the_listener_has_three_quarters_of_a_second() {
    let mut stage = Stage::new(true);
    stage.say(1, &["ten chars.", "ten words."], Turn::Instead);
    stage.say(2, &["afterwards"], Turn::After);
    stage.run(5.0);
    let started = stage.started();
    let starts: Vec<f64> = started.iter().map(|(_, start)| *start).collect();
    // Between two sentences of one speech there is less, so that nobody takes it for an offer.
    let between = starts[1] - (starts[0] + 0.5);
    let offered = starts[2] - (starts[1] + 0.5);
    assert!((0.35..0.40).contains(&between), "{between} s");
    assert!((0.75..0.80).contains(&offered), "{offered} s");
}

#[test]
fn what_is_asked_for_in_the_listeners_turn_is_answered_at_once() {
    for turn in [Turn::Instead, Turn::Aside] {
        let mut stage = Stage::new(true);
        stage.say(1, &["ten chars."], Turn::Instead);
        stage.say(2, &["afterwards"], Turn::After);
        stage.run(0.9);
        stage.say(3, &["at once, it"], turn);
        let asked = stage.now().secs();
        stage.run(3.0);
        let started = stage.started();
        let answer = started
            .iter()
            .find(|(text, _)| text == "at once, it")
            .unwrap();
        assert!(answer.1 - asked < 0.1, "{turn:?}: {} s", answer.1 - asked);
    }
}

/// What an answer interrupted is taken up again, and the listener is asked first.
#[test]
fn after_an_answer_the_interrupted_sentence_leaves_the_listener_a_turn() {
    let mut stage = Stage::new(true);
    stage.say(1, &["ten chars.", "and more.."], Turn::Instead);
    stage.run(0.2);
    stage.say(2, &["the answer"], Turn::Aside);
    stage.run(5.0);
    let started = stage.started();
    let at = |wanted: &str| started.iter().rfind(|(text, _)| text == wanted).unwrap().1;
    let offered = at("ten chars.") - (at("the answer") + 0.5);
    assert!((0.75..0.80).contains(&offered), "{offered} s");
    let between = at("and more..") - (at("ten chars.") + 0.5);
    assert!((0.35..0.40).contains(&between), "{between} s");
    assert_eq!(stage.ended(), [(2, false), (1, false)]);
}

#[test]
fn what_was_cut_tells_what_was_left_of_it() {
    let mut stage = Stage::new(true);
    stage.say(
        1,
        &["ten chars.", "and more..", "the third."],
        Turn::Instead,
    );
    stage.say(2, &["afterwards"], Turn::After);
    stage.run(1.1);
    stage.voice.hush(stage.now());
    stage.run(0.1);
    let unsaid: Vec<_> = stage
        .events
        .iter()
        .filter_map(|event| match event {
            VoiceEvent::Ended { id, unsaid, .. } => Some((*id, unsaid.clone())),
            _ => None,
        })
        .collect();
    let left = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        unsaid,
        [
            (1, left(&["and more..", "the third."])),
            (2, left(&["afterwards"]))
        ]
    );
}
