use crate::harness::{Talk, one_hold};
use std::time::Duration;

#[test]
fn it_is_warned_of_before_and_the_button_must_be_free_after() {
    let mut talk = Talk::begin(one_hold(|hold| {
        hold.maximum = Some(Duration::from_secs(15));
        hold.too_long = vec!["Longer than that starts the backup loader.".into()];
    }));
    talk.listen_to_the_end();
    let said = talk.heard_back();
    let warned = said.find("Do not hold it longer than fifteen seconds. Longer than that starts");
    assert!(
        warned.is_some() && warned < said.find("Do press."),
        "{said}"
    );
    talk.hear("holding");
    talk.pass(8.0);
    assert!(
        talk.heard_back()
            .starts_with("The button must be free now.")
    );
    assert_eq!(talk.session.view(talk.now).let_go, Some(7));
    talk.pass(8.0);
    assert_eq!(talk.session.view(talk.now).let_go, None);
}

#[test]
fn a_harmless_one_is_not() {
    let mut talk = Talk::begin(one_hold(|_| ()));
    talk.listen_to_the_end();
    talk.hear("holding");
    talk.pass(8.0);
    let said = talk.heard_back();
    assert!(!said.contains("longer") && !said.contains("free"), "{said}");
    assert_eq!(talk.session.view(talk.now).let_go, None);
}
