use crate::support::talkthrough;
use std::process::Stdio;

/// A server or a container: no sound, no terminal. The talk is rehearsed and can be read.
#[test]
fn with_neither_sound_nor_terminal_the_talk_is_rehearsed() {
    let _alone = crate::card::alone();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut command = talkthrough();
    command
        .args(["run", "wisenet-dvr"])
        .env("PULSE_SERVER", "unix:/nonexistent")
        .env("HOME", dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .env_remove("XDG_STATE_HOME")
        .env_remove("DISPLAY")
        .stdin(Stdio::null());
    let output = command.output().expect("the program runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("simulated room"), "{stdout}");
    assert!(
        output.status.success(),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        stdout.contains("> erase it") && stdout.contains("*** let go now ***"),
        "{stdout}"
    );
}
