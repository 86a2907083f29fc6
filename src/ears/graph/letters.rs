//! Letter-to-sound rules: how a word that no dictionary lists is probably said.
//!
//! Each rule is a letter with some of its neighbours, and the phones the letter then stands for: none,
//! one or two. The longest that fits holds. `models/training/letter_rules.py` learned them, and says how.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::phone::{Phone, Pronunciation};

/// Where the neighbours of a letter lie, in the order in which the rules name them.
const NEIGHBOURS: [isize; 8] = [1, -1, 2, 3, -2, -3, 4, 5];
/// What the rules call the place before and after a word.
const OUTSIDE: char = '#';

static RULES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("../../../models/pronunciation/letters.txt")
        .lines()
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .collect()
});

/// How a word of the letters a to z is probably said; `None` where no rule gives it a sound.
pub(super) fn pronounce(word: &str) -> Option<Pronunciation> {
    let letters: Vec<char> = word.chars().collect();
    let mut phones: Vec<Phone> = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let mut context = String::from(*letter);
        context.extend(NEIGHBOURS.map(|offset| {
            at.checked_add_signed(offset)
                .and_then(|place| letters.get(place))
                .copied()
                .unwrap_or(OUTSIDE)
        }));
        let rule = (1..=context.len())
            .rev()
            .find_map(|length| RULES.get(context.get(..length)?));
        phones.extend(
            rule.into_iter()
                .flat_map(|codes| codes.bytes())
                .filter_map(Phone::coded),
        );
    }
    Pronunciation::new(phones)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_names_are_said_as_one_would_read_them() {
        for (word, said) in [
            ("zorblat", "Z AO R B L AE T"),
            ("kleenox", "K L IY N AA K S"),
            ("brizel", "B R AY Z AH L"),
        ] {
            assert_eq!(pronounce(word).unwrap().to_string(), said, "{word}");
        }
        assert_eq!(pronounce(""), None);
        assert_eq!(pronounce("\u{4e2d}\u{6587}"), None);
    }
}
