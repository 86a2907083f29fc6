//! The same while our own voice sounds in a simulated room.
//!
//! The loudspeaker says the sentences of the shipped voice one after the other. Some time after it has
//! begun, the commands are spoken over it, all by the same ears; then nobody is there, and only our own
//! voice goes on. The ears are told what is played and what is said, as a talk tells them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::listen::{CHUNK, Decided, Listener, Load};
use super::manifest::Row;
use super::run::{Run, said};
use super::score::{Nothing, Said};
use super::{AFTER, BEFORE, EvaluationError};
use crate::ears::{Decimator, Spoken};
use crate::sound::room::{Room, RoomConfig, speech_dbfs};
use crate::sound::{EAR_RATE, RATE};
use crate::time::Moment;
use crate::voice::{Bank, Clip};

/// Level of the talker at the microphone, in dB of full scale: an echo 10 dB louder does not clip.
const TALKER_DBFS: f32 = -30.0;
/// Nobody speaks before this: the echo canceller learns the room, as it does during the opening of a talk.
const ALONE_FIRST: Duration = Duration::from_secs(20);
/// Between sentences.
const PAUSE: Duration = Duration::from_millis(350);
/// Frames of the loudspeaker for each chunk of the microphone.
const BLOCK: usize = CHUNK * (RATE / EAR_RATE) as usize;
/// How long what was said is still told, and what will be said is told before.
const TOLD: Duration = Duration::from_secs(3);

/// Our own voice, and how it is heard.
pub struct OwnVoice {
    clips: Vec<(String, Arc<Clip>)>,
    /// Level of its echo above that of the talker, in dB.
    echo_over_talker: f32,
    /// How long it goes on with nobody there.
    alone: Duration,
}

impl OwnVoice {
    /// The sentences of `bank`, their echo `echo_over_talker` dB louder than the talker at the microphone;
    /// alone they go on for `alone`.
    ///
    /// # Errors
    ///
    /// The voice has no clip that can be read.
    pub fn new(
        bank: &Bank,
        echo_over_talker: f32,
        alone: Duration,
    ) -> Result<Self, EvaluationError> {
        let clips: Vec<_> = bank
            .texts()
            .filter_map(|text| Some((text.to_owned(), bank.clip(text)?)))
            .collect();
        if clips.is_empty() {
            return Err(EvaluationError::NoVoice);
        }
        Ok(Self {
            clips,
            echo_over_talker,
            alone,
        })
    }

    /// A room that the commands' and the canceller's thresholds were not chosen in.
    fn room(&self) -> Result<Room, EvaluationError> {
        let level = |clip: &Clip| f64::from(speech_dbfs(&clip.samples, RATE));
        let levels: Vec<f64> = self.clips.iter().map(|(_, clip)| level(clip)).collect();
        let heard: Vec<f64> = levels
            .into_iter()
            .filter(|level| level.is_finite())
            .collect();
        let usual = heard.iter().sum::<f64>() / heard.len().max(1) as f64;
        Ok(Room::new(RoomConfig {
            echo_db: TALKER_DBFS + self.echo_over_talker - usual as f32,
            delay: Duration::from_millis(33),
            rt60: Duration::from_millis(380),
            seed: 20_261,
            ..RoomConfig::default()
        })?)
    }
}

/// What the loudspeaker plays: sentence after sentence, for ever.
struct Loudspeaker<'a> {
    clips: &'a [(String, Arc<Clip>)],
    next: usize,
    /// Frames that are planned but not played.
    planned: VecDeque<f32>,
    played: u64,
    spans: VecDeque<Spoken>,
}

impl<'a> Loudspeaker<'a> {
    fn new(clips: &'a [(String, Arc<Clip>)]) -> Self {
        Self {
            clips,
            next: 0,
            planned: VecDeque::new(),
            played: 0,
            spans: VecDeque::new(),
        }
    }

