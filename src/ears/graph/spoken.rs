//! From a written word to how it is said, whether a dictionary lists it or not.

use std::fmt;

use super::dictionary::{ENGLISH, is_vowel};
use super::letters;
use super::numbers::number_words;
use crate::phone::{Phone, Pronunciation};

/// The longest word that is looked at, in characters.
const LONGEST: usize = 60;
/// Of a word in pieces no more ways are kept: each piece may have several.
const MOST_WAYS: usize = 4;
/// A longer word is never spelled out letter by letter.
const LONGEST_SPELLED: usize = 5;
/// A beginning or an end that fewer words of the dictionary have is not English.
const FEWEST_ALIKE: usize = 3;
/// The shortest part of a compound, and how long the other has to be at least.
const SHORTEST_PART: usize = 3;
const LONGER_PART: usize = 4;

/// What the letters are called.
const LETTERS: [&str; 26] = [
    "EY",
    "B IY",
    "S IY",
    "D IY",
    "IY",
    "EH F",
    "JH IY",
    "EY CH",
    "AY",
    "JH EY",
    "K EY",
    "EH L",
    "EH M",
    "EH N",
    "OW",
    "P IY",
    "K Y UW",
    "AA R",
    "EH S",
    "T IY",
    "Y UW",
    "V IY",
    "D AH B AH L Y UW",
    "EH K S",
    "W AY",
    "Z IY",
];

/// Where a pronunciation comes from: how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The guide gives it.
    Given,
    /// The word is in the dictionary.
    Dictionary,
    /// It is put together from words, endings or numbers that are.
    Parts,
    /// The word is said letter by letter.
    Spelled,
    /// Letter-to-sound rules: a guess that is right for some two words in three.
    Rules,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "as the guide gives it",
            Self::Dictionary => "from the dictionary",
            Self::Parts => "put together from words of the dictionary",
            Self::Spelled => "letter by letter",
            Self::Rules => "guessed by rule",
        })
    }
}

/// How `word` is said, commonest way first, and where that comes from; `None` where it has no letter or
/// digit that can be said in English.
pub fn pronounce(word: &str) -> Option<(Vec<Pronunciation>, Origin)> {
    if word.chars().count() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let listed = ENGLISH.look_up(&word);
    if !listed.is_empty() {
        return Some((listed, Origin::Dictionary));
    }
    let plain = plain_letters(&word);
    // "wi-fi" is "wifi".
    let listed = ENGLISH.look_up(&plain.replace('-', ""));
    if !listed.is_empty() {
        return Some((listed, Origin::Parts));
    }
    let mut pieces = pieces(&plain);
    match (pieces.pop(), pieces.is_empty()) {
        (Some(piece), true) => of_piece(piece),
        (Some(last), false) => {
            pieces.push(last);
            let said: Option<Vec<_>> = pieces.into_iter().map(of_piece).collect();
            let said = said?;
            let guessed = said.iter().any(|(_, origin)| *origin == Origin::Rules);
            let ways = said
                .into_iter()
                .fold(vec![Vec::new()], |before, (ways, _)| join(&before, &ways));
            finished(
                ways,
                if guessed {
                    Origin::Rules
                } else {
                    Origin::Parts
                },
            )
        }
        (None, _) => None,
    }
}

/// How a word that the dictionary lacks is said: letters a to z and apostrophes.
fn fallback(word: &str) -> Option<(Vec<Pronunciation>, Origin)> {
    if let Some(ways) = with_ending(word) {
        return finished(ways, Origin::Parts);
    }
    let letters: String = word.chars().filter(char::is_ascii_lowercase).collect();
    if is_spelled(&letters) {
        return finished(vec![spelled(&letters)], Origin::Spelled);
    }
    if let Some(ways) = compound(&letters) {
        return finished(ways, Origin::Parts);
    }
    Some((vec![letters::pronounce(&letters)?], Origin::Rules))
}

fn of_piece(piece: &str) -> Option<(Vec<Pronunciation>, Origin)> {
    if piece.starts_with(|c: char| c.is_ascii_digit()) {
        return finished(vec![number(piece)], Origin::Parts);
    }
    let listed = ENGLISH.look_up(piece);
    if listed.is_empty() {
        fallback(piece)
    } else {
        Some((listed, Origin::Dictionary))
    }
}

fn finished(ways: Vec<Vec<Phone>>, origin: Origin) -> Option<(Vec<Pronunciation>, Origin)> {
    let ways: Vec<Pronunciation> = ways.into_iter().filter_map(Pronunciation::new).collect();
    (!ways.is_empty()).then_some((ways, origin))
}

/// Without the marks over letters, as English reads them.
fn plain_letters(word: &str) -> String {
    let mut plain = String::new();
    for c in word.chars() {
        match c {
            'à'..='å' => plain.push('a'),
            'æ' => plain.push_str("ae"),
            'ç' => plain.push('c'),
            'è'..='ë' => plain.push('e'),
            'ì'..='ï' => plain.push('i'),
            'ñ' => plain.push('n'),
            'ò'..='ö' | 'ø' => plain.push('o'),
            'œ' => plain.push_str("oe"),
            'ù'..='ü' => plain.push('u'),
            'ý' | 'ÿ' => plain.push('y'),
            'ß' => plain.push_str("ss"),
            '’' => plain.push('\''),
            _ => plain.push(c),
        }
    }
    plain
}

