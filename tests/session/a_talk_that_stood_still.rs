use crate::harness::{Talk, at, one_hold};
use std::time::Duration;
use talkthrough::guide::{Cue, Cycles};
use talkthrough::record::Event;
use talkthrough::session::{Input, Role};
use talkthrough::time::Moment;

fn pressed(secs: u64) -> Talk {
    let mut talk = Talk::begin(one_hold(|hold| {
        hold.minimum = Duration::from_secs(secs);
        hold.target = Duration::from_secs(secs);
    }));
    talk.listen_to_the_end();
    talk.said.clear();
    talk.hear("holding");
    talk
}

fn numbers(talk: &Talk) -> Vec<&str> {
    talk.sounded.iter().map(|beat| beat.text.as_str()).collect()
}

#[test]
fn a_hold_is_longer_by_the_time_it_stood_still_and_no_number_is_lost_or_said_twice() {
    let mut talk = pressed(8);
    let zero = talk.now;
    talk.pass(3.2);
    talk.stall(5.0, 0.0);
    assert_eq!(talk.heard_back(), "I was stopped for a while. keep holding");
    talk.pass(60.0);
    assert_eq!(
        numbers(&talk),
        [
            "seven",
            "six",
            "five",
            "four",
            "three",
            "two",
            "one",
            "let go now"
        ]
    );
    // Three seconds were counted; "four" comes 0.8 s after the reason was told.
    let [release] = talk.releases()[..] else {
        panic!("one release: {:?}", talk.releases())
    };
    assert_eq!(release, zero + Duration::from_secs(8 + 5 + 4));
}

#[test]
fn stopped_at_any_moment_for_any_time_it_never_lets_go_early() {
    for stopped_at in (1..80).map(|tenths| f64::from(tenths) / 10.0) {
        for (stood, slept) in [(1.0, 0.0), (5.0, 0.0), (0.0, 30.0), (0.5, 0.6), (59.0, 0.0)] {
            let mut talk = pressed(8);
            let zero = talk.now;
            talk.pass(stopped_at);
            talk.stall(stood, slept);
            talk.pass(200.0);
            let [release] = talk.releases()[..] else {
                panic!("one release: {:?}", talk.releases())
            };
            let least = zero + Duration::from_secs_f64(8.0 + stood) + Duration::from_secs(4);
            assert_eq!(
                release, least,
                "stopped at {stopped_at} for {stood}, {slept}"
            );
            assert_eq!(talk.sounded.len(), 8, "{:?}", numbers(&talk));
        }
    }
}

/// Stops a running hold after its "let go now" was handed over, which is done ahead; what is said next.
fn stopped_at_the_end(talk: &mut Talk) -> String {
    let (_, left) = talk.session.view(talk.now).hold.expect("it is held");
    let told = talk.now + Duration::from_secs(left);
    talk.pass(left as f64 - 0.1);
    talk.said.clear();
    let (stood, slept) = (Duration::from_secs(5), Duration::ZERO);
    talk.now = talk.now + stood;
    talk.input(Input::Stalled { stood, slept, told });
    talk.pass(1.0);
    talk.heard_back()
}

#[test]
fn stopped_when_the_end_of_the_hold_was_told_it_goes_on_and_says_why_that_is_late_every_time() {
    let mut talk = at("press");
    talk.hear("holding");
    let said = stopped_at_the_end(&mut talk);
    assert!(said.contains("I was stopped for a while. Step"), "{said}");
    assert_eq!(talk.step(), "plug-in");
    talk.listen_to_the_end();
    talk.hear("plugged in");
    let said = stopped_at_the_end(&mut talk);
    assert!(
        said.starts_with("I was stopped for a while. Step"),
        "{said}"
    );
    assert_eq!(talk.step(), "boot");
}

#[test]
fn stopped_again_while_it_tells_why_it_waits_no_longer_than_it_has_to() {
    let mut talk = pressed(8);
    let zero = talk.now;
    talk.pass(3.2);
    talk.stall(5.0, 0.0);
    talk.pass(1.0);
    talk.stall(2.0, 0.0);
    talk.pass(60.0);
    assert_eq!(talk.sounded.len(), 8, "{:?}", numbers(&talk));
    assert_eq!(
        talk.releases(),
        [zero + Duration::from_secs(8 + 5 + 1 + 2 + 4)]
    );
}

#[test]
fn a_loudspeaker_that_comes_back_meanwhile_changes_nothing() {
    let mut talk = pressed(8);
    talk.pass(3.2);
    talk.stall(5.0, 0.0);
    talk.pass(1.0);
    talk.input(Input::LoudspeakerBack);
    assert_eq!(
        talk.beats.first().map(|beat| beat.text.as_str()),
        Some("four")
    );
    assert_eq!(talk.session.view(talk.now).hold, Some((3, 5)));
}

