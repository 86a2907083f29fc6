//! What becomes of something that was said: when it is judged, and as what.

use std::time::Duration;

use super::decision::{Extent, Heard, Judgement, Reason, UNKNOWN};
use super::guard::ECHO_TAIL;
use super::level::FRAME;
use super::protocol::{Reply, Request, Word};
use super::recogniser::out_of_step;
use super::verifier::{FIRST, Verifier};
use super::watch::RECENT;
use super::{Ears, EarsError, LEAD, PIECE, RATE, Verdict};
use crate::time::Moment;

/// How much of an utterance that goes on for too long, in samples (1.2 s), is heard again: a command may be in its midst.
const OVERLAP: u64 = 19_200;

/// After this much quiet, in samples (280 ms), a sound is over of which the recogniser has made nothing.
const OVERHEARD: u64 = 4_480;

/// It ended this long ago (200 ms) where the level does not say when, and no longer ago than that (600 ms).
const SINCE: u64 = 3_200;
const SINCE_AT_MOST: u64 = 9_600;

/// A sound that ended so long ago was said over our own voice if that sounds now or did just before.
const SHORTLY: Duration = Duration::from_millis(300);

/// A word's sound begins up to so long before its extent.
const BEFORE: Duration = Duration::from_millis(50);

/// What rises so far above what is usually left of our own voice, in dB, was somebody who spoke over it.
const SOMEBODY: f32 = 6.0;

/// No word is later than this many seconds of the recogniser's clock, whatever a recogniser that has
/// gone wrong may say.
const LONGEST_CLOCK: f64 = 600.0;

/// Until when our own voice, which `ended` before an answer that begins at `start`, may leave something. The verifier is not to
/// hear that: it is no part of the answer.
fn left_until(ended: Moment, start: Moment) -> Moment {
    (ended + ECHO_TAIL).min(start.saturating_sub(BEFORE))
}

/// Whether what rises so far, in dB, above what is usually left of our own voice is no more than that. Where somebody spoke over
/// it, the verifier is to hear that the answer is the end of something longer.
fn nobody_else(rise: Option<f32>) -> bool {
    rise.is_none_or(|rise| rise < SOMEBODY)
}

/// Fills the first `count` samples with the quietest 25 ms of all, to and fro, so that there is the room's noise and nothing
/// else.
fn silence(samples: &mut [f32], count: usize) {
    const SPAN: usize = RATE as usize / 40;
    let power = |frame: &[f32]| frame.iter().map(|x| x * x).sum::<f32>();
    let quietest = samples
        .chunks_exact(SPAN)
        .min_by(|a, b| power(a).total_cmp(&power(b)));
    let Some(noise) = quietest.map(<[f32]>::to_vec) else {
        return;
    };
    let to_and_fro = noise.iter().chain(noise.iter().rev()).cycle();
    for (sample, noise) in samples.iter_mut().take(count).zip(to_and_fro) {
        *sample = *noise;
    }
}

impl Ears {
    /// Something was said of which the recogniser makes nothing at all: the verifier may.
    pub(super) fn overheard(&mut self) -> Result<Option<Verdict>, EarsError> {
        let Some((start, end, foreign)) = self.just_over() else {
            return Ok(None);
        };
        if start < self.settled {
            return Ok(None);
        }
        let word = Heard {
            word: UNKNOWN.into(),
            start: self.history.moment(start),
            end: self.history.moment(end),
            confidence: 1.0,
            foreign,
        };
        let accepted = self
            .judgement(&[word])
            .filter(|judgement| judgement.reason == Reason::Accepted);
        let Some(judgement) = accepted else {
            return Ok(None);
        };
        self.settled = self.history.end();
        self.begin_at(self.settled)?;
        Ok(Some(self.verdict(judgement)))
    }

