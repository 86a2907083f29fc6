//! `talkthrough.toml`: what the graph of one of our models is built with.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::phone::{Phone, Pronunciation};

/// The only format there is.
const FORMAT: u32 = 1;
/// Beyond this a cost is a slip of the keyboard.
const DEAREST: f64 = 1_000.0;

/// What the graph is built with, beside the words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    format: u32,
    /// The phones of the network's outputs, in order, from output 1.
    #[serde(deserialize_with = "phone_list")]
    pub(super) phones: Vec<Phone>,
    pub(super) costs: Costs,
    /// What single words cost beside that, by word.
    #[serde(default)]
    pub(super) word_costs: BTreeMap<String, f64>,
    /// The same for other words; infinite where one is not to be in the graph.
    #[serde(default)]
    pub(super) filler_costs: BTreeMap<String, f64>,
    /// How words are said, where it is not as in the dictionary.
    #[serde(default, deserialize_with = "pronunciations")]
    pub(super) pronunciations: BTreeMap<String, Vec<Pronunciation>>,
}

/// Costs, as negated natural logarithms: the larger, the less likely. `talkthrough.toml` says what
/// each does.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Costs {
    pub(super) word: f64,
    pub(super) added_word: f64,
    pub(super) word_blank: f64,
    pub(super) silence: f64,
    pub(super) unknown_phone: f64,
    pub(super) filler: f64,
    pub(super) filler_near_command: f64,
    pub(super) filler_equals_command: f64,
    pub(super) filler_equals_word: f64,
    pub(super) filler_blank: f64,
    /// The share of `[unk]` where no grammar is set, 0 to 1.
    pub(super) unknown_share: f64,
}

impl Settings {
    /// Reads settings.
    ///
    /// # Errors
    ///
    /// What is wrong and where, as a text with a caret.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let settings: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!(
                "format = {}, and this program knows {FORMAT}: it is too old or too new for the model",
                self.format
            ));
        }
        for phone in &self.phones {
            if self.phones.iter().filter(|other| *other == phone).count() > 1 {
                return Err(format!("the phone {} is listed twice", phone.name()));
            }
        }
        let Costs {
            word,
            added_word,
            word_blank,
            silence,
            unknown_phone,
            filler,
            filler_near_command,
            filler_equals_command,
            filler_equals_word,
            filler_blank,
            unknown_share,
        } = self.costs;
        let finite = [
            word,
            added_word,
            word_blank,
            silence,
            unknown_phone,
            filler,
            filler_near_command,
            filler_equals_command,
            filler_equals_word,
            filler_blank,
        ];
        let finite = finite.iter().chain(self.word_costs.values());
        let removable = self
            .filler_costs
            .values()
            .filter(|cost| **cost != f64::INFINITY);
        if let Some(cost) = finite
            .chain(removable)
            .find(|cost| cost.is_nan() || cost.abs() > DEAREST)
        {
            return Err(format!(
                "a cost is {cost}: write a number between -{DEAREST} and {DEAREST}"
            ));
        }
        if !(unknown_share > 0.0 && unknown_share < 1.0) {
            return Err(format!(
                "unknown_share = {unknown_share}: write a number between 0 and 1"
            ));
        }
        Ok(())
    }
}

fn phone_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Phone>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let phone = |name| {
        Phone::named(name).ok_or_else(|| serde::de::Error::custom(format!("`{name}` is no phone")))
    };
    text.split_whitespace().map(phone).collect()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn pronunciations<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Vec<Pronunciation>>, D::Error> {
    let texts = BTreeMap::<String, OneOrMany>::deserialize(deserializer)?;
    let read = |(word, ways): (String, OneOrMany)| {
        let ways = match ways {
            OneOrMany::One(way) => vec![way],
            OneOrMany::Many(ways) => ways,
        };
        let ways: Result<Vec<Pronunciation>, _> = ways.iter().map(|way| way.parse()).collect();
        match ways {
            Ok(ways) if ways.is_empty() => Err(format!("`{word}` has no pronunciation")),
            Ok(ways) => Ok((word, ways)),
            Err(error) => Err(format!("{word}: {error}")),
        }
    };
    texts
        .into_iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(serde::de::Error::custom)
}
