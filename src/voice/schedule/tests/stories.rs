//! One behaviour a test.

use super::super::*;
use super::stage::Stage;
use crate::voice::beats::{Beat, BeatSound, Rank};

#[test]
fn sentences_follow_each_other_after_a_pause_and_the_speech_ends_once() {
    let mut stage = Stage::new(true);
    stage.say(1, &["ten chars.", "ten chars!"], Turn::After);
    stage.say(2, &["five."], Turn::After);
    stage.run(3.0);
    let starts: Vec<f64> = stage.started().iter().map(|(_, start)| *start).collect();
    assert_eq!(starts.len(), 3);
    assert!(starts[0] < 0.03, "began at {}", starts[0]);
    assert!((starts[1] - starts[0] - 0.85).abs() < 0.001, "{starts:?}");
    assert!((starts[2] - starts[1] - 1.25).abs() < 0.001, "{starts:?}");
    assert_eq!(stage.ended(), [(1, false), (2, false)]);
    assert!(stage.voice.is_idle());
}

#[test]
fn every_beat_lands_on_its_moment_and_what_is_past_is_dropped() {
    let mut stage = Stage::new(true);
    stage.run(1.5);
    stage.count(0.53, 1.0, &["one", "two", "three", "four"]);
    stage.run(4.0);
    // It is too late for the second's word, which would have begun already, but not for its tick.
    assert_eq!(stage.words(), [(2, ""), (3, "three"), (4, "four")]);
    assert_eq!(stage.counted(), [(2, 1.53), (3, 2.53), (4, 3.53)]);
    stage.assert_nothing_overlapped();
}

#[test]
fn a_word_too_long_for_its_second_is_cut_where_the_next_begins() {
    let mut stage = Stage::new(true);
    stage.count(0.5, 0.5, &["a word much too long", "two"]);
    stage.run(3.0);
    assert_eq!(stage.counted().len(), 2);
    stage.assert_nothing_overlapped();
}

#[test]
fn a_cue_interrupts_what_is_being_said_and_that_is_said_again_afterwards() {
    let mut stage = Stage::new(true);
    let long = "a sentence of two seconds and a half, at least.";
    stage.say(1, &["first.", long], Turn::After);
    stage.say(2, &["then this."], Turn::After);
    stage.run(1.2);
    stage.count_ranked(1.5, 1.0, &[("press", Rank::Cue), ("let go", Rank::Cue)]);
    stage.run(8.0);
    let said: Vec<String> = stage.started().into_iter().map(|(text, _)| text).collect();
    assert_eq!(said, ["first.", long, long, "then this."]);
    assert_eq!(stage.ended(), [(1, false), (2, false)]);
    assert_eq!(stage.words(), [(1, "press"), (2, "let go")]);
    stage.assert_nothing_overlapped();
}

#[test]
fn numbers_that_begin_under_a_sentence_tick_until_it_is_over() {
    let mut stage = Stage::new(true);
    stage.say(
        1,
        &["a sentence of two seconds and a half, at least."],
        Turn::After,
    );
    stage.run(1.0);
    stage.count(1.5, 1.0, &["one", "two", "three"]);
    stage.run(6.0);
    assert_eq!(stage.words(), [(1, ""), (2, "two"), (3, "three")]);
    assert_eq!(stage.ended(), [(1, false)]);
    assert_eq!(stage.started().len(), 1);
    stage.assert_nothing_overlapped();
}

const TEN: [&str; 10] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

#[test]
fn an_answer_takes_the_place_of_numbers_which_tick_on_their_moments() {
    let mut stage = Stage::new(true);
    stage.count(1.0, 1.0, &TEN);
    stage.run(2.5);
    stage.say(1, &["an answer of a second and a half."], Turn::Aside);
    stage.run(9.0);
    let words = stage.words();
    assert_eq!(
        words[..5],
        [(1, "one"), (2, "two"), (3, ""), (4, ""), (5, "five")]
    );
    assert_eq!(stage.counted().len(), 10);
    assert!(
        stage.started()[0].1 < 2.6,
        "said at once: {:?}",
        stage.started()
    );
    stage.assert_nothing_overlapped();
}

