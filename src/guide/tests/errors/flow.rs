//! Faults in what is said, and in how the steps hang together.

use super::{GOOD, assert_refused, read_with, rendered};
use crate::guide::parse;

#[test]
fn phrases_can_be_said_and_told_apart() {
    assert_refused(
        "confirm = \"erase it\"",
        "confirm = \"erase\"",
        "17:11",
        "`erase` is one word",
        "write instead: confirm = \"erase it\"",
    );
    assert_refused(
        "confirm = \"erase it\"",
        "confirm = \"Erase it!\"",
        "17:11",
        "words in lower-case letters",
        "write instead: confirm = \"erase it\"",
    );
    assert_refused(
        "phrase = \"no\"",
        "phrase = \"a b c d e f\"",
        "62:10",
        "too long",
        "write instead: at most five words",
    );
    assert_refused(
        "phrase = \"no\"",
        "phrase = \"yes\"",
        "62:10",
        "the answers `yes` and `yes` begin alike",
        "write instead: phrases with different first words",
    );
    assert_refused(
        "phrase = \"no\"",
        "phrase = \"yes sir\"",
        "62:10",
        "the answers `yes` and `yes sir` begin alike",
        "write instead",
    );
}

#[test]
fn a_choice_has_answers_that_lead_somewhere() {
    assert_refused(
        "to = \"other\"",
        "to = \"othr\"",
        "64:6",
        "no step and no way `othr`",
        "write instead: to = \"other\"",
    );
    assert_refused(
        "to = \"other\"",
        "to = \"plug\"",
        "64:6",
        "`plug` is a later phase of a hold",
        "write instead: to = \"press\"",
    );
    assert_refused(
        "to = \"other\"",
        "to = \"next\"",
        "64:6",
        "no next step after `worked`",
        "write instead: to = \"end\"",
    );
    let one = "[[step.choice]]\nphrase = \"yes\"\nlabel = \"it did\"\nto = \"end\"\n";
    assert_refused(
        one,
        "",
        "57:1",
        "the step `worked` offers 1 answers",
        "write one [[step.choice]] for each answer",
    );
}

#[test]
fn a_step_is_of_one_kind() {
    assert_refused(
        "[step.wait]",
        "confirm = \"do it\"\n[step.wait]",
        "47:11",
        "the step `boot` is of several kinds at once: \"confirm\", \"wait\"",
        "write instead: one step for each",
    );
}

#[test]
fn a_hold_in_phases_hangs_together() {
    assert_refused(
        "carries_on = true\n",
        "",
        "37:9",
        "no step before it holds the button",
        "write instead: begin = \"holding\"",
    );
    assert_refused(
        "begin = \"plugged in\"",
        "begin = \"plugged in\"\ncarries_on = true",
        "39:14",
        "the hold of `plug` carries on, but the next step is no hold",
        "write instead: carries_on = false",
    );
    assert_refused(
        "restart_at = \"press\"\n",
        "",
        "34:1",
        "does not say where to begin again",
        "write: restart_at = \"press\"",
    );
    assert_refused(
        "restart_at = \"press\"",
        "restart_at = \"pres\"",
        "40:14",
        "`pres` is no step of this guide",
        "write instead: restart_at = \"press\"",
    );
    assert_refused(
        "restart_at = \"press\"",
        "restart_at = \"boot\"",
        "40:14",
        "`boot` is not a phase of this hold",
        "write instead: restart_at = \"press\"",
    );
    assert_refused(
        "restart_at = \"press\"",
        "restart_at = \"plug\"",
        "40:14",
        "`plug` is not a phase of this hold that begins with pressing",
        "write instead: restart_at = \"press\"",
    );
    assert_refused(
        "begin = \"plugged in\"",
        "begin = \"plugged\"",
        "38:9",
        "`plugged` is no value of `begin`",
        "write ",
    );
}

#[test]
fn everything_can_be_reached() {
    assert_refused(
        "to = \"other\"",
        "to = \"end\"",
        "67:6",
        "no choice leads to the way `other`",
        "write an answer that leads there: to = \"other\"",
    );
    let unreached =
        "\n[[step]]\nid = \"lost\"\ntitle = \"Lost\"\nsay = [\"Nobody hears this.\"]\n\n[[way]]";
    assert_refused(
        "\n[[way]]",
        unreached,
        "67:6",
        "the step `lost` can never be reached",
        "write in the choice before it: to = \"next\"",
    );
}

#[test]
fn what_erases_asks_before_it_acts() {
    assert_refused(
        "confirm = \"erase it\"\n",
        "",
        "13:6",
        "the guide erases something, but `agree` comes before any confirmation",
        "write a step before it",
    );
    assert!(read_with("confirm = \"erase it\"\n", "").is_err());
    let harmless = GOOD
        .replace("erases = [\"its colours\"]\n", "")
        .replace("confirm = \"erase it\"\n", "");
    assert!(
        parse("lamp.toml", &harmless).is_ok(),
        "nothing is erased, nothing to confirm"
    );
}

#[test]
fn a_guide_has_steps_and_not_too_many_and_a_way_has_steps() {
    let shown = |text: &str| rendered(&parse("lamp.toml", text).expect_err("a fault"));
    let single = shown("[step]\nid = \"a\"\n");
    assert!(single.contains("[lamp.toml:1:1]"), "{single}");
    assert!(
        single.contains("one table for each, such as [[step]]"),
        "{single}"
    );
    assert!(
        shown("id = \"a\"\ntitle = \"A\"\nlanguage = \"en\"\n").contains("the guide has no step")
    );
    assert!(
        shown(&format!(
            "{GOOD}\n[[way]]\nid = \"empty\"\ntitle = \"Empty\"\n"
        ))
        .contains("the way `empty` has no step")
    );
    let many: String = (0..200)
        .map(|n| format!("[[way.step]]\nid = \"s{n}\"\ntitle = \"S\"\nsay = [\"Go.\"]\n"))
        .collect();
    assert!(shown(&format!("{GOOD}{many}")).contains("at most 200 steps, this one has 206"));
    assert!(shown(&"#".repeat(256 * 1024 + 1)).contains("at most 256 KiB"));
}