    /// Something was said that the verifier has believed in for long enough, whatever the recogniser makes of it.
    pub(super) fn watched(&mut self) -> Result<Option<Verdict>, EarsError> {
        let heard = self.history.end();
        let Some(verifier) = self.verifier.as_ref() else {
            return Ok(None);
        };
        if self.own_voice_in_sight() {
            self.watch.stop();
            return Ok(None);
        }
        let phrases = self.decision.phrases();
        let Some(found) = self
            .watch
            .follow(verifier, &self.history, phrases, &self.level)
        else {
            return Ok(None);
        };
        let ago = match self.level.quiet_for() {
            0 => SINCE,
            quiet => quiet.min(SINCE_AT_MOST),
        };
        let end = self.history.moment(heard.saturating_sub(ago));
        let onset = self.history.moment(self.level.onset());
        let judgement = self
            .decision
            .found(found, onset, end, self.level.rise(RECENT));
        let Some(judgement) = judgement else {
            return Ok(None);
        };
        self.settled = heard;
        self.begin_at(heard)?;
        Ok(Some(self.verdict(judgement)))
    }

    /// A sound that has just ended and that the recogniser has no phrase for: from where to where, and whether
    /// it stood out over our own voice.
    fn just_over(&self) -> Option<(u64, u64, bool)> {
        let heard = self.history.end();
        let now = self.history.moment(heard);
        if self.own.sounds(now.saturating_sub(SHORTLY), now) {
            let (start, end) = self.presence.just_over()?;
            return Some((start * FRAME, end * FRAME, true));
        }
        let quiet = self.level.quiet_for();
        let over = (OVERHEARD..OVERHEARD + PIECE as u64).contains(&quiet);
        let nothing = self.decision.partial().is_empty();
        (over && nothing).then(|| (self.level.onset(), heard.saturating_sub(quiet), false))
    }

    /// Judges an utterance as if it were over, and hears it again where it is not to be obeyed yet.
    pub(super) fn look(&mut self) -> Result<Option<Verdict>, EarsError> {
        let began = self.zero.max(self.level.onset().saturating_sub(LEAD));
        let words = self.final_words()?;
        let accepted = self
            .judgement(&words)
            .filter(|judgement| judgement.reason == Reason::Accepted);
        let Some(judgement) = accepted else {
            self.decision.hear_again();
            (self.zero, self.fed) = (began, began);
            return Ok(None);
        };
        // The rest of the word is not heard as another.
        self.settled = self.fed;
        self.decision.begin_anew();
        Ok(Some(self.verdict(judgement)))
    }

    /// What goes on for too long is judged as it is, and forgotten but for its latest part: a command may be
    /// in the middle of being said.
    pub(super) fn forget_most(&mut self) -> Result<Option<Verdict>, EarsError> {
        let began = (self.fed - OVERLAP).max(self.settled);
        let words = self.final_words()?;
        self.decision.begin_anew();
        let accepted = self
            .judgement(&words)
            .filter(|judgement| judgement.reason == Reason::Accepted);
        let Some(judgement) = accepted else {
            (self.zero, self.fed) = (began, began);
            return Ok(None);
        };
        self.settled = self.fed;
        Ok(Some(self.verdict(judgement)))
    }

    /// Ends the utterance and judges it.
    pub(super) fn finish(&mut self) -> Result<Option<Verdict>, EarsError> {
        let words = self.final_words()?;
        self.decision.begin_anew();
        Ok(self.judge(&words))
    }

    /// The recogniser's result for what it was fed; it begins anew after that.
    fn final_words(&mut self) -> Result<Vec<Heard>, EarsError> {
        let reply = self.decoder.ask(&Request::Finish)?;
        let Reply::Final { words } = reply else {
            return Err(out_of_step(&reply));
        };
        let words = self.heard(&words);
        self.zero = self.fed;
        Ok(words)
    }

    pub(super) fn judge(&mut self, words: &[Heard]) -> Option<Verdict> {
        let judgement = self.judgement(words);
        if !words.is_empty() {
            self.settled = self.fed;
        }
        judgement.map(|judgement| self.verdict(judgement))
    }

    /// Whether our own voice is in what a look of the watch sees: there are other rules for that.
    fn own_voice_in_sight(&self) -> bool {
        let heard = self.history.end();
        let moment = |position| self.history.moment(position);
        self.own
            .sounds(moment(heard.saturating_sub(FIRST)), moment(heard))
    }

