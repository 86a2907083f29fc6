//! Ears: samples in, verdicts on phrases out.
//!
//! [`Ears`] feeds 16 kHz audio to a recogniser and decides what of its results is obeyed. All that is
//! heard carries the moment it was *spoken*; a [`Verdict`] falls some 0.2 s later, and says so.
//!
//! ```text
//! far_end ─┐                                          guard: what we are saying ourselves
//!   push ─ echo ─┬─ presence (somebody speaks over it) ┐ │
//!                └─ history ─┬─ level ─────────────────┤ │
//!                            ├─ recogniser (a child    │ process) ─▶ decision ─┬─▶ Verdict
//!                            └─ watch: the verifier, every 160 ms ──────────────┘
//! ```
//!
//! The recogniser proposes and the verifier confirms; what the recogniser misses in noise the watch finds.
//!
//! Three things keep the talk from obeying itself: its echo is cancelled; what is heard while it speaks
//! has to rise above what cancelling usually leaves; and it must not be, or resemble, what is being said.
//!
//! The recogniser answers every chunk before the next is sent, so a simulated talk hears the same
//! every time, however fast it runs.

mod chunks;
mod decimator;
mod decision;
mod echo;
mod evidence;
pub mod graph;
mod guard;
mod history;
mod judging;
mod level;
pub mod model;
mod presence;

pub mod protocol;
pub mod recogniser;
pub mod verifier;
mod watch;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chunks::InChunks;
pub use decimator::Decimator;
use decision::{Decision, Next};
pub use decision::{Phrase, Reason, UNKNOWN};
use echo::Canceller;
pub use evidence::{Evidence, FEW_PHRASES, Lane, OPERATING_POINTS, OperatingPoint};
use guard::OwnVoice;
pub use guard::Spoken;
use history::History;
use level::Level;
use presence::Presence;
use protocol::{Reply, Request};
use recogniser::{Decoder, Recogniser, RecogniserError, out_of_step};
use verifier::Verifier;
use watch::Watch;

use crate::time::Moment;

/// Sample rate of what is pushed, in Hz.
pub const RATE: u32 = 16_000;

/// Largest piece given to the recogniser at once, in samples (20 ms): how finely decisions can fall.
const PIECE: usize = 320;

/// How much before the beginning of a word a new recogniser is started, in samples (300 ms).
const LEAD: u64 = 4_800;

/// After this much silence, in samples (0.8 s), the recogniser is fed no more until there is sound again,
/// and then from [`LEAD`] before it: most of a talk is silence.
const DOZE: u64 = 12_800;

/// No command is said in so many samples (3 s). What goes on for longer is noise or talk, and is forgotten:
/// to make a result of half a minute of it would take libvosk seconds, and 200 MB; of 4 s it takes 3 MB more than of 3 s.
const LONGEST_UTTERANCE: u64 = 48_000;

/// For so long our own voice is in what the recogniser makes of an utterance: some of its words.
const LEAVES_A_TRACE: Duration = Duration::from_secs(2);

/// After this much in samples (one minute), the recogniser's clock is set to zero: its times
/// are single-precision seconds.
const CLOCK_KEPT: u64 = 960_000;

/// What is made of something that was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The words heard; one of the phrases listened for when `accepted`.
    pub phrase: String,
    /// When it began to be said.
    pub start: Moment,
    /// When it ended: the end of its last sound, not of the silence that proved it.
    pub end: Moment,
    /// The moment of the last sample heard when the verdict fell.
    pub decided: Moment,
    /// What speaks for it.
    pub evidence: Evidence,
    /// Whether it is to be obeyed.
    pub accepted: bool,
    /// Why, or why not.
    pub reason: Reason,
}

/// What can go wrong while listening: the recogniser. See [`Ears::restart`].
pub type EarsError = RecogniserError;

/// The listener.
pub struct Ears {
    decoder: Box<dyn Decoder>,
    verifier: Option<Arc<Verifier>>,
    decision: Decision,
    own: OwnVoice,
    echo: Canceller,
    presence: Presence,
    history: History,
    level: Level,
    watch: Watch,
    /// Position of the recogniser's time zero.
    zero: u64,
    /// Position up to which the recogniser was fed.
    fed: u64,
    /// Position up to which what was said has been decided on, and must not be heard again.
    settled: u64,
    /// Whether the recogniser is spared the silence.
    dozing: bool,
    /// Whether the recogniser has the grammar of the phrases listened for.
    ready: bool,
}

