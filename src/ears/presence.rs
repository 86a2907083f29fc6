//! Whether somebody else speaks while the talk does.
//!
//! The canceller leaves a residue: all of the echo at first, little later, more again where the
//! loudspeaker rattles. How large it usually is, compared with what is played, is followed here; a
//! word of a person rises above that, a word of our own does not.

use std::collections::VecDeque;

use super::echo::Powers;
use super::level::FRAME;

/// Frames (of 10 ms) that are kept: 12 s.
const KEPT: usize = 1_200;

/// Frames with our own voice in them over which the usual residue is taken: 6 s of speech.
const USUAL_FRAMES: usize = 600;

/// Before so many of them (1 s of speech) nothing is known.
const LEAST_FRAMES: usize = 100;

/// The residue that this share of them stays below is the usual one: a person who speaks over every
/// fifth of them does not raise it.
const USUAL_SHARE: f32 = 0.8;

/// Frames (150 ms) for which what was played counts in full: the way through devices and air.
const HOLD: usize = 15;

/// How much less it counts with each later frame: 1.5 dB, a room of 0.4 s.
const DECAY: f32 = 0.7;

/// What is played this far (as a power ratio) below the loudest of the last seconds says nothing of the residue.
const CLEAR: f32 = 0.01;

/// A frame no stronger than this (6 dB) above what our own voice explains is taken to be that voice alone.
const NOBODY: f32 = 4.0;

/// Quiet after which it is over, in frames: 280 ms, and the next piece.
const OVER: std::ops::Range<u64> = 28..30;

/// Longest pause in it, and the longest that it is looked back for, in frames: 250 ms, 2 s.
const PAUSE: u64 = 25;
const LONGEST: u64 = 200;

/// No word has fewer loud frames: 90 ms.
const LEAST_LOUD: usize = 9;

/// How fast the loudest is forgotten, for each frame: half in 7 s.
const LOUDEST_DECAY: f32 = 0.999;

/// What is played below this is silence.
const SILENCE: f32 = 1e-9;

/// What was left of a frame of the microphone, and what our own voice may have put there.
#[derive(Clone, Copy, Debug)]
struct Frame {
    left: f32,
    /// What was played, as far as it can still be heard; 0 where nothing can.
    envelope: f32,
    floor: f32,
}

impl Frame {
    /// How much of it our own voice explains where it usually leaves this share: all, where that is not known.
    fn explained(&self, usual: Option<f32>) -> f32 {
        match usual {
            _ if self.envelope == 0.0 => 0.0,
            Some(usual) => usual * self.envelope + self.floor,
            None => f32::INFINITY,
        }
    }
}

/// What is left of the microphone, beside what our own voice would leave.
#[derive(Debug, Default)]
pub(super) struct Presence {
    frames: VecDeque<Frame>,
    /// The number of the front frame.
    first: u64,
    /// The last powers played, and the strongest of them with its decay.
    played: VecDeque<f32>,
    envelope: f32,
    loudest: f32,
    /// Residue by envelope of the last frames with our own voice.
    ratios: VecDeque<f32>,
    usual: Option<f32>,
    since: usize,
}

impl Presence {
    /// Takes in a frame; `floor` is the noise's mean square.
    pub(super) fn push(&mut self, powers: Powers, floor: f32) {
        if powers.anew {
            self.forget();
        }
        self.played.push_back(powers.far);
        if self.played.len() > HOLD {
            self.played.pop_front();
        }
        let held = self.played.iter().copied().fold(0.0, f32::max);
        self.envelope = held.max(DECAY * self.envelope);
        if self.envelope < SILENCE {
            self.envelope = 0.0;
        }
        self.loudest = powers.far.max(LOUDEST_DECAY * self.loudest);
        self.frames.push_back(Frame {
            left: powers.left,
            envelope: self.envelope,
            floor,
        });
        if self.frames.len() > KEPT {
            self.frames.pop_front();
            self.first += 1;
        }
        if held > CLEAR * self.loudest && held > SILENCE {
            self.learn((powers.left - floor).max(0.0) / self.envelope);
        }
    }

    /// The way from the loudspeaker to the microphone is another: what was usual says nothing any more.
    pub(super) fn forget(&mut self) {
        self.ratios.clear();
        self.usual = None;
    }

    /// Whether it is known what our own voice usually leaves.
    #[cfg(test)]
    pub(super) fn knows(&self) -> bool {
        self.usual.is_some()
    }

    /// How far what is left of frames `start..end` lies above what our own voice explains, in dB;
    /// `None` where it did not sound. Below any bound while nothing is known of the residue.
    pub(super) fn rise(&self, start: u64, end: u64) -> Option<f32> {
        let skip = usize::try_from(start.saturating_sub(self.first)).ok()?;
        let count = usize::try_from(end.saturating_sub(start.max(self.first))).ok()?;
        let frames = self.frames.iter().skip(skip).take(count.max(1));
        let (mut left, mut explained) = (0.0, 0.0);
        for frame in frames {
            left += frame.left;
            explained += frame.explained(self.usual);
        }
        (explained > 0.0).then(|| 10.0 * (left / explained).max(1e-12).log10())
    }