    fn judgement(&mut self, words: &[Heard]) -> Option<Judgement> {
        self.level.set_decay(self.echo.decay());
        let alone = !self.own_voice_in_sight();
        let (level, history, presence) = (&self.level, &self.history, &self.presence);
        let extent = |start, end| {
            let (start, end, rise) = level.extent(history.position(start), history.position(end));
            Extent {
                start: history.moment(start),
                end: history.moment(end),
                rise,
                over_echo: presence.rise(start / FRAME, end / FRAME),
            }
        };
        let (verifier, watch) = (self.verifier.as_deref(), &mut self.watch);
        let own = &self.own;
        let opinion = |start, end| {
            let verifier = verifier?;
            let end = history.position(end);
            let answer = |(from, until)| {
                let mut samples = history.samples(from, until);
                if let Some(ended) = own.ended(history.moment(from), start) {
                    let ours = history
                        .position(left_until(ended, start))
                        .clamp(from, until);
                    if nobody_else(presence.rise(from / FRAME, ours / FRAME)) {
                        let count = samples.len().saturating_sub((until - ours) as usize);
                        silence(&mut samples, count);
                    }
                }
                samples
            };
            let followed = alone
                .then(|| watch.opinion(end, verifier, history))
                .flatten();
            followed.or_else(|| {
                Verifier::windows(end, history.end())
                    .map(|window| verifier.listen(&answer(window)))
                    .reduce(|opinion, later| opinion.or(&later))
            })
        };
        self.decision.judge(words, &self.own, extent, opinion)
    }

    fn verdict(&mut self, judgement: Judgement) -> Verdict {
        let Judgement {
            phrase,
            start,
            end,
            evidence,
            reason,
        } = judgement;
        let decided = self.history.moment(self.history.end());
        if reason == Reason::Accepted {
            self.watch.settle(self.history.end());
        }
        Verdict {
            phrase,
            start,
            end,
            decided,
            evidence,
            accepted: reason == Reason::Accepted,
            reason,
        }
    }

    /// The recogniser's words with their moments.
    pub(super) fn heard(&self, words: &[Word]) -> Vec<Heard> {
        let moment = |secs: f32| {
            let since_zero = Moment::from_secs(f64::from(secs).min(LONGEST_CLOCK));
            self.history.moment(self.zero + since_zero.frame(RATE))
        };
        let heard = |word: &Word| Heard {
            word: word.word.clone(),
            start: moment(word.start),
            end: moment(word.end),
            confidence: word.confidence.clamp(0.0, 1.0),
            foreign: false,
        };
        words.iter().map(heard).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_voice_is_silenced_up_to_its_echo_but_not_into_the_answer() {
        let at = Moment::from_secs;
        assert_eq!(left_until(at(10.0), at(12.0)), at(10.0) + ECHO_TAIL);
        assert_eq!(
            left_until(at(10.0), at(10.2)),
            at(10.2).saturating_sub(BEFORE)
        );
    }

    #[test]
    fn who_speaks_over_our_own_voice_is_heard() {
        assert!(
            nobody_else(None) && nobody_else(Some(f32::NEG_INFINITY)) && nobody_else(Some(3.0))
        );
        assert!(!nobody_else(Some(12.0)));
    }

    #[test]
    fn what_is_silenced_is_as_quiet_as_the_quietest_and_the_rest_is_left() {
        let mut sound = vec![0.5; 4000];
        sound[2000..2400].fill(0.01);
        silence(&mut sound, 1500);
        assert!(sound[..1500].iter().all(|x| *x == 0.01));
        assert!(sound[1500..2000].iter().all(|x| *x == 0.5));
        assert_eq!(sound[2000..2400], [0.01; 400]);
    }

    #[test]
    fn too_little_to_find_quiet_in_is_left() {
        let mut sound = vec![0.5; 100];
        silence(&mut sound, 100);
        assert_eq!(sound, [0.5; 100]);
    }
}
