//! A command that lasts: evidence gathered over several looks.
//!
//! The recogniser makes nothing of some words, or cuts them wrongly, most of all in noise; and one look
//! at a word that is half covered by noise leaves it in doubt. So while there is sound, the verifier looks
//! every 160 ms or sooner, and what it thinks of each phrase is added up for as long as that speaks for the phrase.
//! Looks that agree decide in the end, a strong one sooner than weak ones: the cumulative sum test of
//! E. S. Page, "Continuous Inspection Schemes", Biometrika 41, 1954.

use std::collections::VecDeque;

use super::RATE;
use super::decision::{Phrase, begins_another};
use super::evidence::{Lane, by_rise};
use super::history::History;
use super::level::Level;
use super::verifier::{FIRST, FOLLOWED, Following, Opinion, STEP, Verifier};

/// Log odds that speak neither for a phrase nor against it.
const EVEN: f32 = -1.0;

/// No look says more than this, in log odds.
const MOST: f32 = 3.0;

/// A look is due this many samples after the last (160 ms), and counts for no longer.
const HOP: u64 = 2 * STEP;

/// The sum, in log odds times seconds, at which a phrase is believed that rises no more than so many dB above the noise,
/// and one that rises so much. In between it is interpolated.
const ENOUGH: [(f32, f32); 2] = [(30.0, 0.6), (45.0, 1.2)];

/// Where a longer phrase begins with this one ("go", "go back"), it has to be believed for so many samples (400 ms): the rest may
/// be still to come.
const LONGER: u64 = 6_400;

/// What was found rises as far as the loudest of the last so many samples (1.2 s).
pub(super) const RECENT: u64 = 19_200;

/// So many looks are kept: those of a word that has just ended.
const LOOKS: usize = 8;

/// A word is at the end of the look that is nearest to so many samples (200 ms) after its end, and of the last one up to so
/// many after it (500 ms).
const AFTER: u64 = 3_200;
const LATEST: u64 = 8_000;

/// What follows the sound, and what it has found so far.
#[derive(Default)]
pub(super) struct Watch {
    following: Following,
    /// Of what was heard before this position nothing is to be found any more.
    settled: u64,
    sums: Vec<Sum>,
    /// The last looks, and up to which position they are in the sums.
    looks: VecDeque<Look>,
    summed: u64,
}

/// A look at what was followed.
struct Look {
    /// Up to where.
    position: u64,
    /// How many samples after the one before.
    span: u64,
    opinion: Opinion,
}

/// What speaks for a phrase.
struct Sum {
    phrase: String,
    sum: f32,
    /// The position of the look that was the first to speak for it.
    since: u64,
    /// The last look's log odds.
    odds: f32,
}

/// A phrase that was found.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub(super) phrase: String,
    pub(super) odds: f32,
}

impl Watch {
    /// Nothing is to be found in what was heard up to `position`.
    pub(super) fn settle(&mut self, position: u64) {
        self.settled = position;
        self.stop();
    }

    /// Stops following: there is nothing to hear, or not that alone.
    pub(super) fn stop(&mut self) {
        self.following = Following::default();
        self.sums.clear();
        self.looks.clear();
    }

    /// Whether it has looked.
    #[cfg(test)]
    pub(super) fn follows(&self) -> bool {
        !self.looks.is_empty()
    }

    /// What it makes of a word that ended at `end`; `None` where that cannot be followed.
    pub(super) fn opinion(
        &mut self,
        end: u64,
        verifier: &Verifier,
        history: &History,
    ) -> Option<Opinion> {
        self.look(verifier, history, STEP);
        let since = |look: &&Look| look.position > end && look.position <= end + LATEST;
        let looks = self.looks.iter().filter(since);
        let last = looks.clone().next_back()?;
        let nearest = looks.min_by_key(|look| look.position.abs_diff(end + AFTER))?;
        Some(last.opinion.clone().or(&nearest.opinion))
    }

    /// Follows what was heard, if a word may be in it; `level` is that of it. Returns the phrase that has been found.
    pub(super) fn follow(
        &mut self,
        verifier: &Verifier,
        history: &History,
        phrases: &[Phrase],
        level: &Level,
    ) -> Option<Found> {
        let waits = self.sums.iter().all(|sum| sum.sum == 0.0);
        if waits && !level.worth_following(!self.looks.is_empty()) {
            self.stop();
            return None;
        }
        self.look(verifier, history, HOP);
        self.sums
            .retain(|sum| phrases.iter().any(|phrase| phrase.text == sum.phrase));
        for look in self.looks.iter().filter(|look| look.position > self.summed) {
            for phrase in phrases.iter().filter(|phrase| phrase.lane != Lane::Strict) {
                if let Some(odds) = look.opinion.log_odds(&phrase.text) {
                    add(&mut self.sums, &phrase.text, odds, look);
                }
            }
        }
        self.summed = self.looks.back().map_or(0, |look| look.position);
        let best = self.sums.iter().max_by(|a, b| a.sum.total_cmp(&b.sum))?;
        let soon = begins_another(&best.phrase, phrases) && self.summed < best.since + LONGER;
        (!soon && best.sum >= by_rise(ENOUGH, level.rise(RECENT))).then(|| Found {
            phrase: best.phrase.clone(),
            odds: best.odds,
        })
    }

    /// Looks at what was heard since the last look if that is `least` samples long, or as a first look.
    fn look(&mut self, verifier: &Verifier, history: &History, least: u64) {
        let heard = history.end();
        let (steps, span) = match self.looks.back() {
            Some(last) if heard < last.position + least => return,
            Some(last) => {
                let steps = (heard - last.position) / STEP;
                (steps, steps * STEP)
            }
            // A window that begins before what is settled may hold that.
            None if heard < self.settled + FIRST => return,
            None => (0, HOP),
        };
        let position = self.looks.back().map_or(heard, |last| last.position + span);
        let samples = history.samples(position.saturating_sub(FOLLOWED), position);
        let opinion = verifier.follow(&mut self.following, &samples, steps as usize);
        self.looks.push_back(Look {
            position,
            span: span.min(HOP),
            opinion,
        });
        if self.looks.len() > LOOKS {
            self.looks.pop_front();
        }
    }
}

