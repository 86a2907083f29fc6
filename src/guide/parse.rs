//! From the text of a guide file to a checked [`Guide`].

use serde::Deserialize;
use toml::de::{DeTable, Deserializer};

use super::fault::{GuideAdvice, GuideError, Ledger, is_forbidden_at, whole_file};
use super::raw::RawGuide;
use super::text::{nearest, quoted};
use super::{Guide, check, convert};
use crate::limits::{GUIDE_BYTES, GUIDE_LINE};

/// Reads and checks a guide.
///
/// `name` is shown in errors, usually the path of the file; `text` is its content.
///
/// # Errors
///
/// Everything that makes the guide unusable, each with its place and what to write instead. Faults
/// of the same depth are reported together: first the TOML, then single fields, then how the steps
/// hang together.
pub fn parse(name: &str, text: &str) -> Result<Guide, GuideError> {
    read(name, text).map(|(guide, _)| guide)
}

/// Reads and checks a guide, and gives the advice that [`parse`] leaves out: what works but could be
/// easier to follow by ear.
///
/// # Errors
///
/// As [`parse`].
pub fn lint(name: &str, text: &str) -> Result<GuideAdvice, GuideError> {
    read(name, text).map(|(_, ledger)| ledger.into_advice(name))
}

fn read<'t>(name: &str, text: &'t str) -> Result<(Guide, Ledger<'t>), GuideError> {
    if text.len() > GUIDE_BYTES {
        let message = format!(
            "a guide has at most {} KiB, this one has {}",
            GUIDE_BYTES / 1024,
            text.len() / 1024
        );
        return Err(GuideError::new(
            name,
            "",
            vec![whole_file(&message, "split it into several guides")],
        ));
    }
    let too_long = |line: &str| line.chars().nth(GUIDE_LINE).is_some();
    if let Some(line) = text.lines().position(too_long) {
        let message = format!("line {} has more than {GUIDE_LINE} characters", line + 1);
        return Err(GuideError::new(
            name,
            "",
            vec![whole_file(
                &message,
                "break it: a list may run over several lines",
            )],
        ));
    }
    let mut ledger = Ledger::new(text);
    refuse_forbidden_characters(text, &mut ledger);
    let raw = match ledger.has_errors() {
        true => None,
        false => read_toml(text, &mut ledger),
    };
    let Some(raw) = raw else {
        return Err(ledger.into_error(name));
    };
    let guide = convert::guide(&raw, &mut ledger);
    // How the steps hang together can be judged only when each step is sound.
    if !ledger.has_errors() {
        check::flow(&guide, &raw, &mut ledger);
    }
    if ledger.has_errors() {
        return Err(ledger.into_error(name));
    }
    Ok((guide, ledger))
}

/// Anywhere in the file, comments too: they must not steer the terminal of whoever looks at it.
fn refuse_forbidden_characters(text: &str, ledger: &mut Ledger<'_>) {
    for (at, c) in text.char_indices() {
        if is_forbidden_at(text, at, c) {
            ledger.error(
                at..at + c.len_utf8(),
                format!("the character U+{:04X} is not allowed in a guide", u32::from(c)),
                "remove it: terminal codes and invisible characters can make a guide look like another",
            );
        }
    }
}

/// The TOML syntax and the names and types of the fields; `None` where `ledger` got an error.
fn read_toml(text: &str, ledger: &mut Ledger<'_>) -> Option<RawGuide> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let place = error.span().unwrap_or(0..0);
        let help = syntax_help(text, place.start, error.message());
        ledger.error(
            place,
            format!("this is not TOML: {}", error.message()),
            help,
        );
    }
    if !errors.is_empty() {
        return None;
    }
    match RawGuide::deserialize(Deserializer::from(table)) {
        Ok(raw) => Some(raw),
        Err(error) => {
            let (message, help) = field_help(error.message());
            ledger.error(error.span().unwrap_or(0..0), message, help);
            None
        }
    }
}

/// What to write instead of a line that is not TOML.
fn syntax_help(text: &str, at: usize, message: &str) -> String {
    if message.contains("duplicate key") {
        return "write a field once in a table; each step is a table of its own, in double brackets: [[step]]".to_owned();
    }
    let start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |end| end + 1);
    let line = text
        .get(start..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or_default();
    match line.split_once('=') {
        // The commonest slip: a text without its quotes.
        Some((key, value)) if value.trim().starts_with(char::is_alphabetic) && !value.contains('"') => {
            format!("write instead: {} = \"{}\"", key.trim(), value.trim())
        }
        _ => "texts stand in double quotes, lists in square brackets, and a field on one line: say = [\"…\", \"…\"]".to_owned(),
    }
}

/// Where fields live that are easily written one level too high.
const HOMES: [(&str, &[&str]); 3] = [
    (
        "[step.hold]",
        &[
            "minimum",
            "target",
            "maximum",
            "too_long",
            "count",
            "count_in",
            "milestones",
            "cycles",
            "rest",
            "cue",
            "begin",
            "carries_on",
            "slipped",
            "restart_at",
        ],
    ),
    ("[step.wait]", &["typical", "give_up", "progress"]),
    ("[[step.choice]]", &["phrase", "label", "to"]),
];

/// Turns serde's message about a field into ours, with what to write instead.
fn field_help(message: &str) -> (String, String) {
    // serde's wording: unknown field `minimun`, expected one of `minimum`, `target`
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let field = rest.split('`').next().unwrap_or_default();
        // Every other piece stands between backquotes.
        let known: Vec<&str> = rest.split('`').skip(2).step_by(2).collect();
        let home = HOMES.iter().find(|(_, fields)| fields.contains(&field));
        let help = match (nearest(field, known.iter().copied()), home) {
            (Some(near), _) => format!("write instead: {near}"),
            (None, Some((home, _))) => format!("write it in the step's own table: {home}"),
            (None, None) => format!("the fields here are: {}", known.join(", ")),
        };
        return (format!("there is no field `{field}` here"), help);
    }
    // serde's wording: invalid type: integer `3`, expected a string
    if let Some((_, expected)) = message.rsplit_once("expected ") {
        return (
            message.to_owned(),
            format!("write instead: {}", example_of(expected)),
        );
    }
    (
        message.to_owned(),
        format!(
            "see the table of fields in guides/README.md; tables are {}",
            quoted(&["[[step]]", "[[way]]", "[[source]]"])
        ),
    )
}

/// An example of what serde says it expected.
fn example_of(expected: &str) -> String {
    match expected {
        "a string" => "a text in double quotes, \"…\"".to_owned(),
        "a boolean" => "true or false, without quotes".to_owned(),
        "a sequence" => {
            "one table for each, such as [[step]], [[way]], [[source]] or [[step.choice]]"
                .to_owned()
        }
        other if other.starts_with("struct ") => {
            "a table, such as [[step]] or [step.hold]".to_owned()
        }
        other => other.to_owned(),
    }
}
