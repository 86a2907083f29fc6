//! What comes to a live talk from outside: from its ears, its keys and its devices, and what cannot be written.

use super::devices::Change;
use super::kept_sound::KeptSound;
use super::listener::{FromEars, ToEars};
use super::{Keeper, Talk};
use crate::app::keys::{Pressed, pressed};
use crate::session::{Input, News};
use tokio::sync::mpsc;

/// What is known of the microphone and the recogniser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hearing {
    /// Whether there is a microphone; `None` until one answers.
    pub(super) microphone: Option<bool>,
    /// Whether it delivers nothing.
    pub(super) muted: bool,
    /// Whether there is a recogniser, as far as is known.
    pub(super) recogniser: bool,
}

impl Hearing {
    /// Whether a word can be heard; `None` while that is not known.
    fn hears(self) -> Option<bool> {
        if !self.recogniser {
            return Some(false);
        }
        self.microphone.map(|microphone| microphone && !self.muted)
    }
}

impl Talk<'_> {
    pub(super) fn heard(&mut self, told: FromEars) {
        let now = self.clock.now();
        match told {
            FromEars::Ready => {
                self.app.device("recogniser", "ready", now);
                self.hear(|hearing| hearing.recogniser = true);
            }
            FromEars::Verdict(verdict) => self.app.verdict(&verdict, now),
            FromEars::Noise(floor_db) => {
                self.app.noise(floor_db, now);
                self.noise = Some(floor_db);
            }
            FromEars::Levels(levels) => self.app.levels(Some(levels), now),
            FromEars::Muted(muted) => {
                let state = if muted { "muted" } else { "heard again" };
                self.app.device("microphone", state, now);
                if muted {
                    self.screen.notice(
                        "the microphone delivers nothing at all: unmute it, or go on with the keys",
                    );
                }
                self.hear(|hearing| hearing.muted = muted);
            }
            FromEars::Restarted(why) => {
                self.app
                    .device("recogniser", &format!("restarted: {why}"), now)
            }
            FromEars::Failed(why) => {
                self.app.device("recogniser", &format!("lost: {why}"), now);
                self.screen.notice(&why.to_string());
                self.hear(|hearing| hearing.recogniser = false);
            }
        }
    }

    pub(super) fn key(&mut self, key: crossterm::event::KeyEvent) {
        match pressed(key, &self.app) {
            Some(Pressed::Input(input)) => self.app.handle(input, self.clock.now()),
            Some(Pressed::Interrupt) => self.interrupt(),
            None => {}
        }
    }

    /// Ctrl-C ends the talk, in a hold the second one does; one more spares the last words.
    pub(super) fn interrupt(&mut self) {
        // Nothing can be said any more where the last words are being spoken.
        self.broken_off |= self.app.sayable().is_empty();
        self.app.handle(Input::Interrupt, self.clock.now());
    }

    pub(super) fn news(&mut self, news: News) {
        self.app.handle(Input::News(news), self.clock.now());
    }

    /// What can no longer be written does not end a talk: it is said once.
    pub(super) fn troubles(&mut self) {
        if let Some(error) = self.keeper.as_ref().and_then(Keeper::trouble)
            && !std::mem::replace(&mut self.told_of_keeper, true)
        {
            self.screen
                .notice(&format!("your place cannot be kept: {error}"));
            self.news(News::PlaceNotKept);
        }
        if let Some(error) = self.kept_sound.as_ref().and_then(KeptSound::trouble) {
            self.screen.notice(&format!(
                "what the microphone hears is no longer kept: {error}"
            ));
            self.kept_sound = None;
            self.news(News::AudioNotKept);
        }
    }

    pub(super) fn changed(&mut self, change: Change) {
        let now = self.clock.now();
        match change {
            Change::Loudspeaker(name) => {
                self.app
                    .device("loudspeaker", &format!("ready: {name}"), now);
                self.app.loudspeaker(true, now);
            }
            Change::LoudspeakerLost(why) => {
                self.app.device("loudspeaker", &format!("lost: {why}"), now);
                self.screen.notice(&why.to_string());
                self.app.loudspeaker(false, now);
            }
            Change::NewTimeline(control, far_end) => {
                self.app.new_timeline(control, now);
                self.tell(ToEars::Loudspeaker(far_end));
            }
            Change::Microphone(name, chunks) => {
                self.app
                    .device("microphone", &format!("ready: {name}"), now);
                let chunks = match &self.kept_sound {
                    Some(kept) => kept.tap(chunks),
                    None => chunks,
                };
                self.tell(ToEars::Microphone(chunks));
                self.hear(|hearing| (hearing.microphone, hearing.muted) = (Some(true), false));
            }
            Change::MicrophoneLost(why) => {
                // One line however often opening it fails.
                if self.hearing.microphone != Some(false) {
                    self.app.device("microphone", &format!("lost: {why}"), now);
                    self.screen.notice(&why.to_string());
                }
                self.hear(|hearing| hearing.microphone = Some(false));
            }
        }
    }

    /// Tells the talk when it can no longer hear, and when it can again.
    pub(super) fn hear(&mut self, change: impl FnOnce(&mut Hearing)) {
        let was = self.hearing.hears();
        change(&mut self.hearing);
        match (was, self.hearing.hears()) {
            (None | Some(true), Some(false)) => {
                self.app.handle(Input::Microphone(false), self.clock.now())
            }
            (Some(false), Some(true)) if self.to_ears.is_some() => {
                self.app.handle(Input::Microphone(true), self.clock.now());
            }
            _ => {}
        }
    }
}

/// Reads keys on a thread of its own: a terminal cannot be waited for in any other way everywhere.
pub(super) fn read_keys() -> mpsc::UnboundedReceiver<crossterm::event::KeyEvent> {
    let (send, keys) = mpsc::unbounded_channel();
    let reader = move || {
        while let Ok(event) = crossterm::event::read() {
            if let crossterm::event::Event::Key(key) = event
                && send.send(key).is_err()
            {
                return;
            }
        }
    };
    // Without the thread there are no keys; the voice is still there.
    let _ = std::thread::Builder::new()
        .name("keys".into())
        .spawn(reader);
    keys
}