    /// The next block, with what the ears are told of it; `None` without any clip.
    fn block(&mut self) -> Vec<f32> {
        let ahead = |planned: usize| Moment::from_frame(planned as u64, RATE).since(Moment::ZERO);
        while ahead(self.planned.len()) < TOLD {
            let Some((text, clip)) = self.clips.get(self.next % self.clips.len().max(1)) else {
                break;
            };
            self.next += 1;
            let begin = self.played + self.planned.len() as u64;
            self.planned.extend(clip.samples.iter());
            let end = self.played + self.planned.len() as u64;
            self.spans.push_back(Spoken {
                text: text.clone(),
                start: Moment::from_frame(begin, RATE),
                end: Moment::from_frame(end, RATE),
            });
            let pause = (PAUSE.as_secs_f64() * f64::from(RATE)) as usize;
            self.planned.extend(std::iter::repeat_n(0.0, pause));
        }
        let count = BLOCK.min(self.planned.len());
        self.played += count as u64;
        let now = Moment::from_frame(self.played, RATE);
        while self.spans.front().is_some_and(|span| span.end + TOLD < now) {
            self.spans.pop_front();
        }
        self.planned.drain(..count).collect()
    }
}

/// The room while it is listened to.
struct Scene<'a, 'l> {
    loudspeaker: Loudspeaker<'a>,
    room: Room,
    decimator: Decimator,
    listener: Listener<'l>,
}

impl Scene<'_, '_> {
    /// Plays and listens until `until`.
    fn play(
        &mut self,
        until: Moment,
        mut copy: impl FnMut(&[i16]),
    ) -> Result<Vec<Decided>, EvaluationError> {
        let mut decided = Vec::new();
        let (mut microphone, mut far) = (Vec::new(), Vec::new());
        while self.room.now() < until {
            let block = self.loudspeaker.block();
            microphone.clear();
            far.clear();
            self.room.step(&block, &mut microphone);
            self.decimator.push(&block, &mut far);
            let spans = self.loudspeaker.spans.make_contiguous();
            decided.extend(
                self.listener
                    .chunk(&microphone, Some((&far, spans)), &mut copy)?,
            );
        }
        Ok(decided)
    }
}

impl Run<'_> {
    /// The commands of `rows` spoken over our own voice, then our own voice alone.
    pub(super) fn over_own_voice(
        &mut self,
        ours: &OwnVoice,
        rows: &[&Row],
        tick: &mut dyn FnMut(),
    ) -> Result<(), EvaluationError> {
        let mut load = Load::default();
        let shared = self.shared.clone();
        let mut scene = Scene {
            loudspeaker: Loudspeaker::new(&ours.clips),
            room: ours.room()?,
            decimator: Decimator::default(),
            listener: Listener::new(&shared, &self.options.phrases, &mut load),
        };
        self.export.begin("own_voice", 0)?;
        let before = scene.play(Moment::ZERO + ALONE_FIRST, |bits| self.export.hear(bits))?;
        self.obeyed_itself(&before);
        for (nth, row) in self.in_turn(rows) {
            tick();
            let (recording, embedded) = self.embedded(row, nth, BEFORE, AFTER)?;
            let gain = TALKER_DBFS - recording.level;
            let start = scene.room.now();
            let length = embedded.samples.len() as u64;
            let said = said(row, &embedded, start.frame(EAR_RATE));
            self.export.said(row, &said)?;
            scene.room.talk(embedded.samples.into(), start, gain);
            let end = Moment::from_frame(start.frame(EAR_RATE) + length, EAR_RATE);
            let heard = scene.play(end, |bits| self.export.hear(bits))?;
            self.memory.look();
            self.judge_over(row, &said, &heard)?;
        }
        let until = scene.room.now() + ours.alone;
        let alone = scene.play(until, |bits| self.export.hear(bits))?;
        self.obeyed_itself(&alone);
        drop(scene);
        self.tally.report.own_voice_hours += (ALONE_FIRST + ours.alone).as_secs_f64() / 3_600.0;
        self.load = load;
        Ok(())
    }

    /// As [`Run::judge`]; what is obeyed beside the command is our own voice.
    fn judge_over(
        &mut self,
        row: &Row,
        said: &Said,
        heard: &[Decided],
    ) -> Result<(), EvaluationError> {
        let phrases = &self.options.phrases;
        let fate = self.tally.positive(said, heard, phrases);
        let beside = heard.iter().filter(|decided| !said.overlaps(decided));
        let beside: Vec<Decided> = beside.cloned().collect();
        self.obeyed_itself(&beside);
        self.export.verdicts(row, Some((said, fate)), heard)
    }

    fn obeyed_itself(&mut self, heard: &[Decided]) {
        for decided in heard.iter().filter(|decided| decided.verdict.accepted) {
            let phrases = &self.options.phrases;
            self.tally
                .false_command(decided, phrases, Nothing::OwnVoice);
        }
    }
}
