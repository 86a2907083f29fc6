use crate::terminal::{Home, wait_until_gone};
use rustix::process::Signal;
use talkthrough::record::Event;

const ASKED: &str = "You are holding. Press Control C again to stop.";

#[test]
fn a_signal_restores_the_terminal_keeps_the_place_and_leaves_no_process() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = Home::new();
        // With ears: the recogniser is a process of its own.
        let mut talk = home.talk_with(&[], |_| ());
        talk.wait_for("the recogniser", |event| {
            matches!(event, Event::Device { what, state } if what == "recogniser" && state == "ready")
        });
        let children = talk.children();
        assert_eq!(children.len(), 1, "the recogniser runs");
        talk.press("ee");
        talk.wait_until("the place", |_| home.place().exists());
        assert!(talk.is_raw());
        talk.signal(signal);
        assert_eq!(talk.end().code(), Some(1), "{signal:?}");
        assert!(talk.is_restored(), "{signal:?}");
        assert!(talk.shown().ends_with("\u{1b}[?25h"), "the cursor is back");
        children.into_iter().for_each(wait_until_gone);
        let last = talk.events().into_iter().next_back();
        assert!(
            matches!(&last, Some(Event::End { outcome }) if outcome == "stopped"),
            "{last:?}"
        );
        let offered = home.talk(&[]).offered();
        assert_eq!(offered, Some(("unplug".into(), false)), "{signal:?}");
    }
}

#[test]
fn control_c_in_a_hold_asks_once() {
    let home = Home::new();
    let mut talk = home.talk(&[]);
    talk.press("ee");
    talk.wait_for_step("unplug");
    talk.press("\r");
    talk.wait_for_step("find-button");
    talk.press("1");
    talk.wait_for_step("hold");
    talk.press("\r");
    talk.wait_for("the hold", |event| matches!(event, Event::Hold { .. }));
    talk.press("\u{3}");
    talk.wait_for_words(ASKED);
    talk.press("\u{3}");
    assert_eq!(talk.end().code(), Some(1));
    assert!(talk.is_restored());
    assert_eq!(talk.said(ASKED), 1);
    assert_eq!(talk.said("Your place is kept for a day."), 1);
}
