//! Scripts: what the simulated technician says, and when.
//!
//! A script is TOML, a list of `[[say]]`:
//!
//! ```toml
//! [[say]]
//! text = "next"            # spoken by the synthetic technician, or
//! # file = "next.wav"      # a recording (WAV, FLAC, Ogg Vorbis), relative to the script
//! after = "unplug"         # at the end of this step's prompt, or
//! # at = 12.5              # at this second of the session, or
//! # count = 7              # at this second of a hold ...
//! # step = "hold"          # ... of this step
//! delay = 0.5              # seconds later than that
//! gain_db = -6.0           # louder or softer
//! ```

use crate::limits::{self, SCRIPT_BYTES, SCRIPT_LINES};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A technician's lines, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// What is said, and when.
    pub lines: Vec<Say>,
}

/// Something the technician says.
#[derive(Clone, Debug, PartialEq)]
pub struct Say {
    /// What is said.
    pub what: What,
    /// When.
    pub when: When,
    /// Seconds later than that.
    pub delay: f64,
    /// Louder (positive) or softer, in dB.
    pub gain_db: f32,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Words, spoken by the synthetic technician.
    Text(String),
    /// A recording.
    File(PathBuf),
}

/// When something is said.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// At the end of this step's prompt.
    After(String),
    /// At this second of the session.
    At(f64),
    /// At second `n` of a hold of `step`.
    Count {
        /// The second.
        n: u32,
        /// Id of the step.
        step: String,
    },
}

/// Why a script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The file cannot be read.
    #[error("cannot read the script {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is too large.
    #[error(
        "the script is larger than {SCRIPT_BYTES} bytes or has more than {SCRIPT_LINES} lines: split it"
    )]
    TooLarge,
    /// It is not the TOML of a script.
    #[error("the script is not in the right form:\n{0}")]
    Malformed(#[from] toml::de::Error),
    /// A line says too little or too much.
    #[error("line {line} of the script: {problem}")]
    Line {
        /// Which `[[say]]`, counted from 1.
        line: usize,
        /// What is wrong and what to write instead.
        problem: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScript {
    #[serde(default)]
    say: Vec<RawSay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSay {
    file: Option<PathBuf>,
    text: Option<String>,
    after: Option<String>,
    at: Option<f64>,
    count: Option<u32>,
    step: Option<String>,
    #[serde(default)]
    delay: f64,
    #[serde(default)]
    gain_db: f32,
}

impl Script {
    /// Reads a script; recordings are found relative to its directory.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is not a script.
    pub fn read(path: &Path) -> Result<Self, ScriptError> {
        let text = limits::read_text(path, SCRIPT_BYTES).map_err(|source| match source.kind() {
            std::io::ErrorKind::FileTooLarge => ScriptError::TooLarge,
            _ => ScriptError::Unreadable {
                path: path.into(),
                source,
            },
        })?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a script from its text; recordings are found relative to `dir`.
    ///
    /// # Errors
    ///
    /// The text is not a script.
    pub fn parse(text: &str, dir: &Path) -> Result<Self, ScriptError> {
        let raw: RawScript = toml::from_str(text)?;
        if raw.say.len() > SCRIPT_LINES {
            return Err(ScriptError::TooLarge);
        }
        let lines = raw.say.into_iter().enumerate().map(|(index, say)| {
            say.checked(dir).map_err(|problem| ScriptError::Line {
                line: index + 1,
                problem,
            })
        });
        Ok(Self {
            lines: lines.collect::<Result<_, _>>()?,
        })
    }
}

impl RawSay {
    fn checked(self, dir: &Path) -> Result<Say, &'static str> {
        let what = match (self.text, self.file) {
            (Some(text), None) => What::Text(text),
            (None, Some(file)) => What::File(dir.join(file)),
            _ => return Err("give either text = \"...\" or file = \"...\""),
        };
        let when = match (self.after, self.at, self.count, self.step) {
            (Some(step), None, None, None) => When::After(step),
            (None, Some(at), None, None) if at.is_finite() && at >= 0.0 => When::At(at),
            (None, Some(_), None, None) => {
                return Err("at = ... must be a number of seconds, zero or more");
            }
            (None, None, Some(n), Some(step)) => When::Count { n, step },
            (None, None, Some(_), None) => return Err("count = ... also needs step = \"...\""),
            _ => {
                return Err(
                    "give one of after = \"step\", at = seconds, or count = n with step = \"step\"",
                );
            }
        };
        if !self.delay.is_finite() || self.delay.abs() > 86_400.0 {
            return Err("delay must be a number of seconds, at most a day");
        }
        if !self.gain_db.is_finite() || self.gain_db.abs() > 60.0 {
            return Err("gain_db must lie between -60 and 60");
        }
        Ok(Say {
            what,
            when,
            delay: self.delay,
            gain_db: self.gain_db,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Script, ScriptError> {
        Script::parse(text, Path::new("scripts"))
    }

    #[test]
    fn every_form_of_a_line_is_read() {
        let script = parse(
            "[[say]]\ntext = 'next'\nafter = 'unplug'\ndelay = 0.5\n\
             [[say]]\nfile = 'stop.wav'\nat = 3\ngain_db = -6\n\
             [[say]]\ntext = 'slipped'\ncount = 7\nstep = 'hold'\n",
        )
        .unwrap();
        assert_eq!(script.lines[0].when, When::After("unplug".into()));
        assert_eq!(script.lines[1].what, What::File("scripts/stop.wav".into()));
        assert_eq!(
            script.lines[2].when,
            When::Count {
                n: 7,
                step: "hold".into()
            }
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, part) in [
            (
                "[[say]]\nafter = 'a'\n",
                "line 1 of the script: give either text",
            ),
            ("[[say]]\ntext = 'a'\n", "give one of after"),
            ("[[say]]\ntext = 'a'\ncount = 3\n", "also needs step"),
            ("[[say]]\ntext = 'a'\nat = -1\n", "zero or more"),
            (
                "[[say]]\ntext = 'a'\nat = 1\ndelay = nan\n",
                "delay must be",
            ),
            ("[[say]]\ntext = 'a'\nat = 1\ngain_db = 99\n", "gain_db"),
            ("[[say]]\ntxt = 'a'\n", "unknown field `txt`"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{message:?} should say {part:?}");
        }
    }
}
