use crate::harness::{Talk, at, every_kind};
use std::time::Duration;
use talkthrough::session::{Input, Outcome, SpeechId};

#[test]
fn a_lost_microphone_is_said_with_what_to_do() {
    let mut talk = at("unplug");
    talk.input(Input::Microphone(false));
    assert!(talk.heard_back().contains("Use the keys"));
    talk.input(Input::Primary);
    assert_eq!(talk.step(), "press", "and the keys work");
}

#[test]
fn a_loudspeaker_that_comes_back_in_a_hold_finds_the_right_number() {
    let mut talk = at("press");
    let zero = talk.now;
    talk.hear("holding");
    talk.pass(3.0);
    talk.beats.clear();
    talk.pass(4.5);
    talk.input(Input::LoudspeakerBack);
    assert_eq!(
        talk.beats.first().map(|beat| beat.due),
        Some(zero + Duration::from_secs(8))
    );
    assert_eq!(
        talk.beats.first().map(|beat| beat.text.as_str()),
        Some("eight")
    );
}

#[test]
fn the_end_does_not_wait_for_a_voice_that_never_reports() {
    let mut talk = at("unplug");
    talk.hear("stop");
    talk.hear("stop");
    let _never_reported = SpeechId(0);
    talk.now = talk.now + Duration::from_secs(31);
    talk.input(Input::Timeout);
    assert_eq!(talk.outcome, Some(Outcome::Stopped));
}

#[test]
fn nothing_happens_before_the_start_or_after_the_end() {
    let mut talk = Talk::asleep(every_kind());
    talk.input(Input::Primary);
    talk.input(Input::Timeout);
    assert!(talk.outputs.is_empty());
    let mut talk = at("unplug");
    talk.hear("stop");
    talk.hear("stop");
    talk.listen_to_the_end();
    let outputs = talk.outputs.len();
    talk.input(Input::Primary);
    talk.input(Input::Start);
    assert_eq!(talk.outputs.len(), outputs);
    assert_eq!(talk.session.poll_timeout(), None);
}
