use crate::harness::{Talk, at, every_kind};
use talkthrough::session::{Output, Urgency};

fn urgencies(talk: &Talk) -> Vec<Urgency> {
    let said = |output: &Output| match output {
        Output::Say(speech) => Some(speech.urgency),
        _ => None,
    };
    talk.outputs.iter().filter_map(said).collect()
}

#[test]
fn a_prompt_that_is_interrupted_by_an_answer_goes_on_after_it() {
    let mut talk = Talk::begin(every_kind());
    talk.outputs.clear();
    talk.hear("louder");
    talk.hear("how long");
    assert_eq!(urgencies(&talk), [Urgency::Aside, Urgency::Aside]);
    let began = talk.now;
    talk.pass(25.0);
    assert_eq!(talk.step(), "erase");
    let quiet = talk
        .said
        .iter()
        .filter(|(_, text)| text.starts_with("I am still"));
    assert_eq!(
        quiet.count(),
        0,
        "the silence begins after the prompt, not after the answer"
    );
    talk.pass(3600.0);
    let reminded = talk
        .said
        .iter()
        .find(|(_, text)| text.starts_with("I am still"));
    assert!(reminded.is_some_and(|(at, _)| (*at - began).as_secs() > 32));
}

#[test]
fn what_is_said_again_takes_the_place_of_what_was_being_said() {
    let mut talk = Talk::begin(every_kind());
    talk.outputs.clear();
    talk.hear("say again");
    assert_eq!(urgencies(&talk), [Urgency::Now]);
}

#[test]
fn an_answer_in_a_hold_leaves_its_place_to_the_voice() {
    let mut talk = at("press");
    talk.hear("holding");
    talk.outputs.clear();
    talk.hear("how long");
    assert_eq!(urgencies(&talk), [Urgency::Aside]);
    assert!(talk.outputs.contains(&Output::Blip));
    assert!(!talk.outputs.iter().any(|it| matches!(it, Output::Count(_))));
}
