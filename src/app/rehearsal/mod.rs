//! A talk in the simulated room: the same session, voice and ears, with the devices swapped.
//!
//! Everything is on one clock, the loudspeaker's sample count, and moves in blocks of 10 ms as fast as
//! the machine can. The same guide, script and seed give the same rehearsal, to the last bit.

mod in_room;

pub use in_room::InRoom;

use super::Notice;
use super::script::What;
use super::technician::{Technician, Utterance};
use crate::ears::{Ears, EarsError};
use crate::guide::Guide;
use crate::record::{Event, Line};
use crate::session::{Outcome, Settings};
use crate::sound::file::{Pcm, WavWriter, read};
use crate::sound::room::{Room, RoomConfig, speech_dbfs};
use crate::sound::{EAR_RATE, RATE, SoundError};
use crate::time::Moment;
use crate::voice::{Bank, Synth, Voice};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Recorded after the last word.
const TAIL: Duration = Duration::from_millis(700);
/// A talk that nobody answers any more is broken off after this much silence.
const IDLE: Duration = Duration::from_secs(150);
/// The same while something boots, which takes longer.
const IDLE_WAITING: Duration = Duration::from_secs(15 * 60);
/// No rehearsal is longer than this.
const LONGEST: Duration = Duration::from_secs(4 * 3600);

/// What a rehearsal is made with.
pub struct Stage {
    /// The guide that is talked through.
    pub guide: Arc<Guide>,
    /// How the listener wants the talk.
    pub settings: Settings,
    /// The voice of the talk.
    pub voice: Voice,
    /// The ears of the talk.
    pub ears: Ears,
    /// The room.
    pub room: RoomConfig,
    /// Who answers.
    pub technician: Technician,
    /// The technician's voice.
    pub clips: Bank,
    /// Renders what the technician has no clip for.
    pub synth: Option<Box<dyn Synth>>,
    /// Where `speaker.wav`, `microphone.wav` and `session.jsonl` are written; nowhere if `None`.
    pub out: Option<PathBuf>,
}

/// What became of a rehearsal.
#[derive(Clone, Debug)]
pub struct Report {
    /// How the talk ended; `None` if nobody answered any more.
    pub outcome: Option<Outcome>,
    /// How long it was.
    pub length: Duration,
    /// The whole record.
    pub record: Vec<Line>,
    /// Lines of the script that nothing called for.
    pub unsaid: bool,
}

/// Why a rehearsal cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// A recording cannot be read or the room not be built.
    #[error(transparent)]
    Sound(#[from] SoundError),
    /// The recogniser failed.
    #[error(transparent)]
    Ears(#[from] EarsError),
    /// The technician has no voice for a text.
    #[error(
        "the technician cannot say {0:?}: install flite or espeak-ng, or use a recording (file = ...)"
    )]
    NoVoice(String),
    /// The output cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// Holds the rehearsal; `heed` is shown every line of the record as it is written.
///
/// # Errors
///
/// A recording is missing, the technician has no voice for a text, the recogniser died, or the output
/// cannot be written.
pub fn rehearse(stage: Stage, mut heed: impl FnMut(&Line)) -> Result<Report, RehearsalError> {
    let Stage {
        guide,
        settings,
        voice,
        ears,
        room: config,
        mut technician,
        clips,
        synth,
        out,
    } = stage;
    let mut mouth = Mouth {
        clips,
        synth,
        speech_dbfs: config.speech_dbfs,
    };
    for file in technician.files() {
        read(&file)?;
    }
    let room = Room::new(config)?;
    let mut talk = InRoom::new(guide, settings, voice, ears, room);
    let mut files = Files::create(out.as_deref())?;
    let mut record: Vec<Line> = Vec::new();
    let mut eventful = Moment::ZERO;
    let mut ends_at: Option<Moment> = None;

    for utterance in technician.at_the_start() {
        eventful = eventful.max(mouth.say(&utterance, talk.room())?);
    }
    talk.begin();
    loop {
        for notice in talk.notices() {
            for utterance in technician.react(&notice, talk.sayable()) {
                eventful = eventful.max(mouth.say(&utterance, talk.room())?);
            }
            if let Notice::Line(line) = notice {
                if matters(&line.event) {
                    eventful = eventful.max(talk.now());
                }
                heed(&line);
                files.line(&line)?;
                record.push(line);
            }
        }
        let now = talk.now();
        if talk.outcome().is_some() && ends_at.is_none() {
            ends_at = Some(now + TAIL);
        }
        let patience = if talk.is_waiting() {
            IDLE_WAITING
        } else {
            IDLE
        };
        let idle = now - eventful > patience || now - Moment::ZERO > LONGEST;
        if idle || ends_at.is_some_and(|end| now >= end) {
            break;
        }
        talk.step()?;
        files.sound(talk.loudspeaker(), talk.microphone())?;
    }
    files.finish()?;
    Ok(Report {
        outcome: talk.outcome(),
        length: talk.now() - Moment::ZERO,
        record,
        unsaid: technician.has_lines_left(),
    })
}

