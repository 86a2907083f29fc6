use crate::support::{bank, counts, find_clip, rehearse};
use talkthrough::record::Event;
use talkthrough::voice::Sound;

/// As written down: every number within a sample or two of its second, no second left out.
#[test]
fn every_second_is_spoken_on_its_second() {
    let rehearsal = rehearse("wisenet-dvr", None, &[]);
    let zeros: Vec<f64> = rehearsal
        .record
        .iter()
        .filter_map(|line| match line.event {
            Event::Hold { zero, .. } => Some(zero),
            _ => None,
        })
        .collect();
    assert_eq!(zeros.len(), 2);
    let counts = counts(&rehearsal.record);
    assert_eq!(counts.len(), 30, "twenty and ten");
    for (index, (due, onset, text)) in counts.iter().enumerate() {
        let (zero, n) = if index < 20 {
            (zeros[0], index + 1)
        } else {
            (zeros[1], index - 19)
        };
        assert!(
            (due - (zero + n as f64)).abs() < 0.001,
            "{text} is due {due}, zero {zero}"
        );
        assert!(
            (onset - due).abs() < 0.001,
            "{text}: due {due}, sounded {onset}"
        );
    }
    assert_eq!(counts[29].2, "let go now");
}

/// As recorded: the clip of each number, looked for in speaker.wav, has its perceptual centre there.
#[test]
fn the_recording_has_every_number_within_ten_milliseconds() {
    let rehearsal = rehearse("wisenet-dvr", None, &[]);
    let recording = rehearsal.speaker();
    let bank = bank();
    let mut worst = 0.0_f64;
    let counts = counts(&rehearsal.record);
    assert_eq!(counts.len(), 30);
    for (due, _, text) in &counts {
        let (found, alike) = find_clip(&bank, &recording.samples, text, *due, 0.03)
            .expect("every number has a clip");
        assert!(
            alike > 0.8,
            "{text:?} is not to be heard at {due} (likeness {alike:.2})"
        );
        worst = worst.max((found - due).abs());
    }
    assert!(worst < 0.010, "off by {:.1} ms", worst * 1e3);
}

/// "Let go now" has its "now" on zero, and the end tone begins there: both are looked for in the recording.
#[test]
fn the_release_and_its_tone_are_on_zero() {
    let rehearsal = rehearse("wisenet-dvr", None, &[]);
    let recording = rehearsal.speaker();
    let release = rehearsal.record.iter().find_map(|line| match line.event {
        Event::Release { due, .. } => Some(due),
        _ => None,
    });
    let due = release.expect("a release");
    let (now, _) = find_clip(&bank(), &recording.samples, "let go now", due, 0.03).expect("a clip");
    assert!((now - due).abs() < 0.001, "\"now\" is at {now}, due {due}");
    let tone = Sound::EndTone.clip();
    let alike = |start: usize| -> f32 {
        let heard = recording.samples.iter().skip(start);
        heard.zip(tone.samples.iter()).map(|(x, y)| x * y).sum()
    };
    let zero = (due * 48_000.0).round() as usize;
    let begins = (zero - 960..zero + 960)
        .max_by(|a, b| alike(*a).total_cmp(&alike(*b)))
        .expect("a place");
    assert!(
        begins.abs_diff(zero) <= 12,
        "the tone begins {} frames from zero",
        begins as f64 - zero as f64
    );
}

/// The word ends, and one second later the first number sounds, although the word was understood
/// in between.
#[test]
fn the_zero_is_the_end_of_the_word() {
    let rehearsal = rehearse("wisenet-dvr", None, &[]);
    let mut begun = 0;
    for (index, line) in rehearsal.record.iter().enumerate() {
        let Event::Hold { zero, .. } = line.event else {
            continue;
        };
        let said = rehearsal.record[..index]
            .iter()
            .rev()
            .find_map(|line| match &line.event {
                Event::Heard {
                    end,
                    decided,
                    accepted: true,
                    ..
                } => Some((*end, *decided)),
                _ => None,
            });
        let (end, decided) = said.expect("a word began the hold");
        assert!((zero - end).abs() < 1e-6);
        assert!(decided > end, "nothing is understood before it is said");
        assert!(
            decided - end < 0.9,
            "understood after {:.2} s: too late for \"one\"",
            decided - end
        );
        begun += 1;
    }
    assert_eq!(begun, 2);
}
