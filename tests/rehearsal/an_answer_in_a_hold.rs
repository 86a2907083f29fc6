use crate::support::{bank, counts, find_clip, rehearse};
use talkthrough::record::Event;

/// "How long" is asked at five: the answer is heard at once, the numbers it takes the place of tick on, and
/// every word that does sound lies on its second in the recording.
#[test]
fn it_takes_the_place_of_numbers_and_the_count_goes_on() {
    let script = "
[[say]]
text = 'erase it'
after = 'agree'
delay = 0.8
[[say]]
text = 'next'
after = 'unplug'
delay = 0.8
[[say]]
text = 'yes'
after = 'find-button'
delay = 0.8
[[say]]
text = 'holding'
after = 'hold'
delay = 0.8
[[say]]
text = 'how long'
count = 4
step = 'hold'
delay = 0.4
";
    let rehearsal = rehearse("wisenet-dvr", Some(script), &[]);
    let counts = counts(&rehearsal.record);
    assert_eq!(counts.len(), 20, "every second is there: {counts:?}");
    let words: Vec<&str> = counts.iter().map(|(_, _, text)| text.as_str()).collect();
    let ticks = words.iter().filter(|word| word.is_empty()).count();
    assert!((1..=4).contains(&ticks), "{words:?}");
    assert_eq!(
        words[9..],
        [
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
            "twenty"
        ]
    );
    let answered = rehearsal.record.iter().find_map(|line| match &line.event {
        Event::Say { text, start, end } if text == "The hold is twenty seconds." => {
            Some((*start, *end))
        }
        _ => None,
    });
    let (start, end) = answered.expect("an answer");
    assert!(
        start - counts[3].0 < 3.0,
        "answered {} s after \"four\"",
        start - counts[3].0
    );
    let (recording, bank) = (rehearsal.speaker(), bank());
    for (due, onset, text) in counts.iter().filter(|(.., text)| !text.is_empty()) {
        assert!((due - onset).abs() < 0.001, "{text}: due {due}, at {onset}");
        assert!(*due < start || *due > end, "{text} sounds in the answer");
        let (found, alike) =
            find_clip(&bank, &recording.samples, text, *due, 0.03).expect("a clip");
        assert!(
            alike > 0.8 && (found - due).abs() < 0.01,
            "{text}: {found}, {alike}"
        );
    }
}
