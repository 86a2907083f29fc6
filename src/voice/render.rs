//! Makes a bank of a list of texts: renders each with a speech program, levels it, writes it as a file with
//! the index.
//!
//! A sentence is rendered whole, so that its melody is right.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bank::{BeatOn, Entry, INDEX, Index, read_index};
use super::centre;
use super::clip::normalised;
use super::coding::Coding;
use super::engine::{Engine, speakable};
use super::level::{self, LevelError};
use super::pcm;
use super::speaker::Speaker;
use super::synth::SynthError;

/// A sentence of a few seconds takes a tenth of one; more is a fault.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Frames a second of every clip: speech up to 8 kHz, as a good telephone gives it.
const CLIP_RATE: u32 = 16_000;

/// What to render with, and where to.
#[derive(Clone, Debug)]
pub struct RenderOptions {
    /// The voice.
    pub voice: Speaker,
    /// How the files are coded.
    pub coding: Coding,
    /// The bank's directory; made where it is missing.
    pub out: PathBuf,
    /// Render what is there already, too.
    pub all: bool,
    /// The search path for the program, as in `$PATH`.
    pub path: std::ffi::OsString,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderReport {
    /// Texts rendered now.
    pub rendered: Vec<String>,
    /// How many were there already, unchanged.
    pub kept: usize,
    /// Files deleted because their text is no longer in the list.
    pub deleted: Vec<String>,
    /// Size of all clips together, in bytes.
    pub bytes: u64,
}

/// Why a bank could not be rendered. The index on disk is then still the old one.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The speech program is not installed.
    #[error("{program} was not found: {install}")]
    NoProgram {
        /// Its name.
        program: &'static str,
        /// How to install it.
        install: &'static str,
    },
    /// Two texts differ only in punctuation but want their beat on different words.
    #[error("\"{0}\" is in the list twice with its beat on different words; choose one")]
    TwoBeats(String),
    /// A text has no word in it.
    #[error("there is nothing to say in {0:?}; take it out of the list")]
    Nothing(String),
    /// The program failed on a text.
    #[error("\"{text}\" could not be rendered: {source}")]
    Speech {
        /// The text.
        text: String,
        /// What went wrong.
        source: SynthError,
    },
    /// What the program made is silent.
    #[error("\"{text}\" could not be levelled: {source}; say it in other words")]
    Level {
        /// The text.
        text: String,
        /// What went wrong.
        source: LevelError,
    },
    /// It could not be encoded.
    #[error("\"{text}\" could not be encoded: {reason}")]
    Encode {
        /// The text.
        text: String,
        /// What went wrong.
        reason: String,
    },
    /// A file could not be written or deleted.
    #[error("cannot write {path}: {source}; make the directory writable or choose another")]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

/// Renders what is missing or has changed of `texts`, each with the word its beat is on, and deletes the clips
/// of texts that are no longer in it.
///
/// # Errors
///
/// The program is missing or fails, or a file cannot be written; then the old index stays.
pub fn render(
    texts: &[(String, BeatOn)],
    options: &RenderOptions,
) -> Result<RenderReport, RenderError> {
    let RenderOptions { voice, out, .. } = options;
    let wanted = without_doubles(texts)?;
    std::fs::create_dir_all(out).map_err(|source| RenderError::Write {
        path: out.clone(),
        source,
    })?;
    // An index that cannot be read is as good as none: everything is rendered again.
    let old = read_index(out).ok().filter(|old| {
        old.voice == voice.described() && old.command == voice.command() && old.rate == CLIP_RATE
    });
    let mut index = Index {
        voice: voice.described(),
        licence: voice.program.licence.to_owned(),
        engine: voice.program.file.to_owned(),
        command: voice.command(),
        rate: CLIP_RATE,
        // What is kept needs what it needed.
        gain_db: old.as_ref().map_or(0.0, |old| old.gain_db),
        clips: Vec::with_capacity(wanted.len()),
    };
    let ending = options.coding.ending();
    let there: HashMap<&str, &Entry> = old
        .iter()
        .filter(|_| !options.all)
        .flat_map(|old| &old.clips)
        .filter(|entry| entry.file.ends_with(ending) && out.join(&entry.file).is_file())
        .map(|entry| (entry.text.as_str(), entry))
        .collect();
    let mut report = RenderReport::default();
    for (text, beat_on) in wanted {
        if let Some(entry) = there.get(text).filter(|entry| entry.beat_on == beat_on) {
            index.clips.push((*entry).clone());
            report.kept += 1;
            continue;
        }
        let entry = render_one(text, beat_on, options)?;
        index.clips.push(entry);
        report.rendered.push(text.to_owned());
    }
    write_index(out, &index)?;
    report.deleted = delete_others(out, &index)?;
    let size = |entry: &Entry| {
        out.join(&entry.file)
            .metadata()
            .map_or(0, |data| data.len())
    };
    report.bytes = index.clips.iter().map(size).sum();
    Ok(report)
}

/// The texts once each, the first spelling kept.
fn without_doubles(texts: &[(String, BeatOn)]) -> Result<Vec<(&str, BeatOn)>, RenderError> {
    let mut beats: HashMap<String, BeatOn> = HashMap::new();
    let mut once = Vec::with_capacity(texts.len());
    for (text, beat_on) in texts {
        if speakable(text).is_none() {
            return Err(RenderError::Nothing(text.clone()));
        }
        match beats.insert(normalised(text), *beat_on) {
            None => once.push((text.as_str(), *beat_on)),
            Some(before) if before != *beat_on => return Err(RenderError::TwoBeats(text.clone())),
            Some(_) => {}
        }
    }
    Ok(once)
}

fn render_one(text: &str, beat_on: BeatOn, options: &RenderOptions) -> Result<Entry, RenderError> {
    let RenderOptions {
        voice,
        coding,
        out,
        path,
        ..
    } = options;
    let program = voice.program;
    let engine = Engine::find(voice, path).ok_or(RenderError::NoProgram {
        program: program.file,
        install: program.install,
    })?;
    let failed = |source| RenderError::Speech {
        text: text.to_owned(),
        source,
    };
    let pcm = engine.speak(text, TIME_LIMIT).map_err(failed)?;
    let failed = |source| RenderError::Level {
        text: text.to_owned(),
        source,
    };
    let coded = |reason| RenderError::Encode {
        text: text.to_owned(),
        reason,
    };
    let samples = pcm::resampled(pcm.samples, pcm.rate, CLIP_RATE).map_err(coded)?;
    let mut samples = level::levelled(&samples, CLIP_RATE, text, beat_on)
        .map_err(failed)?
        .samples;
    // Coding moves the peaks, so what was coded is what is measured.
    let mut rounds = 0..5;
    let (data, heard) = loop {
        let data = coding.encoded(&samples, CLIP_RATE, path).map_err(coded)?;
        let mut heard = pcm::decode(std::io::Cursor::new(data.clone())).map_err(coded)?;
        heard
            .samples
            .drain(..coding.delay().min(heard.samples.len()));
        heard.samples.truncate(samples.len());
        let peak = level::true_peak(&heard.samples, CLIP_RATE).map_err(failed)?;
        let over = peak as f32 - level::PEAK_DBTP;
        if over <= 0.0 || rounds.next().is_none() {
            break (data, heard);
        }
        let softer = level::decibels(-over - 0.05);
        samples.iter_mut().for_each(|x| *x *= softer);
    };
    // Onset and beat are those of what will be heard, too.
    let onset = level::audible(&heard.samples, CLIP_RATE).map_or(0, |(first, _)| first);
    let beat = centre::beat(&heard.samples, CLIP_RATE, text, beat_on).unwrap_or(onset);
    let file = file_name(text, coding.ending());
    write(&out.join(&file), &data)?;
    // Microseconds are as fine as a session's time goes.
    let secs = |frames: usize| (frames as f64 / f64::from(CLIP_RATE) * 1e6).round() / 1e6;
    Ok(Entry {
        text: text.to_owned(),
        file,
        skip: coding.delay() as u64,
        frames: heard.samples.len() as u64,
        onset_s: secs(onset),
        beat_s: secs(beat),
        beat_on,
    })
}

/// "let-go-now.flac", where `ending` is ".flac"; a long text is cut and told apart by a hash of the whole (FNV-1a, 32 bits).
fn file_name(text: &str, ending: &str) -> String {
    const LONGEST: usize = 40;
    let words = normalised(text);
    let hash = words.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let ascii: String = words
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    if words.is_ascii() && ascii.len() <= LONGEST {
        return format!("{ascii}{ending}");
    }
    let cut = &ascii[..ascii.len().min(LONGEST)];
    format!("{}-{hash:08x}{ending}", cut.trim_end_matches('-'))
}

/// Written beside and then moved there, so that no half-written file is ever found under its name.
fn write(path: &Path, data: &[u8]) -> Result<(), RenderError> {
    let beside = path.with_extension("part");
    let moved = std::fs::write(&beside, data).and_then(|()| std::fs::rename(&beside, path));
    moved.map_err(|source| RenderError::Write {
        path: path.to_owned(),
        source,
    })
}

/// One clip a line: a change of one text is a change of one line.
fn write_index(out: &Path, index: &Index) -> Result<(), RenderError> {
    let path = out.join(INDEX);
    let failed = |error: serde_json::Error| RenderError::Write {
        path: path.clone(),
        source: error.into(),
    };
    let head = serde_json::to_string_pretty(&Index {
        clips: Vec::new(),
        ..index.clone()
    })
    .map_err(failed)?;
    let clips: Result<Vec<_>, _> = index.clips.iter().map(serde_json::to_string).collect();
    let lines = format!(
        "\"clips\": [\n    {}\n  ]",
        clips.map_err(failed)?.join(",\n    ")
    );
    write(
        &path,
        (head.replace("\"clips\": []", &lines) + "\n").as_bytes(),
    )
}

/// Deletes the clips that the index does not name.
fn delete_others(out: &Path, index: &Index) -> Result<Vec<String>, RenderError> {
    let failed = |path: &Path, source| RenderError::Write {
        path: path.to_owned(),
        source,
    };
    let mut deleted = Vec::new();
    for file in std::fs::read_dir(out).map_err(|source| failed(out, source))? {
        let path = file.map_err(|source| failed(out, source))?.path();
        let Some(name) = path.file_name().and_then(OsStr::to_str) else {
            continue;
        };
        let is_clip = Coding::ALL
            .iter()
            .any(|coding| name.ends_with(coding.ending()));
        if is_clip && !index.clips.iter().any(|entry| entry.file == name) {
            std::fs::remove_file(&path).map_err(|source| failed(&path, source))?;
            deleted.push(name.to_owned());
        }
    }
    deleted.sort();
    Ok(deleted)
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
