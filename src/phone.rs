//! Phones: the sounds that words are written in for the recogniser.
//!
//! The set is that of the CMU pronouncing dictionary, without stress: 39 phones of North American
//! English. People write them with spaces between, `"W AY F AY"`.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// The phones with the character that stands for each in the shipped dictionary, and a word it is in.
const PHONES: [(&str, u8, &str); 39] = [
    ("AA", b'a', "hot"),
    ("AE", b'A', "cat"),
    ("AH", b'x', "cut"),
    ("AO", b'o', "law"),
    ("AW", b'W', "now"),
    ("AY", b'Y', "by"),
    ("B", b'b', "bee"),
    ("CH", b'C', "chip"),
    ("D", b'd', "day"),
    ("DH", b'D', "this"),
    ("EH", b'e', "red"),
    ("ER", b'R', "her"),
    ("EY", b'E', "say"),
    ("F", b'f', "fan"),
    ("G", b'g', "go"),
    ("HH", b'h', "hold"),
    ("IH", b'i', "it"),
    ("IY", b'I', "key"),
    ("JH", b'j', "job"),
    ("K", b'k', "key"),
    ("L", b'l', "let"),
    ("M", b'm', "me"),
    ("N", b'n', "no"),
    ("NG", b'N', "long"),
    ("OW", b'O', "go"),
    ("OY", b'X', "boy"),
    ("P", b'p', "pin"),
    ("R", b'r', "red"),
    ("S", b's', "see"),
    ("SH", b'S', "show"),
    ("T", b't', "tea"),
    ("TH", b'T', "thin"),
    ("UH", b'U', "book"),
    ("UW", b'u', "two"),
    ("V", b'v', "van"),
    ("W", b'w', "we"),
    ("Y", b'y', "yes"),
    ("Z", b'z', "zoo"),
    ("ZH", b'Z', "vision"),
];

/// Nobody says a longer word.
const MOST_PHONES: usize = 40;

/// One phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u8);

impl Phone {
    /// Every phone, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        (0u8..).zip(&PHONES).map(|(at, _)| Self(at))
    }

    /// The phone of a name such as `AY`, in capitals.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|phone| phone.name() == name)
    }

    /// The phone a character of the shipped dictionary stands for.
    pub(crate) fn coded(code: u8) -> Option<Self> {
        Self::all().find(|phone| phone.entry().1 == code)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    fn entry(self) -> &'static (&'static str, u8, &'static str) {
        // Only `all` makes phones, from the table itself.
        PHONES.get(usize::from(self.0)).unwrap_or(&PHONES[0])
    }
}

/// How a word is said; never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pronunciation(Vec<Phone>);

impl Pronunciation {
    /// A pronunciation of these phones; `None` where there are none, or more than anybody can say.
    pub fn new(phones: Vec<Phone>) -> Option<Self> {
        (1..=MOST_PHONES)
            .contains(&phones.len())
            .then_some(Self(phones))
    }

    /// Its phones, in order.
    pub fn phones(&self) -> &[Phone] {
        &self.0
    }
}

impl fmt::Display for Pronunciation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, phone) in self.0.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{}", phone.name())?;
        }
        Ok(())
    }
}

/// Why a text is no pronunciation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PronunciationError {
    /// There is a word in it that is no phone.
    #[error("`{name}` is no phone: {}", self.remedy())]
    NoPhone {
        /// The word.
        name: String,
        /// Its place in the text, in bytes.
        place: Range<usize>,
    },
    /// It has no phone at all, or too many.
    #[error("a pronunciation has 1 to {MOST_PHONES} phones: {}", self.remedy())]
    Length,
}

impl PronunciationError {
    /// What to write instead.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoPhone { name, .. } => advice(name),
            Self::Length => "write them with spaces between, such as \"W AY F AY\"".to_owned(),
        }
    }
}

/// What to write instead of what is no phone.
fn advice(name: &str) -> String {
    let capitals = name.to_uppercase();
    let plain = capitals.trim_end_matches(['0', '1', '2']);
    if Phone::named(plain).is_some() {
        return format!("write {plain}, in capitals and without stress marks");
    }
    let list: Vec<String> = PHONES
        .iter()
        .map(|(name, _, word)| format!("{name} ({word})"))
        .collect();
    format!("the phones are {}", list.join(", "))
}

impl FromStr for Pronunciation {
    type Err = PronunciationError;

    fn from_str(text: &str) -> Result<Self, PronunciationError> {
        let mut phones = Vec::new();
        for name in text.split_whitespace() {
            let phone = Phone::named(name).ok_or_else(|| {
                // A piece of `text`: where it lies in it is where it begins in memory.
                let start = (name.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
                PronunciationError::NoPhone {
                    name: name.to_owned(),
                    place: start..start + name.len(),
                }
            })?;
            phones.push(phone);
        }
        Self::new(phones).ok_or(PronunciationError::Length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_each_mean_one_phone_and_stand_in_order() {
        for phone in Phone::all() {
            assert_eq!(Phone::named(phone.name()), Some(phone));
            assert_eq!(Phone::coded(phone.entry().1), Some(phone));
        }
        // The graph's states follow this order, and so does the network's.
        assert!(PHONES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_pronunciation_is_read_as_it_is_written() {
        let text = "W AY F AY";
        let read: Pronunciation = text.parse().unwrap();
        assert_eq!((read.phones().len(), read.to_string().as_str()), (4, text));
        for (text, place, advice) in [
            ("W AY1 F AY", 2..5, "write AY"),
            ("w ay", 0..1, "write W"),
            ("W QX", 2..4, "AE (cat)"),
        ] {
            let error = text.parse::<Pronunciation>().unwrap_err();
            assert!(error.to_string().contains(advice), "{error}");
            let PronunciationError::NoPhone { place: found, .. } = error else {
                panic!("{text}")
            };
            assert_eq!(found, place);
        }
        for text in ["", "  ", &"AA ".repeat(41)] {
            assert_eq!(
                text.parse::<Pronunciation>(),
                Err(PronunciationError::Length)
            );
        }
    }
}
