//! The perceptual centres of counts and cues, checked by a second method and written down beside the index.
//!
//! `beats.toml` in a bank's directory has an entry for every text that may sound on a beat: its centre by
//! the rise of the level ([`centre`](super::centre)) and by its phones ([`alignment`](super::alignment)).
//! Where the two differ by more than [`TOLERANCE`] a person decides which one holds, and says why. A
//! decision lapses when the clip changes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::alignment::{AlignError, vowel_onsets};
use super::bank::{Bank, Entry, VoiceError};
use crate::sound::RATE;

/// The file's name.
pub const BEATS: &str = "beats.toml";
/// Two methods that differ by no more than this, in seconds, agree.
pub const TOLERANCE: f64 = 0.025;
/// The centre of a clip that has not changed, in seconds.
const SAME: f64 = 0.0005;

/// What is written down about the beats of a bank.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opinions {
    /// One for each text that may sound on a beat.
    #[serde(default)]
    pub beat: Vec<Opinion>,
}

/// The beat of one text, found in two ways. Seconds from the clip's first sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opinion {
    /// The text.
    pub text: String,
    /// The steepest rise of the level.
    pub rise_s: f64,
    /// The beginning of the vowel by its phones: the median of three.
    pub phones_s: f64,
    /// From the least to the greatest of the three.
    pub spread_s: f64,
    /// Which one holds and why ("rise: ...", "phones: ..."), where they differ by more than [`TOLERANCE`]; `None`:
    /// nobody has looked yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
}

impl Opinion {
    /// The phones' centre less the rise's, in seconds.
    pub fn difference(&self) -> f64 {
        self.phones_s - self.rise_s
    }

    /// The one that holds: the index's `beat_s`.
    pub fn beat(&self) -> f64 {
        match &self.decision {
            Some(decision) if decision.starts_with("phones") => self.phones_s,
            _ => self.rise_s,
        }
    }

    /// Whether the methods agree, or a person has decided between them.
    pub fn is_settled(&self) -> bool {
        self.difference().abs() <= TOLERANCE || self.decision.is_some()
    }
}

/// Why the beats cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum OpinionError {
    /// The clips cannot be read.
    #[error(transparent)]
    Voice(#[from] VoiceError),
    /// A clip cannot be aligned.
    #[error(transparent)]
    Align(#[from] AlignError),
    /// A text has no clip.
    #[error("no clip says \"{0}\"; render the voice again with `talkthrough render-voice`")]
    NoClip(String),
    /// What is written down is damaged.
    #[error("{path} is damaged: {reason}; put it right, or delete it and check the beats again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It cannot be written.
    #[error("cannot write {path}: {source}; make the directory writable")]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

/// Reads what is written down in the bank's directory `dir`; empty where nothing is.
///
/// # Errors
///
/// The file is damaged.
pub fn read(dir: &Path) -> Result<Opinions, OpinionError> {
    let path = dir.join(BEATS);
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Ok(Opinions::default());
    };
    toml::from_str(&text).map_err(|error| OpinionError::Damaged {
        path,
        reason: error.to_string(),
    })
}

/// Finds the beats of `texts` a second time, with flite, and writes both down in the bank's directory; decisions
/// about clips that have not changed are kept.
///
/// # Errors
///
/// A text has no clip, flite is missing or fails, or the file cannot be read or written.
pub fn check(dir: &Path, texts: &[String]) -> Result<Opinions, OpinionError> {
    let bank = Bank::load(dir)?;
    let before = read(dir)?;
    let mut opinions = Opinions::default();
    for text in texts {
        let missing = || OpinionError::NoClip(text.clone());
        let entry = bank.entry(text).ok_or_else(missing)?;
        let clip = bank.clip(text).ok_or_else(missing)?;
        let onsets = vowel_onsets(&clip.samples, RATE, &entry.text, entry.beat_on)?;
        opinions.beat.push(opinion(entry, &onsets, &before));
    }
    write(dir, &opinions)?;
    Ok(opinions)
}

fn opinion(entry: &Entry, onsets: &[f64], before: &Opinions) -> Opinion {
    let tenths = |secs: f64| (secs * 1e4).round() / 1e4;
    let at = |index: usize| onsets.get(index).copied().unwrap_or(entry.beat_s);
    let same = |it: &&Opinion| it.text == entry.text && (it.beat() - entry.beat_s).abs() < SAME;
    let known = before.beat.iter().find(same);
    Opinion {
        text: entry.text.clone(),
        rise_s: known.map_or(tenths(entry.beat_s), |it| it.rise_s),
        phones_s: tenths(at(onsets.len() / 2)),
        spread_s: tenths(at(onsets.len().saturating_sub(1)) - at(0)),
        decision: known.and_then(|it| it.decision.clone()),
    }
}

fn write(dir: &Path, opinions: &Opinions) -> Result<(), OpinionError> {
    const HEAD: &str = "# The perceptual centres of counts and cues by two methods, in seconds from the first sample. Written by\n\
                        # `talkthrough check-beats`; a person adds `decision` where the two differ by more than 25 ms.\n\n";
    let path = dir.join(BEATS);
    let text = toml::to_string(opinions).map_err(|error| OpinionError::Damaged {
        path: path.clone(),
        reason: error.to_string(),
    })?;
    std::fs::write(&path, format!("{HEAD}{text}"))
        .map_err(|source| OpinionError::Write { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session;

    /// `talkthrough check-beats` finds what is missing or has changed; a difference wants a `decision`.
    #[test]
    fn every_beat_has_two_opinions_that_agree_or_a_decision() {
        for voice in ["audio/bdl", "audio/slt"] {
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(voice);
            let (bank, opinions) = (Bank::load(&dir).unwrap(), read(&dir).unwrap());
            for text in session::beat_texts() {
                let entry = bank.entry(&text).unwrap();
                let opinion = opinions.beat.iter().find(|it| it.text == entry.text);
                let opinion = opinion
                    .unwrap_or_else(|| panic!("{voice}: nobody has checked the beat of {text:?}"));
                assert!(
                    (opinion.beat() - entry.beat_s).abs() < SAME,
                    "{voice}: the clip of {text:?} has changed since its beat was checked"
                );
                assert!(
                    opinion.is_settled(),
                    "{voice}: {opinion:?} wants a decision"
                );
            }
        }
    }
}