#[test]
fn the_last_numbers_give_way_only_to_what_cannot_wait_and_the_release_to_nothing() {
    let answer = "an answer of a second and a half.";
    for (turn, begins) in [(Turn::Aside, 5.0), (Turn::Instead, 0.5)] {
        let mut stage = Stage::new(true);
        let mut beats: Vec<_> = TEN[..4]
            .iter()
            .map(|word| (*word, Rank::LastNumber))
            .collect();
        beats.push(("let go now", Rank::Cue));
        stage.count_ranked(1.0, 1.0, &beats);
        stage.run(0.4);
        stage.say(1, &[answer], turn);
        stage.run(9.0);
        assert_eq!(stage.words().last(), Some(&(5, "let go now")));
        assert_eq!(stage.counted().len(), 5);
        let (_, start) = stage.started()[0];
        assert!(
            start > begins - 0.1 && start < begins + 0.7,
            "{turn:?} at {start}"
        );
        stage.assert_nothing_overlapped();
    }
}

#[test]
fn a_milestone_is_said_whole_and_the_number_after_it_ticks() {
    let mut stage = Stage::new(true);
    let milestone = "thirty seconds are left";
    stage.count_ranked(
        1.0,
        1.0,
        &[
            ("one", Rank::Number),
            (milestone, Rank::Milestone),
            ("three", Rank::Number),
            ("four", Rank::Number),
        ],
    );
    stage.run(6.0);
    assert_eq!(
        stage.words(),
        [(1, "one"), (2, milestone), (3, ""), (4, "four")]
    );
    stage.assert_nothing_overlapped();
}

#[test]
fn an_aside_interrupts_and_what_was_interrupted_goes_on_at_its_sentence() {
    let mut stage = Stage::new(true);
    stage.say(
        1,
        &["the first of them.", "the second of them.", "the third."],
        Turn::Instead,
    );
    stage.run(1.8);
    stage.say(2, &["like this."], Turn::Aside);
    stage.run(0.2);
    stage.say(3, &["like that."], Turn::Aside);
    stage.run(6.0);
    let said: Vec<String> = stage.started().into_iter().map(|(text, _)| text).collect();
    assert_eq!(
        said,
        [
            "the first of them.",
            "the second of them.",
            "like this.",
            "like that.",
            "the second of them.",
            "the third."
        ]
    );
    assert_eq!(stage.ended(), [(2, true), (3, false), (1, false)]);
    stage.assert_nothing_overlapped();
}

#[test]
fn a_release_that_is_being_said_survives_a_new_count() {
    let mut stage = Stage::new(true);
    let beats = [Beat {
        n: 1,
        due: Moment::from_secs(1.0),
        sound: BeatSound::Both("let go now".to_owned(), Sound::EndTone),
        rank: Rank::Cue,
    }];
    stage.voice.count(&beats, stage.now());
    stage.run(0.97);
    stage.voice.count(&beats, stage.now());
    stage.run(2.0);
    assert_eq!(stage.words(), [(1, "let go now")]);
    assert_eq!(stage.speaker.played.len(), 1, "neither cut nor said twice");
}

#[test]
fn a_release_that_comes_too_late_for_its_words_is_a_tone_on_its_moment() {
    let mut stage = Stage::new(true);
    stage.run(0.97);
    let sound = BeatSound::Both("let go now".to_owned(), Sound::EndTone);
    stage.voice.count(
        &[Beat {
            n: 1,
            due: Moment::from_secs(1.0),
            sound,
            rank: Rank::Cue,
        }],
        stage.now(),
    );
    stage.run(2.0);
    assert_eq!(stage.counted(), [(1, 1.0)]);
    assert_eq!(stage.speaker.played[0].first, u64::from(RATE));
}

#[test]
fn a_count_of_ten_minutes_never_fills_the_timeline() {
    let mut stage = Stage::new(false);
    let beats: Vec<Beat> = (1..=600)
        .map(|n| Beat {
            n,
            due: Moment::from_secs(f64::from(n)),
            sound: BeatSound::Sound(Sound::Tick),
            rank: Rank::Number,
        })
        .collect();
    stage.voice.count(&beats, stage.now());
    let mut handed_over = 0;
    while stage.voice.poll_placement().is_some() {
        handed_over += 1;
    }
    assert!(
        (10..100).contains(&handed_over),
        "{handed_over} clips at once"
    );
}

