//! The rules for single texts: ids, sentences, phrases.

use std::ops::Range;

use super::fault::{Ledger, is_forbidden};
use super::raw::Text;

/// A sentence somebody must act on while it is spoken has at most this many words.
const MOST_WORDS: usize = 20;
/// No sentence has more characters than this.
const MOST_CHARACTERS: usize = 2_000;
/// Names and titles are shown on one line.
const MOST_TITLE_CHARACTERS: usize = 200;
/// Ids are typed on a command line.
const MOST_ID_CHARACTERS: usize = 40;

/// The table that a field belongs to: its place, and what to call it in an error.
pub(super) type Owner<'a> = (&'a Range<usize>, &'a str);

/// How strictly a sentence's length is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Acted on while it is heard: too many words are an error.
    Strict,
    /// Background: too many words are worth advice.
    Lenient,
}

/// Checks a sentence that will be spoken.
pub(super) fn check_sentence(ledger: &mut Ledger<'_>, field: &str, text: &Text, length: Length) {
    let (place, sentence) = (text.span(), text.get_ref().as_str());
    if !check_characters(ledger, field, text, MOST_CHARACTERS) {
        return;
    }
    if let Some(at) = second_sentence(sentence) {
        let (first, second) = sentence.split_at(at);
        ledger.error(
            place,
            format!("a string of `{field}` holds more than one sentence"),
            format!(
                "write instead: [{:?}, {:?}]; write abbreviations out",
                first.trim(),
                second.trim()
            ),
        );
        return;
    }
    let words = sentence
        .split_whitespace()
        .filter(|word| word.contains(char::is_alphanumeric))
        .count();
    if words > MOST_WORDS {
        let message =
            format!("this sentence of `{field}` has {words} words, more than {MOST_WORDS}");
        let help = "write instead: two sentences, one action in each";
        match length {
            Length::Strict => ledger.error(place, message, help),
            Length::Lenient => ledger.advise(place, message, help),
        }
        return;
    }
    if let Some(odd) = sentence
        .chars()
        .find(|c| "\"()[]{}<>/\\&*_#|“”".contains(*c))
    {
        ledger.advise(
            place,
            format!("`{field}` is spoken, and synthesisers read {odd:?} out or stumble over it"),
            "write instead: the words somebody would say",
        );
    }
}

/// Where the second sentence of a text begins, if there is one.
fn second_sentence(text: &str) -> Option<usize> {
    let mut ended = false;
    let mut spaced = false;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            spaced = ended;
        } else if spaced && c.is_alphanumeric() && !c.is_lowercase() {
            return Some(at);
        } else {
            ended = matches!(c, '.' | '!' | '?');
            spaced = false;
        }
    }
    None
}

/// Checks a text that is shown on one line: a title, a label, the name of a device.
pub(super) fn check_title(ledger: &mut Ledger<'_>, field: &str, text: &Text) {
    check_characters(ledger, field, text, MOST_TITLE_CHARACTERS);
}

/// Checks that a text is there, not too long, and harmless to show. Returns whether it is.
fn check_characters(ledger: &mut Ledger<'_>, field: &str, text: &Text, most: usize) -> bool {
    let (place, text) = (text.span(), text.get_ref());
    let count = text.chars().count();
    if text.trim().is_empty() {
        ledger.error(
            place,
            format!("`{field}` is empty"),
            "write what is meant, or leave the field out",
        );
    } else if count > most {
        ledger.error(
            place,
            format!("this text of `{field}` has {count} characters, more than {most}"),
            "write instead: less, or several sentences",
        );
    } else if let Some((n, odd)) = text.chars().enumerate().find(|(_, c)| is_forbidden(*c)) {
        ledger.error(
            place,
            format!(
                "character {} of this text of `{field}` is U+{:04X}",
                n + 1,
                u32::from(odd)
            ),
            "leave it out: line ends, terminal codes and invisible characters have no sound",
        );
    } else {
        return true;
    }
    false
}

/// Checks an id: lower-case letters, digits, hyphens, beginning with a letter.
pub(super) fn check_id(ledger: &mut Ledger<'_>, text: &Text) {
    let id = text.get_ref();
    let well_formed = id.starts_with(|c: char| c.is_ascii_lowercase())
        && id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !id.ends_with('-')
        && id.len() <= MOST_ID_CHARACTERS;
    if !well_formed {
        let better = id_like(id);
        ledger.error(
            text.span(),
            format!("`{id}` is not an id: lower-case letters, digits and hyphens, at most {MOST_ID_CHARACTERS}"),
            format!("write instead: id = {better:?}"),
        );
    } else if RESERVED_TARGETS.contains(&id.as_str()) {
        ledger.error(
            text.span(),
            format!("`{id}` has a meaning of its own in a choice"),
            format!("write instead: id = \"{id}-step\", or any other name"),
        );
    }
}

