//! Running the program under strace, to see what it asks of the operating system.

use crate::support::talkthrough;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a program and all it started asked for, a line each.
pub(crate) struct Trace {
    pub(crate) calls: Vec<String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) success: bool,
}

/// Whether strace is there and may trace: a container may forbid it.
pub(crate) fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", "trace=network", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    traced.is_ok_and(|status| status.success())
}

/// Runs the program with `args` and writes down its calls of the kinds `calls` (as strace names them).
pub(crate) fn trace(calls: &str, args: &[&str], home: &Path) -> Trace {
    let log = home.join("trace");
    let program = talkthrough();
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-s", "300", "-e"])
        .arg(format!("trace={calls}"))
        .arg("-o")
        .arg(&log)
        .arg(program.get_program())
        .args(args);
    let output = away_from_devices(&mut command, home)
        .output()
        .expect("strace runs");
    let calls = std::fs::read_to_string(&log).expect("strace writes its log");
    Trace {
        calls: calls.lines().map(str::to_owned).collect(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        success: output.status.success(),
    }
}

/// Neither sound nor terminal nor settings of the person who runs the tests.
pub(crate) fn away_from_devices<'c>(command: &'c mut Command, home: &Path) -> &'c mut Command {
    command
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", home)
        .env("PULSE_SERVER", "unix:/nonexistent")
        .env_remove("XDG_STATE_HOME")
        .env_remove("DISPLAY")
        .env_remove("TALKTHROUGH_CATALOGUE")
        .stdin(Stdio::null())
}
