use crate::support::{ANSWERS, rehearse, tree};
use talkthrough::record::{Event, Line};

/// What is said and heard, line by line, from "erase it" to the end.
///
/// To accept a change: `TALKTHROUGH_ACCEPT=1 cargo test --test rehearsal`.
#[test]
fn the_transcript_is_the_golden_one() {
    let rehearsal = rehearse("wisenet-dvr", None, &[]);
    let stderr = String::from_utf8_lossy(&rehearsal.output.stderr);
    assert!(rehearsal.output.status.success(), "{stderr}");
    let transcript: String = rehearsal.record.iter().filter_map(told).collect();
    let golden = tree().join("tests/rehearsal/wisenet-dvr.golden");
    if std::env::var_os("TALKTHROUGH_ACCEPT").is_some() {
        std::fs::write(&golden, &transcript).expect("the golden transcript is written");
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(
        transcript == expected,
        "the talk has changed:\n{}",
        difference(&expected, &transcript)
    );
}

#[test]
fn the_same_seed_gives_the_same_rehearsal() {
    let first = rehearse("wisenet-dvr", None, &["--seed", "7"]);
    let second = rehearse("wisenet-dvr", None, &["--seed", "7"]);
    assert_eq!(first.record, second.record);
    let bytes = |rehearsal: &crate::support::Rehearsal| {
        std::fs::read(rehearsal.path("microphone.wav")).expect("recorded")
    };
    assert!(
        bytes(&first) == bytes(&second),
        "the microphone heard something else"
    );
}

#[test]
fn every_answer_is_understood_as_meant() {
    let rehearsal = rehearse("wisenet-dvr", None, &["--seed", "3"]);
    assert_eq!(rehearsal.obeyed(), ANSWERS);
    assert_eq!(rehearsal.outcome(), Some("done"));
}

fn told(line: &Line) -> Option<String> {
    Some(match &line.event {
        Event::Step { id } => format!("[{id}]\n"),
        Event::Say { text, .. } => format!("  {text}\n"),
        Event::Heard {
            phrase,
            accepted: true,
            ..
        } => format!("> {phrase}\n"),
        Event::Count { n, text, .. } => format!("  {n}: {text}\n"),
        Event::Release { .. } => "  let go\n".into(),
        Event::End { outcome } => format!("[{outcome}]\n"),
        _ => return None,
    })
}

fn difference(expected: &str, found: &str) -> String {
    let first = expected
        .lines()
        .zip(found.lines())
        .position(|(a, b)| a != b);
    let from = first
        .unwrap_or_else(|| expected.lines().count().min(found.lines().count()))
        .saturating_sub(2);
    let part = |text: &str| {
        text.lines()
            .skip(from)
            .take(8)
            .collect::<Vec<_>>()
            .join("\n")
    };
    format!(
        "expected from line {from}:\n{}\nfound:\n{}",
        part(expected),
        part(found)
    )
}
