//! Faults of the table of pronunciations.

use super::{assert_refused, read_with};

/// The good guide with a table of pronunciations before its first source.
fn given(lines: &str) -> String {
    format!("[pronunciations]\n{lines}\n\n[[source]]")
}

#[test]
fn what_is_no_phone_is_pointed_at() {
    for (lines, place, message, help) in [
        (
            "wisenet = \"W AY1 Z\"",
            "8:14",
            "`AY1` is no phone",
            "write AY, in capitals and without stress marks",
        ),
        (
            "led = [\"L EH D\", \"EH L QX D IY\"]",
            "8:24",
            "`QX` is no phone",
            "the phones are AA (hot), AE (cat)",
        ),
        (
            "led = \"\"",
            "8:7",
            "nobody can say this",
            "write them with spaces between, such as \"W AY F AY\"",
        ),
        (
            "led = []",
            "8:1",
            "`led` has 0 pronunciations",
            "write one, or a list of up to 4",
        ),
        (
            "LED = \"L EH D\"",
            "8:1",
            "must be words in lower-case letters",
            "write instead: the word = \"led\"",
        ),
        (
            "\"wifi led\" = \"W AY F AY L EH D\"",
            "8:1",
            "`wifi led` is more than one word",
            "give each word its own",
        ),
    ] {
        assert_refused("[[source]]", &given(lines), place, message, help);
    }
}

#[test]
fn one_pronunciation_or_several_are_read() {
    let lines = "led = [\"L EH D\", \"EH L IY D IY\"]\nwisenet = \"W AY Z N EH T\"";
    let guide = read_with("[[source]]", &given(lines)).expect("no faults");
    let said = |word: &str| {
        let ways = &guide.pronunciations[word];
        ways.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said("led"), ["L EH D", "EH L IY D IY"]);
    assert_eq!(said("wisenet"), ["W AY Z N EH T"]);
}
