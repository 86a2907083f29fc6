//! How well the ears hear: the ears of a talk over recordings, and what became of every word.
//!
//! ```text
//! manifest ─ material ─▶ listen (ears, recogniser) ─▶ score ─▶ report
//!              ▲   noise, room, own background          ▲
//!              └────────── own_voice (simulated room) ──┘
//! ```
//!
//! The ears are those of a talk, with the phrases and lanes that the session gives them; the sound comes in
//! chunks of 20 ms, and time is that of the samples.
//!
//! - A *positive* is a recording of kind `command` whose whole transcript is a phrase of the vocabulary. Each
//!   is heard by fresh ears, with [`BEFORE`] and [`AFTER`] of its own background around it, and counts by the
//!   first verdict that is obeyed during the recording.
//! - A *negative* is a recording of kind `other` that holds no command. All are heard one after the other by
//!   the same ears, with a short background between. Whatever is obeyed is a false command.
//! - Recordings of kind `noise` are heard likewise, and counted apart.
//! - Everything else is left out, and counted by reason.

mod export;
mod listen;
pub mod manifest;
mod material;
mod own_voice;
pub mod report;
mod run;
mod score;
mod vocabulary;

use std::path::{Path, PathBuf};

use crate::ears::{EarsError, Phrase};
use crate::sound::SoundError;
use listen::Shared;
use manifest::{Contains, Half, Manifest, Row, RowKind};
pub use own_voice::OwnVoice;
use report::Report;
use run::Run;
pub use vocabulary::{names as vocabulary_names, phrases};

/// Background before a command, in samples: 1.5 s. The ears know its noise by then.
pub const BEFORE: usize = 24_000;
/// Background after a command, in samples: 1.5 s.
pub const AFTER: usize = 24_000;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// The table of recordings cannot be read.
    #[error("cannot read {}: {error}: name a manifest.tsv or the directory it is in", path.display())]
    Unreadable {
        /// The table.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// A line of it is wrong.
    #[error("{}:{line}: {fault}", path.display())]
    Line {
        /// The table.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it, and what to do.
        fault: String,
    },
    /// The vocabulary is none.
    #[error("{0}")]
    Vocabulary(String),
    /// Nothing is left to be heard.
    #[error("{} has nothing to listen to: {why}", path.display())]
    Nothing {
        /// The table.
        path: PathBuf,
        /// What was wanted and is not there.
        why: &'static str,
    },
    /// A sound cannot be used.
    #[error("{0}")]
    Sound(#[from] SoundError),
    /// There is nothing to play.
    #[error(
        "the voice has no clip that can be read: `talkthrough check` says why; choose another with --voice"
    )]
    NoVoice,
    /// The recogniser failed.
    #[error("{0}")]
    Ears(#[from] EarsError),
    /// What was heard cannot be written down.
    #[error("cannot write {}: {error}: check the path and the disk", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
}

/// Where noise or a room's response comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// One recording.
    File(PathBuf),
    /// Those of the manifest in turn.
    Manifest,
}

/// What is to be evaluated.
pub struct Options {
    /// Table of the recordings, or the directory it is in as `manifest.tsv`.
    pub manifest: PathBuf,
    /// Name of the vocabulary, for the report.
    pub vocabulary: String,
    /// What is listened for.
    pub phrases: Vec<Phrase>,
    /// Only the speakers of this half.
    pub half: Option<Half>,
    /// Noise, and how far below the speech it lies, in dB.
    pub noise: Option<(From, f32)>,
    /// The room that is spoken in.
    pub rir: Option<From>,
    /// Our own voice, playing meanwhile.
    pub own_voice: Option<OwnVoice>,
    /// Whether other speech that nobody checked for commands counts as negative too.
    pub unchecked: bool,
    /// Writes every verdict to this file, a JSON object a line.
    pub verdicts: Option<PathBuf>,
    /// Writes everything that is heard, and what is said in it, into this directory.
    pub export: Option<PathBuf>,
}

/// Listens to everything with the model in the directory `model`. `progress` is told how many recordings are done, of how many.
///
/// # Errors
///
/// The manifest is wrong, a recording cannot be read, or the recogniser fails.
pub fn evaluate(
    options: &Options,
    model: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, EvaluationError> {
    let manifest = Manifest::read(&options.manifest)?;
    let mut run = Run::new(options, &manifest, Shared::open(model)?)?;
    let (mut positives, mut negatives, mut noise) = (Vec::new(), Vec::new(), Vec::new());
    for row in &manifest.rows {
        match role(row, options) {
            Role::Positive => positives.push(row),
            Role::Negative => negatives.push(row),
            Role::Noise => noise.push(row),
            Role::LeftOut(why) => {
                run.leave_out(why);
            }
        }
    }
    let total = positives.len() + negatives.len() + noise.len();
    if total == 0 && options.own_voice.is_none() {
        return Err(EvaluationError::Nothing {
            path: manifest.path,
            why: "no recording is a command of the vocabulary, other speech without one, or noise: choose another --vocabulary or --speakers",
        });
    }
    run.memory.look();
    let mut done = 0;
    let mut tick = || {
        progress(done, total);
        done += 1;
    };
    match &options.own_voice {
        Some(ours) => run.over_own_voice(ours, &positives, &mut tick)?,
        None => {
            for (nth, row) in run.in_turn(&positives) {
                tick();
                run.positive(row, nth)?;
            }
            run.negatives(&negatives, RowKind::Other, &mut tick)?;
            run.negatives(&noise, RowKind::Noise, &mut tick)?;
        }
    }
    tick();
    run.finish()
}

/// What a recording is good for here.
enum Role {
    Positive,
    Negative,
    Noise,
    LeftOut(&'static str),
}

fn role(row: &Row, options: &Options) -> Role {
    let phrases = &options.phrases;
    let words = format!(" {} ", row.transcript);
    let holds_one = || {
        let mut phrases = phrases.iter();
        phrases.any(|phrase| words.contains(&format!(" {} ", phrase.text)))
    };
    let other_half = options.half.is_some() && row.half.is_some() && options.half != row.half;
    let added = matches!(options.noise, Some((From::Manifest, _)));
    match (row.kind, row.contains) {
        (RowKind::Rir, _) => Role::LeftOut("the response of a room"),
        _ if other_half => Role::LeftOut("a speaker of the other half"),
        (RowKind::Command, _) if phrases.iter().any(|p| p.text == row.transcript) => Role::Positive,
        (RowKind::Command, _) => Role::LeftOut("a command outside the vocabulary"),
        _ if options.own_voice.is_some() => Role::LeftOut("not heard under our own voice"),
        (RowKind::Noise, _) if added => Role::LeftOut("noise that is added to the speech"),
        (RowKind::Noise, _) => Role::Noise,
        (RowKind::Other, Contains::Yes) => Role::LeftOut("other speech with a command in it"),
        (RowKind::Other, _) if holds_one() => {
            Role::LeftOut("other speech with a phrase of the vocabulary in it")
        }
        (RowKind::Other, Contains::Unknown) if !options.unchecked => {
            Role::LeftOut("other speech that nobody checked for commands")
        }
        (RowKind::Other, _) => Role::Negative,
    }
}
