//! What several test programs need: the built binary, its record, and clips found again in a recording.
#![allow(dead_code, reason = "each test program uses a part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use talkthrough::record::{Event, Line};
use talkthrough::sound::file::{Pcm, read};
use talkthrough::voice::Bank;

/// The built program.
pub(crate) fn talkthrough() -> Command {
    Command::new(env!("CARGO_BIN_EXE_talkthrough"))
}

/// The source tree.
pub(crate) fn tree() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped voice.
pub(crate) fn bank() -> Bank {
    Bank::load(&tree().join("audio/bdl")).expect("the shipped voice loads")
}

/// What a rehearsal left behind.
pub(crate) struct Rehearsal {
    pub(crate) record: Vec<Line>,
    pub(crate) output: Output,
    pub(crate) dir: tempfile::TempDir,
}

/// Holds a rehearsal of `guide` with the built program; `script` is the text of a script.
pub(crate) fn rehearse(guide: &str, script: Option<&str>, args: &[&str]) -> Rehearsal {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut command = talkthrough();
    command
        .args(["rehearse", guide, "--out"])
        .arg(dir.path())
        .args(args);
    if let Some(script) = script {
        let path = dir.path().join("script.toml");
        std::fs::write(&path, script).expect("the script is written");
        command.arg("--script").arg(path);
    }
    let output = command.output().expect("the program runs");
    let record = record(&dir.path().join("session.jsonl"));
    Rehearsal {
        record,
        output,
        dir,
    }
}

/// Reads a record.
pub(crate) fn record(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| {
            only_known_fields(line);
            serde_json::from_str(line).expect("every line of a record is read back")
        })
        .collect()
}

/// A record is words and moments: there is no room in it for sound.
fn only_known_fields(line: &str) {
    let value: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
    let fields = value.as_object().expect("a line is an object");
    let event = fields["event"].as_str().expect("an event has a name");
    let known: &[&str] = match event {
        "start" => &["guide", "title"],
        "offer" => &["step", "holding"],
        "step" => &["id"],
        "say" => &["text", "start", "end"],
        "heard" => &[
            "phrase",
            "command",
            "start",
            "end",
            "decided",
            "confidence",
            "odds",
            "accepted",
            "reason",
        ],
        "key" => &["command"],
        "hold" => &["step", "phase", "zero"],
        "count" => &["n", "text", "due", "onset"],
        "release" => &["due", "onset"],
        "slip" => &["step", "held"],
        "wait" => &["step", "typical"],
        "stalled" => &["stood", "slept"],
        "levels" => &["start", "speaker", "microphone"],
        "device" => &["what", "state"],
        "end" => &["outcome"],
        other => panic!("an unknown event {other:?}: {line}"),
    };
    for (name, field) in fields {
        let of_every_line = ["t", "event"].contains(&name.as_str());
        assert!(
            of_every_line || known.contains(&name.as_str()),
            "{name:?} in {line}"
        );
        // Ten levels a second are no sound.
        let levels = field.as_array().map_or(0, Vec::len);
        assert!(levels <= 10 && !field.is_object(), "{line}");
        assert!(levels == 0 || known.contains(&"microphone"), "{line}");
        assert!(
            field.as_str().is_none_or(|text| text.len() < 3_000),
            "{line}"
        );
    }
}

impl Rehearsal {
    pub(crate) fn speaker(&self) -> Pcm {
        read(&self.dir.path().join("speaker.wav")).expect("speaker.wav is read")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Ids of the steps, in the order they were entered.
    pub(crate) fn steps(&self) -> Vec<&str> {
        self.record
            .iter()
            .filter_map(|line| match &line.event {
                Event::Step { id } => Some(id.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Phrases that were obeyed.
    pub(crate) fn obeyed(&self) -> Vec<&str> {
        self.record
            .iter()
            .filter_map(|line| match &line.event {
                Event::Heard {
                    phrase,
                    accepted: true,
                    ..
                } => Some(phrase.as_str()),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn outcome(&self) -> Option<&str> {
        self.record.iter().find_map(|line| match &line.event {
            Event::End { outcome } => Some(outcome.as_str()),
            _ => None,
        })
    }
}

/// A count as it was written down: due, onset and text of every number and of the release.
pub(crate) fn counts(record: &[Line]) -> Vec<(f64, f64, String)> {
    record
        .iter()
        .filter_map(|line| match &line.event {
            Event::Count {
                due, onset, text, ..
            } => Some((*due, onset.expect("it sounded"), text.clone())),
            Event::Release { due, onset } => {
                Some((*due, onset.expect("it sounded"), "let go now".into()))
            }
            _ => None,
        })
        .collect()
}

/// Where in `recording` (48 kHz) the clip of `text` lies near second `about`: the moment of its
/// perceptual centre, and how alike it is (1: the same but for its level). `None` if it has no clip.
pub(crate) fn find_clip(
    bank: &Bank,
    recording: &[f32],
    text: &str,
    about: f64,
    within: f64,
) -> Option<(f64, f32)> {
    const RATE: f64 = 48_000.0;
    let clip = bank.clip(text)?;
    let beat = clip.beat.as_secs_f64();
    let middle = (about - beat) * RATE;
    let first = (middle - within * RATE).max(0.0) as usize;
    let last = (middle + within * RATE).max(0.0) as usize;
    // Every 4th sample is enough to compare 24 kHz speech; the place is found to the sample.
    let pattern: Vec<(usize, f32)> = clip
        .samples
        .iter()
        .copied()
        .enumerate()
        .step_by(4)
        .collect();
    let own: f32 = pattern.iter().map(|(_, x)| x * x).sum::<f32>().sqrt();
    let mut best = (first, -1.0_f32);
    for start in first..=last {
        let (mut product, mut power) = (0.0_f32, 0.0_f32);
        for (offset, x) in &pattern {
            let y = recording.get(start + offset).copied().unwrap_or(0.0);
            product += x * y;
            power += y * y;
        }
        let alike = product / (own * power.sqrt()).max(1e-9);
        if alike > best.1 {
            best = (start, alike);
        }
    }
    Some((best.0 as f64 / RATE + beat, best.1))
}

/// What leads through the built-in talk, in order.
pub(crate) const ANSWERS: [&str; 11] = [
    "erase it",
    "next",
    "yes",
    "holding",
    "plugged in",
    "next",
    "next",
    "yes",
    "next",
    "next",
    "next",
];
