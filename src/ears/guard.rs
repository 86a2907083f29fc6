//! What the talk itself is saying, so that it does not obey itself.

use std::time::Duration;

use crate::time::Moment;

/// How long after its end our own speech may still be heard: the room, and a headset's delay.
pub(super) const ECHO_TAIL: Duration = Duration::from_millis(300);

/// How long a span is remembered after its end; the recogniser looks back no further.
const REMEMBERED: Duration = Duration::from_secs(6);

/// How far a word may be from where its letters put it: this long, and so much of the whole. Of the 2,628 words
/// in each shipped voice's sentences, as PocketSphinx aligns them (`benches/voices/placement.py`), the worst lie
/// 0.72 s (bdl) and 0.83 s (slt) away, both in a sentence of some 7.5 s, and no word is beyond this.
const MISPLACED: Duration = Duration::from_millis(400);
const MISPLACED_SHARE: f64 = 0.1;

/// Something of our own that sounds, by the moments it is *played*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The words.
    pub text: String,
    /// When it begins to sound.
    pub start: Moment,
    /// When it ends.
    pub end: Moment,
}

/// Our own speech of the last seconds and the next.
#[derive(Debug, Default)]
pub(super) struct OwnVoice {
    spans: Vec<Spoken>,
}

impl OwnVoice {
    /// Replaces what is known with `spans`. What has begun and is no longer named was cut at `now`;
    /// what has ended is remembered for its echo.
    pub(super) fn set(&mut self, spans: &[Spoken], now: Moment) {
        let mut known: Vec<Spoken> = spans.to_vec();
        for old in self.spans.drain(..) {
            let named = known
                .iter()
                .any(|new| new.text == old.text && new.start == old.start);
            if !named && old.start < now && now.since(old.end) < REMEMBERED {
                known.push(Spoken {
                    end: old.end.min(now),
                    ..old
                });
            }
        }
        self.spans = known;
    }

    /// Whether any of it sounds between `start` and `end`, its echo included.
    pub(super) fn sounds(&self, start: Moment, end: Moment) -> bool {
        self.spans
            .iter()
            .any(|span| span.start < end && start < span.end + ECHO_TAIL)
    }

    /// Whether `phrase`, heard from `start` to `end`, is likely to be our own voice: its words lie in
    /// something that sounds then, and where they do they are about to be spoken, or have just been. What
    /// begins after the end of our speech can only be an echo of its last words.
    pub(super) fn says(&self, phrase: &str, start: Moment, end: Moment) -> bool {
        let phrase = words(phrase);
        self.spans
            .iter()
            .filter(|span| Self::covers(span, start, end))
            .any(|span| {
                let text = words(&span.text);
                if start >= span.end {
                    text.ends_with(&phrase)
                } else {
                    let mut windows = text.windows(phrase.len().max(1)).enumerate();
                    windows.any(|(nth, window)| {
                        window == phrase
                            && span.may_be_saying(&text, nth, phrase.len(), middle(start, end))
                    })
                }
            })
    }

    /// As [`OwnVoice::says`], but for words that merely sound much alike, "stop" in "step three" or in "stopped", and
    /// wherever they are in it.
    pub(super) fn resembles(&self, phrase: &str, start: Moment, end: Moment) -> bool {
        let phrase = words(phrase);
        self.spans
            .iter()
            .filter(|span| Self::covers(span, start, end))
            .any(|span| {
                let alike = |window: &[String]| {
                    let mut pairs = window.iter().zip(&phrase);
                    pairs.all(|(ours, heard)| alike(ours, heard))
                };
                words(&span.text).windows(phrase.len().max(1)).any(alike)
            })
    }

    /// Whether something unknown, heard from `start` to `end`, is likely to be our own voice.
    pub(super) fn explains(&self, start: Moment, end: Moment) -> bool {
        self.spans.iter().any(|span| Self::covers(span, start, end))
    }

    /// The last end of our own speech after `after` and not after `until`.
    pub(super) fn ended(&self, after: Moment, until: Moment) -> Option<Moment> {
        self.spans
            .iter()
            .map(|span| span.end)
            .filter(|end| after < *end && *end <= until)
            .max()
    }

    fn covers(span: &Spoken, start: Moment, end: Moment) -> bool {
        let middle = middle(start, end);
        span.start <= middle && middle < span.end + ECHO_TAIL
    }
}

