//! Whether what was heard is obeyed.
//!
//! libvosk's grammar is a bigram: it recombines words ("next again"), and its confidence compares the
//! phrases of the grammar with each other only. So a phrase counts when it is the *whole* utterance,
//! the [`Evidence`] for it is enough, it is as long as such a phrase can be, rises out of the noise,
//! and is not our own voice. How much is enough, and how soon, depends on its lane:
//! [`OPERATING_POINTS`](super::OPERATING_POINTS).

use std::fmt;
use std::time::Duration;

use super::evidence::{Evidence, Lane, Ours};
use super::guard::OwnVoice;
use super::verifier::Opinion;
use super::watch::Found;
use crate::time::Moment;

/// What the recogniser writes for anything not listened for.
pub const UNKNOWN: &str = "[unk]";

/// A phrase to listen for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Its words, in lower case, separated by single spaces.
    pub text: String,
    /// How it is decided.
    pub lane: Lane,
}

/// What was looked at while it was being said, and not believed, is looked at again after so long.
const LOOK_AGAIN: Duration = Duration::from_millis(40);

/// As the quiet of [`Lane::Normal`], where a longer phrase begins with this one ("go", "go back").
const QUIET_IF_LONGER_EXISTS: Duration = Duration::from_millis(320);

/// Quiet after which anything is over, should the recogniser's own endpointing not see it.
const QUIET_AT_LAST: Duration = Duration::from_millis(600);

/// No command is shorter than this.
const SHORTEST: Duration = Duration::from_millis(90);

/// What the verifier looks at begins no earlier than so long before a word.
const IN_SIGHT: Duration = Duration::from_millis(1_500);

/// No command is longer than this, for each of its words.
const LONGEST_WORD: Duration = Duration::from_millis(1_300);

/// The recogniser may take a phrase for so many wrong words. What it hears more words in is a sentence.
const MOST_MISTAKEN: usize = 2;

/// So far above what is left of our own voice, in dB, even what resembles the words being spoken was said
/// by somebody else.
const SURELY_ANOTHER: f32 = 15.0;

/// A command's loudest moment is at least this far above the noise floor, in dB.
const LEAST_RISE: f32 = 6.0;

/// Why a verdict fell as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It is obeyed.
    Accepted,
    /// It may have been something else.
    LowConfidence,
    /// Known words, but not one of the phrases listened for.
    NotAPhrase,
    /// There were words in it that are not listened for.
    UnknownWords,
    /// It is part of what the talk itself was saying.
    OwnVoice,
    /// Too short for the phrase.
    TooShort,
    /// Too long for the phrase.
    TooLong,
    /// It did not rise out of the noise.
    TooQuiet,
    /// It was no more than our own voice leaves in the microphone.
    Echo,
}

impl fmt::Display for Reason {
    /// The name used in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::LowConfidence => "low confidence",
            Self::NotAPhrase => "not a whole phrase",
            Self::UnknownWords => "unknown words",
            Self::OwnVoice => "part of what is being spoken",
            Self::TooShort => "too short",
            Self::TooLong => "too long",
            Self::TooQuiet => "too quiet",
            Self::Echo => "no louder than our own echo",
        })
    }
}

/// A recognised word with its moments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heard {
    pub(super) word: String,
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) confidence: f32,
    /// It stood out over our own voice, so it is not that.
    pub(super) foreign: bool,
}

/// Where a stretch of sound really starts and ends, how far it rises above the floor, in dB, and, where our
/// own voice sounds, how far above what is usually left of that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) rise: f32,
    pub(super) over_echo: Option<f32>,
}

/// What is made of an utterance.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judgement {
    pub(super) phrase: String,
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) evidence: Evidence,
    pub(super) reason: Reason,
}

/// What to do after a partial result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Listen on.
    Listen,
    /// Judge it now, as it stands: it may be acted on while it is being said.
    Look,
    /// The utterance is over: have it finished, and judge that.
    Finish,
}

/// The phrases listened for, and the partial result as it stands.
#[derive(Debug, Default)]
pub(super) struct Decision {
    phrases: Vec<Phrase>,
    partial: String,
    /// What of it may be a phrase, and since when it has been that.
    wanted: String,
    since: Moment,
    /// The partial result that was last looked at, and when: what is heard again up to there is not
    /// looked at again, or two phrases that alternate would keep each other going for ever.
    looked: String,
    looked_at: Moment,
}

impl Decision {
    /// Listens for `phrases` from now on; whether that is a change.
    pub(super) fn listen_for(&mut self, phrases: &[Phrase]) -> bool {
        let changed = self.phrases != phrases;
        if changed {
            self.phrases = phrases.to_vec();
        }
        changed
    }

