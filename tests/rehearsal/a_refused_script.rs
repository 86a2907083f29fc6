use crate::support::{rehearse, talkthrough, tree};

#[test]
fn what_is_wrong_with_a_script_is_said_before_the_talk() {
    let rehearsal = rehearse("wisenet-dvr", Some("[[say]]\ntext = 'next'\n"), &[]);
    assert_eq!(rehearsal.output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&rehearsal.output.stderr);
    assert!(stderr.contains("give one of after"), "{stderr}");
    let rehearsal = rehearse(
        "wisenet-dvr",
        Some("[[say]]\nfile = 'nowhere.wav'\nat = 1\n"),
        &[],
    );
    assert_eq!(rehearsal.output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&rehearsal.output.stderr).contains("nowhere.wav"));
}

#[test]
fn a_missing_model_a_cut_model_and_a_missing_voice_are_named() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let run = |args: &[&str]| {
        let output = talkthrough()
            .args(["rehearse", "wisenet-dvr"])
            .args(args)
            .output()
            .expect("the program runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let nowhere = dir.path().join("nowhere");
    let nowhere = nowhere.to_str().expect("a path");
    let (code, stderr) = run(&["--model", nowhere]);
    assert!(
        code == Some(2) && stderr.contains("nowhere"),
        "{code:?} {stderr}"
    );
    let (code, stderr) = run(&["--voice", nowhere]);
    assert!(
        code == Some(2) && stderr.contains("nowhere"),
        "{code:?} {stderr}"
    );

    let cut = dir.path().join("cut");
    copy(&tree().join("models/talkthrough-en"), &cut);
    std::fs::remove_file(cut.join("am/final.mdl")).expect("it was copied");
    let (code, stderr) = run(&["--model", cut.to_str().expect("a path")]);
    assert!(
        code == Some(2) && stderr.contains("final.mdl"),
        "{code:?} {stderr}"
    );
}

#[test]
fn a_missing_recogniser_and_a_missing_libvosk_are_named_with_the_remedy() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let run = |recogniser: &std::path::Path| {
        let mut command = talkthrough();
        command
            .args(["rehearse", "wisenet-dvr"])
            .env("TALKTHROUGH_RECOGNISER", recogniser)
            // Set by cargo for tests; a user has none.
            .env_remove("LD_LIBRARY_PATH");
        let output = command.output().expect("the program runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, stderr) = run(&dir.path().join("nowhere"));
    assert!(
        code == Some(2) && stderr.contains("nowhere"),
        "{code:?} {stderr}"
    );

    // The same program, away from its library.
    let alone = dir.path().join("talkthrough-recogniser");
    std::fs::copy(env!("CARGO_BIN_EXE_talkthrough-recogniser"), &alone).expect("copied");
    let (code, stderr) = run(&alone);
    assert!(
        code == Some(2) && stderr.contains("libvosk") && stderr.contains("make setup"),
        "{code:?} {stderr}"
    );
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}