impl Ears {
    /// Ears with the model in the directory `model`, which [`model::check`] should have passed, and with
    /// its verifier if it has one. The recogniser has `limit` of real time for each answer.
    ///
    /// # Errors
    ///
    /// The recogniser cannot be started, or one of the two does not load.
    pub fn open(model: &Path, limit: Duration) -> Result<Self, EarsError> {
        let verifier = Verifier::load(model)?;
        let mut recogniser = Recogniser::start(model)?;
        recogniser.set_limit(limit);
        Ok(Self::new(recogniser).verified_by(verifier))
    }

    /// The same ears with this second opinion. The model is then one of those that `models/training` makes.
    pub fn verified_by(self, verifier: Option<Arc<Verifier>>) -> Self {
        let decoder = match &verifier {
            Some(_) => Box::new(InChunks::new(self.decoder)),
            None => self.decoder,
        };
        Self {
            decoder,
            verifier,
            ..self
        }
    }

    /// Ears around a recogniser, listening for nothing yet, without a second opinion.
    pub fn new(decoder: impl Decoder + 'static) -> Self {
        Self {
            decoder: Box::new(decoder),
            verifier: None,
            decision: Decision::default(),
            own: OwnVoice::default(),
            echo: Canceller::new(),
            presence: Presence::default(),
            history: History::default(),
            level: Level::default(),
            watch: Watch::default(),
            zero: 0,
            fed: 0,
            settled: 0,
            dozing: false,
            ready: false,
        }
    }

    /// Listens for `phrases` and nothing else from now on. What is just being said, and was not
    /// decided yet, is heard again with the new phrases. Calling it with the same phrases does nothing.
    pub fn listen_for(&mut self, phrases: &[Phrase]) {
        if self.decision.listen_for(phrases) {
            self.ready = false;
        }
    }

    /// Tells what is being said aloud by the talk itself, was just now and will be, by the moments it
    /// is played. Each call replaces the one before; `now` is the present moment.
    pub fn speaking(&mut self, spans: &[Spoken], now: Moment) {
        self.own.set(spans, now);
    }

    /// Tells what is played, mono at 16 kHz, so that its echo is taken out of what is heard: the first of
    /// `samples` cannot reach the microphone before `first`. Call it before the [`Ears::push`]
    /// of the same span of time. [`Decimator`] makes it from what the loudspeaker gets.
    pub fn far_end(&mut self, samples: &[f32], first: Moment) {
        self.echo.far_end(samples, first);
    }

    /// The loudspeaker or the microphone is another, or was opened again: what was learnt of the way between
    /// them no longer holds, nor how much of our own voice is usually left.
    pub fn another_path(&mut self) {
        self.echo.forget();
        self.presence.forget();
    }

    /// Whether it is known how much of our own voice is usually left.
    #[cfg(test)]
    pub(crate) fn knows_the_path(&self) -> bool {
        self.presence.knows()
    }

    /// Hears more: mono samples at 16 kHz, full scale 1.0, the first of which was at the
    /// microphone at `first`. Returns what was decided, mostly nothing.
    ///
    /// # Errors
    ///
    /// The recogniser died, hung or refuses; what was pushed is kept, and heard after [`Ears::restart`].
    pub fn push(&mut self, samples: &[f32], first: Moment) -> Result<Vec<Verdict>, EarsError> {
        let mut verdicts = Vec::new();
        let mut cleared = Vec::with_capacity(samples.len());
        let floor = 10_f32.powf(self.level.floor() / 10.0);
        let presence = &mut self.presence;
        let first = self.echo.cancel(samples, first, &mut cleared, |powers| {
            presence.push(powers, floor);
        });
        for (nth, piece) in cleared.chunks(PIECE).enumerate() {
            let offset = Moment::from_frame((nth * PIECE) as u64, RATE).since(Moment::ZERO);
            let before = self.history.moment(self.history.end());
            self.history.push(piece, first + offset);
            self.level.push(piece);
            if !self.ready {
                self.begin_listening()?;
            }
            if self.dozing && self.level.sounds() {
                self.begin_at(self.history.end().saturating_sub(LEAD).max(self.settled))?;
            }
            if !self.dozing {
                self.catch_up(&mut verdicts)?;
                self.leave_own_voice_behind(before)?;
                self.catch_up(&mut verdicts)?;
                verdicts.extend(self.overheard()?);
                verdicts.extend(self.watched()?);
                self.dozing = self.decision.partial().is_empty() && self.level.quiet_for() >= DOZE;
                if self.dozing {
                    self.watch.stop();
                }
            }
        }
        Ok(verdicts)
    }