    /// What the recogniser is to listen for: the phrases, and anything else.
    pub(super) fn grammar(&self) -> Vec<String> {
        self.phrases
            .iter()
            .map(|phrase| phrase.text.clone())
            .chain([UNKNOWN.to_owned()])
            .collect()
    }

    /// What is listened for.
    pub(super) fn phrases(&self) -> &[Phrase] {
        &self.phrases
    }

    /// What is being said so far, as last told.
    pub(super) fn partial(&self) -> &str {
        &self.partial
    }

    /// Forgets the partial result: the recogniser has begun anew.
    pub(super) fn begin_anew(&mut self) {
        self.partial.clear();
        self.looked.clear();
    }

    /// The same utterance is given to the recogniser again: as [`Decision::begin_anew`], but what was
    /// looked at once is not looked at again.
    pub(super) fn hear_again(&mut self) {
        self.partial.clear();
    }

    /// Takes in a partial result as it stands at `now`, after `quiet` of no more than noise. Over our own
    /// voice what is unknown before and after a phrase is most likely that voice.
    pub(super) fn partial_result(
        &mut self,
        text: &str,
        now: Moment,
        quiet: Duration,
        over_own_voice: bool,
    ) -> Next {
        text.clone_into(&mut self.partial);
        let text = if over_own_voice {
            without_unknown_ends(text)
        } else {
            text
        };
        if text != self.wanted {
            text.clone_into(&mut self.wanted);
            self.since = now;
        }
        if self.partial.is_empty() {
            return Next::Listen;
        }
        if quiet >= QUIET_AT_LAST {
            return Next::Finish;
        }
        let Some(phrase) = self.phrase(text) else {
            let over = quiet >= QUIET_IF_LONGER_EXISTS && !self.longer_exists(text);
            return if over { Next::Finish } else { Next::Listen };
        };
        let point = phrase.lane.operating_point();
        if now.since(self.since) < point.stable {
            return Next::Listen;
        }
        let longer_exists = self.longer_exists(text);
        match phrase.lane {
            Lane::Fast if !longer_exists && self.may_look(text, now, quiet) => {
                text.clone_into(&mut self.looked);
                self.looked_at = now;
                Next::Look
            }
            Lane::Fast | Lane::Normal => {
                let wanted = if longer_exists {
                    QUIET_IF_LONGER_EXISTS
                } else {
                    Lane::Normal.operating_point().quiet
                };
                if quiet >= wanted {
                    Next::Finish
                } else {
                    Next::Listen
                }
            }
            Lane::Strict => Next::Listen,
        }
    }

