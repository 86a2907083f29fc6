//! How loud it is: the noise floor, whether somebody is speaking, where a word really ends.
//!
//! The recogniser knows a word's end only to some 60 ms; a count starts there, so it is looked up in
//! the energy. Positions are samples of the 16 kHz stream, counted from its beginning.

use std::collections::VecDeque;

/// Samples in a frame: 10 ms.
pub(super) const FRAME: u64 = 160;

/// How many frames are kept: 12 s.
const KEPT: usize = 1_200;

/// Frames over which the noise floor is taken: 3 s, longer than any command.
const FLOOR_FRAMES: usize = 300;

/// The floor is the level that this share of those frames stays below: low enough to be untouched by
/// speech with its own gaps, high enough not to follow single quiet frames.
const FLOOR_SHARE: f32 = 0.15;

/// Level of digital silence, dB; rooms and microphones are never below it.
const SILENCE: f32 = -80.0;

/// Sound this far above the floor, in dB, is more than noise: from steady noise, whose frames differ
/// little, to talk and traffic.
const ABOVE_FLOOR: std::ops::RangeInclusive<f32> = 3.5..=10.0;

/// Sound this far below the loudest of a word, in dB, is its reverberation, not the word.
const BELOW_PEAK: f32 = 34.0;

/// A room's reverberation begins at least this far below the sound itself, in dB: a person sits nearer to the
/// microphone than the walls.
const REVERBERATION: f32 = 3.0;

/// It decays no faster than this share of its mean slope.
const SLOWEST: f32 = 0.85;

/// Longest silence inside a word, in frames: the closure before the last "t" of "slipped", 180 ms.
const CLOSURE: u64 = 18;

/// What counts as now, in frames: the last piece that was pushed, 20 ms.
const NOW: usize = 2;

/// Longest pause between the words of a phrase, in frames: 300 ms.
const PAUSE: u64 = 30;

/// How far back what is just being said is looked for, in frames: 3 s.
const LONGEST_SPEECH: u64 = 300;

/// A pause that a word has just ended before, in samples: from 60 to 400 ms.
const PAUSE_AT_LEAST: u64 = 960;
const PAUSE_AT_MOST: u64 = 6_400;

/// Longer than a word, in samples (1.2 s).
const LONG_SOUND: u64 = 19_200;

/// What rises so far above the noise, in dB, has pauses that are seen.
const LOUD: f32 = 32.0;

/// How far the recogniser's own word limits are trusted, in frames: 300 ms.
const SLACK: u64 = 30;

/// The level of the recent past, in 10 ms frames.
#[derive(Debug, Default)]
pub(super) struct Level {
    /// Level of each frame in dB; the front one is frame `first`.
    frames: VecDeque<f32>,
    first: u64,
    /// Energy and number of samples of the frame that is not yet full.
    energy: f32,
    filled: u64,
    /// Last input and output of the high-pass that takes out hum and rumble.
    input: f32,
    output: f32,
    /// The floor, how far above it sound is more than noise, and the frame both were last taken at.
    floor: f32,
    margin: f32,
    floor_at: u64,
    /// How fast the room's reverberation decays, in dB for each frame, if that is known.
    decay: Option<f32>,
}

impl Level {
    /// Takes in more of the stream.
    pub(super) fn push(&mut self, samples: &[f32]) {
        for &sample in samples {
            // One pole at 100 Hz.
            self.output = 0.962 * (self.output + sample - self.input);
            self.input = sample;
            self.energy += self.output * self.output;
            self.filled += 1;
            if self.filled == FRAME {
                let level = 10.0 * (self.energy / FRAME as f32).max(1e-12).log10();
                self.frames.push_back(level.max(SILENCE));
                (self.energy, self.filled) = (0.0, 0);
                if self.frames.len() > KEPT {
                    self.frames.pop_front();
                    self.first += 1;
                }
            }
        }
        self.take_floor();
    }

    /// Tells how fast the room's reverberation decays, in dB for each frame, as far as that is known.
    pub(super) fn set_decay(&mut self, decay: Option<f32>) {
        self.decay = decay;
    }

    /// The noise floor in dB.
    pub(super) fn floor(&self) -> f32 {
        self.floor
    }

    /// Whether there is more than noise right now.
    pub(super) fn sounds(&self) -> bool {
        let threshold = self.floor + self.margin;
        self.frames
            .iter()
            .rev()
            .take(NOW)
            .any(|level| *level >= threshold)
    }

    /// How far the loudest of the last so many samples lies above the floor, in dB.
    pub(super) fn rise(&self, samples: u64) -> f32 {
        let end = self.end();
        self.peak(end.saturating_sub(samples / FRAME), end) - self.floor
    }

