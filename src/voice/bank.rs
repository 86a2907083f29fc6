//! The shipped clips: a directory of FLAC files and `index.json`, which says what is spoken in each.
//!
//! The index is JSON because a program writes and reads it and nobody edits it; its fields are
//! those of [`Index`] and [`Entry`]. Loading reads the index only; a clip is decoded when it is
//! asked for, and the last ones are kept.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use serde::{Deserialize, Serialize};

use super::clip::{Clip, normalised};
use super::level::decibels;
use super::pcm;
use super::sounds::Sound;
use crate::limits;
use crate::sound::RATE;

/// The index's file name.
pub const INDEX: &str = "index.json";

/// What a bank's directory holds, as written in its `index.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The voice that speaks.
    pub voice: String,
    /// The voice's and the engine's terms.
    pub licence: String,
    /// The program that rendered it, with its version.
    pub engine: String,
    /// The command that rendered it; the text went in on standard input.
    pub command: String,
    /// Frames a second of every file.
    pub rate: u32,
    /// Every file is turned down by so many decibels (0 or less), so that none peaks too high.
    #[serde(default)]
    pub gain_db: f32,
    /// The clips, by text.
    pub clips: Vec<Entry>,
}

/// One clip of the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What is spoken, as it was given to the engine.
    pub text: String,
    /// File name in the bank's directory.
    pub file: String,
    /// Silence that coding has put before it, at the index's rate; left out when it is played.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip: u64,
    /// Length without that, at the index's rate.
    pub frames: u64,
    /// Seconds from the first sample to the first audible one.
    pub onset_s: f64,
    /// Seconds from the first sample to the perceptual centre.
    pub beat_s: f64,
    /// Which word the perceptual centre was sought in.
    pub beat_on: BeatOn,
}

fn is_zero(frames: &u64) -> bool {
    *frames == 0
}

/// Which word of a clip carries its beat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BeatOn {
    /// The first: "*twen*ty one".
    #[default]
    First,
    /// The last: "let go *now*".
    Last,
}

/// Why the voice's clips cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    /// The index cannot be read.
    #[error(
        "cannot read the voice's index {path}: {source}; render the voice again with `talkthrough render-voice`"
    )]
    NoIndex {
        /// The index.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The index is not what it should be.
    #[error(
        "the voice's index {path} is damaged: {reason}; render the voice again with `talkthrough render-voice`"
    )]
    BadIndex {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The index names a file that is not there.
    #[error(
        "{path}, which says \"{text}\", is missing; render the voice again with `talkthrough render-voice`"
    )]
    MissingFile {
        /// The file.
        path: PathBuf,
        /// What it should say.
        text: String,
    },
    /// A file cannot be decoded, or is cut short.
    #[error(
        "{path} is damaged: {reason}; render the voice again with `talkthrough render-voice --all`"
    )]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Clips by what they say.
#[derive(Debug)]
pub struct Bank {
    dir: PathBuf,
    index: Index,
    by_text: HashMap<String, Entry>,
    decoded: Mutex<Decoded>,
}

/// Decoded clips together are no longer than this, but for a single longer one: a minute, 12 MB. All of a voice's
/// are some seventeen minutes.
const KEPT_FRAMES: usize = 60 * RATE as usize;

/// The clips that were asked for last.
#[derive(Debug)]
struct Decoded {
    clips: LruCache<String, Arc<Clip>>,
    frames: usize,
}

impl Decoded {
    fn none() -> Mutex<Self> {
        Mutex::new(Self {
            clips: LruCache::unbounded(),
            frames: 0,
        })
    }

    fn keep(&mut self, text: String, clip: &Arc<Clip>) {
        self.frames += clip.samples.len();
        if let Some(same) = self.clips.put(text, Arc::clone(clip)) {
            self.frames -= same.samples.len();
        }
        while self.frames > KEPT_FRAMES
            && self.clips.len() > 1
            && let Some((_, oldest)) = self.clips.pop_lru()
        {
            self.frames -= oldest.samples.len();
        }
    }
}

impl Bank {
    /// Reads the index of `dir` and makes sure that every file it names is there; decodes nothing.
    ///
    /// # Errors
    ///
    /// The index cannot be read or is damaged, or a file it names is missing.
    pub fn load(dir: &Path) -> Result<Self, VoiceError> {
        let index = read_index(dir)?;
        let bad = |reason: String| VoiceError::BadIndex {
            path: dir.join(INDEX),
            reason,
        };
        let mut by_text = HashMap::with_capacity(index.clips.len());
        for entry in &index.clips {
            let inside = Path::new(&entry.file)
                .file_name()
                .is_some_and(|name| name == entry.file.as_str());
            if !inside {
                return Err(bad(format!("{:?} is not a file name", entry.file)));
            }
            let length = entry.frames as f64 / f64::from(index.rate);
            for at in [entry.onset_s, entry.beat_s] {
                if !(0.0..=length).contains(&at) {
                    return Err(bad(format!(
                        "\"{}\": {at} s does not lie within its {length} s",
                        entry.text
                    )));
                }
            }
            let path = dir.join(&entry.file);
            if !path.is_file() {
                return Err(VoiceError::MissingFile {
                    path,
                    text: entry.text.clone(),
                });
            }
            let known = by_text.insert(normalised(&entry.text), entry.clone());
            if known.is_some() {
                return Err(bad(format!("\"{}\" is in it twice", entry.text)));
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            index,
            by_text,
            decoded: Decoded::none(),
        })
    }