fn add(sums: &mut Vec<Sum>, phrase: &str, odds: f32, look: &Look) {
    let more = (odds.min(MOST) - EVEN) * look.span as f32 / RATE as f32;
    match sums.iter_mut().find(|sum| sum.phrase == phrase) {
        Some(sum) => {
            if sum.sum == 0.0 {
                sum.since = look.position;
            }
            (sum.sum, sum.odds) = ((sum.sum + more).max(0.0), odds);
        }
        None if more > 0.0 => sums.push(Sum {
            phrase: phrase.to_owned(),
            sum: more,
            since: look.position,
            odds,
        }),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Arc;

    use crate::sound::file::read;
    use crate::time::Moment;

    fn phrases(texts: &[&str], lane: Lane) -> Vec<Phrase> {
        let phrase = |text: &&str| Phrase {
            text: (*text).into(),
            lane,
        };
        texts.iter().map(phrase).collect()
    }

    /// Two seconds of faint noise, a recording, and a second of noise; where the recording's last sound is.
    fn recorded(name: &str) -> (Vec<f32>, u64) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let word = read(&root.join("tests/words").join(name)).unwrap();
        let word = word.resampled(RATE).unwrap().samples;
        let mut random = 1_u32;
        let mut noise = |count: usize| -> Vec<f32> {
            let mut next = || {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 8) as f32 / f32::from(u16::MAX) / 256.0 - 0.5
            };
            (0..count).map(|_| 0.004 * next()).collect()
        };
        let mut sound = noise(32_000);
        let end = word.iter().rposition(|x| x.abs() > 0.02).unwrap();
        sound.extend(&word);
        sound.extend(noise(16_000));
        (sound, 32_000 + end as u64)
    }

    fn verifier() -> Arc<Verifier> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let model = root.join("models/talkthrough-en");
        Verifier::load(&model).unwrap().unwrap()
    }

    /// All that is found in `sound`, each with the position at which it was; after each, what was heard is settled.
    fn found(sound: &[f32], phrases: &[Phrase]) -> Vec<(String, u64)> {
        let (verifier, mut watch) = (verifier(), Watch::default());
        let (mut history, mut level) = (History::default(), Level::default());
        let mut all = Vec::new();
        for piece in sound.chunks(320) {
            history.push(piece, Moment::from_frame(history.end(), RATE));
            level.push(piece);
            if let Some(found) = watch.follow(&verifier, &history, phrases, &level) {
                watch.settle(history.end());
                all.push((found.phrase, history.end()));
            }
        }
        all
    }

    #[test]
    fn a_word_is_found_once_soon_after_its_end_whatever_else_is_listened_for() {
        let wanted = phrases(&["next", "stop", "ready", "slipped"], Lane::Normal);
        for (recording, phrase) in [
            ("stop.flac", "stop"),
            ("next.flac", "next"),
            ("ready.flac", "ready"),
            ("slipped.flac", "slipped"),
        ] {
            let (sound, end) = recorded(recording);
            let all = found(&sound, &wanted);
            let [(found, at)] = all.as_slice() else {
                panic!("{recording}: {all:?}")
            };
            assert_eq!(found, phrase);
            assert!((end..end + 11_200).contains(at), "{recording}: {end} {at}");
        }
    }

    #[test]
    fn nothing_is_found_in_a_sentence_nor_a_phrase_that_has_to_be_heard_by_both() {
        let wanted = phrases(&["next", "stop", "go", "no", "yes", "ready"], Lane::Normal);
        let (sentence, _) = recorded("what_a_lovely_morning.flac");
        assert_eq!(found(&sentence, &wanted), []);
        let (word, _) = recorded("erase_it.flac");
        assert_eq!(found(&word, &phrases(&["erase it"], Lane::Strict)), []);
        assert_eq!(found(&word, &phrases(&["erase it"], Lane::Normal)).len(), 1);
    }

    #[test]
    fn the_beginning_of_a_longer_phrase_is_not_taken_for_it() {
        let (sound, _) = recorded("go_back.flac");
        let all = found(&sound, &phrases(&["go", "go back", "back"], Lane::Normal));
        assert!(
            matches!(all.as_slice(), [(found, _)] if found == "go back"),
            "{all:?}"
        );
    }

    #[test]
    fn looks_that_agree_add_up_and_one_that_does_not_takes_away() {
        let look = |position| Look {
            position,
            span: HOP,
            opinion: Opinion {
                phrases: Vec::new().into(),
                shares: Vec::new(),
            },
        };
        let mut sums = Vec::new();
        add(&mut sums, "next", -3.0, &look(HOP));
        assert!(sums.is_empty());
        for nth in 2..5 {
            add(&mut sums, "next", 0.0, &look(nth * HOP));
        }
        let [sum] = sums.as_slice() else { panic!() };
        assert!((sum.sum - 0.48).abs() < 1e-4 && sum.since == 2 * HOP);
        add(&mut sums, "next", 20.0, &look(5 * HOP));
        assert!((sums[0].sum - 1.12).abs() < 1e-4, "a look counts no more");
        add(&mut sums, "next", -12.0, &look(6 * HOP));
        assert!(sums[0].sum == 0.0);
        add(&mut sums, "next", 0.0, &look(7 * HOP));
        assert_eq!(sums[0].since, 7 * HOP);
    }
}