/// Runs of letters and runs of digits; what is neither parts them. Empty where a letter is of
/// another script.
fn pieces(word: &str) -> Vec<&str> {
    if word
        .chars()
        .any(|c| c.is_alphanumeric() && !c.is_ascii_alphanumeric())
    {
        return Vec::new();
    }
    let kind = |c: char| match c {
        'a'..='z' | '\'' => 1,
        '0'..='9' => 2,
        _ => 0,
    };
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        if kind(first) != 0 && piece != "'" {
            pieces.push(piece);
        }
        rest = after;
    }
    pieces
}

/// Every way of `before` followed by every one of `ways`.
fn join(before: &[Vec<Phone>], ways: &[Pronunciation]) -> Vec<Vec<Phone>> {
    let all = before.iter().flat_map(|first| {
        ways.iter()
            .map(move |second| [first.as_slice(), second.phones()].concat())
    });
    all.take(MOST_WAYS).collect()
}

/// A word of the dictionary with an ending or a beginning.
fn with_ending(word: &str) -> Option<Vec<Vec<Phone>>> {
    for (bases, sound) in endings(word) {
        for base in bases {
            let ways = ENGLISH.look_up(&base);
            if base.len() >= SHORTEST_PART && !ways.is_empty() {
                let with = |way: &Pronunciation| [way.phones(), &sound(way)].concat();
                return Some(ways.iter().take(MOST_WAYS).map(with).collect());
            }
        }
    }
    [("un", "AH N"), ("re", "R IY")]
        .iter()
        .find_map(|(beginning, sound)| {
            let base = word.strip_prefix(beginning)?;
            let mut ways = ENGLISH.look_up(base);
            if ways.is_empty() {
                ways = finished(with_ending(base)?, Origin::Parts)?.0;
            }
            (base.len() >= LONGER_PART).then(|| join(&[phones(sound)], &ways))
        })
}

type Sound = fn(&Pronunciation) -> Vec<Phone>;

/// The endings `word` may have: what may stand in the dictionary, and how the ending is said.
fn endings(word: &str) -> Vec<(Vec<String>, Sound)> {
    let mut found: Vec<(Vec<String>, Sound)> = Vec::new();
    let mut add = |ending: &str, sound: Sound| {
        if let Some(stem) = word.strip_suffix(ending) {
            found.push((stems(stem, ending), sound));
        }
    };
    add("'s", plural);
    add("s", plural);
    add("es", plural);
    add("ed", past);
    add("ing", |_| phones("IH NG"));
    add("er", |_| phones("ER"));
    add("ly", |_| phones("L IY"));
    found
}

/// What a word may have been before its ending: "plug" of "plugg", "pulse" of "puls", "try" of "tri".
fn stems(stem: &str, ending: &str) -> Vec<String> {
    let mut stems = vec![stem.to_owned()];
    if matches!(ending, "ed" | "ing" | "er") {
        stems.push(format!("{stem}e"));
        let mut end = stem.chars().rev();
        if let (Some(last), Some(before)) = (end.next(), end.next())
            && last == before
        {
            stems.extend(stem.strip_suffix(last).map(str::to_owned));
        }
    }
    if matches!(ending, "es" | "ed" | "er") {
        stems.extend(stem.strip_suffix('i').map(|stem| format!("{stem}y")));
    }
    stems
}

fn plural(base: &Pronunciation) -> Vec<Phone> {
    match base.phones().last().map(|phone| phone.name()) {
        Some("S" | "Z" | "SH" | "ZH" | "CH" | "JH") => phones("IH Z"),
        Some("P" | "T" | "K" | "F" | "TH") => phones("S"),
        _ => phones("Z"),
    }
}

fn past(base: &Pronunciation) -> Vec<Phone> {
    match base.phones().last().map(|phone| phone.name()) {
        Some("T" | "D") => phones("IH D"),
        Some("P" | "K" | "F" | "TH" | "S" | "SH" | "CH") => phones("T"),
        _ => phones("D"),
    }
}

/// The parts are as even as can be: "touch" and "screen", not "touchs" and "creen".
fn compound(word: &str) -> Option<Vec<Vec<Phone>>> {
    let mut cuts: Vec<usize> = (SHORTEST_PART..=word.len().saturating_sub(SHORTEST_PART)).collect();
    cuts.sort_by_key(|cut| cut.abs_diff(word.len() - cut));
    cuts.iter().find_map(|cut| {
        let (first, second) = (word.get(..*cut)?, word.get(*cut..)?);
        if first.len().max(second.len()) < LONGER_PART {
            return None;
        }
        let (first, second) = (ENGLISH.look_up(first), ENGLISH.look_up(second));
        let ways = join(&join(&[Vec::new()], &first), &second);
        (!ways.is_empty()).then_some(ways)
    })
}

/// Whether nobody could say it as a word: without a vowel, or beginning or ending as no word does.
fn is_spelled(word: &str) -> bool {
    let (begin, end) = ENGLISH.alike(word);
    !word.contains(is_vowel) || (word.len() <= LONGEST_SPELLED && begin.min(end) < FEWEST_ALIKE)
}

fn spelled(word: &str) -> Vec<Phone> {
    let name = |letter: u8| LETTERS.get(usize::from(letter.wrapping_sub(b'a')));
    word.bytes()
        .filter_map(name)
        .flat_map(|name| phones(name))
        .collect()
}

/// How digits are said.
fn number(digits: &str) -> Vec<Phone> {
    number_words(digits)
        .iter()
        .filter_map(|word| ENGLISH.look_up(word).into_iter().next())
        .flat_map(|way| way.phones().to_vec())
        .collect()
}

/// Phones written in this file.
fn phones(text: &str) -> Vec<Phone> {
    text.split(' ').filter_map(Phone::named).collect()
}

#[cfg(test)]
#[path = "spoken_tests.rs"]
mod tests;
