//! Numbers in words: what is said, and what may be said.

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// The words of a number below a million: "sixty", "one".
pub(crate) fn in_words(value: usize) -> Vec<&'static str> {
    let part = |size: usize, name: &'static str| {
        let mut all = in_words(value / size);
        all.push(name);
        if !value.is_multiple_of(size) {
            all.extend(in_words(value % size));
        }
        all
    };
    match value {
        0..20 => UNITS.get(value).copied().into_iter().collect(),
        20..100 => {
            let tens = TENS.get(value / 10 - 2).copied();
            let unit = UNITS
                .get(value % 10)
                .copied()
                .filter(|unit| *unit != "zero");
            tens.into_iter().chain(unit).collect()
        }
        100..1_000 => part(100, "hundred"),
        _ => part(1_000, "thousand"),
    }
}
