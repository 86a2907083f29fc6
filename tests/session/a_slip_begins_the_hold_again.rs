use crate::harness::at;
use talkthrough::record::Event;

#[test]
fn in_the_first_phase_the_same_hold_begins_again() {
    let mut talk = at("press");
    talk.hear("holding");
    talk.pass(12.0);
    talk.hear("slipped");
    assert!(talk.beats.is_empty(), "the count stops at once");
    assert_eq!(
        talk.heard_back(),
        "It slipped. Say holding when the button is pressed."
    );
    talk.pass(60.0);
    assert_eq!(talk.step(), "press", "the broken hold never ends by itself");
    talk.hear("holding");
    assert_eq!(talk.beats.len(), 20, "all twenty seconds again");
    let slip = talk.events.iter().find_map(|(_, event)| match event {
        Event::Slip { step, held } => Some((step.clone(), *held)),
        _ => None,
    });
    assert_eq!(slip, Some(("press".into(), 12.0)));
}

#[test]
fn in_a_carried_phase_the_hold_begins_at_its_first_phase() {
    let mut talk = at("plug-in");
    talk.hear("plugged in");
    talk.pass(3.0);
    talk.hear("lost it");
    assert_eq!(talk.step(), "press");
    assert!(talk.heard_back().starts_with("It slipped. Step two."));
    assert_eq!(talk.releases(), []);
}

#[test]
fn between_the_phases_too() {
    let mut talk = at("plug-in");
    talk.hear("let go");
    assert_eq!(talk.step(), "press");
}

#[test]
fn before_the_button_is_pressed_nothing_can_slip() {
    let mut talk = at("press");
    talk.hear("slipped");
    assert_eq!(talk.heard_back(), "Nothing is being counted yet.");
    assert_eq!(talk.step(), "press");
    assert!(
        !talk
            .events
            .iter()
            .any(|(_, event)| matches!(event, Event::Slip { .. }))
    );
}
