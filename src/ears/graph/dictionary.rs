//! The pronouncing dictionary: some 24,000 English words, shipped inside the program.
//!
//! `models/training/pronunciations.py` makes it from the CMU pronouncing dictionary. A line is a word and
//! its pronunciations, commonest first, a character for each phone.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::phone::{Phone, Pronunciation};

/// The English dictionary.
pub(super) static ENGLISH: LazyLock<Dictionary> =
    LazyLock::new(|| Dictionary::parse(include_str!("../../../models/pronunciation/english.txt")));

/// Words and how they are said.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    /// By word, in the order of the file.
    lines: Vec<(&'static str, &'static str)>,
    /// How many words begin, and end, with a group of consonants.
    onsets: HashMap<&'static str, usize>,
    codas: HashMap<&'static str, usize>,
}

impl Dictionary {
    fn parse(text: &'static str) -> Self {
        let mut dictionary = Self::default();
        for (word, rest) in text.lines().filter_map(|line| line.split_once(' ')) {
            dictionary.lines.push((word, rest));
            *dictionary.onsets.entry(onset(word)).or_default() += 1;
            *dictionary.codas.entry(coda(word)).or_default() += 1;
        }
        dictionary
    }

    /// How `word`, in lower case, is said; commonest first. Empty where it is not listed.
    pub(super) fn look_up(&self, word: &str) -> Vec<Pronunciation> {
        let Ok(at) = self.lines.binary_search_by(|(known, _)| known.cmp(&word)) else {
            return Vec::new();
        };
        let codes = self.lines.get(at).map_or("", |(_, codes)| codes);
        codes.split(' ').filter_map(decoded).collect()
    }

    /// How many words begin with the consonants that `word` begins with, and how many end with those
    /// it ends with.
    pub(super) fn alike(&self, word: &str) -> (usize, usize) {
        let count = |of: &HashMap<&str, usize>, group| of.get(group).copied().unwrap_or(0);
        (
            count(&self.onsets, onset(word)),
            count(&self.codas, coda(word)),
        )
    }

    /// Every word, with its codes.
    #[cfg(test)]
    pub(super) fn lines(&self) -> &[(&'static str, &'static str)] {
        &self.lines
    }
}

/// The pronunciation that a run of phone characters stands for.
pub(super) fn decoded(codes: &str) -> Option<Pronunciation> {
    let phones: Option<Vec<Phone>> = codes.bytes().map(Phone::coded).collect();
    Pronunciation::new(phones?)
}

/// Whether a letter is written for a vowel.
pub(super) fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// The consonants a word begins with; the whole word where it has no vowel.
fn onset(word: &str) -> &str {
    word.find(is_vowel)
        .and_then(|end| word.get(..end))
        .unwrap_or(word)
}

/// The consonants a word ends with.
fn coda(word: &str) -> &str {
    match word.char_indices().rev().find(|(_, c)| is_vowel(*c)) {
        Some((at, vowel)) => word.get(at + vowel.len_utf8()..).unwrap_or(""),
        None => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_again_and_says_something() {
        let lines = ENGLISH.lines();
        assert!(lines.len() > 20_000);
        assert!(lines.is_sorted_by(|a, b| a.0 < b.0));
        for (word, codes) in lines {
            assert_eq!(
                ENGLISH.look_up(word).len(),
                codes.split(' ').count(),
                "{word}"
            );
        }
    }

    #[test]
    fn the_commonest_way_comes_first() {
        let said: Vec<String> = ENGLISH
            .look_up("wifi")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(said[0], "W AY F AY");
        assert!(ENGLISH.look_up("zorblat").is_empty());
        assert!(ENGLISH.look_up("").is_empty());
    }

    #[test]
    fn lines_that_are_none_are_left_out() {
        let dictionary = Dictionary::parse("\nword\n b\ngood gUd !! \n\u{e9}t\u{e9} EtE");
        assert_eq!(dictionary.look_up("good").len(), 1);
        assert_eq!(dictionary.look_up("\u{e9}t\u{e9}").len(), 1);
        assert_eq!(dictionary.alike("str\u{df}").0, 0);
    }
}