#[test]
fn after_a_minute_the_hold_begins_again_and_says_why() {
    let mut talk = at("plug-in");
    talk.hear("plugged in");
    talk.pass(3.0);
    talk.stall(0.0, 61.0);
    assert_eq!(talk.step(), "press");
    assert!(talk.heard_back().starts_with(
        "I was stopped for a while. Let go of the button. The hold begins again. Step two."
    ));
    assert!(talk.beats.is_empty());
    talk.pass(3600.0);
    assert_eq!(talk.releases(), []);
}

#[test]
fn a_button_that_must_not_be_held_longer_is_let_go_instead() {
    let begin = || {
        let mut talk = Talk::begin(one_hold(|hold| {
            hold.maximum = Some(Duration::from_secs(20));
        }));
        talk.listen_to_the_end();
        talk.hear("holding");
        talk.pass(4.0);
        talk
    };
    let mut talk = begin();
    talk.stall(9.0, 0.0);
    assert!(talk.heard_back().contains("Let go of the button."));
    talk.pass(600.0);
    assert_eq!(talk.releases(), []);

    // Eight seconds of it are possible, with four to say so.
    let mut talk = begin();
    talk.stall(3.0, 5.0);
    talk.pass(11.0);
    assert_eq!(talk.releases().len(), 1);
    // Pressed for 8 + 3 + 5 + 4 s: it must be free at once.
    assert_eq!(talk.session.view(talk.now).let_go, None);
}

#[test]
fn a_rhythm_that_is_broken_begins_again() {
    let mut talk = Talk::begin(one_hold(|hold| {
        hold.cycles = Some(Cycles {
            times: 3,
            rest: Duration::from_secs(4),
            cue: Cue::Press,
        });
    }));
    talk.listen_to_the_end();
    talk.hear("holding");
    talk.pass(10.0);
    talk.stall(2.0, 0.0);
    assert!(talk.beats.is_empty());
    assert!(talk.can_say("holding"));
    assert!(talk.heard_back().contains("The hold begins again."));
}

#[test]
fn a_press_that_was_being_counted_in_is_called_off() {
    let mut talk = Talk::begin(one_hold(|hold| hold.count_in = 3));
    talk.listen_to_the_end();
    talk.said.clear();
    talk.hear("ready");
    talk.pass(2.0);
    talk.stall(10.0, 0.0);
    let said = talk.heard_back();
    assert!(said.starts_with("I was stopped for a while."), "{said}");
    assert!(
        said.ends_with("Say ready, and press when I say press."),
        "{said}"
    );
    talk.pass(60.0);
    assert!(talk.sounded.iter().all(|beat| beat.role != Role::Release));
}

#[test]
fn between_the_phases_of_a_hold_the_button_is_to_stay_pressed() {
    let mut talk = at("plug-in");
    talk.stall(5.0, 0.0);
    let said = talk.heard_back();
    assert!(said.contains("keep holding"), "{said}");
    assert_eq!(talk.step(), "plug-in");
}

#[test]
fn a_step_is_asked_for_again_and_none_is_skipped() {
    let mut talk = at("unplug");
    talk.stall(3.0, 3600.0);
    assert_eq!(
        talk.heard_back(),
        "I was stopped for a while. Step one. Do unplug. Say next when it is done."
    );
    assert_eq!(talk.step(), "unplug");
    talk.hear("next");
    assert_eq!(talk.step(), "press");
}

#[test]
fn what_boots_goes_on_booting_while_the_machine_sleeps() {
    let mut talk = at("boot");
    talk.pass(100.0);
    let (before, _) = talk.session.view(talk.now).wait.expect("it waits");
    talk.stall(0.0, 60.0);
    assert_eq!(talk.session.view(talk.now).wait, Some((before + 60, 180)));
    talk.said.clear();
    talk.pass(15.0);
    assert!(talk.heard_back().contains("about now"));
}

#[test]
fn half_a_confirmation_does_not_last_through_a_sleep() {
    let mut talk = at("erase");
    talk.input(Input::ConfirmKey);
    talk.stall(0.0, 600.0);
    talk.input(Input::ConfirmKey);
    assert_eq!(talk.step(), "erase");
}

#[test]
fn quiet_that_was_asked_for_stays_and_a_moment_is_not_worth_a_word() {
    let mut talk = at("unplug");
    talk.stall(0.9, 0.0);
    assert_eq!(talk.heard_back(), "");
    talk.hear("wait");
    talk.listen_to_the_end();
    talk.said.clear();
    talk.stall(5.0, 0.0);
    assert_eq!(talk.heard_back(), "");
    let stalls = talk
        .events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Stalled { .. }));
    assert_eq!(stalls.count(), 1);
    assert!(talk.now > Moment::ZERO);
}
