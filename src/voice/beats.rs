//! A count's clips: what is put on each beat, from where to where it sounds, and which of two that
//! would sound at once gives way.

use std::sync::Arc;
use std::time::Duration;

use super::clip::{Clip, frames};
use super::level::fade;
use super::sounds::Sound;
use crate::sound::RATE;
use crate::time::Moment;

/// What sounds on a beat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeatSound {
    /// This text, its perceptual centre on the beat.
    Word(String),
    /// This sound, beginning on the beat.
    Sound(Sound),
    /// This text, its perceptual centre on the beat, and with it this sound, beginning on the beat.
    Both(String, Sound),
}

/// One second of a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Seconds since zero.
    pub n: u32,
    /// When it is to be heard.
    pub due: Moment,
    /// What is to be heard.
    pub sound: BeatSound,
    /// What it gives way to.
    pub rank: Rank,
}

/// Which beats give way, and to what: a beat that does becomes a tick on the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// A word that any speech may take the place of.
    Number,
    /// A word that only speech which cannot wait may take the place of.
    LastNumber,
    /// A word that no speech may take the place of, and for which numbers make room.
    Milestone,
    /// Never covered, and milestones make room for it.
    Cue,
}

/// A beat ready to be placed.
#[derive(Clone, Debug)]
pub(super) struct BeatClip {
    pub(super) n: u32,
    pub(super) due: Moment,
    pub(super) rank: Rank,
    /// From the first sample to the perceptual centre.
    pub(super) centre: Duration,
    /// Of the first sample.
    pub(super) start: Moment,
    /// Empty for a sound.
    pub(super) text: String,
    /// What is left of it when there is no time for the word: it begins on the beat.
    pub(super) sound: Sound,
    pub(super) samples: Arc<[f32]>,
}

/// The shortest piece of a word worth keeping when the next beat cuts it.
const SHORTEST: Duration = Duration::from_millis(50);
/// How much softer a sound is while a word sounds with it.
const UNDER_A_WORD: f32 = 0.5;

/// The clips of `beats`, by their beginning. None sounds while another does: of a number and a word of
/// higher rank the number becomes a tick, of two milestones the later; where two numbers would meet, the
/// first is cut where the second begins. A tick may sound with a word.
///
/// A word `find` has no clip for becomes a tick.
pub(super) fn beat_clips(
    beats: &[Beat],
    mut find: impl FnMut(&str) -> Option<Arc<Clip>>,
) -> Vec<BeatClip> {
    let clip = |beat| beat_clip(beat, &mut find);
    let mut clips: Vec<BeatClip> = beats.iter().filter_map(clip).collect();
    clips.sort_by_key(|clip| clip.start);
    make_room(&mut clips);
    cut_numbers(&mut clips);
    clips.sort_by_key(|clip| clip.start);
    clips
}

/// `None` for a word that would have to begin before the talk did.
fn beat_clip(beat: &Beat, find: &mut impl FnMut(&str) -> Option<Arc<Clip>>) -> Option<BeatClip> {
    let (text, sound, clip) = match &beat.sound {
        BeatSound::Sound(sound) => (String::new(), *sound, sound.clip()),
        BeatSound::Word(text) => match find(text) {
            Some(word) => (text.clone(), Sound::Tick, word),
            None => (String::new(), Sound::Tick, Sound::Tick.clip()),
        },
        BeatSound::Both(text, sound) => match find(text) {
            Some(word) => {
                let both = Arc::new(together(&word, &sound.clip()));
                (text.clone(), *sound, both)
            }
            None => (String::new(), *sound, sound.clip()),
        },
    };
    let start = beat.due.saturating_sub(clip.beat);
    (start + clip.beat == beat.due).then(|| BeatClip {
        n: beat.n,
        due: beat.due,
        rank: beat.rank,
        centre: clip.beat,
        start,
        text,
        sound,
        samples: Arc::clone(&clip.samples),
    })
}

/// Words that a word of higher rank, or an earlier milestone, sounds over become ticks.
fn make_room(clips: &mut [BeatClip]) {
    let mut order: Vec<usize> = (0..clips.len()).filter(|&k| clips[k].is_word()).collect();
    // Stable: of one rank the earlier stays first.
    order.sort_by_key(|&k| std::cmp::Reverse(clips[k].rank));
    let mut kept: Vec<usize> = Vec::with_capacity(order.len());
    for k in order {
        let meets = |other: &usize| {
            let higher = clips[*other].rank > clips[k].rank || clips[k].rank == Rank::Milestone;
            higher && clips[*other].overlaps(&clips[k])
        };
        if kept.iter().any(meets) {
            clips[k].become_sound();
        } else {
            kept.push(k);
        }
    }
}

/// Each word ends where the next begins.
fn cut_numbers(clips: &mut Vec<BeatClip>) {
    let mut next: Option<Moment> = None;
    for clip in clips.iter_mut().rev().filter(|clip| clip.is_word()) {
        if let Some(next) = next {
            clip.cut_at(next);
        }
        if !clip.samples.is_empty() {
            next = Some(clip.start);
        }
    }
    clips.retain(|clip| !clip.samples.is_empty());
}

impl BeatClip {
    /// Whether it keeps others from sounding: everything but a tick does.
    fn is_word(&self) -> bool {
        !self.text.is_empty() || self.sound != Sound::Tick
    }

    pub(super) fn is_tick(&self) -> bool {
        !self.is_word()
    }

    pub(super) fn end(&self) -> Moment {
        self.start + frames(self.samples.len())
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end() && other.start < self.end()
    }

    /// Only its sound is left, on the same beat.
    pub(super) fn become_sound(&mut self) {
        self.text.clear();
        self.centre = Duration::ZERO;
        self.start = self.due;
        self.samples = Arc::clone(&self.sound.clip().samples);
    }

    /// Ends, faded, before `next` begins; empty where hardly anything would be left.
    fn cut_at(&mut self, next: Moment) {
        let room = next - self.start;
        if frames(self.samples.len()) <= room {
            return;
        }
        let kept = if room < SHORTEST {
            0
        } else {
            next.frame(RATE).saturating_sub(self.start.frame(RATE))
        };
        let kept = usize::try_from(kept)
            .unwrap_or(usize::MAX)
            .min(self.samples.len());
        let mut samples = self.samples[..kept].to_vec();
        fade(&mut samples, 0, RATE as usize / 100);
        self.samples = samples.into();
    }
}
/// Word and sound in one clip: the sound begins on the word's beat, softer while the word lasts.
fn together(word: &Clip, sound: &Clip) -> Clip {
    let at = (word.beat.as_secs_f64() * f64::from(RATE)).round() as usize;
    let mut samples = word.samples.to_vec();
    let spoken = samples.len();
    samples.resize(spoken.max(at + sound.samples.len()), 0.0);
    let swell = RATE as f32 / 50.0;
    for (k, x) in samples
        .iter_mut()
        .enumerate()
        .skip(at)
        .take(sound.samples.len())
    {
        let after_word = (k as f32 - spoken as f32) / swell;
        let gain = UNDER_A_WORD + (1.0 - UNDER_A_WORD) * after_word.clamp(0.0, 1.0);
        *x = (*x + gain * sound.samples[k - at]).clamp(-1.0, 1.0);
    }
    Clip {
        samples: samples.into(),
        onset: word.onset,
        beat: word.beat,
    }
}
