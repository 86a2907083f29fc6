//! A live talk on a sound card that a test plays, in virtual time.

use super::super::devices::{Backend, Devices, Opened};
use super::super::listener::{FromEars, ToEars};
use super::super::muted::Muted;
use super::super::{App, Talk};
use crate::guide::parse;
use crate::record::{Event, Line};
use crate::screen::Screen;
use crate::session::{Input, Outcome, Settings};
use crate::sound::board::{BLOCK, Board};
use crate::sound::capture::{Capture, Chunk};
use crate::sound::clock::Clock;
use crate::sound::playback::{NotOpened, Playback};
use crate::sound::timeline::{Timeline, timeline};
use crate::voice::{Bank, Voice};
use std::io::BufWriter;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// Seconds of the hold.
pub(super) const HOLD: u32 = 12;

const GUIDE: &str = r#"
id = "short"
title = "A short talk"
language = "en"
applies_to = ["nothing at all"]
erases = ["nothing at all"]
tools = []
opening = []
closing = ["The reset is finished."]

[[source]]
title = "This project"
address = "https://example.org"
kind = "community"

[[step]]
id = "agree"
title = "What is lost"
say = ["First, what this costs."]
ask = "Say erase it to go on, or say stop to leave everything as it is."
confirm = "erase it"

[[step]]
id = "press"
title = "Hold the button"
say = ["Put the tip into the hole, until it rests on the button."]
ask = "Press the button and hold it, then say holding."
[step.hold]
minimum = "10 s"
target = "12 s"
count = "up"

[[step]]
id = "look"
title = "Look"
say = ["Log in at the recorder."]
ask = "Say next when you have pressed all six, or say again."
"#;

impl Backend for Board {
    fn play(
        &self,
        _device: Option<&str>,
        timeline: Timeline,
        clock: &Clock,
    ) -> Result<Playback, Box<NotOpened>> {
        Board::play(self, timeline, clock)
    }

    fn hear(&self, _device: Option<&str>, clock: &Clock) -> Opened {
        Board::hear(self, clock) as Result<(Capture, tokio::sync::mpsc::Receiver<Chunk>), _>
    }

    fn aside(&self, job: Box<dyn FnOnce() + Send>) {
        job();
    }
}

pub(super) struct Stage {
    pub(super) board: Board,
    pub(super) clock: Clock,
    talk: Talk<'static>,
    /// What the machine's clock that sleep does not stop says.
    since_boot: Duration,
    orders: mpsc::Receiver<ToEars>,
    chunks: Option<tokio::sync::mpsc::Receiver<Chunk>>,
    muted: Muted,
    /// When sound last came to the ears.
    pub(super) heard: Option<Instant>,
    log: tempfile::NamedTempFile,
}

impl Stage {
    pub(super) fn begin() -> Self {
        let guide = Arc::new(parse("short.toml", GUIDE).expect("the guide is sound"));
        let audio = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/bdl");
        let voice = Voice::new(Bank::load(&audio).expect("the voice loads"), None);
        let (board, clock) = (Board::new(), Clock::by_hand());
        let (control, mut timeline) = timeline(0);
        let far_end = timeline.tap();
        let (devices, ..) =
            Devices::open(Arc::new(board.clone()), None, None, false, timeline, &clock);
        let (to_ears, orders) = mpsc::channel();
        let log = tempfile::NamedTempFile::new().expect("a file");
        let out = BufWriter::new(log.reopen().expect("a file"));
        let app = App::new(guide, Settings::default(), voice, control);
        // One for each talk, and small.
        let screen = Box::leak(Box::new(Screen::dark()));
        let mut talk = Talk::new(
            app,
            clock.clone(),
            devices,
            Some(to_ears),
            Some(out),
            screen,
        );
        talk.tell(ToEars::Loudspeaker(far_end));
        talk.app.handle(Input::Start, clock.now());
        Self {
            board,
            clock,
            talk,
            since_boot: Duration::from_secs(1_000),
            orders,
            chunks: None,
            muted: Muted::default(),
            heard: None,
            log,
        }
    }

    pub(super) fn input(&mut self, input: Input) {
        self.talk.app.handle(input, self.clock.now());
    }

    /// One turn of the loop.
    pub(super) fn step(&mut self) {
        self.clock.step(BLOCK);
        self.since_boot += BLOCK;
        let now = self.clock.instant();
        self.board.run(now);
        self.talk.look(now, Some(self.since_boot));
        while let Ok(order) = self.orders.try_recv() {
            if let ToEars::Microphone(chunks) = order {
                self.chunks = Some(chunks);
                self.muted = Muted::default();
            }
        }
        while let Some(Ok(chunk)) = self.chunks.as_mut().map(|chunks| chunks.try_recv()) {
            self.heard = Some(now);
            if let Some(muted) = self.muted.push(&chunk.samples) {
                self.talk.heard(FromEars::Muted(muted));
            }
        }
        self.talk.turn();
    }

    pub(super) fn pass(&mut self, secs: f64) {
        let until = self.clock.instant() + Duration::from_secs_f64(secs);
        while self.clock.instant() < until {
            self.step();
        }
    }

    /// The whole program is stopped for `stood`, and the machine asleep for `slept`.
    pub(super) fn stall(&mut self, stood: Duration, slept: Duration) {
        self.clock.step(stood);
        self.since_boot += stood + slept;
    }

    /// Lets time pass until `done`, at most a minute; when it was.
    pub(super) fn until(&mut self, done: impl Fn(&Self) -> bool) -> Option<Instant> {
        let limit = self.clock.instant() + Duration::from_secs(60);
        while !done(self) {
            if self.clock.instant() > limit {
                return None;
            }
            self.step();
        }
        Some(self.clock.instant())
    }

    pub(super) fn title(&self) -> String {
        self.talk.app.view(self.clock.now()).title
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.talk.app.outcome()
    }

    /// What has been written down so far.
    pub(super) fn record(&self) -> Vec<Event> {
        let text = std::fs::read_to_string(self.log.path()).expect("the log is read");
        let line = |line: &str| serde_json::from_str::<Line>(line).expect("a line is read back");
        text.lines().map(|text| line(text).event).collect()
    }
}
