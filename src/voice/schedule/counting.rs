//! A count: begun, changed, ended; and what gives way to what.

use super::super::beats::{Beat, beat_clips};
use super::*;

/// How long before it sounds a beat is handed over: long enough for any stall of the program, and few
/// enough clips for the timeline.
const HANDED_OVER: Duration = Duration::from_secs(30);

impl Voice {
    /// Counts: every beat sounds with its perceptual centre on its moment. Replaces a running count, of which
    /// a beat that is in both goes on undisturbed. A word for which it is too late becomes its sound (a tick;
    /// the tone of the end); a beat whose moment is past is dropped, never shifted.
    pub fn count(&mut self, beats: &[Beat], now: Moment) {
        let shaping = self.clear.then_some(in_noise_on_the_beat as Shaping);
        let mut clips = beat_clips(beats, |text| {
            match rendering(&self.bank, &mut self.renderer, text, shaping) {
                Rendering::Ready(clip) => Some(clip),
                // A beat cannot wait.
                Rendering::Pending | Rendering::Unavailable => {
                    self.events.push_back(VoiceEvent::NoVoice {
                        text: text.to_owned(),
                    });
                    None
                }
            }
        });
        let kept = self.stop_count_but_for(&clips, now);
        clips.retain(|clip| !kept.contains(&clip.due));
        let fading = self
            .placements
            .iter()
            .filter(|placement| placement.state == State::Removed);
        let silent = fading.map(|it| it.end).fold(Moment::ZERO, Moment::max);
        let soon = now + self.lead;
        let earliest = silent.max(soon);
        for clip in clips.iter_mut().filter(|clip| clip.start < earliest) {
            clip.become_sound();
        }
        clips.retain(|clip| clip.start >= if clip.is_tick() { soon } else { earliest });
        clips.sort_by_key(|clip| clip.start);
        self.coming = clips.into();
        self.place_beats(now);
        self.make_way(now);
    }

    /// Ends the count: no further beat sounds.
    pub fn stop_count(&mut self, now: Moment) {
        self.stop_count_but_for(&[], now);
    }

    /// Takes back the count but for what is the same in `clips` and, where there are any, for a word whose
    /// moment is past. Gives the moments of what stays.
    fn stop_count_but_for(&mut self, clips: &[BeatClip], now: Moment) -> Vec<Moment> {
        self.coming.clear();
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for placement in self.placements.iter().filter(|it| it.is_live()) {
            let Kind::Beat { due, .. } = placement.kind else {
                continue;
            };
            let same = |clip: &BeatClip| {
                clip.due == due
                    && clip.text == placement.text
                    && clip.samples.len() == placement.samples.len()
            };
            let is_said = due <= now
                && clips
                    .iter()
                    .all(|clip| clip.due <= now || clip.start >= placement.end);
            if clips.iter().any(same) || (!clips.is_empty() && is_said) {
                kept.push(due);
            } else {
                gone.push(placement.id);
            }
        }
        for id in gone {
            self.remove(id, now);
        }
        kept
    }

    /// Hands over the beats whose time is near.
    pub(super) fn place_beats(&mut self, now: Moment) {
        let until = now + self.lead + HANDED_OVER;
        while self.coming.front().is_some_and(|clip| clip.start <= until) {
            let Some(clip) = self.coming.pop_front() else {
                return;
            };
            let kind = Kind::Beat {
                n: clip.n,
                due: clip.due,
                centre: clip.centre,
                rank: clip.rank,
                sound: clip.sound,
            };
            self.place(kind, clip.text, clip.samples, clip.start, true);
        }
    }

    /// Lets the words of the count between `start` and `end` give way to a sentence: each becomes a tick.
    pub(super) fn give_way(&mut self, start: Moment, end: Moment, now: Moment) {
        for beat in self.placements.words_of_count(start, end) {
            let Kind::Beat { n, due, rank, .. } = beat.kind else {
                continue;
            };
            self.remove(beat.id, now);
            let kind = Kind::Beat {
                n,
                due,
                rank,
                sound: Sound::Tick,
                centre: Duration::ZERO,
            };
            let samples = Arc::clone(&Sound::Tick.clip().samples);
            self.place(kind, String::new(), samples, due, true);
        }
    }

    /// Lets the count run on under what is being said where its words give way to that; what a word of the
    /// count runs into otherwise is interrupted.
    pub(super) fn make_way(&mut self, now: Moment) {
        let soon = now + self.lead;
        let said: Vec<(u64, bool)> = self
            .speeches
            .iter()
            .filter_map(|it| Some((it.placed?, it.turn == Turn::Instead)))
            .collect();
        for (id, cannot_wait) in said {
            let Some(sentence) = self.placements.get_mut(id).filter(|it| it.is_live()) else {
                continue;
            };
            let (start, end) = (sentence.start, sentence.end);
            let words = self.placements.words_of_count(start, end);
            if words.iter().all(|it| it.gives_way(cannot_wait, soon)) {
                self.give_way(start, end, now);
            }
        }
        for id in self.placements.in_the_way_of_beats() {
            self.remove(id, now);
            // What was interrupted is said again from the beginning of its sentence.
            for speech in self.speeches.iter_mut().filter(|it| it.placed == Some(id)) {
                speech.placed = None;
            }
        }
    }
}