    /// Whether a word may just have ended: there is a pause, or it is so loud around that there may be none. One that is
    /// followed already is followed a little longer.
    pub(super) fn worth_following(&self, followed: bool) -> bool {
        if self.rise(LONG_SOUND) < LOUD {
            return true;
        }
        let quiet = self.quiet_for();
        let sounding = self.end() * FRAME - self.onset();
        if followed {
            sounding < LONG_SOUND && quiet < PAUSE_AT_MOST
        } else {
            (PAUSE_AT_LEAST..PAUSE_AT_MOST).contains(&quiet)
        }
    }

    /// For how many samples up to now it has been no louder than a pause, compared with the last second.
    pub(super) fn quiet_for(&self) -> u64 {
        let end = self.end();
        let threshold = self.threshold(end.saturating_sub(100), end);
        let quiet = self
            .frames
            .iter()
            .rev()
            .take_while(|level| **level < threshold)
            .count();
        quiet as u64 * FRAME
    }

    /// Position at which what is just being said began; the present where nobody is speaking.
    pub(super) fn onset(&self) -> u64 {
        let end = self.end();
        let threshold = self.threshold(end.saturating_sub(100), end);
        let mut onset = end;
        for (back, level) in (1..=LONGEST_SPEECH).zip(self.frames.iter().rev()) {
            if *level >= threshold {
                onset = end - back;
            } else if onset - (end - back) > PAUSE {
                break;
            }
        }
        onset * FRAME
    }

    /// Where the sound around `start..end` really starts and ends, and how far its loudest frame lies
    /// above the floor, in dB. All positions in samples.
    pub(super) fn extent(&self, start: u64, end: u64) -> (u64, u64, f32) {
        let (start, end) = (start / FRAME, (end / FRAME).max(start / FRAME + 1));
        let threshold = self.threshold(start.saturating_sub(5), end + 5);
        let loud = |frame: &u64| self.at(*frame).is_some_and(|level| level >= threshold);
        let said = |frame: &u64| loud(frame) && !self.rings(*frame);
        let rise = self.peak(start, end) - self.floor;
        let (Some(first), Some(last)) = ((start..end).find(loud), (start..end).rev().find(said))
        else {
            return (start * FRAME, end * FRAME, rise);
        };
        let mut first_loud = first;
        for frame in (first.saturating_sub(SLACK)..first).rev() {
            if first_loud - frame > CLOSURE / 2 {
                break;
            }
            if loud(&frame) {
                first_loud = frame;
            }
        }
        let mut last_loud = last;
        for frame in last + 1..=end + SLACK {
            if frame - last_loud > CLOSURE {
                break;
            }
            if said(&frame) {
                last_loud = frame;
            }
        }
        // Where the word fades below the noise, the recogniser's own idea of its end is the better one.
        if self.floor + self.margin > self.peak(start, end) - BELOW_PEAK {
            last_loud = last_loud.max(end - 1);
        }
        (first_loud * FRAME, (last_loud + 1) * FRAME, rise)
    }

    /// Whether a frame is no louder than the reverberation of those before it.
    fn rings(&self, frame: u64) -> bool {
        let (Some(decay), Some(level)) = (self.decay, self.at(frame)) else {
            return false;
        };
        (1..=SLACK).any(|back| {
            let before = frame.checked_sub(back).and_then(|frame| self.at(frame));
            let ringing = |before: f32| before - REVERBERATION - SLOWEST * decay * back as f32;
            before.is_some_and(|before| ringing(before) >= level)
        })
    }

    /// The level that divides sound from pause, given the loudest of the frames.
    fn threshold(&self, start: u64, end: u64) -> f32 {
        (self.floor + self.margin).max(self.peak(start, end) - BELOW_PEAK)
    }

    fn peak(&self, start: u64, end: u64) -> f32 {
        (start..end)
            .filter_map(|frame| self.at(frame))
            .fold(SILENCE, f32::max)
    }

    fn at(&self, frame: u64) -> Option<f32> {
        self.frames
            .get(usize::try_from(frame.checked_sub(self.first)?).ok()?)
            .copied()
    }

