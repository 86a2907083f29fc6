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
