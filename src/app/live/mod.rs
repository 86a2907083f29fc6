//! A talk with real devices, keys and a screen.

mod devices;
#[cfg(test)]
mod faults;
mod incoming;
pub mod kept_sound;
mod listener;
mod muted;
mod signals;
mod stillness;

use super::place::Keeper;
use super::room::Room;
use super::{App, Notice, write_line};
use crate::guide::Guide;
use crate::record::Line;
use crate::screen::Screen;
use crate::session::{Bookmark, Input, News, Outcome, Settings};
use crate::sound::SoundError;
use crate::sound::clock::Clock;
use crate::sound::timeline::timeline;
use crate::time::Moment;
use crate::voice::Voice;
use devices::{Devices, Machine};
use incoming::{Hearing, read_keys};
use kept_sound::{KeptSound, SoundFile};
use listener::{FromEars, ToEars, listen};
use signals::{Signal, Signals};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stillness::{Standstill, Stillness, since_boot};
use tokio::sync::mpsc;

/// How often the loop looks after everything that does not wake it.
const TICK: Duration = Duration::from_millis(10);

/// A sample decided on now is handed over at the next callback, not at once.
const LOOP_LEAD: Duration = Duration::from_millis(30);

/// How a live talk is held.
pub struct Options {
    /// The microphone's name; the default one if `None`.
    pub mic: Option<String>,
    /// The loudspeaker's name; the default one if `None`.
    pub speaker: Option<String>,
    /// Keys only: no microphone is opened.
    pub keyboard: bool,
    /// The record is written there.
    pub log: Option<PathBuf>,
    /// The recognition model; without one only keys are heeded.
    pub model: Option<PathBuf>,
    /// Whether keys can be read.
    pub keys: bool,
    /// How the listener wants the talk.
    pub settings: Settings,
    /// Where the room's noise floor is kept from talk to talk.
    pub room: Room,
    /// Keeps the talk's place; nobody does if `None`.
    pub keeper: Option<Keeper>,
    /// The place that a talk broke off at.
    pub kept: Option<Bookmark>,
    /// What the listener has to be told of before the talk.
    pub news: Vec<News>,
    /// What the microphone hears is written there.
    pub keep_audio: Option<SoundFile>,
}

/// Why a live talk cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The log cannot be written.
    #[error("cannot write the log {}: {source}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Nothing can be heard, shown or typed.
    #[error("there is no loudspeaker and no terminal ({0}): try `talkthrough rehearse`")]
    NobodyThere(SoundError),
    /// The runtime cannot be started.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

/// Holds the talk to its end.
///
/// # Errors
///
/// The log cannot be created, or there is neither a loudspeaker nor a terminal.
pub fn run(
    guide: Arc<Guide>,
    voice: Voice,
    options: Options,
    screen: &mut Screen,
) -> Result<Outcome, LiveError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .enable_io()
        .build()
        .map_err(LiveError::Runtime)?;
    let outcome = runtime.block_on(Talk::hold(guide, voice, options, screen));
    // A sound server that hangs must not keep the program alive.
    runtime.shutdown_background();
    outcome
}

struct Talk<'s> {
    app: App,
    clock: Clock,
    devices: Devices,
    to_ears: Option<std::sync::mpsc::Sender<ToEars>>,
    log: Option<BufWriter<std::fs::File>>,
    screen: &'s mut Screen,
    hearing: Hearing,
    stillness: Stillness,
    /// The noise floor last heard.
    noise: Option<f32>,
    keeper: Option<Keeper>,
    told_of_keeper: bool,
    kept_sound: Option<KeptSound>,
    /// Ctrl-C while the last words are spoken: end without them.
    broken_off: bool,
}

/// What the loop was woken by.
enum Woken {
    Tick,
    /// `None`: their thread has ended.
    Ears(Option<FromEars>),
    /// `None`: no more keys will come.
    Key(Option<crossterm::event::KeyEvent>),
    Signal(Signal),
}

impl<'s> Talk<'s> {
    fn new(
        app: App,
        clock: Clock,
        devices: Devices,
        to_ears: Option<std::sync::mpsc::Sender<ToEars>>,
        log: Option<BufWriter<std::fs::File>>,
        screen: &'s mut Screen,
    ) -> Self {
        Self {
            app,
            clock,
            devices,
            to_ears,
            log,
            screen,
            hearing: Hearing {
                microphone: None,
                muted: false,
                recogniser: true,
            },
            stillness: Stillness::default(),
            noise: None,
            keeper: None,
            told_of_keeper: false,
            kept_sound: None,
            broken_off: false,
        }
    }

    /// Looks whether the program stood still up to now, by the monotonic clock and by the one that sleep does not
    /// stop.
    fn look(&mut self, now: std::time::Instant, since_boot: Option<Duration>) {
        if let Some(Standstill { stood, slept }) = self.stillness.look(now, since_boot) {
            self.devices.forgive();
            self.app.stalled(stood, slept, self.clock.now());
        }
    }

