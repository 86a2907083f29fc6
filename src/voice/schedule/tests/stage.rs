//! A timeline that plays, in virtual time, what it is told.

use std::collections::VecDeque;

use super::super::*;
use crate::voice::beats::{Beat, BeatSound, Rank};
use crate::voice::synth::{Synth, SynthError};

/// A loudspeaker: plays commands in blocks of 10 ms, reports, and keeps what it played.
#[derive(Default)]
pub(super) struct Loudspeaker {
    pub(super) position: u64,
    waiting: Vec<(u64, Option<u64>, Arc<[f32]>)>,
    pub(super) played: Vec<Played>,
    reports: VecDeque<Report>,
    pub(super) dead: bool,
}

/// What sounds or has sounded.
pub(super) struct Played {
    id: u64,
    /// First frame, and the frame after the last.
    pub(super) first: u64,
    pub(super) end: u64,
    over: bool,
    is_tick: bool,
}

const BLOCK: u64 = 480;

impl Loudspeaker {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Place {
                id, at, samples, ..
            } => self
                .waiting
                .push((id, at.map(|at| at.frame(RATE)), samples)),
            Command::Remove { id } => {
                self.waiting.retain(|waiting| waiting.0 != id);
                for played in self.played.iter_mut().filter(|it| it.id == id && !it.over) {
                    played.end = played.end.min(self.position + 480);
                }
            }
            Command::Level(_) => {}
        }
    }

    pub(super) fn play_block(&mut self) {
        if self.dead {
            self.position += BLOCK;
            return;
        }
        let (position, end) = (self.position, self.position + BLOCK);
        for (id, at, samples) in std::mem::take(&mut self.waiting) {
            let first = at.unwrap_or(position).max(position);
            if first >= end {
                self.waiting.push((id, at, samples));
                continue;
            }
            self.played.push(Played {
                id,
                first,
                end: first + samples.len() as u64,
                over: false,
                is_tick: samples == Sound::Tick.clip().samples,
            });
            self.reports.push_back(Report::Started { id, frame: first });
        }
        for played in self
            .played
            .iter_mut()
            .filter(|it| !it.over && it.end <= end)
        {
            played.over = true;
            self.reports.push_back(Report::Finished {
                id: played.id,
                frame: played.end,
                cut: false,
            });
        }
        self.position = end;
    }
}

/// A speech program that says every text in a tone as long as its letters.
struct Letters;

impl Synth for Letters {
    fn render(&mut self, text: &str) -> Result<Arc<Clip>, SynthError> {
        let frames = text.len() * RATE as usize / 20;
        Ok(Arc::new(Clip {
            samples: vec![0.1; frames].into(),
            onset: Duration::from_millis(20),
            beat: Duration::from_millis(40).min(crate::voice::clip::frames(frames)),
        }))
    }
}

pub(super) struct Stage {
    pub(super) voice: Voice,
    pub(super) speaker: Loudspeaker,
    pub(super) events: Vec<VoiceEvent>,
}

impl Stage {
    pub(super) fn new(synth: bool) -> Self {
        let synth: Option<Box<dyn Synth>> = if synth { Some(Box::new(Letters)) } else { None };
        let mut voice = Voice::new(Bank::empty(), synth);
        voice.set_lead(Duration::from_millis(20));
        Self {
            voice,
            speaker: Loudspeaker::default(),
            events: Vec::new(),
        }
    }

    /// The loudspeaker is gone with all it had, and another one stands in its place.
    pub(super) fn new_loudspeaker(&mut self) {
        self.speaker = Loudspeaker {
            position: self.speaker.position,
            ..Loudspeaker::default()
        };
    }

    pub(super) fn now(&self) -> Moment {
        Moment::from_frame(self.speaker.position, RATE)
    }

    pub(super) fn run(&mut self, secs: f64) {
        for _ in 0..(secs * 100.0).round() as usize {
            self.voice.advance(self.now());
            self.drain();
            self.speaker.play_block();
            while let Some(report) = self.speaker.reports.pop_front() {
                self.voice.report(report);
            }
            self.drain();
        }
    }

    pub(super) fn drain(&mut self) {
        while let Some(command) = self.voice.poll_placement() {
            self.speaker.obey(command);
        }
        while let Some(event) = self.voice.poll_event() {
            self.events.push(event);
        }
    }

    pub(super) fn say(&mut self, id: u64, sentences: &[&str], turn: Turn) {
        let sentences: Vec<String> = sentences.iter().map(ToString::to_string).collect();
        self.voice.say(id, &sentences, turn, self.now());
    }

    pub(super) fn count(&mut self, from: f64, apart: f64, words: &[&str]) {
        let ranked: Vec<_> = words.iter().map(|word| (*word, Rank::Number)).collect();
        self.count_ranked(from, apart, &ranked);
    }

    pub(super) fn count_ranked(&mut self, from: f64, apart: f64, words: &[(&str, Rank)]) {
        let beat = |(k, (word, rank)): (usize, &(&str, Rank))| Beat {
            n: k as u32 + 1,
            due: Moment::from_secs(from + k as f64 * apart),
            sound: BeatSound::Word((*word).to_owned()),
            rank: *rank,
        };
        let beats: Vec<Beat> = words.iter().enumerate().map(beat).collect();
        self.voice.count(&beats, self.now());
    }

    /// What was heard on the beats: a word, or nothing for a tick.
    pub(super) fn words(&self) -> Vec<(u32, &str)> {
        self.events
            .iter()
            .filter_map(|event| match event {
                VoiceEvent::Counted { n, text, .. } => Some((*n, text.as_str())),
                _ => None,
            })
            .collect()
    }

    pub(super) fn counted(&self) -> Vec<(u32, f64)> {
        let counted = |event: &VoiceEvent| match event {
            VoiceEvent::Counted {
                n,
                due,
                onset: Some(onset),
                ..
            } => {
                assert!(
                    (onset.secs() - due.secs()).abs() < 0.000_05,
                    "beat {n} at {onset}, due {due}"
                );
                Some((*n, due.secs()))
            }
            _ => None,
        };
        self.events.iter().filter_map(counted).collect()
    }

    pub(super) fn ended(&self) -> Vec<(u64, bool)> {
        let ended = |event: &VoiceEvent| match event {
            VoiceEvent::Ended { id, cut, .. } => Some((*id, *cut)),
            _ => None,
        };
        self.events.iter().filter_map(ended).collect()
    }

    pub(super) fn started(&self) -> Vec<(String, f64)> {
        let started = |event: &VoiceEvent| match event {
            VoiceEvent::Started { text, start, .. } => Some((text.clone(), start.secs())),
            _ => None,
        };
        self.events.iter().filter_map(started).collect()
    }

    /// But for ticks, which may sound under a word.
    pub(super) fn assert_nothing_overlapped(&self) {
        let mut played: Vec<_> = self
            .speaker
            .played
            .iter()
            .filter(|it| !it.is_tick)
            .map(|it| (it.first, it.end))
            .collect();
        played.sort_unstable();
        for pair in played.windows(2) {
            assert!(
                pair[0].1 <= pair[1].0,
                "{:?} and {:?} sounded at once",
                pair[0],
                pair[1]
            );
        }
    }
}
