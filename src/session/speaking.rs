//! What is said, when it is over, and the last words of a talk.

use super::lines::{Line, words};
use super::timer::{Timer, TimerTable};
use super::{Doing, Outcome, Output, Overlay, Session, Speech, SpeechId, Urgency};
use crate::record::Event;
use crate::time::Moment;
use std::time::Duration;

/// The end waits this long for its last words to be over.
const FAREWELL: Duration = Duration::from_secs(30);

impl Session {
    /// Speaks, and keeps it for "say again".
    pub(super) fn say(&mut self, sentences: Vec<String>, urgency: Urgency) -> SpeechId {
        self.speak(sentences, urgency, true)
    }

    pub(super) fn speak(
        &mut self,
        sentences: Vec<String>,
        urgency: Urgency,
        keep: bool,
    ) -> SpeechId {
        let id = SpeechId(self.next_speech);
        self.next_speech += 1;
        if keep {
            self.last_said.clone_from(&sentences);
        }
        self.speaking.push(id);
        self.timers.stop(Timer::Reminder);
        self.out.push_back(Output::Say(Speech {
            id,
            sentences,
            urgency,
        }));
        id
    }

    pub(super) fn speech_ended(&mut self, id: SpeechId, now: Moment) {
        if let Doing::Leaving { outcome, last } = self.doing
            && last == id
        {
            self.end(outcome);
            return;
        }
        let before = self.speaking.len();
        self.speaking.retain(|speaking| *speaking != id);
        if before > 0 && self.speaking.is_empty() {
            if self.reminding.take() != Some(id) {
                self.quiet_since = now;
            }
            self.set_reminder();
        }
    }

    /// What the listener interrupted is kept for "continue"; news are told again by themselves.
    pub(super) fn speech_cut(&mut self, id: SpeechId, mut unsaid: Vec<String>, now: Moment) {
        self.untell(&mut unsaid);
        if self.interrupted.contains(&id) {
            self.unsaid.extend(unsaid);
        }
        self.speech_ended(id, now);
    }

    pub(super) fn microphone(&mut self, present: bool, now: Moment) {
        if matches!(self.doing, Doing::Leaving { .. }) {
            return;
        }
        self.quiet_since = now;
        let (line, urgency) = if present {
            (Line::MicrophoneBack, Urgency::Next)
        } else {
            // A long prompt would ask for words that cannot be heard.
            (Line::NoMicrophone, Urgency::Aside)
        };
        self.say(vec![words(&line)], urgency);
    }

    pub(super) fn loudspeaker_back(&mut self, now: Moment) {
        if let Doing::Holding { .. } = self.doing {
            self.place_beats(now);
        }
        // What was being said when the loudspeaker went was not heard.
        let mut sentences = vec![words(&Line::SpeakerBack)];
        let busy = matches!(self.doing, Doing::Holding { .. } | Doing::Leaving { .. });
        if !busy && self.overlay == Overlay::Clear {
            sentences.extend(self.prompt());
        }
        self.say(sentences, Urgency::Next);
    }

    /// Says the last words; the talk is over when they are.
    pub(super) fn leave(&mut self, outcome: Outcome, mut sentences: Vec<String>, now: Moment) {
        let place = self.last_place(outcome);
        self.timers = TimerTable::default();
        self.overlay = Overlay::Clear;
        if matches!(self.doing, Doing::Holding { .. }) {
            self.out.push_back(Output::StopCount);
        }
        if sentences.is_empty() {
            self.end(outcome);
            return;
        }
        sentences.extend(place);
        let last = self.say(sentences, Urgency::Now);
        self.doing = Doing::Leaving { outcome, last };
        self.timers.set(Timer::Farewell, now + FAREWELL);
    }

    pub(super) fn end(&mut self, outcome: Outcome) {
        self.doing = Doing::Over;
        self.timers = TimerTable::default();
        self.record(Event::End {
            outcome: outcome.name().into(),
        });
        self.out.push_back(Output::End(outcome));
    }
}
