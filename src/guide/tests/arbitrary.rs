//! No text, however made, makes the reader panic or speak in terminal codes.

use proptest::prelude::*;

use crate::guide::library::builtin;
use crate::guide::{Guide, clashes, lint, parse};

/// Reads a text and shows what came of it, as the command line would.
fn read(text: &str) -> Option<Guide> {
    match parse("a.toml", text) {
        Ok(guide) => {
            let _ = (
                guide.estimate(),
                guide.numbered_steps(),
                clashes(&guide, &["stop"]),
            );
            assert!(lint("a.toml", text).is_ok());
            Some(guide)
        }
        Err(error) => {
            assert!(!error.faults().is_empty(), "an error without a fault");
            let mut shown = String::new();
            let handler = miette::GraphicalReportHandler::new_themed(
                miette::GraphicalTheme::unicode_nocolor(),
            );
            handler.render_report(&mut shown, &error).expect("rendered");
            let harmless = |c: char| c == '\n' || !c.is_control();
            assert!(shown.chars().all(harmless), "{shown:?}");
            None
        }
    }
}

fn toml_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|x| format!("{x:?}").replace("NaN", "nan")),
        any::<bool>().prop_map(|b| b.to_string()),
        "\\PC{0,12}".prop_map(|s| format!("{s:?}")),
        prop::sample::select(vec![
            "\"20 s\"",
            "\"1 min\"",
            "\"next\"",
            "\"plugged in\"",
            "\"a b\"",
            "\"\\u001b[2J\"",
            "[]",
            "[[]]",
            "{}"
        ])
        .prop_map(str::to_owned),
        prop::collection::vec("[a-zA-Z .]{0,30}", 0..4).prop_map(|texts| format!("{texts:?}")),
    ]
}

fn toml_line() -> impl Strategy<Value = String> {
    const FIELDS: &[&str] = &[
        "id",
        "title",
        "language",
        "applies_to",
        "erases",
        "tools",
        "opening",
        "closing",
        "warning",
        "say",
        "ask",
        "more",
        "expect",
        "if_not",
        "confirm",
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
        "typical",
        "give_up",
        "progress",
        "phrase",
        "label",
        "to",
        "address",
        "kind",
        "wrong",
    ];
    const TABLES: &[&str] = &[
        "[[source]]",
        "[[step]]",
        "[step.hold]",
        "[step.wait]",
        "[[step.choice]]",
        "[[way]]",
        "[[way.step]]",
        "[way.step.hold]",
        "[[way.step.choice]]",
        "[step]",
        "[[hold]]",
    ];
    prop_oneof![
        3 => (prop::sample::select(FIELDS), toml_value()).prop_map(|(field, value)| format!("{field} = {value}\n")),
        1 => prop::sample::select(TABLES).prop_map(|table| format!("{table}\n")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn windows_line_ends_and_tabs_are_no_harm(lines in prop::collection::vec("[a-z=\t \r]{0,9}", 0..9)) {
        read(&lines.join("\r\n"));
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_fields_never_panic(lines in prop::collection::vec(toml_line(), 0..40)) {
        read(&lines.concat());
    }

    /// A good guide with a piece cut out or doubled is the likeliest bad guide.
    #[test]
    fn a_damaged_guide_never_panics(at in any::<prop::sample::Index>(), len in 0usize..300, twice: bool, odd in any::<char>()) {
        let text: Vec<char> = builtin()[0].1.chars().collect();
        let at = at.index(text.len());
        let end = (at + len).min(text.len());
        let mut damaged: String = text[..at].iter().collect();
        damaged.push(odd);
        damaged.extend(if twice { &text[at.saturating_sub(len)..] } else { &text[end..] });
        read(&damaged);
    }
}

#[test]
fn deep_nesting_is_refused() {
    for deep in [
        format!("say = {}", "[".repeat(50_000)),
        format!("x = {}", "{a=".repeat(20_000)),
        format!("{}a = 1", "a.".repeat(50_000)),
    ] {
        assert!(read(&deep).is_none());
    }
}
