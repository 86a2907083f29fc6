//! Texts without a clip, spoken by a program of this machine.
//!
//! Which one is found by itself: the voice nearest to the shipped one that is installed. What it makes is
//! kept on disk ([`Cache`]), so that a text is rendered once.

use std::ffi::OsStr;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::bank::BeatOn;
use super::cache::Cache;
use super::clip::Clip;
use super::engine::{Engine, speakable};
use super::level::{self, LevelError};
use super::pcm::{self, Pcm};
use super::speaker::{SPEAKERS, Sex, Speaker};
use crate::sound::RATE;

/// A program that has not finished by then is killed.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Makes speech of a text.
pub trait Synth: Send {
    /// Renders `text`, trimmed and levelled.
    ///
    /// # Errors
    ///
    /// There is nothing to say in it, or it cannot be rendered.
    fn render(&mut self, text: &str) -> Result<Arc<Clip>, SynthError>;
}

/// Why a text could not be spoken.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// The text has no word in it.
    #[error("there is nothing to say in {0:?}")]
    Nothing(String),
    /// The program did not start.
    #[error("cannot run {program}: {source}; install flite or espeak-ng")]
    Run {
        /// Its name.
        program: String,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The program did not finish in time and was killed.
    #[error("{program} took longer than {} s; use another speech program (flite or espeak-ng)", limit.as_secs())]
    Slow {
        /// Its name.
        program: String,
        /// The time it had.
        limit: Duration,
    },
    /// The program failed.
    #[error("{program} failed ({status}); try it in a terminal, or install flite or espeak-ng")]
    Failed {
        /// Its name.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// What it wrote is no speech.
    #[error(
        "{program} wrote no usable sound: {reason}; use another speech program (flite or espeak-ng)"
    )]
    Unusable {
        /// Its name.
        program: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No voice answers to a name.
    #[error(
        "no speech program {name:?} is here; choose auto, none{}",
        among(known)
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// What is installed.
        known: Vec<String>,
    },
}

fn among(known: &[String]) -> String {
    match known {
        [] => ", or install flite or espeak-ng".to_owned(),
        known => format!(" or one of {}", known.join(", ")),
    }
}

/// What is asked for with `--synth`: `auto`, `none`, or a program or voice by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SynthChoice {
    /// The nearest to the shipped voice that is installed.
    #[default]
    Auto,
    /// Texts without a clip are shown, not spoken.
    None,
    /// This program ("flite") or voice ("flite-slt") and no other.
    Named(String),
}

impl From<&str> for SynthChoice {
    fn from(name: &str) -> Self {
        match name {
            "auto" => Self::Auto,
            "none" => Self::None,
            name => Self::Named(name.to_owned()),
        }
    }
}

/// The voices of this machine, nearest to the shipped one first: the very same voice, one of the same sex,
/// one of either. `path` is the search path, as in `$PATH`; `piper` a voice file of the user's own for
/// Piper, which, being chosen, goes before all.
pub fn installed(path: &OsStr, name: &str, sex: Sex, piper: Option<String>) -> Vec<Engine> {
    let far = |speaker: &Speaker| match speaker.sex {
        _ if speaker.voice == name => 0,
        its if its == sex || its == Sex::Either => 1,
        _ => 2,
    };
    let mut known: Vec<&Speaker> = SPEAKERS.iter().collect();
    // Stable: among the equally near, the better stays first.
    known.sort_by_key(|speaker| far(speaker));
    let own = piper.map(Speaker::piper);
    own.iter()
        .chain(known)
        .filter_map(|speaker| Engine::find(&speaker.at_once(), path))
        .collect()
}

/// Speech programs of this machine, with what they made kept on disk.
#[derive(Debug)]
pub struct SystemSynth {
    engines: Vec<Engine>,
    limit: Duration,
    cache: Option<Cache>,
}

impl SystemSynth {
    /// What `choice` says of the voices `installed` here; `None` where nothing is to speak, or nothing can.
    ///
    /// # Errors
    ///
    /// A name was given that no installed voice answers to.
    pub fn choose(
        choice: &SynthChoice,
        installed: Vec<Engine>,
        cache: Option<Cache>,
    ) -> Result<Option<Self>, SynthError> {
        let engines = match choice {
            SynthChoice::None => Vec::new(),
            SynthChoice::Auto => installed,
            SynthChoice::Named(name) => {
                let known = installed.iter().map(Engine::name).collect();
                let is_meant = |engine: &Engine| {
                    name.eq_ignore_ascii_case(engine.speaker.program.name)
                        || name.eq_ignore_ascii_case(&engine.name())
                };
                let meant: Vec<Engine> = installed.into_iter().filter(is_meant).collect();
                if meant.is_empty() {
                    return Err(SynthError::Unknown {
                        name: name.clone(),
                        known,
                    });
                }
                meant
            }
        };
        Ok(Self::with(engines, cache))
    }

    /// These voices, each tried when the one before it fails; `None` where there is none.
    pub fn with(engines: Vec<Engine>, cache: Option<Cache>) -> Option<Self> {
        (!engines.is_empty()).then_some(Self {
            engines,
            limit: TIME_LIMIT,
            cache,
        })
    }

    /// The voices, nearest first.
    pub fn engines(&self) -> &[Engine] {
        &self.engines
    }

    fn spoken(&self, engine: &Engine, line: &str) -> Result<Clip, SynthError> {
        let key = format!("{}\n{line}", engine.manner(line));
        if let Some(pcm) = self.cache.as_ref().and_then(|cache| cache.get(&key)) {
            return clip(engine, pcm, line);
        }
        let pcm = engine.speak(line, self.limit)?;
        // Only what can be used is kept.
        let clip = clip(engine, pcm.clone(), line)?;
        if let Some(cache) = &self.cache {
            cache.put(&key, &pcm);
        }
        Ok(clip)
    }
}

impl Synth for SystemSynth {
    fn render(&mut self, text: &str) -> Result<Arc<Clip>, SynthError> {
        let line = speakable(text).ok_or_else(|| SynthError::Nothing(text.to_owned()))?;
        let mut outcome = Err(SynthError::Nothing(text.to_owned()));
        for engine in &self.engines {
            outcome = self.spoken(engine, &line);
            if outcome.is_ok() {
                break;
            }
        }
        outcome.map(Arc::new)
    }
}

/// What `engine` made of `text`, trimmed, levelled and at the loudspeaker's rate.
fn clip(engine: &Engine, pcm: Pcm, text: &str) -> Result<Clip, SynthError> {
    let unusable = |reason: String| SynthError::Unusable {
        program: engine.name(),
        reason,
    };
    let ready = level::levelled(&pcm.samples, pcm.rate, text, BeatOn::First)
        .map_err(|error: LevelError| unusable(error.to_string()))?;
    let after = |frames: usize| Duration::from_secs_f64(frames as f64 / f64::from(pcm.rate));
    let (onset, beat) = (after(ready.onset), after(ready.beat));
    let samples = pcm::resampled(ready.samples, pcm.rate, RATE).map_err(unusable)?;
    Ok(Clip {
        samples: samples.into(),
        onset,
        beat,
    })
}

#[cfg(all(test, unix))]
#[path = "synth_tests.rs"]
mod tests;
