//! `talkthrough eval` with the real recogniser, over a few recordings of the shipped voices.

use std::fmt::Write;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use support::{bank, talkthrough, tree};
use talkthrough::sound::RATE;
use talkthrough::sound::file::Pcm;
use talkthrough::voice::Bank;

mod support;

const HEADER: &str = "path\tkind\ttranscript\tcontains_command\tspeaker\tsource\n";

/// A directory with recordings and their table: four commands, two sentences without one, a noise.
fn recordings() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let technician = Bank::load(&tree().join("audio/technician")).expect("the technician speaks");
    let ours = bank();
    let mut table = String::from(HEADER);
    let mut add = |bank: &Bank, text: &str, line: &str| {
        let name = format!("{}.wav", text.replace(' ', "-"));
        let clip = bank.clip(text).expect(text);
        let mut samples = vec![0.0; RATE as usize / 10];
        samples.extend(clip.samples.iter());
        samples.resize(samples.len() + RATE as usize / 10, 0.0);
        // The noise of a room: no microphone gives digital silence.
        let mut dice = 1_u32;
        for sample in &mut samples {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = 0.5 * *sample + (dice >> 16) as f32 / 65_536.0 * 1e-3;
        }
        Pcm {
            rate: RATE,
            samples,
        }
        .write(&dir.path().join(&name))
        .expect("the recording is written");
        writeln!(table, "{name}\t{line}").expect("a string takes it");
    };
    for word in ["next", "stop", "go back", "help"] {
        add(
            &technician,
            word,
            &format!("command\t{word}\tyes\tslt\twords"),
        );
    }
    add(&technician, "yes", "command\tyes\tyes\tslt\twords");
    add(&ours, "A fresh start.", "other\t\tno\tbdl\tsentences");
    add(
        &ours,
        "Keep the button down.",
        "other\t\tno\tbdl\tsentences",
    );
    add(
        &ours,
        "About fifty seconds left.",
        "other\t\tunknown\tbdl\tsentences",
    );
    let noise: Vec<f32> = (0..48_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_769).rotate_left(13) as f32 / 4.3e10 - 0.05)
        .collect();
    Pcm {
        rate: RATE,
        samples: noise,
    }
    .write(&dir.path().join("hiss.wav"))
    .expect("the noise is written");
    table.push_str("hiss.wav\tnoise\t\t\t\thiss\n");
    std::fs::write(dir.path().join("manifest.tsv"), table).expect("the table is written");
    dir
}

fn eval(manifest: &Path, args: &[&str]) -> Output {
    let mut command = talkthrough();
    command.arg("eval").arg(manifest).args(args);
    command.output().expect("the program runs")
}

