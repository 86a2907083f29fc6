use super::super::dictionary::decoded;
use super::*;

fn said(word: &str) -> (String, Origin) {
    let (ways, origin) = pronounce(word).unwrap();
    (ways[0].to_string(), origin)
}

#[test]
fn words_are_said_as_people_say_them() {
    for (word, way, origin) in [
        ("chartreuse", "SH AA R T R UW Z", Origin::Dictionary),
        ("rebooted", "R IY B UW T IH D", Origin::Parts),
        ("unmuted", "AH N M Y UW T IH D", Origin::Parts),
        ("plugged's", "P L AH G D Z", Origin::Parts),
        ("touchscreen", "T AH CH S K R IY N", Origin::Parts),
        ("wi-fi", "W AY F AY", Origin::Parts),
        ("two-tone", "T UW T OW N", Origin::Parts),
        ("usb", "Y UW EH S B IY", Origin::Dictionary),
        ("dvr", "D IY V IY AA R", Origin::Spelled),
        ("hdmi", "EY CH D IY EH M AY", Origin::Spelled),
        ("ssid", "EH S EH S AY D IY", Origin::Spelled),
        ("24", "T W EH N T IY F AO R", Origin::Parts),
        ("usb3", "Y UW EH S B IY TH R IY", Origin::Parts),
        ("007", "Z IH R OW Z IH R OW S EH V AH N", Origin::Parts),
        ("caf\u{e9}", "K AH F EY", Origin::Parts),
        ("zorblat", "Z AO R B L AE T", Origin::Rules),
    ] {
        assert_eq!(said(word), (way.to_owned(), origin), "{word}");
    }
}

#[test]
fn what_has_no_sound_in_english_is_said_to_have_none() {
    for word in ["", "-", "''", "\u{65e5}\u{672c}", &"a".repeat(61)] {
        assert_eq!(pronounce(word), None, "{word}");
    }
}

/// Every tenth word of the dictionary took no part in the learning of the rules.
///
/// To see the figures: `cargo test --lib held_out -- --nocapture`.
#[test]
fn held_out_words_are_mostly_guessed_right() {
    let held_out: Vec<(&str, Vec<Pronunciation>)> = ENGLISH
        .lines()
        .iter()
        .step_by(10)
        .filter(|(word, _)| word.len() > 1 && word.bytes().all(|c| c.is_ascii_lowercase()))
        .map(|(word, codes)| (*word, codes.split(' ').filter_map(decoded).collect()))
        .collect();
    let measured = |guess: &dyn Fn(&str) -> Option<Pronunciation>| {
        let (mut wrong, mut phones, mut right) = (0, 0, 0);
        for (word, ways) in &held_out {
            let guess = guess(word).map_or(Vec::new(), |way| way.phones().to_vec());
            let distance =
                |way: &Pronunciation| strsim::generic_levenshtein(&way.phones().to_vec(), &guess);
            let Some(nearest) = ways.iter().min_by_key(|way| distance(way)) else {
                continue;
            };
            wrong += distance(nearest);
            phones += nearest.phones().len();
            right += usize::from(distance(nearest) == 0);
        }
        (
            100.0 * wrong as f64 / phones as f64,
            100.0 * right as f64 / held_out.len() as f64,
        )
    };
    let rules = measured(&letters::pronounce);
    let all = measured(&|word| fallback(word).and_then(|(ways, _)| ways.into_iter().next()));
    println!(
        "{} held-out words: by rules alone {:.1} % of phones wrong, {:.1} % of words right; \
         with endings, compounds and spelling {:.1} %, {:.1} %",
        held_out.len(),
        rules.0,
        rules.1,
        all.0,
        all.1
    );
    assert!(held_out.len() > 2_000);
    assert!(rules.0 < 12.0 && rules.1 > 55.0, "{rules:?}");
    assert!(all.0 < rules.0 + 1.0 && all.1 > rules.1 - 2.0, "{all:?}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(word in "\\PC{0,12}", ascii in "[a-z0-9'-]{0,64}") {
        let _ = (pronounce(&word), pronounce(&ascii));
    }
}
