//! A speech program of this machine, run for one text at a time.
//!
//! The program is run directly, never through a shell, and is given the text on standard input, so
//! that no text can become a command or an option. It writes a WAV file into a directory of its own;
//! one that takes too long is killed.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::clip::normalised;
use super::pcm::{self, Pcm};
use super::speaker::Speaker;
use super::synth::SynthError;

/// The longest text that is spoken, in characters; the rest of a longer one is left out.
pub const LONGEST_TEXT: usize = 500;
/// Where a program finds the name of the file it is to write, if not among its arguments.
const FILE: &str = "TALKTHROUGH_SPEECH";

/// A voice of a speech program that is installed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// The voice, and how its program is asked.
    pub speaker: Speaker,
    /// The program, as found on the search path.
    pub program: PathBuf,
}

impl Engine {
    /// The program of `speaker`, if it lies on the search path `path`.
    pub fn find(speaker: &Speaker, path: &OsStr) -> Option<Self> {
        let program = std::env::split_paths(path)
            .map(|dir| dir.join(speaker.program.file))
            .find(|file| is_program(file))?;
        Some(Self {
            speaker: speaker.clone(),
            program,
        })
    }

    /// "rhvoice-bdl".
    pub fn name(&self) -> String {
        self.speaker.id()
    }

    /// What makes a text sound as it does, beside the text: program, voice, arguments and the program
    /// file's size and age, which change with its version.
    pub(super) fn manner(&self, text: &str) -> String {
        let age = |data: std::fs::Metadata| {
            let modified = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            Some(format!("{} bytes of {}", data.len(), modified.as_secs()))
        };
        let version = self.program.metadata().ok().and_then(age);
        let args = self.speaker.args(text, "").join(" ");
        format!(
            "{} {} {args}",
            self.program.display(),
            version.unwrap_or_default()
        )
    }

    /// What the program makes of `text`, untrimmed.
    pub(super) fn speak(&self, text: &str, limit: Duration) -> Result<Pcm, SynthError> {
        let run = |source| SynthError::Run {
            program: self.name(),
            source,
        };
        let unusable = |reason| SynthError::Unusable {
            program: self.name(),
            reason,
        };
        let dir = tempfile::tempdir().map_err(run)?;
        let file = dir.path().join("speech.wav");
        let mut child = Command::new(&self.program)
            .args(self.speaker.args(text, &file.to_string_lossy()))
            .env(FILE, &file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(run)?;
        if let Some(mut input) = child.stdin.take() {
            // A program that stops reading early says so by how it ends. A text is shorter than a
            // pipe is wide, so this cannot block.
            let _ = input
                .write_all(text.as_bytes())
                .and_then(|()| input.write_all(b"\n"));
        }
        let status = wait(&mut child, limit).map_err(run)?;
        match status {
            None => Err(SynthError::Slow {
                program: self.name(),
                limit,
            }),
            Some(status) if !status.success() => Err(SynthError::Failed {
                program: self.name(),
                status,
            }),
            Some(_) => {
                let data = std::fs::read(&file).map_err(|error| unusable(error.to_string()))?;
                wav(&data).map_err(|reason| unusable(reason.to_owned()))
            }
        }
    }
}

/// Waits for `child` until `limit`, then kills it and gives `None`.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn is_program(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.metadata()
            .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    file.is_file()
}

/// Reads a WAV file of 16-bit samples, whatever lengths its header claims: espeak-ng writes
/// 0x7ffff000 where it does not know.
pub(super) fn wav(data: &[u8]) -> Result<Pcm, &'static str> {
    if data.get(..4) != Some(b"RIFF") || data.get(8..12) != Some(b"WAVE") {
        return Err("it is not a WAV file");
    }
    let word = |at: usize| {
        data.get(at..at + 2)
            .map(|b| u16::from_le_bytes([b[0], b[1]]))
    };
    let long = |at: usize| {
        data.get(at..at + 4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    };
    let mut format = None;
    let mut at = 12;
    while let (Some(name), Some(length)) = (data.get(at..at + 4), long(at + 4)) {
        let body = at + 8;
        if name == b"fmt " {
            format = word(body)
                .zip(word(body + 2))
                .zip(long(body + 4))
                .zip(word(body + 14));
        } else if name == b"data" {
            let Some((((1, channels @ 1..=2), rate @ 8_000..=192_000), 16)) = format else {
                return Err("it is not 16-bit PCM");
            };
            let end = body.saturating_add(length as usize).min(data.len());
            let samples = data[body..end]
                .chunks_exact(2)
                .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0);
            return Ok(Pcm {
                rate,
                samples: pcm::mixed_down(samples.collect(), usize::from(channels)),
            });
        }
        // Chunks are padded to an even length.
        at = body
            .saturating_add(length as usize)
            .saturating_add(length as usize % 2);
    }
    Err("it has no samples")
}

/// `text` as a program may be given it: one line without control characters, at most
/// [`LONGEST_TEXT`] characters; `None` where no word is left.
pub(super) fn speakable(text: &str) -> Option<String> {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_TEXT)
        .collect();
    (!normalised(&line).is_empty()).then(|| line.trim().to_owned())
}

#[cfg(all(test, unix))]
#[path = "engine_tests.rs"]
pub(super) mod tests;
