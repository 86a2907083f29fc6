use super::*;
use crate::voice::Bank;

/// A stand-in for flite that writes half a second of a tone, as the real one is called.
fn fake_flite(dir: &Path) {
    let mut wav = hound::WavWriter::create(
        dir.join("tone.wav"),
        hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        },
    )
    .unwrap();
    for k in 0..8_000 {
        wav.write_sample((8_000.0 * (k as f32 * 0.2).sin()) as i16)
            .unwrap();
    }
    wav.finalize().unwrap();
    let program = dir.join("flite");
    let script = format!(
        "#!/bin/sh\nfor file; do :; done\n/bin/cp {}/tone.wav \"$file\"\n",
        dir.display()
    );
    std::fs::write(&program, script).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn texts(texts: &[&str]) -> Vec<(String, BeatOn)> {
    texts
        .iter()
        .map(|text| ((*text).to_owned(), BeatOn::First))
        .collect()
}

fn options(dir: &Path) -> RenderOptions {
    fake_flite(dir);
    RenderOptions {
        voice: Speaker::named("flite-slt").unwrap().clone(),
        coding: Coding::Flac,
        out: dir.join("bank"),
        all: false,
        path: dir.as_os_str().to_owned(),
    }
}

#[test]
fn what_was_rendered_can_be_loaded_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    render(&texts(&["Let go now.", "one"]), &options).unwrap();
    let bank = Bank::load(&options.out).unwrap();
    bank.check().unwrap();
    let clip = bank.clip("let go NOW!").unwrap();
    assert!(
        (clip.duration().as_secs_f64() - 0.56).abs() < 0.01,
        "{:?}",
        clip.duration()
    );
    assert!(
        (clip.onset.as_secs_f64() - 0.02).abs() < 0.002,
        "{:?}",
        clip.onset
    );
    assert!(bank.clip("two").is_none());
    assert_eq!(bank.texts().collect::<Vec<_>>(), ["Let go now.", "one"]);
}

#[test]
fn only_what_is_new_is_rendered_and_what_is_gone_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    render(&texts(&["one", "two"]), &options).unwrap();
    let second = render(&texts(&["two", "three"]), &options).unwrap();
    assert_eq!(
        (second.rendered, second.kept),
        (vec!["three".to_owned()], 1)
    );
    assert_eq!(second.deleted, ["one.flac"]);
    std::fs::remove_file(options.out.join("two.flac")).unwrap();
    assert_eq!(
        render(&texts(&["two", "three"]), &options)
            .unwrap()
            .rendered,
        ["two"]
    );
    let last = [
        ("two".to_owned(), BeatOn::Last),
        ("three".to_owned(), BeatOn::First),
    ];
    assert_eq!(render(&last, &options).unwrap().rendered, ["two"]);
    options.all = true;
    assert_eq!(render(&last, &options).unwrap().rendered.len(), 2);
}

#[test]
fn a_list_that_cannot_be_spoken_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let doubled = [
        ("Now.".to_owned(), BeatOn::First),
        ("now".to_owned(), BeatOn::Last),
    ];
    assert!(matches!(
        render(&doubled, &options),
        Err(RenderError::TwoBeats(_))
    ));
    assert!(matches!(
        render(&texts(&["…"]), &options),
        Err(RenderError::Nothing(_))
    ));
    let nowhere = RenderOptions {
        path: dir.path().join("nowhere").into(),
        ..options
    };
    let error = render(&texts(&["one"]), &nowhere).unwrap_err();
    assert_eq!(error.to_string(), "flite was not found: install flite");
}

#[test]
fn file_names_are_short_and_tell_texts_apart() {
    assert_eq!(file_name("Let go now.", ".flac"), "let-go-now.flac");
    let (a, b) = ("a".repeat(60) + " b", "a".repeat(60) + " c");
    assert_ne!(file_name(&a, ".flac"), file_name(&b, ".flac"));
    assert!(file_name(&a, ".flac").len() < 60);
    assert_ne!(file_name("é", ".flac"), file_name("è", ".flac"));
}
