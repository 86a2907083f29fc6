use crate::harness::at;
use talkthrough::time::Moment;

#[test]
fn two_gentle_reminders_then_quiet_for_ever() {
    let mut talk = at("unplug");
    let silent_since = talk.now;
    talk.pass(24.0 * 3600.0);
    let reminders: Vec<(f64, &str)> = talk
        .said
        .iter()
        .filter(|(_, text)| text.starts_with("I am"))
        .map(|(at, text)| ((*at - silent_since).as_secs_f64(), text.as_str()))
        .collect();
    assert_eq!(
        reminders,
        [
            (30.0, "I am still listening. Take your time."),
            (120.0, "I am here. Say help to hear what you can say.")
        ]
    );
    assert_eq!(talk.step(), "unplug");
    assert!(talk.now > Moment::from_secs(86_000.0));
}

#[test]
fn a_word_begins_the_silence_afresh() {
    let mut talk = at("unplug");
    talk.pass(29.0);
    talk.hear("how long");
    talk.listen_to_the_end();
    talk.heard_back();
    talk.pass(29.0);
    assert_eq!(talk.heard_back(), "");
    talk.pass(2.0);
    assert!(talk.heard_back().starts_with("I am still listening."));
}

#[test]
fn between_the_phases_of_a_hold_nobody_is_hurried() {
    let mut talk = at("plug-in");
    talk.pass(7200.0);
    assert_eq!(talk.step(), "plug-in");
    assert_eq!(talk.releases(), []);
}
