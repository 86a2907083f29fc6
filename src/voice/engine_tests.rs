use std::borrow::Cow;
use std::os::unix::fs::PermissionsExt;

use super::super::speaker::{Program, Sex};
use super::*;

/// Called with nothing but the file it is to write.
static PLAIN: Program = Program::plain();

/// A WAV file of `frames` of a tone whose header claims `claimed` bytes of samples.
pub(crate) fn tone(frames: usize, claimed: u32) -> Vec<u8> {
    let mut data = b"RIFF\x24\xf0\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    data.extend(22_050_u32.to_le_bytes());
    data.extend(44_100_u32.to_le_bytes());
    data.extend(b"\x02\0\x10\0data");
    data.extend(claimed.to_le_bytes());
    data.extend(
        (0..frames).flat_map(|k| ((8_000.0 * (k as f32 * 0.2).sin()) as i16).to_le_bytes()),
    );
    data
}

/// A program of this name in `dir` that does what `body` says; `$1` is the file it is to write.
pub(in crate::voice) fn program(dir: &Path, name: &str, body: &str) -> Engine {
    let file = dir.join(name);
    std::fs::write(dir.join("tone.wav"), tone(22_050, 0x7fff_f000)).unwrap();
    std::fs::write(&file, format!("#!/bin/sh\ncd {}\n{body}\n", dir.display())).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    Engine {
        speaker: Speaker {
            program: &PLAIN,
            voice: Cow::Owned(name.to_owned()),
            sex: Sex::Either,
            pace: "",
            cue_pace: "",
            quick: false,
        },
        program: file,
    }
}

#[test]
fn a_header_that_claims_too_much_is_not_believed() {
    for claimed in [0x7fff_f000, u32::MAX, 44_100] {
        let pcm = wav(&tone(22_050, claimed)).unwrap();
        assert_eq!((pcm.rate, pcm.samples.len()), (22_050, 22_050));
    }
    for damaged in [
        &b""[..],
        b"RIFF",
        b"RIFF\0\0\0\0WAVEdata\x04\0\0\0\0\0\0\0",
        &tone(10, 20)[..30],
    ] {
        assert!(wav(damaged).is_err());
    }
}

#[test]
fn a_program_that_hangs_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let hanging = program(dir.path(), "hanging", "exec sleep 100");
    let error = hanging
        .speak("hello", Duration::from_millis(50))
        .unwrap_err();
    assert!(matches!(error, SynthError::Slow { .. }), "{error}");
}

#[test]
fn a_new_version_of_a_program_is_another_manner_of_speaking() {
    let dir = tempfile::tempdir().unwrap();
    let engine = program(dir.path(), "speak", "exit 0");
    let before = engine.manner("hello");
    assert_eq!(engine.manner("hello"), before);
    program(dir.path(), "speak", "exit 0 # newer");
    assert_ne!(engine.manner("hello"), before);
}
