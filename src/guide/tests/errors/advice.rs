//! What works but could be easier to follow by ear.

use super::GOOD;
use crate::guide::lint;

/// The advice on the good guide with `from` replaced by `to`: each line, and the message.
fn advice_with(from: &str, to: &str) -> Vec<(usize, String)> {
    assert!(GOOD.contains(from), "{from:?} is not in the good guide");
    let advice = lint("lamp.toml", &GOOD.replacen(from, to, 1)).expect("no faults");
    let told = |fault: &crate::guide::Fault| (fault.line(), fault.message().to_owned());
    advice.faults().iter().map(told).collect()
}

#[track_caller]
fn assert_advised(from: &str, to: &str, line: usize, message: &str) {
    let advice = advice_with(from, to);
    let expected = |(at, said): &(usize, String)| *at == line && said.contains(message);
    assert!(
        advice.len() == 1 && advice.iter().all(expected),
        "{advice:?}"
    );
}

#[test]
fn a_good_guide_needs_no_advice() {
    assert_eq!(advice_with("lamp", "lamp"), []);
}

#[test]
fn background_sentences_may_be_long_but_are_better_short() {
    let long = format!("if_not = [\"{}.\"]", ["word"; 21].join(" "));
    assert_advised(
        "if_not = [\"Start again.\"]",
        &long,
        46,
        "21 words, more than 20",
    );
}

#[test]
fn what_a_synthesiser_stumbles_over_is_pointed_out() {
    assert_advised("Press the button.", "Press on/off.", 22, "read '/' out");
    assert_advised(
        "title = \"Press\"",
        "title = \"Press?\"",
        21,
        "the title of a step is a name",
    );
}

#[test]
fn the_listener_is_told_what_to_say_when_it_slips_and_when_it_takes_too_long() {
    assert_advised(
        "ask = \"Say yes or no.\"",
        "ask = \"Say yes.\"",
        57,
        "waits for `no`",
    );
    assert_advised(
        "Say erase it to go on.",
        "Say the phrase.",
        12,
        "waits for `erase it`",
    );
    assert_advised(
        "slipped = [\"Press again.\"]\n",
        "",
        23,
        "says nothing when the button slips",
    );
    assert_advised("if_not = [\"Start again.\"]\n", "", 46, "has no `if_not`");
}

#[test]
fn sources_can_be_looked_up() {
    assert_advised("https://example.org/lamp", "page 12", 9, "cannot be opened");
    let source = "[[source]]\ntitle = \"Manual\"\naddress = \"https://example.org/lamp\"\nkind = \"maker\"\n";
    assert_advised(source, "", 1, "names no source");
}

#[test]
fn a_guide_with_faults_gets_no_advice() {
    assert!(lint("lamp.toml", "id = 3").is_err());
}