/// What `to` of a choice may say beside ids.
pub(super) const RESERVED_TARGETS: [&str; 3] = ["next", "end", "give-up"];

/// A well-formed id that resembles a text.
fn id_like(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let joined: String = words.join("-").chars().take(MOST_ID_CHARACTERS).collect();
    let id = joined
        .trim_start_matches(|c: char| !c.is_ascii_lowercase())
        .trim_end_matches('-');
    if id.is_empty() {
        "find-the-button".to_owned()
    } else {
        id.to_owned()
    }
}

/// Checks a phrase that is listened for: lower-case words with single spaces. Returns whether it is.
pub(super) fn check_phrase(
    ledger: &mut Ledger<'_>,
    field: &str,
    text: &Text,
    fewest_words: usize,
) -> bool {
    let (place, phrase) = (text.span(), text.get_ref());
    let spoken = |c: char| (c.is_alphabetic() && !c.is_uppercase()) || c == '\'';
    let words: Vec<&str> = phrase.split(' ').collect();
    if words
        .iter()
        .any(|word| word.is_empty() || !word.chars().all(spoken))
    {
        let better = phrase_like(phrase);
        ledger.error(
            place,
            format!("`{field}` must be words in lower-case letters, as they are spoken"),
            format!("write instead: {field} = {better:?}"),
        );
        return false;
    }
    if words.len() < fewest_words {
        ledger.error(
            place,
            format!("`{phrase}` is one word, which is too easily misheard for something irreversible"),
            format!("write instead: {field} = \"{phrase} it\", or another phrase of {fewest_words} words or more"),
        );
        return false;
    }
    if words.len() > 5 || phrase.chars().count() > 60 {
        ledger.error(
            place,
            format!("`{field}` is too long to be said and recognised as one phrase"),
            "write instead: at most five words",
        );
        return false;
    }
    true
}

/// A well-formed phrase that resembles a text.
fn phrase_like(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphabetic() && c != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        "erase it".to_owned()
    } else {
        words.join(" ")
    }
}

/// Whether one phrase is the other or its beginning, word by word: the shorter would be obeyed
/// before the longer is finished.
pub(super) fn begins_alike(a: &str, b: &str) -> bool {
    a.split_whitespace()
        .zip(b.split_whitespace())
        .all(|(a, b)| a == b)
}

/// The candidate most like `name`, if any is alike enough to be meant.
pub(super) fn nearest<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    // Longer names are nobody's typing error, and the distance takes time in the product of lengths.
    let short = |text: &str| text.len() <= 4 * MOST_ID_CHARACTERS;
    candidates
        .into_iter()
        .filter(|candidate| short(name) && short(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Reads one of a few named values; an error names the nearest, and `None` is given.
pub(super) fn named<T: Copy>(
    ledger: &mut Ledger<'_>,
    field: &str,
    text: &Text,
    values: &[(&str, T)],
) -> Option<T> {
    let word = text.get_ref();
    if let Some((_, value)) = values.iter().find(|(name, _)| name == word) {
        return Some(*value);
    }
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let help = match nearest(word, names.iter().copied()) {
        Some(near) => format!("write instead: {field} = {near:?}"),
        None => format!("write one of: {}", quoted(&names)),
    };
    ledger.error(
        text.span(),
        format!("`{word}` is no value of `{field}`"),
        help,
    );
    None
}

/// `"a", "b", "c"`.
pub(super) fn quoted(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("{name:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A required text; where it is missing an error stands at `owner` and the text is empty.
pub(super) fn required(
    ledger: &mut Ledger<'_>,
    owner: Owner<'_>,
    field: &str,
    value: Option<&Text>,
    example: &str,
) -> String {
    match value {
        Some(text) => text.get_ref().clone(),
        None => {
            missing(ledger, owner, field, example);
            String::new()
        }
    }
}

/// Notes that a field is missing.
pub(super) fn missing(
    ledger: &mut Ledger<'_>,
    (place, name): Owner<'_>,
    field: &str,
    example: &str,
) {
    ledger.error(
        place.clone(),
        format!("{name} has no `{field}`"),
        format!("write for example: {field} = {example}"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_sentence_is_found_and_a_decimal_point_is_none() {
        assert_eq!(second_sentence("Pull the plug. Say next."), Some(15));
        assert_eq!(second_sentence("Is it out? Good."), Some(11));
        assert_eq!(second_sentence("Wait 2.5 seconds."), None);
        assert_eq!(second_sentence("One, two, three."), None);
    }

    #[test]
    fn phrases_that_begin_alike_are_found_by_words_not_letters() {
        assert!(begins_alike("front", "front panel"));
        assert!(begins_alike("stop", "stop"));
        assert!(!begins_alike("no", "not now"));
        assert!(!begins_alike("front panel", "front door"));
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("minimun", ["minimum", "maximum"]), Some("minimum"));
        assert_eq!(nearest("banana", ["minimum", "maximum"]), None);
    }
}
