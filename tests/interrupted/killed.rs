use crate::support::talkthrough;
use crate::terminal::{Home, Talk};
use std::time::Duration;
use talkthrough::app::place;

/// Keys, and the place that is kept once they were obeyed.
const WALK: [(&str, &str, bool); 7] = [
    ("ee", "unplug", false),
    ("\r", "find-button", false),
    ("1", "hold", false),
    ("\r", "hold", true),
    ("s", "hold", false),
    ("\r", "hold", true),
    ("s", "hold", false),
];

fn kept(home: &Home) -> Option<(String, bool)> {
    let dir = home.place();
    let kept = place::read(dir.parent()?).expect("what is there can always be read")?;
    Some((kept.place.step, kept.place.holding))
}

fn walk(home: &Home, talk: &mut Talk, keys: usize) {
    for (key, step, holding) in &WALK[..keys] {
        talk.press(key);
        let place = Some(((*step).to_owned(), *holding));
        talk.wait_until(step, |_| kept(home) == place);
    }
}

#[test]
fn the_place_that_is_offered_is_the_one_that_was_confirmed_last() {
    let home = Home::new();
    for keys in [1, 3, 4, 5] {
        let mut talk = home.talk(&["--fresh"]);
        walk(&home, &mut talk, keys);
        talk.kill();
        let (_, step, holding) = WALK[keys - 1];
        let offered = home.talk(&[]).offered();
        assert_eq!(offered, Some((step.to_owned(), holding)), "after {keys}");
    }
}

/// Killed while a key is on its way: it counts or it does not, and nothing else is ever offered.
#[test]
fn a_kill_at_any_moment_leaves_the_place_before_or_the_one_after() {
    let home = Home::new();
    for (keys, after_ms) in [(1, 0), (2, 3), (3, 11), (4, 7), (5, 19)] {
        let mut talk = home.talk(&["--fresh"]);
        walk(&home, &mut talk, keys);
        let (key, ..) = WALK[keys];
        talk.press(key);
        std::thread::sleep(Duration::from_millis(after_ms));
        talk.kill();
        let offered = home.talk(&[]).offered().expect("a place is offered");
        let places = [WALK[keys - 1], WALK[keys]];
        let known =
            |(_, step, holding): &(&str, &str, bool)| offered == ((*step).to_owned(), *holding);
        assert!(places.iter().any(known), "{offered:?} after {keys}");
    }
}

#[test]
fn the_talk_goes_on_where_it_broke_off_and_a_hold_begins_again() {
    let home = Home::new();
    let mut talk = home.talk(&[]);
    assert_eq!(talk.offered(), None);
    walk(&home, &mut talk, 4);
    talk.kill();
    let mut welcome = talkthrough();
    welcome
        .env("HOME", home.path())
        .env("XDG_STATE_HOME", home.path().join("state"));
    let shown = welcome.output().expect("the program runs").stdout;
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("A talk through wisenet-dvr broke off"));

    let mut talk = home.talk(&[]);
    talk.wait_for_words("You were at step two, holding.");
    talk.wait_for_words("That hold begins again, from its start.");
    talk.press("\r");
    talk.wait_for_step("hold");
    talk.wait_until("the new place", |_| {
        kept(&home) == Some(("hold".into(), false))
    });
    talk.press("b");
    talk.wait_for_step("find-button");
    talk.kill();

    let mut talk = home.talk(&[]);
    assert!(talk.offered().is_some());
    talk.press("n");
    talk.wait_for_step("agree");
    talk.wait_until("no place", |_| kept(&home).is_none());
}
