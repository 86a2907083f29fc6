use crate::support::{talkthrough, tree};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Stdio;

/// Runs the program with at most 2 GB of address space and, so that a program that hangs fails the
/// test, five minutes; its exit code and what it said.
fn run(args: &[&str]) -> (Option<i32>, String) {
    let program = talkthrough();
    // A shell sets the limit; no text from a file is part of its command.
    let output = std::process::Command::new("timeout")
        .args(["300", "sh", "-c", "ulimit -v 2000000; exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !said.contains("panicked") && !said.contains("overflow"),
        "{args:?}: {said}"
    );
    (output.status.code(), said)
}

/// A file of a gigabyte that takes no room on the disk.
fn sparse(path: &Path, begin: &[u8]) {
    let mut file = File::create(path).expect("a file");
    file.write_all(begin).expect("written");
    file.seek(SeekFrom::Start(1 << 30)).expect("a place");
    file.write_all(b"\n").expect("written");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[test]
fn a_huge_file_is_refused_by_its_size_whatever_it_should_be() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let huge = dir.path().join("huge.toml");
    sparse(&huge, b"# ");
    let (code, said) = run(&["lint", text(&huge)]);
    assert!(code == Some(2) && said.contains("256 KiB"), "{said}");
    let (code, said) = run(&["rehearse", "wisenet-dvr", "--script", text(&huge)]);
    assert!(code == Some(2) && said.contains("larger than"), "{said}");
    let (code, said) = run(&["rehearse", "wisenet-dvr", "--noise", text(&huge)]);
    assert!(code == Some(2) && said.contains("huge.toml"), "{said}");

    let voice = dir.path().join("voice");
    std::fs::create_dir(&voice).expect("a directory");
    sparse(&voice.join("index.json"), b"{");
    let (code, said) = run(&["rehearse", "wisenet-dvr", "--voice", text(&voice)]);
    assert!(code == Some(2) && said.contains("larger than"), "{said}");

    // Every file of a model: whichever is looked at first refuses it.
    for name in [
        "am/final.mdl",
        "conf/model.conf",
        "conf/mfcc.conf",
        "graph/words.txt",
        "graph/HCLr.fst",
        "graph/Gr.fst",
    ] {
        let model = dir.path().join("model");
        copy(&tree().join("models/talkthrough-en"), &model);
        sparse(&model.join(name), b"");
        let (code, said) = run(&["rehearse", "wisenet-dvr", "--model", text(&model)]);
        assert!(
            code == Some(2) && said.contains(name.rsplit('/').next().expect("a name")),
            "{name}: {code:?} {said}"
        );
        std::fs::remove_dir_all(&model).expect("removed");
    }
}

#[test]
fn what_never_ends_is_not_waited_for() {
    for endless in ["/dev/zero", "/dev/tty", "/dev/stdin"] {
        for args in [
            ["lint", endless, "", ""],
            ["rehearse", "wisenet-dvr", "--script", endless],
            ["rehearse", "wisenet-dvr", "--noise", endless],
        ] {
            let args: Vec<&str> = args.into_iter().filter(|arg| !arg.is_empty()).collect();
            let (code, said) = run(&args);
            assert_eq!(code, Some(2), "{args:?}: {said}");
        }
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pipe = dir.path().join("pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()));
    for args in [
        vec!["lint", text(&pipe)],
        vec!["rehearse", "wisenet-dvr", "--script", text(&pipe)],
        vec!["rehearse", "wisenet-dvr", "--noise", text(&pipe)],
    ] {
        let (code, said) = run(&args);
        assert_eq!(code, Some(2), "{args:?}: {said}");
    }
}

#[test]
fn depth_and_numbers_are_bounded() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("a.toml");
    let guides = [
        format!("a = {}{}", "[".repeat(120_000), "]".repeat(120_000)),
        format!("a = {}", "{ b = ".repeat(40_000)),
        format!("[{}a]\n", "a.".repeat(100_000)),
        format!("{}a = 1\n", "a.".repeat(100_000)),
        "[[step]]\n".repeat(29_000),
        "[[way]]\n[[way.step]]\n".repeat(11_000),
        format!(
            "[[step]]\nid = 'a'\n[step.hold]\nminimum = '{} s'\n",
            "9".repeat(100_000)
        ),
        "\"".repeat(250_000),
        "x".repeat(250_000),
    ];
    for guide in &guides {
        std::fs::write(&file, guide).expect("written");
        let (code, said) = run(&["lint", text(&file)]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.len() < 100_000, "an error of {} bytes", said.len());
    }
    // 100,000 steps are more than a guide has bytes.
    std::fs::write(&file, "[[step]]\n".repeat(100_000)).expect("written");
    let (code, said) = run(&["lint", text(&file)]);
    assert!(code == Some(2) && said.contains("256 KiB"), "{said}");

    let scripts = [
        format!("a = {}{}", "[".repeat(400_000), "]".repeat(400_000)),
        "[[say]]\n".repeat(100_000),
        format!("{}a = 1\n", "a.".repeat(400_000)),
        "[[say]]\ntext='next'\nat=1e300\n".repeat(20_000),
    ];
    for script in &scripts {
        std::fs::write(&file, script).expect("written");
        let (code, said) = run(&["rehearse", "wisenet-dvr", "--script", text(&file)]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.len() < 100_000, "an error of {} bytes", said.len());
    }

    let index = dir.path().join("index.json");
    std::fs::write(&index, "[".repeat(1_000_000)).expect("written");
    let (code, said) = run(&["rehearse", "wisenet-dvr", "--voice", text(dir.path())]);
    assert!(code == Some(2) && said.contains("index.json"), "{said}");
}

/// The head of a FLAC file of one channel that claims 2³⁶ − 1 samples, some 50 days; then `rest`.
fn endless_flac(rest: &[u8]) -> Vec<u8> {
    let mut flac = b"fLaC\x80\0\0\x22\x10\0\x10\0\0\0\0\0\0\0".to_vec();
    // 16,000 Hz, one channel, 16 bits, 36 bits of length; no checksum.
    let facts = (16_000_u64 << 44) | (15 << 36) | ((1 << 36) - 1);
    flac.extend(facts.to_be_bytes());
    flac.extend([0; 16]);
    flac.extend(rest);
    flac
}

#[test]
fn a_recording_is_as_long_as_it_is_and_not_as_it_claims() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("noise.flac");
    for rest in [vec![], vec![0; 1_000], vec![0xff; 1_000]] {
        std::fs::write(&file, endless_flac(&rest)).expect("written");
        let (code, said) = run(&["rehearse", "wisenet-dvr", "--noise", text(&file)]);
        assert!(code == Some(2) && said.contains("noise.flac"), "{said}");
    }
    // A WAV file of two hours at 8 kHz, most of it a hole.
    let file = dir.path().join("noise.wav");
    let mut wav = b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data\xff\xff\xff\x7e");
    sparse(&file, &wav);
    let (code, said) = run(&["rehearse", "wisenet-dvr", "--noise", text(&file)]);
    assert!(
        code == Some(2) && said.contains("longer than an hour"),
        "{code:?} {said}"
    );
}

fn copy(from: &Path, to: &Path) {
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
