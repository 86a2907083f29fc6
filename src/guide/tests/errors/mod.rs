//! Every error shows its place and what to write instead.
//!
//! Each test changes one thing in a good guide and looks at what `miette` would print.

mod advice;
mod fields;
mod flow;
mod holds;
mod words;

use crate::guide::{Guide, GuideError, parse};

/// A small guide without faults.
const GOOD: &str = r#"id = "lamp"
title = "Reset a lamp"
language = "en"
erases = ["its colours"]
opening = ["We reset a lamp."]

[[source]]
title = "Manual"
address = "https://example.org/lamp"
kind = "maker"

[[step]]
id = "agree"
title = "Agree"
say = ["The colours are lost."]
ask = "Say erase it to go on."
confirm = "erase it"

[[step]]
id = "press"
title = "Press"
say = ["Press the button."]
[step.hold]
minimum = "15 s"
target = "20 s"
maximum = "25 s"
carries_on = true
slipped = ["Press again."]

[[step]]
id = "plug"
title = "Plug in"
say = ["Plug it in."]
[step.hold]
minimum = "8 s"
target = "10 s"
count = "down"
begin = "plugged in"
slipped = ["Unplug it."]
restart_at = "press"

[[step]]
id = "boot"
title = "Wait"
say = ["It starts."]
if_not = ["Start again."]
[step.wait]
typical = "1 min 30 s"
give_up = "5 min"
progress = 30

[[step]]
id = "worked"
title = "Worked"
say = ["Did it work?"]
ask = "Say yes or no."
[[step.choice]]
phrase = "yes"
label = "it did"
to = "end"
[[step.choice]]
phrase = "no"
label = "it did not"
to = "other"

[[way]]
id = "other"
title = "Another way"
[[way.step]]
id = "ask-the-maker"
title = "Ask"
say = ["Ask the maker."]
"#;

fn rendered(error: &GuideError) -> String {
    let mut text = String::new();
    let handler =
        miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
            .with_width(200);
    handler.render_report(&mut text, error).expect("rendered");
    text
}

/// Reads the good guide with `from` replaced by `to`, once.
fn read_with(from: &str, to: &str) -> Result<Guide, GuideError> {
    assert!(GOOD.contains(from), "{from:?} is not in the good guide");
    parse("lamp.toml", &GOOD.replacen(from, to, 1))
}

/// The report on the good guide with `from` replaced by `to` shows the place, the message and the help.
#[track_caller]
fn assert_refused(from: &str, to: &str, place: &str, message: &str, help: &str) {
    let error = read_with(from, to).expect_err("a fault");
    let shown = rendered(&error);
    for expected in [
        &format!("╭─[lamp.toml:{place}]"),
        message,
        &format!("help: {help}"),
    ] {
        assert!(shown.contains(expected), "{expected:?} is not in\n{shown}");
    }
}

#[test]
fn the_good_guide_has_no_faults() {
    assert_eq!(parse("lamp.toml", GOOD).expect("no faults").steps.len(), 5);
}

#[test]
fn a_report_points_with_a_caret_and_tells_what_to_write() {
    let error = read_with("minimum = \"15 s\"", "minimun = \"15 s\"").expect_err("a fault");
    let expected = "  × lamp.toml:24:1: there is no field `minimun` here
    ╭─[lamp.toml:24:1]
 23 │ [step.hold]
 24 │ minimun = \"15 s\"
    · ───┬───
    ·    ╰── here
 25 │ target = \"20 s\"
    ╰────
  help: write instead: minimum
";
    assert_eq!(rendered(&error), expected);
}

#[test]
fn several_faults_are_reported_together_in_the_order_of_the_file() {
    let bad = GOOD
        .replace("title = \"Plug in\"\n", "")
        .replace("\"10 s\"", "\"ten\"")
        .replace("id = \"lamp\"", "id = \"La mp\"");
    let error = parse("lamp.toml", &bad).expect_err("faults");
    let places: Vec<(usize, usize)> = error
        .faults()
        .iter()
        .map(|fault| (fault.line(), fault.column()))
        .collect();
    assert_eq!(places, [(1, 6), (30, 1), (35, 10)]);
    assert_eq!(error.faults()[0].remedy(), "write instead: id = \"la-mp\"");
    assert!(
        error
            .to_string()
            .starts_with("lamp.toml: 3 things to put right, first on line 1: "),
        "{error}"
    );
    assert!(rendered(&error).contains("lamp.toml:35:10"));
}