    /// The number of the next frame.
    fn end(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    fn take_floor(&mut self) {
        let end = self.end();
        if end < self.floor_at + 10 {
            return;
        }
        self.floor_at = end;
        let mut recent: Vec<f32> = self
            .frames
            .iter()
            .rev()
            .take(FLOOR_FRAMES)
            .copied()
            .collect();
        recent.sort_unstable_by(f32::total_cmp);
        let low = recent.get((recent.len() as f32 * FLOOR_SHARE) as usize);
        let (Some(&low), Some(&median)) = (low, recent.get(recent.len() / 2)) else {
            return;
        };
        self.floor = low;
        // Twice the spread of the noise itself, as long as no more than half of the time is speech.
        self.margin = (3.0 + 2.0 * (median - low)).clamp(*ABOVE_FLOOR.start(), *ABOVE_FLOOR.end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `millis` of noise at `db`, the same every time.
    fn noise(millis: usize, db: f32) -> Vec<f32> {
        let gain = 10f32.powf(db / 20.0) * 3f32.sqrt();
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..millis * 16).map(|_| next() * gain).collect()
    }

    fn heard(parts: &[(usize, f32)]) -> Level {
        let mut level = Level::default();
        for (millis, db) in parts {
            level.push(&noise(*millis, *db));
        }
        level
    }

    const MS: u64 = 16;

    #[test]
    fn a_words_end_is_found_past_the_closure_of_its_last_consonant() {
        // A second of room, a word, 80 ms of closure, a weaker burst, room.
        let level = heard(&[
            (1000, -60.0),
            (300, -20.0),
            (80, -60.0),
            (40, -38.0),
            (500, -60.0),
        ]);
        // The recogniser is 60 ms early on both sides.
        let (start, end, rise) = level.extent(940 * MS, 1240 * MS);
        assert_eq!((start / MS, end / MS), (1000, 1420));
        assert!((rise - 40.0).abs() < 3.0, "{rise}");
    }

    #[test]
    fn the_reverberation_of_a_word_is_not_part_of_it() {
        let mut parts = vec![(1000, -60.0), (300, -20.0)];
        parts.extend((0..15).map(|n| (10, -26.0 - 2.0 * n as f32)));
        parts.push((500, -60.0));
        let mut level = heard(&parts);
        assert!(level.extent(1000 * MS, 1300 * MS).1 / MS >= 1400);
        level.set_decay(Some(2.0));
        assert_eq!(level.extent(1000 * MS, 1300 * MS).1 / MS, 1300);
    }

    #[test]
    fn in_a_quiet_room_a_word_is_looked_for_in_the_pauses_and_in_a_loud_one_all_the_time() {
        let quiet = |parts: &[(usize, f32)]| {
            let mut all = vec![(1000, -75.0)];
            all.extend(parts);
            heard(&all)
        };
        let word = quiet(&[(400, -20.0)]);
        assert!(!word.worth_following(false) && word.worth_following(true));
        let over = quiet(&[(400, -20.0), (100, -75.0)]);
        assert!(over.worth_following(false) && over.worth_following(true));
        let long_over = quiet(&[(400, -20.0), (500, -75.0)]);
        assert!(!long_over.worth_following(false) && !long_over.worth_following(true));
        let speech = quiet(&[(1300, -20.0)]);
        assert!(!speech.worth_following(true), "no word is so long");
        let loud = heard(&[(1000, -45.0), (400, -20.0)]);
        assert!(loud.worth_following(false) && loud.worth_following(true));
    }

    #[test]
    fn a_late_word_limit_comes_back_to_the_end_of_the_sound() {
        let level = heard(&[(1000, -60.0), (300, -20.0), (700, -60.0)]);
        let (start, end, _) = level.extent(1050 * MS, 1500 * MS);
        assert_eq!((start / MS, end / MS), (1000, 1300));
    }

    #[test]
    fn what_is_said_next_is_not_part_of_the_word() {
        let level = heard(&[
            (1000, -60.0),
            (300, -20.0),
            (200, -60.0),
            (300, -20.0),
            (100, -60.0),
        ]);
        assert_eq!(level.extent(1000 * MS, 1290 * MS).1 / MS, 1300);
    }

    #[test]
    fn quiet_is_counted_from_the_end_of_speech_in_any_noise() {
        for room in [-75.0, -60.0, -45.0] {
            let level = heard(&[(2000, room), (300, -20.0), (250, room)]);
            assert_eq!(level.quiet_for() / MS, 250, "room at {room} dB");
        }
        assert_eq!(heard(&[(2000, -60.0), (300, -20.0)]).quiet_for(), 0);
    }

    #[test]
    fn the_onset_of_a_phrase_is_before_its_first_word() {
        let phrase = [(1000, -60.0), (300, -20.0), (200, -60.0), (300, -20.0)];
        assert_eq!(heard(&phrase).onset() / MS, 1000);
        assert_eq!(
            heard(&[(1000, -60.0), (300, -20.0), (400, -60.0)]).onset() / MS,
            1700
        );
    }

    #[test]
    fn the_floor_does_not_follow_a_long_sentence_with_pauses() {
        let mut parts = vec![(3000, -60.0)];
        parts.extend([(700, -20.0), (150, -60.0)].repeat(5));
        let floor = heard(&parts).floor();
        assert!((floor + 60.0).abs() < 3.0, "{floor}");
    }
}
