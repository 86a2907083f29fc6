//! Between the session and the voice: how its beats sound, and what it is told when something has been said.

use super::{App, Notice};
use crate::record::{Event, seconds};
use crate::session::{Beat, Input, Role, SpeechId};
use crate::time::Moment;
use crate::voice::{self, BeatSound, Rank, Sound, VoiceEvent};

impl App {
    /// Takes in what the voice did.
    pub(super) fn voiced(&mut self, event: VoiceEvent, now: Moment) {
        match event {
            VoiceEvent::Started {
                text, start, end, ..
            } => {
                self.note(
                    Event::Say {
                        text,
                        start: seconds(start),
                        end: seconds(end),
                    },
                    now,
                );
            }
            VoiceEvent::NoVoice { text } => {
                // Shown in place of being heard.
                self.note(
                    Event::Say {
                        text,
                        start: seconds(now),
                        end: seconds(now),
                    },
                    now,
                );
            }
            VoiceEvent::Ended {
                id,
                at,
                cut,
                unsaid,
            } => {
                let id = SpeechId(id);
                if self.prompt == Some(id) {
                    self.prompt = None;
                    if !cut {
                        self.notices.push(Notice::PromptEnded {
                            step: self.step.clone(),
                            at,
                        });
                    }
                }
                let ended = if cut {
                    Input::SpeechCut { id, unsaid }
                } else {
                    Input::SpeechEnded(id)
                };
                self.handle(ended, now);
            }
            VoiceEvent::Counted {
                n,
                due,
                onset,
                text,
            } => self.counted(n, due, onset, text, now),
        }
    }

    fn counted(&mut self, n: u32, due: Moment, onset: Option<Moment>, text: String, now: Moment) {
        self.counted = self.counted.max(due);
        let released = self
            .beats
            .iter()
            .any(|beat| beat.due == due && beat.role == Role::Release);
        let onset = onset.filter(|_| self.audible).map(seconds);
        let due_at = seconds(due);
        self.note(
            if released {
                Event::Release { due: due_at, onset }
            } else {
                Event::Count {
                    n,
                    text,
                    due: due_at,
                    onset,
                }
            },
            now,
        );
        self.notices.push(Notice::Counted {
            step: self.step.clone(),
            n,
            due,
        });
    }
}

/// How a beat of the talk sounds, and what it gives way to.
pub(super) fn placed(beat: &Beat) -> voice::Beat {
    let word = || BeatSound::Word(beat.text.clone());
    let (sound, rank) = match beat.role {
        Role::Tick => (BeatSound::Sound(Sound::Tick), Rank::Number),
        Role::Number => (word(), Rank::Number),
        Role::LastNumber => (word(), Rank::LastNumber),
        Role::Milestone => (word(), Rank::Milestone),
        Role::Cue | Role::CarryOn => (word(), Rank::Cue),
        Role::Release | Role::Finish => (
            BeatSound::Both(beat.text.clone(), Sound::EndTone),
            Rank::Cue,
        ),
    };
    voice::Beat {
        n: beat.n,
        due: beat.due,
        sound,
        rank,
    }
}