    /// For how many samples up to now nothing has risen above what our own voice explains; 0 where it does
    /// not sound, or where nothing is known of what it leaves.
    pub(super) fn quiet_for(&self) -> u64 {
        let last = self.frames.iter().rev();
        let quiet = last
            .take_while(|frame| {
                let explained = frame.explained(self.usual);
                explained > 0.0 && explained.is_finite() && frame.left < NOBODY * explained
            })
            .count();
        quiet as u64 * FRAME
    }

    /// What rose above our own voice and is over for some 280 ms: its first frame and the one after its last.
    /// `None` at any other moment, and where it was too short to be a word.
    pub(super) fn just_over(&self) -> Option<(u64, u64)> {
        let quiet = self.quiet_for() / FRAME;
        if !OVER.contains(&quiet) {
            return None;
        }
        let end = self.first + self.frames.len() as u64 - quiet;
        let (mut start, mut loud) = (end, 0);
        let before = self.frames.iter().rev().skip(quiet as usize);
        for (back, frame) in (1..=LONGEST).zip(before) {
            let explained = frame.explained(self.usual);
            if explained > 0.0 && frame.left >= NOBODY * explained {
                start = end - back;
                loud += 1;
            } else if start - (end - back) > PAUSE {
                break;
            }
        }
        (loud >= LEAST_LOUD).then_some((start, end))
    }

    fn learn(&mut self, ratio: f32) {
        self.ratios.push_back(ratio);
        if self.ratios.len() > USUAL_FRAMES {
            self.ratios.pop_front();
        }
        self.since += 1;
        if self.ratios.len() < LEAST_FRAMES || self.since < 10 {
            return;
        }
        self.since = 0;
        let mut sorted: Vec<f32> = self.ratios.iter().copied().collect();
        sorted.sort_unstable_by(f32::total_cmp);
        self.usual = sorted
            .get((sorted.len() as f32 * USUAL_SHARE) as usize)
            .copied();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: f32 = 1e-6;

    /// Our own voice for so many frames, its residue this share of it.
    fn speaks(presence: &mut Presence, frames: usize, residue: f32, other: f32) {
        for n in 0..frames {
            // Syllables.
            let far = if n % 20 < 14 { 0.01 } else { 0.0001 };
            let left = far * residue * (0.5 + (n % 7) as f32 / 7.0) + FLOOR + other;
            presence.push(
                Powers {
                    far,
                    near: left,
                    left,
                    anew: false,
                },
                FLOOR,
            );
        }
    }

    #[test]
    fn a_person_over_our_voice_rises_above_its_residue_and_our_voice_does_not() {
        let mut presence = Presence::default();
        speaks(&mut presence, 500, 0.01, 0.0);
        assert!(presence.rise(450, 490).unwrap() < 0.0);
        speaks(&mut presence, 40, 0.01, 0.002);
        assert!(presence.rise(500, 540).unwrap() > 8.0);
    }

    #[test]
    fn a_person_has_stopped_while_our_voice_goes_on() {
        let mut presence = Presence::default();
        speaks(&mut presence, 500, 0.01, 0.0);
        assert!(presence.quiet_for() >= 100 * FRAME);
        speaks(&mut presence, 40, 0.01, 0.002);
        assert_eq!(presence.quiet_for(), 0);
        speaks(&mut presence, 25, 0.01, 0.0);
        assert_eq!(presence.quiet_for(), 25 * FRAME);
        assert_eq!(presence.just_over(), None);
        speaks(&mut presence, 3, 0.01, 0.0);
        let (start, end) = presence.just_over().unwrap();
        assert!((500..505).contains(&start) && end == 540, "{start} {end}");
        speaks(&mut presence, 2, 0.01, 0.0);
        assert_eq!(presence.just_over(), None);
    }

    #[test]
    fn in_another_room_our_own_voice_is_nobody_else_even_in_the_word_just_heard() {
        let mut presence = Presence::default();
        speaks(&mut presence, 500, 0.01, 0.0);
        speaks(&mut presence, 40, 1.0, 0.0);
        assert!(presence.rise(500, 540).unwrap() > 15.0, "who knows");
        presence.forget();
        assert!(presence.rise(500, 540).unwrap() < -100.0);
        speaks(&mut presence, 200, 1.0, 0.0);
        assert!(presence.rise(700, 740).unwrap() < 0.0);
    }

    #[test]
    fn at_the_beginning_nothing_is_believed_over_our_voice_and_all_without_it() {
        let mut presence = Presence::default();
        speaks(&mut presence, 50, 1.0, 0.1);
        assert!(presence.rise(10, 50).unwrap() < -100.0);
        for _ in 0..200 {
            presence.push(
                Powers {
                    far: 0.0,
                    near: 0.1,
                    left: 0.1,
                    anew: false,
                },
                FLOOR,
            );
        }
        assert_eq!(presence.rise(200, 240), None);
    }
}