#[test]
fn a_short_word_is_said_in_the_gap_of_a_count() {
    let mut stage = Stage::new(true);
    stage.count(0.5, 1.0, &["one", "two", "three"]);
    stage.run(0.4);
    stage.say(1, &["good"], Turn::After);
    stage.run(0.8);
    assert_eq!(stage.started().len(), 1);
    assert_eq!(stage.ended(), [(1, false)]);
    stage.run(3.0);
    assert_eq!(stage.counted().len(), 3);
    stage.assert_nothing_overlapped();
}

#[test]
fn a_sentence_asked_for_together_with_the_count_is_not_lost() {
    let mut stage = Stage::new(true);
    stage.say(
        1,
        &["a sentence longer than the gap there is."],
        Turn::After,
    );
    stage.run(0.05);
    stage.count(0.6, 1.0, &["one", "two"]);
    stage.run(6.0);
    assert_eq!(stage.ended(), [(1, false)]);
    assert_eq!(stage.counted().len(), 2);
    stage.assert_nothing_overlapped();
}

#[test]
fn after_the_count_is_stopped_no_beat_sounds() {
    let mut stage = Stage::new(true);
    stage.count(0.5, 1.0, &["one", "two", "three"]);
    stage.run(1.2);
    stage.voice.stop_count(stage.now());
    stage.run(3.0);
    assert_eq!(stage.counted(), [(1, 0.5)]);
    assert_eq!(stage.speaker.played.len(), 1);
}

#[test]
fn what_is_replaced_ends_as_cut_and_the_new_one_begins_soon() {
    let mut stage = Stage::new(true);
    stage.say(1, &["a long sentence to be cut soon enough."], Turn::After);
    stage.say(2, &["never said."], Turn::After);
    stage.run(0.5);
    stage.say(3, &["new."], Turn::Instead);
    stage.run(1.0);
    assert_eq!(stage.ended(), [(1, true), (2, true), (3, false)]);
    let (text, start) = stage.started().pop().unwrap();
    assert_eq!(text, "new.");
    assert!(start < 0.7, "began at {start}");
    stage.assert_nothing_overlapped();
}

#[test]
fn without_any_voice_a_chime_sounds_and_the_speech_ends() {
    let mut stage = Stage::new(false);
    stage.say(1, &["no clip.", "nor here."], Turn::After);
    stage.run(2.0);
    let silent = |event: &&VoiceEvent| matches!(event, VoiceEvent::NoVoice { .. });
    assert_eq!(stage.events.iter().filter(silent).count(), 2);
    assert_eq!(stage.started().len(), 2);
    assert_eq!(stage.ended(), [(1, false)]);
    assert_eq!(stage.speaker.played.len(), 1);
    stage.count(3.0, 1.0, &["one", "two"]);
    stage.run(3.0);
    assert_eq!(stage.counted(), [(1, 3.0), (2, 4.0)]);
}

#[test]
fn a_dead_loudspeaker_does_not_hang_the_talk() {
    let mut stage = Stage::new(true);
    stage.speaker.dead = true;
    stage.say(1, &["ten chars.", "ten chars!"], Turn::After);
    stage.run(3.0);
    assert_eq!(stage.started().len(), 2);
    assert_eq!(stage.ended(), [(1, false)]);
}

#[test]
fn a_new_loudspeaker_gets_what_is_still_to_come_on_its_moment() {
    let mut stage = Stage::new(true);
    stage.count(0.5, 1.0, &["one", "two", "three", "four"]);
    stage.run(0.7);
    stage.speaker.dead = true;
    stage.run(1.3);
    stage.new_loudspeaker();
    stage.voice.replace_all(stage.now());
    stage.run(3.0);
    assert_eq!(stage.counted(), [(1, 0.5), (3, 2.5), (4, 3.5)]);
}