/// Whether the talk is still going somewhere; its own reminders and progress are not that.
fn matters(event: &Event) -> bool {
    !matches!(event, Event::Say { .. } | Event::Levels { .. })
}

/// The technician's mouth.
struct Mouth {
    clips: Bank,
    synth: Option<Box<dyn Synth>>,
    speech_dbfs: f32,
}

impl Mouth {
    /// Says `utterance` into the room's microphone; returns when it is over.
    fn say(&mut self, utterance: &Utterance, room: &mut Room) -> Result<Moment, RehearsalError> {
        let (samples, gain_db) = match &utterance.what {
            What::Text(text) => {
                let samples = self.spoken(text)?;
                let gain_db = self.speech_dbfs - speech_dbfs(&samples, EAR_RATE);
                (samples, gain_db)
            }
            // A recording is as loud as it is.
            What::File(path) => (read(path)?.resampled(EAR_RATE)?.samples.into(), 0.0),
        };
        let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(EAR_RATE));
        let begun = room.talk(samples, utterance.at, gain_db + utterance.gain_db);
        Ok(begun + length)
    }

    fn spoken(&mut self, text: &str) -> Result<Arc<[f32]>, RehearsalError> {
        let clip = match self.clips.clip(text) {
            Some(clip) => clip,
            None => self
                .synth
                .as_mut()
                .and_then(|synth| synth.render(text).ok())
                .ok_or_else(|| RehearsalError::NoVoice(text.into()))?,
        };
        let pcm = Pcm {
            rate: RATE,
            samples: clip.samples.to_vec(),
        };
        Ok(pcm.resampled(EAR_RATE)?.samples.into())
    }
}

/// What a rehearsal leaves behind.
struct Files {
    speaker: Option<WavWriter>,
    microphone: Option<WavWriter>,
    session: Option<(PathBuf, std::io::BufWriter<std::fs::File>)>,
}

impl Files {
    fn create(out: Option<&Path>) -> Result<Self, RehearsalError> {
        let Some(dir) = out else {
            return Ok(Self {
                speaker: None,
                microphone: None,
                session: None,
            });
        };
        let unwritable = |path: &Path| {
            let path = path.to_owned();
            move |source| RehearsalError::Unwritable { path, source }
        };
        std::fs::create_dir_all(dir).map_err(unwritable(dir))?;
        let session = dir.join("session.jsonl");
        let file = std::fs::File::create(&session).map_err(unwritable(&session))?;
        Ok(Self {
            speaker: Some(WavWriter::create(&dir.join("speaker.wav"), RATE)?),
            microphone: Some(WavWriter::create(&dir.join("microphone.wav"), EAR_RATE)?),
            session: Some((session, std::io::BufWriter::new(file))),
        })
    }

    fn sound(&mut self, loudspeaker: &[f32], microphone: &[f32]) -> Result<(), RehearsalError> {
        if let Some(writer) = &mut self.speaker {
            writer.push(loudspeaker)?;
        }
        if let Some(writer) = &mut self.microphone {
            writer.push(microphone)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Line) -> Result<(), RehearsalError> {
        let Some((path, file)) = &mut self.session else {
            return Ok(());
        };
        super::write_line(file, line).map_err(|source| RehearsalError::Unwritable {
            path: path.clone(),
            source,
        })
    }

    fn finish(self) -> Result<(), RehearsalError> {
        for writer in [self.speaker, self.microphone].into_iter().flatten() {
            writer.finish()?;
        }
        if let Some((path, mut file)) = self.session {
            std::io::Write::flush(&mut file)
                .map_err(|source| RehearsalError::Unwritable { path, source })?;
        }
        Ok(())
    }
}