    async fn hold(
        guide: Arc<Guide>,
        voice: Voice,
        options: Options,
        screen: &'s mut Screen,
    ) -> Result<Outcome, LiveError> {
        let mut signals = Signals::new();
        let log = options.log.map(|path| match std::fs::File::create(&path) {
            Ok(file) => Ok(BufWriter::new(file)),
            Err(source) => Err(LiveError::Log { path, source }),
        });
        let log = log.transpose()?;
        let clock = Clock::new();
        let (control, mut timeline) = timeline(0);
        let far_end = timeline.tap();
        let without_ears = options.keyboard || options.model.is_none();
        // The recogniser loads while the loudspeaker opens.
        let (to_ears, mut from_ears) = match options.model.filter(|_| !without_ears) {
            Some(model) => {
                let (to_ears, from_ears) = listen(model);
                (Some(to_ears), Some(from_ears))
            }
            None => (None, None),
        };
        let (devices, change, no_speaker) = Devices::open(
            Arc::new(Machine),
            options.speaker,
            options.mic,
            without_ears,
            timeline,
            &clock,
        );
        let app = App::new(guide, options.settings, voice, control);
        let mut talk = Self::new(app, clock, devices, to_ears, log, screen);
        talk.keeper = options.keeper;
        talk.told_of_keeper = options.news.contains(&News::PlaceNotKept);
        if let Some(floor_db) = options.room.noise() {
            talk.app.begin_in_noise(floor_db);
        }
        talk.tell(ToEars::Loudspeaker(far_end));
        if let Some(error) = no_speaker {
            if !options.keys {
                return Err(LiveError::NobodyThere(error));
            }
            talk.app.mute();
            talk.app
                .device("loudspeaker", &format!("missing: {error}"), Moment::ZERO);
        }
        if let Some(name) = talk.devices.loudspeaker() {
            talk.app
                .device("loudspeaker", &format!("ready: {name}"), Moment::ZERO);
        }
        if let Some(change) = change {
            talk.changed(change);
        }

        let mut keys = options.keys.then(read_keys);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let keep_audio = options.keep_audio.filter(|_| !without_ears);
        if let Some(file) = keep_audio {
            talk.kept_sound = Some(file.keep());
            talk.news(News::AudioKept);
        }
        for news in options.news {
            talk.news(news);
        }
        let begin = options.kept.map_or(Input::Start, Input::Resume);
        talk.app.handle(begin, talk.clock.now());
        if without_ears {
            talk.hear(|hearing| hearing.recogniser = false);
        }
        loop {
            let woken = tokio::select! {
                _ = ticks.tick() => Woken::Tick,
                told = next(&mut from_ears) => Woken::Ears(told),
                key = next(&mut keys) => Woken::Key(key),
                signal = signals.next() => Woken::Signal(signal),
            };
            // First of all: what fell due while the program stood still has not happened.
            talk.look(talk.clock.instant(), since_boot());
            match woken {
                Woken::Tick => {}
                Woken::Ears(Some(told)) => talk.heard(told),
                Woken::Ears(None) => {
                    from_ears = None;
                    talk.to_ears = None;
                    talk.hear(|hearing| hearing.recogniser = false);
                }
                Woken::Key(Some(key)) => talk.key(key),
                Woken::Key(None) => keys = None,
                Woken::Signal(Signal::Interrupt) => talk.interrupt(),
                Woken::Signal(Signal::Terminate) => {
                    talk.app.handle(Input::Terminate, talk.clock.now());
                }
            }
            talk.turn();
            let broken_off = talk.broken_off.then_some(Outcome::Stopped);
            if let Some(outcome) = talk.app.outcome().or(broken_off) {
                if let Some(floor_db) = talk.noise {
                    options.room.remember(floor_db);
                }
                return Ok(outcome);
            }
        }
    }

    /// Everything that is to be done once a turn of the loop.
    fn turn(&mut self) {
        let mut changes = Vec::new();
        self.devices.watch(&mut changes);
        for change in changes {
            self.changed(change);
        }
        if let Some(lead) = self.devices.lead() {
            self.app.set_lead(lead + LOOP_LEAD);
        }
        let now = self.clock.now();
        self.app.tick(now);
        if let Some(phrases) = self.app.phrases() {
            self.tell(ToEars::Listen(phrases));
        }
        self.tell(ToEars::Speaking(self.app.spans(), now));
        let mut written = false;
        for notice in self.app.notices() {
            match notice {
                Notice::Line(line) => {
                    written = true;
                    self.screen.line(&line);
                    self.write(&line);
                }
                Notice::Keep(place) => {
                    if let Some(keeper) = &self.keeper {
                        keeper.keep(place);
                    }
                }
                Notice::PromptEnded { .. } | Notice::Counted { .. } => {}
            }
        }
        // What is written survives whatever comes.
        if written && let Some(log) = &mut self.log {
            let _ = log.flush();
        }
        self.troubles();
        self.screen.status(&self.app.view(now), self.app.sayable());
    }

    fn write(&mut self, line: &Line) {
        let Some(log) = &mut self.log else { return };
        if let Err(error) = write_line(log, line) {
            // A full disk does not end a talk: say it once, go on without a log.
            self.screen
                .notice(&format!("the log cannot be written any more: {error}"));
            self.log = None;
        }
    }

    fn tell(&mut self, order: ToEars) {
        if let Some(to_ears) = &self.to_ears {
            // A thread that is gone has said why on its own channel.
            let _ = to_ears.send(order);
        }
    }
}

/// The next item of a channel; for ever nothing if there is none.
async fn next<T>(channel: &mut Option<mpsc::UnboundedReceiver<T>>) -> Option<T> {
    match channel {
        Some(channel) => channel.recv().await,
        None => std::future::pending().await,
    }
}