#[test]
fn a_sentence_lost_with_the_loudspeaker_is_said_again() {
    let mut stage = Stage::new(true);
    stage.say(1, &["twenty characters so."], Turn::After);
    stage.run(0.5);
    stage.new_loudspeaker();
    stage.voice.replace_all(stage.now());
    stage.run(2.0);
    assert_eq!(stage.started().len(), 2);
    assert_eq!(stage.ended(), [(1, false)]);
}

#[test]
fn a_sentence_cut_by_a_loudspeaker_that_stumbles_is_begun_again_but_not_for_ever() {
    let mut stage = Stage::new(true);
    stage.say(1, &["twenty characters so."], Turn::After);
    for id in 0..4 {
        stage.run(0.4);
        let frame = stage.now().frame(RATE);
        stage.voice.report(Report::Finished {
            id,
            frame,
            cut: true,
        });
    }
    stage.run(3.0);
    assert_eq!(stage.started().len(), 3);
    assert_eq!(stage.ended(), [(1, false)]);
}

#[test]
fn a_sound_waits_for_a_gap_but_not_for_long() {
    let mut stage = Stage::new(true);
    stage.say(1, &["a sentence of a second"], Turn::After);
    stage.run(0.2);
    stage.voice.sound(Sound::Heard, stage.now());
    stage.run(2.0);
    assert_eq!(stage.speaker.played.len(), 1, "a blip in the wrong place");
    stage.voice.sound(Sound::Heard, stage.now());
    stage.run(0.2);
    assert_eq!(stage.speaker.played.len(), 2);
}

#[test]
fn the_release_is_one_clip_with_its_tone_on_the_beat() {
    let mut stage = Stage::new(true);
    let sound = BeatSound::Both("let go now".to_owned(), Sound::EndTone);
    stage.voice.count(
        &[Beat {
            n: 20,
            due: Moment::from_secs(1.0),
            sound,
            rank: Rank::Cue,
        }],
        stage.now(),
    );
    stage.run(2.0);
    assert_eq!(stage.counted(), [(20, 1.0)]);
    assert_eq!(stage.speaker.played.len(), 1);
    let tone = Sound::EndTone.clip().samples.len() as u64;
    assert!(stage.speaker.played[0].end >= RATE as u64 + tone);
}

#[test]
fn spans_tell_what_words_are_audible_and_when() {
    let mut stage = Stage::new(true);
    stage.say(1, &["ten chars."], Turn::After);
    stage.count(2.0, 1.0, &["one"]);
    stage.voice.sound(Sound::Heard, stage.now());
    stage.run(0.3);
    let spans = stage.voice.spans();
    assert_eq!(
        spans
            .iter()
            .map(|span| span.text.as_str())
            .collect::<Vec<_>>(),
        ["ten chars.", "one"]
    );
    assert_eq!(spans[0].end - spans[0].start, Duration::from_millis(500));
    stage.run(6.0);
    assert!(stage.voice.spans().is_empty());
}

#[test]
fn the_level_is_handed_over_as_a_gain() {
    let mut voice = Voice::new(Bank::empty(), None);
    voice.set_level(-20.0);
    assert!(
        matches!(voice.poll_placement(), Some(Command::Level(gain)) if (gain - 0.1).abs() < 1e-6)
    );
}

#[test]
fn the_shipped_numbers_are_counted_for_a_minute_without_one_being_cut() {
    let audio = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/bdl");
    let bank = Bank::load(&audio).unwrap();
    let numbers: Vec<String> = (1..=60).map(crate::session::spoken_number).collect();
    let lengths: Vec<u64> = numbers
        .iter()
        .map(|text| bank.clip(text).unwrap().samples.len() as u64)
        .collect();
    let mut stage = Stage::new(false);
    stage.voice = Voice::new(bank, None);
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    stage.count(1.0, 1.0, &numbers);
    stage.run(62.0);
    assert_eq!(stage.counted().len(), 60);
    stage.assert_nothing_overlapped();
    for ((number, length), played) in numbers.iter().zip(lengths).zip(&stage.speaker.played) {
        let cut = length - (played.end - played.first);
        assert!(
            cut <= 48 * 40,
            "{number} lost {cut} frames, more than the silence at its end"
        );
    }
}
