use crate::harness::{Talk, at, every_kind};

/// Enters the step "unplug", whose prompt is "Step one. Do unplug. Say next when it is done.": two words, two and
/// six of a third of a second each.
fn entering_unplug() -> Talk {
    let mut talk = Talk::begin(every_kind());
    talk.listen_to_the_end();
    let phrase = talk.session.vocabulary()[0].phrase.clone();
    talk.hear(&phrase);
    assert_eq!(talk.step(), "unplug");
    talk.heard_back();
    talk
}

#[test]
fn continue_after_a_pause_goes_on_with_the_sentence_that_was_interrupted() {
    let mut talk = entering_unplug();
    talk.pass(1.0);
    talk.hear("wait");
    talk.listen_to_the_end();
    talk.heard_back();
    talk.pass(600.0);
    talk.hear("go on");
    assert_eq!(
        talk.heard_back(),
        "Going on. Do unplug. Say next when it is done."
    );
}

#[test]
fn continue_before_the_pause_is_acknowledged_to_its_end_loses_nothing() {
    let mut talk = entering_unplug();
    talk.pass(1.6);
    talk.hear("wait");
    talk.pass(0.5);
    talk.heard_back();
    talk.hear("continue");
    assert_eq!(talk.heard_back(), "Going on. Say next when it is done.");
}

#[test]
fn no_to_shall_i_stop_goes_on_with_the_sentence_too() {
    let mut talk = entering_unplug();
    talk.pass(1.0);
    talk.hear("stop");
    talk.listen_to_the_end();
    talk.heard_back();
    talk.hear("continue");
    assert_eq!(
        talk.heard_back(),
        "Going on. Do unplug. Say next when it is done."
    );
}

#[test]
fn what_was_interrupted_twice_goes_on_where_it_was_interrupted_last() {
    let mut talk = entering_unplug();
    talk.pass(1.0);
    talk.hear("wait");
    talk.hear("continue");
    // "Going on." and "Do unplug." are over by then.
    talk.pass(1.6);
    talk.hear("wait");
    talk.heard_back();
    talk.hear("continue");
    assert_eq!(talk.heard_back(), "Going on. Say next when it is done.");
}

#[test]
fn say_again_after_continue_gives_the_whole_step() {
    let mut talk = entering_unplug();
    talk.pass(1.6);
    talk.hear("wait");
    talk.hear("continue");
    talk.heard_back();
    talk.hear("say again");
    assert_eq!(
        talk.heard_back(),
        "Step one. Do unplug. Say next when it is done."
    );
}

#[test]
fn after_a_prompt_that_was_over_continue_says_all_of_it() {
    let mut talk = at("unplug");
    talk.listen_to_the_end();
    talk.hear("wait");
    talk.listen_to_the_end();
    talk.heard_back();
    talk.hear("continue");
    assert_eq!(
        talk.heard_back(),
        "Going on. Step one. Do unplug. Say next when it is done."
    );
}

#[test]
fn what_was_left_of_one_step_is_never_said_in_another() {
    let mut talk = at("press");
    talk.hear("holding");
    talk.pass(20.5);
    assert_eq!(talk.step(), "plug-in");
    talk.hear("wait");
    talk.hear("slipped");
    talk.listen_to_the_end();
    talk.hear("wait");
    talk.listen_to_the_end();
    talk.heard_back();
    talk.hear("continue");
    assert!(!talk.heard_back().contains("Do plug-in"));
}
