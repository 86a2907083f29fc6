//! The program makes no network connection; only `model get` does.

use crate::support::tree;
use crate::traced::{Trace, away_from_devices, can_trace, trace};
use std::path::Path;
use std::process::{Command, Stdio};

/// Every way to start the program that is no download, with a guide that names addresses and files.
fn commands(guide: &str) -> Vec<Vec<&str>> {
    vec![
        vec![],
        vec!["list"],
        vec!["show", guide],
        vec!["lint", guide],
        vec!["devices"],
        vec!["check"],
        vec!["model", "list"],
        vec!["model", "path"],
        vec!["rehearse", guide],
        // Without sound and terminal these rehearse too, after they have looked for devices.
        vec!["run", guide, "--keyboard"],
        vec!["run", guide],
    ]
}

/// A guide that tries: whatever looks like an address or a file is only a text.
fn guide(dir: &Path) -> String {
    let short = std::fs::read_to_string(tree().join("tests/card/short.toml")).expect("a guide");
    let text = short
        .replace("https://example.org", "http://127.0.0.1:9/callback")
        .replace(
            "[\"nothing at all\"]",
            "[\"/etc/hostname\", \"file:///etc/hostname\", \"http://127.0.0.1:9/x\", \"$(cat /etc/hostname)\"]",
        );
    assert_ne!(text, short);
    let path = dir.join("guide.toml");
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("a path").to_owned()
}

fn internet(trace: &Trace) -> Vec<&String> {
    trace
        .calls
        .iter()
        .filter(|call| call.contains("AF_INET"))
        .collect()
}

#[test]
fn no_command_but_the_download_opens_a_network_connection() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let guide = guide(dir.path());
    if !can_trace() {
        return without_a_network(dir.path(), &guide);
    }
    for args in commands(&guide) {
        let trace = trace("network", &args, dir.path());
        assert_eq!(internet(&trace), Vec::<&String>::new(), "{args:?}");
        let talked = matches!(args.first(), Some(&("rehearse" | "run")));
        if talked {
            assert!(trace.success, "{args:?}: {}{}", trace.stdout, trace.stderr);
            assert!(trace.stdout.contains("*** let go now ***"));
        }
    }
    // The counter-test: what is looked for would have been seen.
    let catalogue = dir.path().join("catalogue.toml");
    let sha = "0a".repeat(32);
    std::fs::write(
        &catalogue,
        format!(
            "[[model]]\nname = 'a'\nlanguage = 'en'\nlicence = 'MIT'\nabout = ''\nbytes = 1\n\
             unpacked_at_most = 1\nsha256 = '{sha}'\naddress = 'http://127.0.0.1:1/a.zip'\n"
        ),
    )
    .expect("written");
    let mut command = Command::new("timeout");
    command.args([
        "-s",
        "KILL",
        "20",
        "strace",
        "-f",
        "-qq",
        "-e",
        "trace=network",
        "-o",
    ]);
    command.arg(dir.path().join("download"));
    command.arg(crate::support::talkthrough().get_program());
    command.args(["model", "get", "a"]);
    away_from_devices(&mut command, dir.path())
        .env("TALKTHROUGH_CATALOGUE", catalogue)
        .stderr(Stdio::null())
        .stdout(Stdio::null());
    let mut download = command.spawn().expect("strace runs");
    let seen = || {
        let log = std::fs::read_to_string(dir.path().join("download")).unwrap_or_default();
        log.contains("AF_INET")
    };
    // It asks again with pauses: the first time is enough.
    while !seen() && download.try_wait().expect("its status").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let _ = download.kill();
    let _ = download.wait();
    assert!(seen(), "the download itself was not seen");
}

/// The weaker proof: in a network namespace without any interface everything works as well.
fn without_a_network(home: &Path, guide: &str) {
    let alone = |program: &str| {
        let mut command = Command::new("unshare");
        command.args(["--net", "--map-root-user", program]);
        command
    };
    let status = alone("true").stderr(Stdio::null()).status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!("skipped: neither strace nor unshare may be used here (install strace)");
        return;
    }
    eprintln!("strace cannot be used here: the talk is held where there is no network instead");
    let program = crate::support::talkthrough();
    let program = program.get_program().to_str().expect("a path").to_owned();
    let output = away_from_devices(alone(&program).args(["rehearse", guide]), home)
        .output()
        .expect("the program runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A guide is data: no text in it, nor its address, makes the program open a file or start another.
#[test]
fn a_guide_can_name_neither_a_file_nor_a_program() {
    if !can_trace() {
        eprintln!("skipped: strace cannot be used here (install strace)");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let guide = guide(dir.path());
    for args in [
        ["lint", &guide],
        ["show", &guide],
        ["rehearse", &guide],
        ["run", &guide],
    ] {
        let trace = trace("%file,execve,execveat", &args, dir.path());
        let opened: Vec<_> = trace
            .calls
            .iter()
            .filter(|call| call.contains("hostname") || call.contains("callback"))
            .collect();
        assert_eq!(opened, Vec::<&String>::new(), "{args:?}");
        let started: Vec<_> = trace
            .calls
            .iter()
            .filter(|call| call.contains("execve(") && !call.contains("/talkthrough"))
            .filter(|call| {
                !["flite", "RHVoice-test", "espeak-ng"]
                    .iter()
                    .any(|known| call.contains(known))
            })
            .collect();
        assert_eq!(started, Vec::<&String>::new(), "{args:?}");
    }
}
