//! The documentation says what the code says.

use std::fmt::Write;
use talkthrough::session::vocabulary::TABLE;

const BEGIN: &str =
    "<!-- commands:begin (made from src/session/vocabulary.rs; a test compares) -->\n";
const END: &str = "<!-- commands:end -->";

/// The README's table of commands is the vocabulary's.
///
/// To accept a change: `TALKTHROUGH_ACCEPT=1 cargo test --test documentation`.
#[test]
fn the_table_of_commands_is_the_vocabulary() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).expect("README.md is read");
    let (before, rest) = readme.split_once(BEGIN).expect("the table begins");
    let (table, after) = rest.split_once(END).expect("the table ends");
    let mut expected = String::from("| say | or press | and it will |\n|---|---|---|\n");
    for row in TABLE {
        let said = row
            .phrases
            .iter()
            .map(|phrase| format!("\"{phrase}\""))
            .collect::<Vec<_>>()
            .join(", ");
        writeln!(expected, "| {said} | `{}` | {} |", row.key, row.does).expect("a string takes it");
    }
    if std::env::var_os("TALKTHROUGH_ACCEPT").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{expected}{END}{after}"))
            .expect("README.md is written");
    } else {
        assert_eq!(
            table, expected,
            "README.md names other commands than the program"
        );
    }
}

/// The picture of the built-in talk shows the built-in talk as it is: every sentence of its main way, in order.
///
/// To accept a change of the guide: `make timeline`.
#[test]
fn the_picture_of_the_built_in_talk_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/guides/wisenet-dvr.svg");
    let page = std::fs::read_to_string(path).expect("guides/wisenet-dvr.svg is read");
    assert!(page.len() < 150_000, "{} bytes", page.len());
    // Texts are broken into lines: what the picture says is its text elements, one after the other.
    let text: Vec<&str> = page
        .split("<text class=\"t\"")
        .filter_map(|part| part.split_once('>')?.1.split_once('<'))
        .map(|(text, _)| text)
        .collect();
    let text = text.join(" ").replace("&#39;", "'");
    let guide = talkthrough::guide::library::find("wisenet-dvr").expect("it is built in");
    let mut rest = text.as_str();
    for sentence in guide.steps.iter().flat_map(|step| &step.say) {
        let Some((_, after)) = rest.split_once(sentence.as_str()) else {
            panic!("{sentence:?} is not in the picture: make timeline");
        };
        rest = after;
    }
}
