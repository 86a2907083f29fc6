//! The guide file as TOML spells it, every value with its place in the text.
//!
//! Nearly everything is optional here, so that a missing field is reported together with the other
//! faults and by the name of its step, not one at a time.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer};
use toml::Spanned;

/// A string and where it stands.
pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGuide {
    pub(super) id: Option<Text>,
    pub(super) title: Option<Text>,
    pub(super) language: Option<Text>,
    #[serde(default)]
    pub(super) applies_to: RawTexts,
    #[serde(default)]
    pub(super) erases: RawTexts,
    #[serde(default)]
    pub(super) tools: RawTexts,
    #[serde(default)]
    pub(super) opening: RawTexts,
    #[serde(default)]
    pub(super) closing: RawTexts,
    #[serde(default)]
    pub(super) pronunciations: BTreeMap<Text, RawTexts>,
    #[serde(default)]
    pub(super) source: Vec<Spanned<RawSource>>,
    #[serde(default)]
    pub(super) step: Vec<Spanned<RawStep>>,
    #[serde(default)]
    pub(super) way: Vec<Spanned<RawWay>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    pub(super) title: Option<Text>,
    pub(super) address: Option<Text>,
    pub(super) kind: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWay {
    pub(super) id: Option<Text>,
    pub(super) title: Option<Text>,
    #[serde(default)]
    pub(super) step: Vec<Spanned<RawStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) id: Option<Text>,
    pub(super) title: Option<Text>,
    #[serde(default)]
    pub(super) warning: RawTexts,
    #[serde(default)]
    pub(super) say: RawTexts,
    pub(super) ask: Option<Text>,
    #[serde(default)]
    pub(super) more: RawTexts,
    #[serde(default)]
    pub(super) expect: RawTexts,
    #[serde(default)]
    pub(super) if_not: RawTexts,
    // At most one of these: it decides the step's kind. None: something to do.
    pub(super) confirm: Option<Text>,
    pub(super) hold: Option<Spanned<RawHold>>,
    pub(super) wait: Option<Spanned<RawWait>>,
    pub(super) choice: Option<Spanned<Vec<Spanned<RawOption>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHold {
    pub(super) minimum: Option<Spanned<RawDuration>>,
    pub(super) target: Option<Spanned<RawDuration>>,
    pub(super) maximum: Option<Spanned<RawDuration>>,
    #[serde(default)]
    pub(super) too_long: RawTexts,
    pub(super) count: Option<Text>,
    pub(super) count_in: Option<Spanned<i64>>,
    pub(super) milestones: Option<Spanned<bool>>,
    pub(super) cycles: Option<Spanned<i64>>,
    pub(super) rest: Option<Spanned<RawDuration>>,
    pub(super) cue: Option<Text>,
    pub(super) begin: Option<Text>,
    pub(super) carries_on: Option<Spanned<bool>>,
    #[serde(default)]
    pub(super) slipped: RawTexts,
    pub(super) restart_at: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWait {
    pub(super) typical: Option<Spanned<RawDuration>>,
    pub(super) give_up: Option<Spanned<RawDuration>>,
    pub(super) progress: Option<Spanned<RawDuration>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOption {
    pub(super) phrase: Option<Text>,
    pub(super) label: Option<Text>,
    pub(super) to: Option<Text>,
}

/// `"20 s"`, or a plain number of seconds.
pub(super) enum RawDuration {
    Text(String),
    Seconds(f64),
}

impl<'de> Deserialize<'de> for RawDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DurationVisitor;

        impl Visitor<'_> for DurationVisitor {
            type Value = RawDuration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"20 s\" or \"1 min 30 s\"")
            }

            fn visit_str<E>(self, text: &str) -> Result<RawDuration, E> {
                Ok(RawDuration::Text(text.to_owned()))
            }

            fn visit_i64<E>(self, seconds: i64) -> Result<RawDuration, E> {
                Ok(RawDuration::Seconds(seconds as f64))
            }

            fn visit_f64<E>(self, seconds: f64) -> Result<RawDuration, E> {
                Ok(RawDuration::Seconds(seconds))
            }
        }

        deserializer.deserialize_any(DurationVisitor)
    }
}

/// One sentence, or a list of sentences. The place of a single one is known only to the
/// [`Spanned`] around the whole.
enum OneOrMany {
    One(String),
    Many(Vec<Text>),
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrManyVisitor;

        // Not an untagged enum: that would buffer the value and lose the places in it.
        impl<'de> Visitor<'de> for OneOrManyVisitor {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMany, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany::Many)
            }
        }

        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

/// The texts of a field which takes `"one"` as well as `["one", "two"]`.
#[derive(Default)]
pub(super) struct RawTexts(pub(super) Vec<Text>);

impl<'de> Deserialize<'de> for RawTexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<OneOrMany>::deserialize(deserializer)?;
        let place = spanned.span();
        Ok(match spanned.into_inner() {
            OneOrMany::One(text) => Self(vec![Spanned::new(place, text)]),
            OneOrMany::Many(texts) => Self(texts),
        })
    }
}