impl Spoken {
    /// Whether `count` words of its `words` from the `nth` on may be what sounds, or echoes, at `moment`. Where they are
    /// is estimated: every letter takes as long as any other.
    fn may_be_saying(&self, words: &[String], nth: usize, count: usize, moment: Moment) -> bool {
        let letters = |words: &[String]| words.iter().map(String::len).sum::<usize>() as f64;
        let (before, rest) = words.split_at(nth);
        let (said, _) = rest.split_at(count.min(rest.len()));
        let length = self.end.since(self.start);
        let share = (letters(before) + letters(said) / 2.0) / letters(words).max(1.0);
        let place = self.start + length.mul_f64(share);
        let either_side = MISPLACED + length.mul_f64(MISPLACED_SHARE);
        moment + either_side >= place && moment <= place + either_side + ECHO_TAIL
    }
}

fn middle(start: Moment, end: Moment) -> Moment {
    start + end.since(start) / 2
}

/// The words of a text as the recogniser would write them.
fn words(text: &str) -> Vec<String> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Fewer letters in common at the beginning are no likeness: "go" is not heard in "goodbye".
const COMMON_BEGINNING: usize = 4;

/// Whether two words may be taken for each other: one is the beginning of the other ("stop" of "stopped"), or one
/// letter differs, of long words two.
fn alike(one: &str, other: &str) -> bool {
    let shorter = one.len().min(other.len());
    if shorter >= COMMON_BEGINNING && (one.starts_with(other) || other.starts_with(one)) {
        return true;
    }
    let most = match one.chars().count().max(other.chars().count()) {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    strsim::osa_distance(one, other) <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: f64) -> Moment {
        Moment::from_secs(secs)
    }

    fn spoken(text: &str, start: f64, end: f64) -> Spoken {
        Spoken {
            text: text.into(),
            start: at(start),
            end: at(end),
        }
    }

    fn saying(text: &str, start: f64, end: f64) -> OwnVoice {
        let mut own = OwnVoice::default();
        own.set(&[spoken(text, start, end)], at(start));
        own
    }

    #[test]
    fn only_what_is_in_the_text_and_only_while_it_sounds_is_our_own() {
        let own = saying("Say \"next\" when it is unplugged.", 1.0, 3.0);
        assert!(own.says("next", at(1.4), at(1.8)));
        assert!(!own.says("stop", at(1.4), at(1.8)));
        assert!(!own.says("next", at(0.2), at(0.6)));
        assert!(!own.says("next", at(4.0), at(4.4)));
        assert!(
            !own.says("plugged", at(1.4), at(1.8)),
            "part of a word is not the word"
        );
    }

    #[test]
    fn a_word_is_our_own_only_about_where_it_is_in_the_sentence() {
        let own = saying(
            "Say next when it is unplugged and the light on the front of it is out.",
            1.0,
            6.0,
        );
        assert!(own.says("next", at(1.2), at(1.5)));
        assert!(own.says("next", at(2.1), at(2.4)), "it may be slow");
        assert!(!own.says("next", at(4.0), at(4.4)));
        assert!(
            own.resembles("next", at(4.0), at(4.4)),
            "but it has to stand out"
        );
        assert!(own.says("out", at(5.5), at(5.9)));
        assert!(!own.says("out", at(1.2), at(1.5)));
    }

    #[test]
    fn after_the_end_only_its_last_words_can_be_an_echo() {
        let own = saying("When it is out, say next", 1.0, 3.0);
        assert!(own.says("next", at(3.0), at(3.3)));
        let own = saying("Say next when it is out", 1.0, 3.0);
        assert!(
            !own.says("next", at(3.0), at(3.3)),
            "a person may answer at once"
        );
    }

    #[test]
    fn words_that_sound_alike_are_noticed() {
        let own = saying("Step three. Read the text now", 1.0, 3.0);
        for phrase in ["stop", "next", "no", "again", "step"] {
            let noticed = own.resembles(phrase, at(1.5), at(1.9));
            assert_eq!(noticed, phrase != "again", "{phrase}");
        }
        assert!(!own.says("stop", at(1.5), at(1.9)));
        assert!(!own.resembles("stop", at(4.0), at(4.4)));
        let own = saying("I was stopped, goodbye. Press alarm.", 1.0, 3.0);
        for phrase in ["stop", "pressing", "go"] {
            let noticed = own.resembles(phrase, at(1.5), at(1.9));
            assert_eq!(noticed, phrase != "go", "{phrase}");
        }
    }

    #[test]
    fn speech_that_was_cut_ends_there_and_speech_that_was_dropped_never_sounds() {
        let mut own = OwnVoice::default();
        own.set(
            &[
                spoken("one sentence", 1.0, 3.0),
                spoken("another", 3.5, 5.0),
            ],
            at(1.0),
        );
        own.set(&[], at(2.0));
        assert!(own.says("sentence", at(1.8), at(2.1)));
        assert!(!own.sounds(at(2.5), at(6.0)));
        assert_eq!(own.ended(at(1.9), at(2.1)), Some(at(2.0)));
    }
}
