use crate::harness::at;
use talkthrough::session::{Input, Outcome};

#[test]
fn an_answer_leads_to_another_way_and_back_to_the_main_one() {
    let mut talk = at("worked");
    talk.hear("no");
    assert_eq!(talk.step(), "press-five");
    assert!(
        talk.heard_back().starts_with("Another way. Step one."),
        "a way counts its own steps"
    );
    talk.hear("holding");
    talk.pass(5.0);
    assert_eq!(talk.releases().len(), 2);
    talk.hear("yes");
    assert_eq!(talk.step(), "password");
}

#[test]
fn when_no_way_works_the_talk_says_what_is_left() {
    let mut talk = at("worked");
    talk.input(Input::ChoiceKey(1));
    talk.hear("ready");
    talk.pass(5.0);
    talk.listen_to_the_end();
    talk.heard_back();
    talk.hear("no");
    assert_eq!(talk.heard_back(), "If worked-now fails.");
    talk.listen_to_the_end();
    assert_eq!(talk.outcome, Some(Outcome::GaveUp));
}

#[test]
fn a_key_for_an_answer_that_does_not_exist_does_nothing() {
    let mut talk = at("worked");
    talk.input(Input::ChoiceKey(7));
    assert_eq!(talk.step(), "worked");
}