    /// A bank without any clip: every text goes to the synthesiser.
    pub fn empty() -> Self {
        Self {
            dir: PathBuf::new(),
            index: Index::default(),
            by_text: HashMap::new(),
            decoded: Decoded::none(),
        }
    }

    /// The clip that says `text`, whatever its case, punctuation and spacing; `None` also where its
    /// file is damaged (see [`Bank::check`]).
    pub fn clip(&self, text: &str) -> Option<Arc<Clip>> {
        let text = normalised(text);
        let entry = self.by_text.get(&text)?;
        // Nothing panics while it is held.
        let mut decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clip) = decoded.clips.get(&text) {
            return Some(Arc::clone(clip));
        }
        let clip = Arc::new(self.decode(entry).ok()?);
        decoded.keep(text, &clip);
        Some(clip)
    }

    /// The index's line for `text`.
    pub fn entry(&self, text: &str) -> Option<&Entry> {
        self.by_text.get(&normalised(text))
    }

    /// Whether there is a clip that says `text`.
    pub fn has(&self, text: &str) -> bool {
        self.by_text.contains_key(&normalised(text))
    }

    /// The clip of one of the talk's own sounds.
    pub fn sound(&self, sound: Sound) -> Arc<Clip> {
        sound.clip()
    }

    /// What can be said, as it was given to the engine, in the index's order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.index.clips.iter().map(|entry| entry.text.as_str())
    }

    /// The index: voice, licence, engine.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Decodes every clip once.
    ///
    /// # Errors
    ///
    /// The first file that is damaged or is not as long as the index says.
    pub fn check(&self) -> Result<(), VoiceError> {
        self.index
            .clips
            .iter()
            .try_for_each(|entry| self.decode(entry).map(drop))
    }

    fn decode(&self, entry: &Entry) -> Result<Clip, VoiceError> {
        let path = self.dir.join(&entry.file);
        let bad = |reason: String| VoiceError::BadFile {
            path: path.clone(),
            reason,
        };
        let file = File::open(&path).map_err(|error| bad(error.to_string()))?;
        let pcm = pcm::decode(file).map_err(bad)?;
        let clip = trimmed(&pcm.samples, entry);
        let Some(clip) = clip.filter(|_| pcm.rate == self.index.rate) else {
            return Err(bad(format!(
                "{} frames at {} Hz, not {} at {}",
                pcm.samples.len(),
                pcm.rate,
                entry.skip.saturating_add(entry.frames),
                self.index.rate
            )));
        };
        let mut samples = pcm::resampled(clip.to_vec(), pcm.rate, RATE).map_err(bad)?;
        if self.index.gain_db != 0.0 {
            let gain = decibels(self.index.gain_db);
            samples.iter_mut().for_each(|x| *x *= gain);
        }
        Ok(Clip {
            samples: samples.into(),
            onset: Duration::from_secs_f64(entry.onset_s),
            beat: Duration::from_secs_f64(entry.beat_s),
        })
    }
}

/// What is the clip of a decoded file; `None` where the file is too short, or too long. Coding that puts silence
/// before puts some after, too.
fn trimmed<'s>(samples: &'s [f32], entry: &Entry) -> Option<&'s [f32]> {
    let (skip, frames) = (
        usize::try_from(entry.skip).ok()?,
        usize::try_from(entry.frames).ok()?,
    );
    let clip = samples.get(skip..skip.checked_add(frames)?)?;
    (skip > 0 || samples.len() == frames).then_some(clip)
}

/// Reads the index of `dir`.
pub(super) fn read_index(dir: &Path) -> Result<Index, VoiceError> {
    let path = dir.join(INDEX);
    let text = match limits::read_text(&path, limits::VOICE_INDEX_BYTES) {
        Ok(text) => text,
        Err(source) => return Err(VoiceError::NoIndex { path, source }),
    };
    let index: Index = serde_json::from_str(&text).map_err(|error| VoiceError::BadIndex {
        path: path.clone(),
        reason: error.to_string(),
    })?;
    match index.rate {
        _ if !(-12.0..=0.0).contains(&index.gain_db) => Err(VoiceError::BadIndex {
            path,
            reason: format!("no such gain: {} dB", index.gain_db),
        }),
        8_000..=192_000 => Ok(index),
        rate => Err(VoiceError::BadIndex {
            path,
            reason: format!("no such rate: {rate} Hz"),
        }),
    }
}

#[cfg(test)]
#[path = "bank_tests.rs"]
mod tests;
