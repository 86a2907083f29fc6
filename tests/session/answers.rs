use crate::harness::{Talk, at, every_kind};
use talkthrough::session::{Input, Output};

#[test]
fn say_again_gives_the_prompt_again() {
    let mut talk = at("unplug");
    talk.hear("say again");
    assert_eq!(
        talk.heard_back(),
        "Step one. Do unplug. Say next when it is done."
    );
}

#[test]
fn tell_me_more_and_then_the_question() {
    let mut talk = at("unplug");
    talk.hear("why");
    assert_eq!(
        talk.heard_back(),
        "More about unplug. Say next when it is done."
    );
    talk.hear("say again");
    assert!(
        talk.heard_back().contains("Do unplug."),
        "say again means the step, not the answer"
    );
}

#[test]
fn help_names_what_this_very_state_wants_first() {
    let mut talk = at("press");
    talk.hear("help");
    let said = talk.heard_back();
    assert!(
        said.starts_with("You can say holding, or slipped."),
        "{said}"
    );
    let mut talk = Talk::begin(every_kind());
    talk.hear("help");
    assert!(talk.heard_back().contains("You can say erase it."));
}

#[test]
fn where_am_i_and_how_long() {
    let mut talk = at("press");
    talk.hear("where am i");
    assert_eq!(
        talk.heard_back(),
        "Step two of five. Title of press. Say holding when the button is pressed."
    );
    talk.hear("how long");
    assert_eq!(talk.heard_back(), "The hold is twenty seconds.");
}

#[test]
fn an_answer_during_a_count_leaves_the_numbers_alone() {
    let mut talk = at("press");
    talk.hear("holding");
    let beats = talk.beats.clone();
    talk.hear("how long");
    assert_eq!(talk.beats, beats);
    assert!(
        talk.outputs.contains(&Output::Blip),
        "heard, if not answered yet"
    );
}

#[test]
fn two_refusals_in_a_row_bring_help() {
    let mut talk = at("unplug");
    talk.input(Input::Refused);
    assert_eq!(talk.heard_back(), "");
    talk.input(Input::Refused);
    assert!(talk.heard_back().starts_with("You can say next."));
}

#[test]
fn louder_goes_to_its_limit_and_says_so() {
    let mut talk = at("unplug");
    talk.hear("louder");
    talk.hear("louder");
    talk.heard_back();
    talk.hear("louder");
    assert_eq!(talk.heard_back(), "This is as loud as I go.");
    let levels: Vec<i8> = talk
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::Level(level) => Some(*level),
            _ => None,
        })
        .collect();
    assert_eq!(levels, [1, 2, 2]);
}

#[test]
fn go_back_goes_back_and_stays_at_the_first() {
    let mut talk = at("press");
    talk.hear("go back");
    assert_eq!(talk.step(), "unplug");
    talk.hear("back");
    assert_eq!(talk.step(), "erase");
    talk.heard_back();
    talk.hear("previous");
    assert!(talk.heard_back().starts_with("This is the first step."));
    assert_eq!(talk.step(), "erase");
}

#[test]
fn going_back_into_a_carried_hold_begins_it_at_its_first_phase() {
    let mut talk = at("boot");
    talk.hear("go back");
    assert_eq!(talk.step(), "press");
}