    /// Judges an utterance. `extent` looks up where the sound between two moments really lies, `opinion`
    /// asks for a second opinion on what lies between two. `None` where there is nothing to say about it: silence, or our own voice and no phrase in it.
    pub(super) fn judge(
        &self,
        words: &[Heard],
        own: &OwnVoice,
        extent: impl Fn(Moment, Moment) -> Extent,
        opinion: impl FnOnce(Moment, Moment) -> Option<Opinion>,
    ) -> Option<Judgement> {
        let ours = |word: &Heard| match word.word.as_str() {
            _ if word.foreign => false,
            UNKNOWN => own.explains(word.start, word.end),
            text => own.says(text, word.start, word.end),
        };
        let rest: Vec<&Heard> = words.iter().filter(|word| !ours(word)).collect();
        let echo = rest.is_empty();
        // All of it was ours. Worth a word only where it would have been obeyed.
        let rest = if echo {
            words.iter().filter(|word| word.word != UNKNOWN).collect()
        } else {
            rest
        };
        let (first, last) = (rest.first()?, rest.last()?);

        let mut text = rest
            .iter()
            .map(|word| word.word.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let confidence = rest.iter().map(|word| word.confidence).fold(1.0, f32::min);
        let Extent {
            mut start,
            end,
            rise,
            over_echo,
        } = extent(first.start, last.end);
        let mut evidence = Evidence {
            confidence,
            odds: None,
            rise,
            over_echo,
        };
        let proposed = self.phrase(&text).is_some();
        if !echo
            && (proposed || rest.len() <= MOST_MISTAKEN)
            && let Some(opinion) = opinion(start, end)
        {
            evidence.odds = opinion.log_odds(&text);
            // Over our own voice only what both believe in counts, or what stands out.
            if (!own.sounds(start, end) || first.foreign)
                && let Some((meant, instead)) = self.not_proposed(&text, &opinion, evidence)
                && (!proposed || instead.log_odds() > evidence.log_odds())
            {
                (text, evidence) = (meant, instead);
                // The verifier heard it in the last moments of the sound, however long that is.
                start = start.max(end.saturating_sub(longest(&text)));
            }
        }
        let surely_another = over_echo.is_some_and(|rise| rise >= SURELY_ANOTHER);
        let reason = match self.phrase(&text) {
            _ if echo => Reason::OwnVoice,
            Some(_) if own.says(&text, first.start, last.end) => Reason::OwnVoice,
            Some(_) if !surely_another && own.resembles(&text, first.start, last.end) => {
                Reason::OwnVoice
            }
            None if rest.iter().any(|word| word.word == UNKNOWN) => Reason::UnknownWords,
            None => Reason::NotAPhrase,
            Some(phrase) => {
                let point = phrase.lane.operating_point();
                let ours = match start.saturating_sub(IN_SIGHT) {
                    _ if own.sounds(start, end) => Ours::During,
                    before if own.sounds(before, end) => Ours::Before,
                    _ => Ours::Silent,
                };
                match end.since(start) {
                    _ if !evidence.suffices(point, self.phrases.len(), ours) => {
                        Reason::LowConfidence
                    }
                    length if length < SHORTEST => Reason::TooShort,
                    length if length > longest(&text) => Reason::TooLong,
                    _ if !evidence.stands_out(point) => Reason::Echo,
                    _ if rise < LEAST_RISE => Reason::TooQuiet,
                    _ => Reason::Accepted,
                }
            }
        };
        // Neither our own words nor a rumble are worth mentioning, but a command that was not obeyed is.
        let worth_a_word = self.phrase(&text).is_some() || (!echo && rise >= LEAST_RISE);
        worth_a_word.then_some(Judgement {
            phrase: text,
            start,
            end,
            evidence,
            reason,
        })
    }

    /// What is made of a phrase that was found by watching, where it rises out of the noise; `onset` is when the sound
    /// began that it is in.
    pub(super) fn found(
        &self,
        found: Found,
        onset: Moment,
        end: Moment,
        rise: f32,
    ) -> Option<Judgement> {
        let earliest = end.saturating_sub(longest(&found.phrase));
        let latest = end.saturating_sub(SHORTEST);
        (rise >= LEAST_RISE).then(|| Judgement {
            phrase: found.phrase,
            start: onset.clamp(earliest, latest),
            end,
            evidence: Evidence {
                confidence: 0.0,
                odds: Some(found.odds),
                rise,
                over_echo: None,
            },
            reason: Reason::Accepted,
        })
    }

    /// The phrase other than `text` that the verifier takes an utterance for, if any. Not one whose effect
    /// cannot be undone: that has to be heard by both.
    fn not_proposed(
        &self,
        text: &str,
        opinion: &Opinion,
        heard: Evidence,
    ) -> Option<(String, Evidence)> {
        let evidence = |phrase: &Phrase| Evidence {
            confidence: 0.0,
            odds: opinion.log_odds(&phrase.text),
            ..heard
        };
        self.phrases
            .iter()
            .filter(|phrase| phrase.lane != Lane::Strict && phrase.text != text)
            .map(|phrase| (phrase.text.clone(), evidence(phrase)))
            .filter(|(_, evidence)| evidence.odds.is_some_and(|odds| odds > 0.0))
            .max_by(|a, b| a.1.log_odds().total_cmp(&b.1.log_odds()))
    }

    /// Whether `text` is worth a look at `now`: for the first time, or when more of it has been heard.
    fn may_look(&self, text: &str, now: Moment, quiet: Duration) -> bool {
        if self.looked == text {
            // When it is over it is judged for good.
            quiet < Lane::Normal.operating_point().quiet && now >= self.looked_at + LOOK_AGAIN
        } else {
            now > self.looked_at
        }
    }

    fn phrase(&self, text: &str) -> Option<&Phrase> {
        self.phrases.iter().find(|phrase| phrase.text == text)
    }

    fn longer_exists(&self, text: &str) -> bool {
        begins_another(text, &self.phrases)
    }
}

/// Whether one of `phrases` is longer and begins with `text`.
pub(super) fn begins_another(text: &str, phrases: &[Phrase]) -> bool {
    phrases.iter().any(|phrase| {
        phrase
            .text
            .strip_prefix(text)
            .is_some_and(|rest| rest.starts_with(' '))
    })
}

/// The longest that a phrase takes.
fn longest(phrase: &str) -> Duration {
    LONGEST_WORD * phrase.split(' ').count() as u32
}

/// The words of a partial result without [`UNKNOWN`] before and after them.
fn without_unknown_ends(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(rest) = text.strip_prefix(UNKNOWN) {
        text = rest.trim_start();
    }
    while let Some(rest) = text.strip_suffix(UNKNOWN) {
        text = rest.trim_end();
    }
    text
}

#[cfg(test)]
mod tests;
