use crate::harness::{Talk, one_hold};
use std::time::Duration;
use talkthrough::guide::Count;
use talkthrough::session::{Input, Role, Settings};

fn long(count: Count) -> Talk {
    let mut talk = Talk::begin(one_hold(|hold| {
        hold.minimum = Duration::from_secs(45);
        hold.target = Duration::from_secs(90);
        hold.milestones = true;
        hold.count = count;
    }));
    talk.listen_to_the_end();
    talk
}

fn words(talk: &Talk) -> Vec<(u32, &str)> {
    let words = talk.sounded.iter().filter(|beat| !beat.text.is_empty());
    words.map(|beat| (beat.n, beat.text.as_str())).collect()
}

#[test]
fn it_says_milestones_the_minimum_and_the_last_ten_seconds_and_ticks_between() {
    let mut talk = long(Count::Down);
    talk.hear("holding");
    talk.pass(90.0);
    assert_eq!(
        talk.sounded.len(),
        90,
        "no second is silent, least of all the last"
    );
    let words = words(&talk);
    assert_eq!(
        words[..5],
        [
            (30, "one minute left"),
            (45, "that is the minimum, keep holding"),
            (60, "thirty seconds left"),
            (75, "fifteen seconds left"),
            (80, "ten")
        ]
    );
    assert_eq!(words.last(), Some(&(90, "let go now")));
}

#[test]
fn a_listener_who_says_count_up_hears_how_long_it_was_held() {
    let mut talk = long(Count::Down);
    talk.hear("holding");
    talk.pass(20.0);
    talk.hear("count up");
    talk.pass(45.0);
    assert_eq!(
        words(&talk)[..3],
        [
            (30, "thirty seconds"),
            (45, "that is the minimum, keep holding"),
            (60, "one minute"),
        ]
    );
    talk.input(Input::Key(
        talkthrough::session::vocabulary::Command::CountDown,
    ));
    talk.pass(30.0);
    assert!(words(&talk).contains(&(75, "fifteen seconds left")));
    assert_eq!(talk.releases().len(), 1);
}

#[test]
fn before_the_hold_the_new_way_is_confirmed() {
    let mut talk = long(Count::Down);
    talk.hear("count up");
    assert!(talk.heard_back().ends_with("I count up from now on."));
}

#[test]
fn a_way_asked_for_on_the_command_line_wins_over_the_guide_s() {
    let settings = Settings {
        keeps_place: false,
        count: Some(Count::Up),
        unheard: vec!["count up".into()],
    };
    let mut talk = Talk::with(one_hold(|hold| hold.count = Count::Down), settings);
    talk.input(Input::Start);
    talk.listen_to_the_end();
    talk.hear("holding");
    talk.pass(1.5);
    assert_eq!(words(&talk), [(1, "one")]);
    assert!(!talk.can_say("count up"), "the model does not know it");
    assert!(talk.can_say("count down"));
}

#[test]
fn the_numbers_of_the_last_ten_seconds_are_marked() {
    let mut talk = long(Count::Down);
    talk.hear("holding");
    let of = |role| talk.beats.iter().filter(|beat| beat.role == role).count();
    assert_eq!(of(Role::LastNumber), 10);
    assert_eq!(of(Role::Release), 1);
}
