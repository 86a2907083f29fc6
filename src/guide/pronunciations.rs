//! The table `[pronunciations]`: how words are said that are said otherwise than one would read them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::fault::Ledger;
use super::raw::{RawTexts, Text};
use super::text::check_phrase;
use crate::phone::{Pronunciation, PronunciationError};

/// A guide gives at most this many words a pronunciation.
const MOST_WORDS: usize = 200;
/// A word has at most this many.
const MOST_WAYS: usize = 4;

pub(super) fn pronunciations(
    ledger: &mut Ledger<'_>,
    raw: &BTreeMap<Text, RawTexts>,
) -> BTreeMap<String, Vec<Pronunciation>> {
    if let Some((word, _)) = raw.iter().nth(MOST_WORDS) {
        ledger.error(
            word.span(),
            format!("a guide gives at most {MOST_WORDS} words a pronunciation"),
            "leave out those the dictionary has: `talkthrough lint` shows them",
        );
    }
    let mut read = BTreeMap::new();
    for (word, ways) in raw {
        if !is_word(ledger, word) {
            continue;
        }
        if ways.0.is_empty() || ways.0.len() > MOST_WAYS {
            ledger.error(
                word.span(),
                format!("`{}` has {} pronunciations", word.get_ref(), ways.0.len()),
                format!("write one, or a list of up to {MOST_WAYS}"),
            );
        }
        let ways = ways.0.iter().filter_map(|way| pronunciation(ledger, way));
        read.insert(word.get_ref().clone(), ways.collect());
    }
    read
}

fn is_word(ledger: &mut Ledger<'_>, word: &Text) -> bool {
    if word.get_ref().contains(' ') {
        ledger.error(
            word.span(),
            format!("`{}` is more than one word", word.get_ref()),
            "give each word its own pronunciation",
        );
        return false;
    }
    check_phrase(ledger, "the word", word, 1)
}

fn pronunciation(ledger: &mut Ledger<'_>, way: &Text) -> Option<Pronunciation> {
    let error = match way.get_ref().parse() {
        Ok(pronunciation) => return Some(pronunciation),
        Err(error) => error,
    };
    match &error {
        PronunciationError::NoPhone { name, place } => {
            let place = within(ledger, &way.span(), place, name);
            ledger.error(place, format!("`{name}` is no phone"), error.remedy());
        }
        PronunciationError::Length => {
            ledger.error(
                way.span(),
                "nobody can say this as one word",
                error.remedy(),
            );
        }
    }
    None
}

/// The place of `part` of a text that stands at `place` of the file between quotation marks; the
/// whole text where it is written otherwise.
fn within(
    ledger: &Ledger<'_>,
    place: &Range<usize>,
    part: &Range<usize>,
    found: &str,
) -> Range<usize> {
    let start = place.start + 1;
    let exact = start + part.start..start + part.end;
    if ledger.text().get(exact.clone()) == Some(found) {
        exact
    } else {
        place.clone()
    }
}
