//! How a run of digits in a phrase is said.

use crate::number::in_words;

/// More digits are said one by one, and so are those that begin with zero.
const MOST_DIGITS: usize = 6;

/// The words of a run of digits.
pub(super) fn number_words(digits: &str) -> Vec<&'static str> {
    let whole = digits == "0" || (digits.len() <= MOST_DIGITS && !digits.starts_with('0'));
    match digits.parse() {
        Ok(value) if whole => in_words(value),
        _ => digits
            .chars()
            .filter_map(|digit| digit.to_digit(10))
            .flat_map(|digit| in_words(digit as usize))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_out() {
        for (digits, said) in [
            ("0", "zero"),
            ("14", "fourteen"),
            ("20", "twenty"),
            ("60115", "sixty thousand one hundred fifteen"),
            (
                "999999",
                "nine hundred ninety nine thousand nine hundred ninety nine",
            ),
            ("007", "zero zero seven"),
            ("1234567", "one two three four five six seven"),
        ] {
            assert_eq!(number_words(digits).join(" "), said);
        }
    }
}