fn json(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(
        errors.is_empty(),
        "nothing is written beside the object: {errors}"
    );
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

#[test]
fn commands_are_recalled_and_what_is_not_heard_is_counted() {
    let dir = recordings();
    let verdicts = dir.path().join("verdicts.jsonl");
    let export = dir.path().join("streams");
    let verdicts_arg = verdicts.to_string_lossy();
    let export_arg = export.to_string_lossy();
    let args = [
        "--vocabulary",
        "six",
        "--json",
        "--verdicts",
        &verdicts_arg,
        "--export",
        &export_arg,
    ];
    let report = json(&eval(dir.path(), &args));

    assert_eq!(report["positives"], 4, "{report}");
    let fates = ["recalled", "confused", "missed"].map(|fate| report[fate].as_u64().unwrap_or(99));
    assert_eq!(fates.iter().sum::<u64>(), 4, "{report}");
    assert!(fates[0] >= 3, "{report}");
    assert_eq!(report["by_word"]["next"]["n"], 1);
    assert_eq!(report["by_source"]["words"]["n"], 4);
    assert!(
        report["negative_hours"]
            .as_f64()
            .is_some_and(|hours| hours > 0.0005)
    );
    assert!(
        report["noise_hours"]
            .as_f64()
            .is_some_and(|hours| hours > 0.0002)
    );
    assert_eq!(report["left_out"]["a command outside the vocabulary"], 1);
    assert_eq!(
        report["left_out"]["other speech that nobody checked for commands"],
        1
    );
    assert_eq!(report["irreversible_false"], 0);
    assert_eq!(report["latency_ms"]["n"], report["recalled"]);
    assert!(
        report["latency_ms"]["p50"]
            .as_f64()
            .is_some_and(|ms| (-500.0..2_000.0).contains(&ms))
    );

    let written = std::fs::read_to_string(&verdicts).expect("verdicts are written");
    for word in ["next", "stop", "go back", "help"] {
        assert!(
            written.contains(&format!("\"said\":\"{word}\"")),
            "{written}"
        );
    }
    // Every recording that was heard lies in a stream, where the truth says.
    let truth = std::fs::read_to_string(export.join("truth.jsonl")).expect("the truth is written");
    assert_eq!(truth.lines().count(), 7, "{truth}");
    for line in truth.lines() {
        let line: Value = serde_json::from_str(line).expect("a JSON object a line");
        let stream = export.join(line["stream"].as_str().expect("a file name"));
        let sound = talkthrough::sound::file::read(&stream).expect("a stream is a recording");
        let end = line["file"][1].as_f64().expect("a time");
        assert!(line["word"][1].as_f64().is_some_and(|word| word <= end));
        assert_eq!(sound.rate, 16_000);
        assert!(sound.seconds() > end + 0.5, "{line}");
    }
}

#[test]
fn the_halves_are_disjoint_and_together_everything() {
    let dir = recordings();
    let heard = |speakers: &str| {
        let report = json(&eval(dir.path(), &["--speakers", speakers, "--json"]));
        let hours = report["negative_hours"].as_f64().expect("a number");
        (report["positives"].as_u64().expect("a number"), hours)
    };
    let (a, b, all) = (heard("a"), heard("b"), heard("all"));
    assert_eq!(a.0 + b.0, all.0);
    assert!((a.1 + b.1 - all.1).abs() < 1e-9, "{a:?} {b:?} {all:?}");
}

#[test]
fn our_own_voice_is_played_and_not_obeyed() {
    let dir = recordings();
    let args = [
        "--vocabulary",
        "six",
        "--own-voice",
        "0",
        "--alone",
        "0.2",
        "--json",
    ];
    let report = json(&eval(dir.path(), &args));
    assert_eq!(report["own_voice_commands"], 0, "{report}");
    assert!(
        report["own_voice_hours"]
            .as_f64()
            .is_some_and(|hours| hours > 0.003)
    );
    assert_eq!(report["positives"], 4);
    assert_eq!(report["left_out"]["not heard under our own voice"], 4);
}

#[test]
fn noise_and_the_table_to_read() {
    let dir = recordings();
    let args = [
        "--vocabulary",
        "next,stop",
        "--noise",
        "manifest",
        "--snr",
        "15",
    ];
    let output = eval(&dir.path().join("manifest.tsv"), &args);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    for part in [
        "next,stop (2 phrases)",
        "recall",
        "of other speech",
        "noise that is added to the speech 1",
        "left out",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_remedy() {
    let dir = recordings();
    let manifest = dir.path().join("manifest.tsv");
    for (text, args, told) in [
        (None, vec!["--vocabulary", "zzxxyq"], "does not know zzxxyq"),
        (None, vec!["--vocabulary", ","], "one of all, six"),
        (None, vec!["--rir", "manifest"], "name a file"),
        (None, vec!["--noise", "/nowhere.wav"], "check the path"),
        (
            Some("path\tkind\n"),
            vec![],
            "manifest.tsv:1: there is no column \"transcript\"",
        ),
        (
            Some("path\tkind\ttranscript\n"),
            vec![],
            "nothing to listen to",
        ),
        (
            Some("path\tkind\ttranscript\nmanifest.tsv\tcommand\tnext\n"),
            vec![],
            "manifest.tsv:2: cannot decode",
        ),
    ] {
        if let Some(text) = text {
            std::fs::write(&manifest, text).expect("the table is written");
        }
        let output = eval(&manifest, &args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(told), "{told}: {errors}");
    }
}
