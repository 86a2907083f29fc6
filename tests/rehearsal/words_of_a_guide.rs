//! A guide waits for words that the shipped model never had.

use crate::support::{Rehearsal, record, talkthrough, tree};
use std::path::Path;
use talkthrough::ears::graph::AddedWord;
use talkthrough::ears::model;
use talkthrough::ears::protocol::{Reply, Request, Word};
use talkthrough::ears::recogniser::{Decoder, Recogniser};
use talkthrough::sound::file::read;

const GUIDE: &str = r#"
id = "lamp"
title = "Reset a lamp"
language = "en"

[pronunciations]
led = ["EH L IY D IY", "L EH D"]

[[source]]
title = "Manual"
address = "https://example.org/lamp"
kind = "maker"

[[step]]
id = "colour"
title = "Colour"
say = ["Which colour is the lamp?"]
ask = "Say its colour."
[[step.choice]]
phrase = "turquoise"
label = "turquoise"
to = "next"
[[step.choice]]
phrase = "chartreuse"
label = "chartreuse"
to = "give-up"

[[step]]
id = "blinks"
title = "What blinks"
say = ["What blinks?"]
ask = "Say what blinks."
[[step.choice]]
phrase = "wifi led"
label = "the one for the network"
to = "next"
[[step.choice]]
phrase = "power led"
label = "the other"
to = "give-up"

[[step]]
id = "maker"
title = "Maker"
say = ["Who made the lamp?"]
ask = "Say the name of its maker."
[[step.choice]]
phrase = "vortano"
label = "Vortano"
to = "end"
[[step.choice]]
phrase = "zorblat"
label = "Zorblat"
to = "give-up"
"#;

/// The guide and what `rehearse` or `lint` made of it, with a cache of its own.
fn with_guide(dir: &Path, args: &[&str]) -> std::process::Output {
    let path = dir.join("lamp.toml");
    std::fs::write(&path, GUIDE).expect("the guide is written");
    let (command, rest) = args.split_first().expect("a command");
    talkthrough()
        .arg(command)
        .arg(&path)
        .args(rest)
        .env("XDG_CACHE_HOME", dir.join("cache"))
        .output()
        .expect("the program runs")
}

#[test]
fn words_that_the_model_never_had_are_understood() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let line = |file: &str, step: &str| {
        let file = tree().join("tests/words").join(file);
        format!(
            "[[say]]\nfile = {:?}\nafter = '{step}'\ndelay = 0.8\n",
            file.display().to_string()
        )
    };
    let script = [
        line("turquoise.flac", "colour"),
        line("wifi_led.flac", "blinks"),
        line("vortano.flac", "maker"),
    ];
    let script_path = dir.path().join("script.toml");
    std::fs::write(&script_path, script.concat()).expect("the script is written");
    let out = dir.path().join("out");
    let text = |path: &Path| path.to_str().expect("a path").to_owned();
    let args = [
        "rehearse",
        "--script",
        &text(&script_path),
        "--out",
        &text(&out),
    ];
    let output = with_guide(dir.path(), &args);
    let rehearsal = Rehearsal {
        record: record(&out.join("session.jsonl")),
        output,
        dir,
    };
    let stderr = String::from_utf8_lossy(&rehearsal.output.stderr);
    assert_eq!(
        rehearsal.obeyed(),
        ["turquoise", "wifi led", "vortano"],
        "{stderr}"
    );
    assert_eq!(rehearsal.outcome(), Some("done"));
    let copies = std::fs::read_dir(rehearsal.path("cache/talkthrough/models"));
    assert_eq!(copies.expect("the copies of the model").count(), 1);
}

#[test]
fn lint_tells_how_new_words_are_expected_to_be_said() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let output = with_guide(dir.path(), &["lint"]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    for part in [
        "listens for “chartreuse” as SH AA R T R UW Z or SH AA R T R UW S, from the dictionary",
        "listens for “zorblat” as Z AO R B L AE T, guessed by rule",
        "\"zorblat\" = \"Z AO R B L AE T\"",
        "listens for “led” as EH L IY D IY or L EH D, as the guide gives it",
    ] {
        assert!(stdout.contains(part), "{part:?} is not in:\n{stdout}");
    }
    assert!(!stdout.contains("“power”"), "{stdout}");
}

/// What the model in `model` makes of a clip.
fn heard(model: &Path, clip: &Path) -> Vec<Word> {
    let mut recogniser = Recogniser::start(model).expect("the model loads");
    let phrases = [
        "next", "again", "ready", "holding", "go back", "stop", "slipped", "erase it", "[unk]",
    ];
    recogniser
        .ask(&Request::Grammar(phrases.map(Into::into).into()))
        .expect("a grammar");
    let clip = read(clip).expect("a clip").samples;
    let mut state = 1u32;
    let padded = std::iter::repeat_n(0.0, 8_000)
        .chain(clip)
        .chain(std::iter::repeat_n(0.0, 12_000));
    let samples: Vec<i16> = padded
        .map(|sample: f32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 16) as f32 / 32_768.0 - 1.0;
            (sample * 16_000.0 + noise * 10.0) as i16
        })
        .collect();
    let mut words = Vec::new();
    let mut take = |reply| {
        if let Reply::Final { words: more } = reply {
            words.extend(more);
        }
    };
    for chunk in samples.chunks(320) {
        take(
            recogniser
                .ask(&Request::Audio(chunk.into()))
                .expect("a reply"),
        );
    }
    take(recogniser.ask(&Request::Finish).expect("a reply"));
    words
}

/// The shipped graph is byte for byte the builder's (see `ears::graph::tests`); more words in it leave
/// what was heard before as it was.
#[test]
fn more_words_do_not_change_what_is_heard() {
    let shipped = tree().join("models/talkthrough-en");
    let cache = tempfile::tempdir().expect("a temporary directory");
    let added: Vec<AddedWord> = ["chartreuse", "wifi", "vortano", "zorblat", "turquoise"]
        .iter()
        .map(|word| AddedWord::new(word, None).expect("it can be said"))
        .collect();
    let extended = model::extend(&shipped, &added, cache.path()).expect("words are added");
    let clips = std::fs::read_dir(tree().join("tests/words")).expect("clips");
    let mut compared = 0;
    let clips = clips.map(|entry| entry.expect("an entry").path());
    for clip in clips.filter(|path| path.is_file()) {
        let (before, after) = (heard(&shipped, &clip), heard(&extended, &clip));
        let words = |heard: &[Word]| {
            heard
                .iter()
                .map(|word| word.word.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&before), words(&after), "{}", clip.display());
        for (before, after) in before.iter().zip(&after) {
            assert!(
                (before.confidence - after.confidence).abs() < 0.02
                    && (before.start - after.start).abs() < 0.04,
                "{}: {before:?} became {after:?}",
                clip.display()
            );
            compared += 1;
        }
    }
    assert!(compared >= 10, "only {compared} words were heard");
}
