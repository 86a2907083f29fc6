use crate::terminal::Home;
use talkthrough::record::Event;

const NOT_KEPT: &str = "I cannot keep your place. If this breaks off, we begin at the start.";

#[test]
fn a_disk_that_takes_nothing_is_said_once_and_does_not_stop_the_talk() {
    let home = Home::new();
    // A file in the place of the directory refuses root, too.
    std::fs::write(home.path().join("state"), "").expect("written");
    let mut talk = home.talk(&[]);
    talk.wait_for_words(NOT_KEPT);
    talk.press("ee");
    talk.wait_for_step("unplug");
    talk.press("\r");
    talk.wait_for_step("find-button");
    assert_eq!(talk.said(NOT_KEPT), 1);
    assert!(talk.shown().contains("check the disk"), "{}", talk.shown());
    talk.press("\u{3}");
    assert_eq!(talk.end().code(), Some(1));
    assert_eq!(talk.said("Your place is kept for a day."), 0);
}

#[test]
fn a_place_that_cannot_be_used_is_said_and_the_talk_begins_at_the_start() {
    let home = Home::new();
    let place = home.place();
    std::fs::create_dir_all(place.parent().expect("it has one")).expect("made");
    std::fs::write(&place, b"{\"format\":1,\"place\":\xff").expect("written");
    let mut talk = home.talk(&[]);
    assert_eq!(talk.offered(), None);
    talk.wait_for_words("I cannot use the place that was kept, so we begin at the start.");
    talk.wait_for_step("agree");
    assert!(talk.shown().contains("damaged"), "{}", talk.shown());
    assert!(!place.exists(), "it is told once");
}

#[test]
fn that_the_microphone_is_kept_is_said_first_and_what_is_there_is_not_overwritten() {
    let home = Home::new();
    let file = home.path().join("ears.wav");
    let keep = ["--keep-audio", file.to_str().expect("a name")];
    let mut talk = home.talk_with(&keep, |_| ());
    talk.wait_for_words("What the microphone hears is being kept.");
    // Only that there is no microphone here may come before it.
    let mut said = talk.events().into_iter().filter_map(|event| match event {
        Event::Say { text, .. } => Some(text),
        _ => None,
    });
    let first = said.find(|text| !text.starts_with("I cannot hear you."));
    assert_eq!(
        first.as_deref(),
        Some("What the microphone hears is being kept.")
    );
    talk.press("\u{3}\u{3}");
    talk.end();
    let mut refused = home.talk_with(&keep, |_| ());
    assert_eq!(refused.end().code(), Some(2));
    assert!(
        refused.shown().contains("name another file"),
        "{}",
        refused.shown()
    );
}