    /// Decides on what was heard so far as if silence followed.
    ///
    /// # Errors
    ///
    /// As [`Ears::push`].
    pub fn flush(&mut self) -> Result<Vec<Verdict>, EarsError> {
        if !self.ready || self.dozing {
            Ok(Vec::new())
        } else {
            Ok(self.finish()?.into_iter().collect())
        }
    }

    /// Begins again with a new recogniser after an error. What was said last is not lost.
    ///
    /// # Errors
    ///
    /// The recogniser cannot be started.
    pub fn restart(&mut self) -> Result<(), EarsError> {
        self.ready = false;
        self.decoder.restart()
    }

    /// The noise floor in dB below full scale, for a level meter and for checking the microphone.
    pub fn noise_floor(&self) -> f32 {
        self.level.floor()
    }

    /// Gives the recogniser what it has not heard yet, in pieces.
    fn catch_up(&mut self, verdicts: &mut Vec<Verdict>) -> Result<(), EarsError> {
        while self.fed < self.history.end() {
            let until = self.history.end().min(self.fed + PIECE as u64);
            let piece = self
                .history
                .samples(self.fed, until)
                .iter()
                .map(|sample| (sample * 32_768.0) as i16)
                .collect();
            self.fed = until;
            match self.decoder.ask(&Request::Audio(piece))? {
                Reply::Partial { text } => {
                    verdicts.extend(self.partial_result(&text)?);
                    if self.fed >= self.zero + LONGEST_UTTERANCE {
                        verdicts.extend(self.forget_most()?);
                    }
                }
                Reply::Final { words } => {
                    let words = self.heard(&words);
                    self.decision.begin_anew();
                    if words.is_empty() && self.fed > self.zero + CLOCK_KEPT {
                        self.begin_at(self.fed)?;
                    }
                    verdicts.extend(self.judge(&words));
                }
                other => return Err(out_of_step(&other)),
            }
        }
        Ok(())
    }

    fn partial_result(&mut self, text: &str) -> Result<Option<Verdict>, EarsError> {
        let live = self.fed == self.history.end();
        let now = self.history.moment(self.fed);
        // Heard again, it is being caught up with: how quiet it is now says nothing about then.
        let over_own_voice = self.own.sounds(now.saturating_sub(LEAVES_A_TRACE), now);
        let quiet = match (live, over_own_voice) {
            (false, _) => Duration::ZERO,
            (true, false) => samples(self.level.quiet_for()),
            // A person may have stopped speaking while we go on.
            (true, true) => samples(self.level.quiet_for().max(self.presence.quiet_for())),
        };
        match self
            .decision
            .partial_result(text, now, quiet, over_own_voice)
        {
            Next::Listen => Ok(None),
            Next::Finish => self.finish(),
            Next::Look => self.look(),
        }
    }

    /// Sets the grammar; what is just being said is given again.
    fn begin_listening(&mut self) -> Result<(), EarsError> {
        match self
            .decoder
            .ask(&Request::Grammar(self.decision.grammar()))?
        {
            Reply::Done => {}
            other => return Err(out_of_step(&other)),
        }
        self.ready = true;
        self.dozing = false;
        self.decision.begin_anew();
        self.zero = self.level.onset().saturating_sub(LEAD).max(self.settled);
        self.fed = self.zero;
        Ok(())
    }

    /// When our own speech has ended, what the recogniser made of it is forgotten, so that an answer
    /// given at once is an utterance of its own.
    fn leave_own_voice_behind(&mut self, before: Moment) -> Result<(), EarsError> {
        let now = self.history.moment(self.history.end());
        let Some(end) = self.own.ended(before, now) else {
            return Ok(());
        };
        let last = end.saturating_sub(Duration::from_millis(1));
        let foreign = |word: &str| word != UNKNOWN && !self.own.says(word, last, end);
        if self
            .decision
            .partial()
            .split(' ')
            .any(|word| !word.is_empty() && foreign(word))
        {
            return Ok(());
        }
        self.begin_at(self.history.position(end).max(self.settled))
    }

    /// Forgets what the recogniser heard, and has it hear again from `position`.
    fn begin_at(&mut self, position: u64) -> Result<(), EarsError> {
        match self.decoder.ask(&Request::Reset)? {
            Reply::Done => {}
            other => return Err(out_of_step(&other)),
        }
        self.decision.begin_anew();
        (self.zero, self.fed) = (position, position);
        self.dozing = false;
        Ok(())
    }
}

/// The span of a number of samples.
fn samples(count: u64) -> Duration {
    Moment::from_frame(count, RATE).since(Moment::ZERO)
}

#[cfg(test)]
mod tests;
