use crate::harness::at;
use talkthrough::session::{Outcome, Output, Urgency};

#[test]
fn stop_asks_once_and_a_second_stop_ends() {
    let mut talk = at("unplug");
    talk.hear("stop");
    assert_eq!(talk.heard_back(), "Shall I stop? Say yes, or continue.");
    assert_eq!(talk.outcome, None);
    talk.hear("quit");
    talk.listen_to_the_end();
    assert_eq!(talk.outcome, Some(Outcome::Stopped));
}

#[test]
fn continue_returns_to_the_step() {
    let mut talk = at("unplug");
    talk.hear("stop");
    talk.heard_back();
    talk.hear("continue");
    assert_eq!(
        talk.heard_back(),
        "Going on. Step one. Do unplug. Say next when it is done."
    );
    talk.hear("next");
    assert_eq!(talk.step(), "press");
}

#[test]
fn an_open_question_is_not_answered_by_silence() {
    let mut talk = at("unplug");
    talk.hear("stop");
    talk.pass(3600.0);
    assert_eq!(talk.outcome, None);
    assert!(!talk.can_say("next"));
    assert!(talk.can_say("continue"));
}

#[test]
fn a_stop_in_a_hold_asks_at_once_and_never_takes_the_release() {
    let mut talk = at("plug-in");
    let zero = talk.now;
    talk.hear("plugged in");
    talk.pass(7.5);
    talk.hear("stop");
    let asked = talk.outputs.iter().rev().find_map(|output| match output {
        Output::Say(speech) => Some(speech.urgency),
        _ => None,
    });
    // Said in place of everything else: the voice lets the numbers give way to it.
    assert_eq!(asked, Some(Urgency::Now));
    talk.pass(2.5);
    assert_eq!(talk.releases(), [zero + std::time::Duration::from_secs(10)]);
    assert_eq!(talk.step(), "boot");
    assert!(
        talk.heard_back()
            .ends_with("Shall I stop? Say yes, or continue."),
        "asked again after the hold"
    );
}

#[test]
fn continue_in_a_hold_brings_the_numbers_back_on_their_beats() {
    let mut talk = at("press");
    let zero = talk.now;
    talk.hear("holding");
    talk.pass(5.2);
    talk.hear("stop");
    talk.pass(1.0);
    talk.hear("continue");
    let due: Vec<u64> = talk
        .beats
        .iter()
        .map(|beat| (beat.due - zero).as_secs())
        .collect();
    assert_eq!(due, (7..=20).collect::<Vec<_>>());
}

#[test]
fn a_pause_is_quiet_until_continue() {
    let mut talk = at("unplug");
    talk.hear("hold on");
    talk.listen_to_the_end();
    talk.heard_back();
    talk.pass(3600.0);
    assert_eq!(talk.heard_back(), "", "no reminder in a pause");
    assert!(!talk.can_say("next"));
    talk.hear("go on");
    assert_eq!(
        talk.heard_back(),
        "Going on. Step one. Do unplug. Say next when it is done."
    );
}

#[test]
fn a_held_button_can_slip_in_a_pause() {
    let mut talk = at("plug-in");
    talk.hear("wait");
    talk.hear("slipped");
    assert_eq!(talk.step(), "press");
}
