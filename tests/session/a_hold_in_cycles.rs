use crate::harness::{Talk, one_hold};
use std::time::Duration;
use talkthrough::guide::{Cue, Cycles};

fn in_cycles(cue: Cue) -> Talk {
    let mut talk = Talk::begin(one_hold(|hold| {
        hold.target = Duration::from_secs(8);
        hold.count_in = 3;
        hold.cycles = Some(Cycles {
            times: 5,
            rest: Duration::from_secs(2),
            cue,
        });
    }));
    talk.listen_to_the_end();
    talk
}

#[test]
fn every_cycle_is_cued_and_numbered_and_only_the_last_releases() {
    let mut talk = in_cycles(Cue::Press);
    talk.hear("ready");
    let zero = talk.now + Duration::from_secs(4);
    talk.pass(60.0);
    let at = |text: &str| -> Vec<u64> {
        let said = talk.sounded.iter().filter(|beat| beat.text == text);
        said.map(|beat| (beat.due - zero).as_secs()).collect()
    };
    assert_eq!(at("press"), [0, 10, 20, 30, 40]);
    assert_eq!(at("let go"), [8, 18, 28, 38]);
    assert_eq!(at("cycle three of five"), [21]);
    assert_eq!(talk.releases(), [zero + Duration::from_secs(48)]);
    assert_eq!(talk.step(), "after");
}

#[test]
fn a_power_cycle_is_on_and_off_and_is_left_on() {
    let mut talk = in_cycles(Cue::Power);
    assert!(
        talk.heard_back()
            .ends_with("Say ready, and switch on when I say on.")
    );
    talk.hear("ready");
    talk.pass(30.0);
    assert_eq!(talk.session.view(talk.now).cycle, Some((3, 5)));
    talk.pass(30.0);
    assert_eq!(
        talk.sounded.last().map(|beat| (beat.n, beat.text.as_str())),
        Some((50, "keep it on"))
    );
    assert_eq!(talk.releases(), [], "there is nothing to let go");
}

#[test]
fn a_slip_begins_the_cycles_again() {
    let mut talk = in_cycles(Cue::Press);
    talk.hear("ready");
    talk.pass(20.0);
    talk.hear("slipped");
    talk.sounded.clear();
    talk.pass(60.0);
    assert_eq!(talk.sounded, []);
    talk.hear("ready");
    talk.pass(8.0);
    let said: Vec<&str> = talk.sounded.iter().map(|it| it.text.as_str()).collect();
    assert!(said.contains(&"cycle one of five"), "{said:?}");
}
