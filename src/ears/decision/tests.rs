use super::super::guard::Spoken;
use super::*;

fn at(secs: f64) -> Moment {
    Moment::from_secs(secs)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Listens for a few phrases of each lane.
fn listening() -> Decision {
    let mut decision = Decision::default();
    let phrase = |text: &str, lane| Phrase {
        text: text.into(),
        lane,
    };
    decision.listen_for(&[
        phrase("next", Lane::Normal),
        phrase("again", Lane::Normal),
        phrase("go", Lane::Normal),
        phrase("go back", Lane::Normal),
        phrase("stop", Lane::Fast),
        phrase("erase it", Lane::Strict),
    ]);
    decision
}

/// The words, 0.4 s each, the first at 10 s.
fn words(said: &[(&str, f32)]) -> Vec<Heard> {
    let word = |(nth, (word, confidence)): (usize, &(&str, f32))| {
        let start = 10.0 + 0.4 * nth as f64;
        Heard {
            word: (*word).into(),
            start: at(start),
            end: at(start + 0.4),
            confidence: *confidence,
            foreign: false,
        }
    };
    said.iter().enumerate().map(word).collect()
}

fn clear(start: Moment, end: Moment) -> Extent {
    Extent {
        start,
        end,
        rise: 30.0,
        over_echo: None,
    }
}

#[test]
fn over_our_own_voice_a_word_must_rise_above_what_cancelling_leaves() {
    let judged = |over_echo, text| {
        let extent = move |start, end| Extent {
            over_echo,
            ..clear(start, end)
        };
        let own = saying("Step three", 9.5, 11.0);
        let judgement = listening().judge(&words(&[(text, 1.0)]), &own, extent, |_, _| None);
        judgement.unwrap().reason
    };
    assert_eq!(judged(Some(f32::NEG_INFINITY), "again"), Reason::Echo);
    assert_eq!(judged(Some(2.0), "again"), Reason::Echo);
    assert_eq!(judged(Some(8.0), "again"), Reason::Accepted);
    assert_eq!(
        judged(Some(8.0), "stop"),
        Reason::OwnVoice,
        "much like step"
    );
    assert_eq!(judged(Some(20.0), "stop"), Reason::Accepted);
    assert_eq!(judged(None, "again"), Reason::Accepted);
}

fn judged(said: &[(&str, f32)]) -> Reason {
    listening()
        .judge(&words(said), &OwnVoice::default(), clear, |_, _| None)
        .unwrap()
        .reason
}

fn saying(text: &str, start: f64, end: f64) -> OwnVoice {
    let mut own = OwnVoice::default();
    own.set(
        &[Spoken {
            text: text.into(),
            start: at(start),
            end: at(end),
        }],
        at(start),
    );
    own
}

#[test]
fn only_a_whole_phrase_is_obeyed() {
    assert_eq!(judged(&[("next", 1.0)]), Reason::Accepted);
    assert_eq!(judged(&[("go", 1.0), ("back", 0.8)]), Reason::Accepted);
    assert_eq!(judged(&[("next", 1.0), ("again", 1.0)]), Reason::NotAPhrase);
    assert_eq!(judged(&[("erase", 1.0)]), Reason::NotAPhrase);
    assert_eq!(
        judged(&[("[unk]", 1.0), ("next", 1.0)]),
        Reason::UnknownWords
    );
    assert_eq!(
        listening().judge(&[], &OwnVoice::default(), clear, |_, _| None),
        None
    );
}

#[test]
fn the_least_certain_word_counts_and_what_cannot_be_undone_wants_more() {
    assert_eq!(judged(&[("next", 0.69)]), Reason::LowConfidence);
    assert_eq!(judged(&[("go", 1.0), ("back", 0.6)]), Reason::LowConfidence);
    assert_eq!(
        judged(&[("erase", 1.0), ("it", 0.85)]),
        Reason::LowConfidence
    );
    assert_eq!(judged(&[("erase", 1.0), ("it", 0.95)]), Reason::Accepted);
}

#[test]
fn clicks_hums_and_noise_are_not_words() {
    let with = |millis: u64, rise: f32| {
        let extent = move |start: Moment, _| Extent {
            start,
            end: start + ms(millis),
            rise,
            over_echo: None,
        };
        listening()
            .judge(
                &words(&[("next", 1.0)]),
                &OwnVoice::default(),
                extent,
                |_, _| None,
            )
            .unwrap()
            .reason
    };
    assert_eq!(with(50, 30.0), Reason::TooShort);
    assert_eq!(with(1_400, 30.0), Reason::TooLong);
    assert_eq!(with(400, 4.0), Reason::TooQuiet);
    assert_eq!(with(400, 30.0), Reason::Accepted);
}

#[test]
fn a_word_that_the_verifier_alone_hears_may_end_a_long_sound() {
    let phrases = [UNKNOWN, "next"].map(str::to_owned);
    let sure = |_, _| {
        Some(Opinion {
            phrases: phrases.clone().into(),
            shares: vec![0.05, 0.95],
        })
    };
    let judged = |proposed| {
        let extent = |_, end: Moment| Extent {
            start: end.saturating_sub(ms(2_000)),
            ..clear(end, end)
        };
        let words = words(&[(proposed, 0.9)]);
        let judgement = listening().judge(&words, &OwnVoice::default(), extent, sure);
        judgement.unwrap()
    };
    let meant = judged(UNKNOWN);
    assert_eq!(
        (meant.phrase.as_str(), meant.reason),
        ("next", Reason::Accepted)
    );
    assert_eq!(meant.end.since(meant.start), LONGEST_WORD);
    // What the recogniser heard as one word of two seconds was none.
    assert_eq!(judged("next").reason, Reason::TooLong);
}

#[test]
fn it_does_not_obey_itself_but_a_person_who_speaks_over_it() {
    let own = saying("Say next when it is unplugged", 9.0, 12.0);
    let judge = |said: &[(&str, f32)]| {
        listening()
            .judge(&words(said), &own, clear, |_, _| None)
            .map(|judgement| judgement.reason)
    };
    assert_eq!(judge(&[("next", 1.0)]), Some(Reason::OwnVoice));
    assert_eq!(judge(&[("stop", 1.0)]), Some(Reason::Accepted));
    assert_eq!(
        judge(&[("stop", 0.75)]),
        Some(Reason::LowConfidence),
        "over our own voice more is wanted"
    );
    assert_eq!(
        judge(&[("[unk]", 1.0)]),
        None,
        "our own voice, not understood, is nothing"
    );
    assert_eq!(
        judge(&[("[unk]", 1.0), ("stop", 1.0)]),
        Some(Reason::Accepted)
    );
}

#[test]
fn a_word_right_after_our_own_speech_counts_though_one_segment_holds_both() {
    let own = saying("Say next when it is unplugged", 8.0, 10.3);
    let said = words(&[("[unk]", 1.0), ("next", 1.0)]);
    let judgement = listening().judge(&said, &own, clear, |_, _| None).unwrap();
    assert_eq!(
        (judgement.phrase.as_str(), judgement.reason),
        ("next", Reason::Accepted)
    );
    assert_eq!(judgement.start, at(10.4));
}

#[test]
fn a_normal_word_is_finished_after_a_fifth_of_a_second_of_quiet() {
    let mut decision = listening();
    assert_eq!(
        decision.partial_result("next", at(1.0), ms(0), false),
        Next::Listen
    );
    assert_eq!(
        decision.partial_result("next", at(1.2), ms(190), false),
        Next::Listen
    );
    assert_eq!(
        decision.partial_result("next", at(1.21), ms(200), false),
        Next::Finish
    );
}

#[test]
fn a_word_that_may_go_on_is_given_more_time() {
    let mut decision = listening();
    decision.partial_result("go", at(1.0), ms(0), false);
    assert_eq!(
        decision.partial_result("go", at(1.25), ms(250), false),
        Next::Listen
    );
    assert_eq!(
        decision.partial_result("go", at(1.35), ms(320), false),
        Next::Finish
    );
    let mut decision = listening();
    decision.partial_result("go", at(1.0), ms(0), false);
    decision.partial_result("go back", at(1.3), ms(0), false);
    assert_eq!(
        decision.partial_result("go back", at(1.5), ms(200), false),
        Next::Finish
    );
}

#[test]
fn the_fast_lane_looks_now_and_then_while_the_word_is_being_said() {
    let mut decision = listening();
    assert_eq!(
        decision.partial_result("stop", at(1.0), ms(0), false),
        Next::Listen
    );
    assert_eq!(
        decision.partial_result("stop", at(1.1), ms(0), false),
        Next::Look
    );
    assert_eq!(
        decision.partial_result("stop", at(1.12), ms(0), false),
        Next::Listen
    );
    assert_eq!(
        decision.partial_result("stop", at(1.18), ms(60), false),
        Next::Look
    );
    assert_eq!(
        decision.partial_result("stop", at(1.3), ms(200), false),
        Next::Finish
    );
    assert_eq!(
        decision.partial_result("[unk] stop", at(1.4), ms(0), false),
        Next::Listen
    );
}

#[test]
fn over_our_own_voice_what_is_unknown_around_a_phrase_is_that_voice() {
    let mut decision = listening();
    for (text, secs) in [
        ("[unk]", 0.9),
        ("[unk] stop", 1.0),
        ("[unk] stop [unk]", 1.05),
    ] {
        assert_eq!(
            decision.partial_result(text, at(secs), ms(0), true),
            Next::Listen
        );
    }
    assert_eq!(
        decision.partial_result("[unk] stop [unk]", at(1.1), ms(0), true),
        Next::Look
    );
    // What is unknown inside is another sentence.
    for secs in [2.0, 2.2] {
        assert_eq!(
            decision.partial_result("stop [unk] stop", at(secs), ms(0), true),
            Next::Listen
        );
    }
}

#[test]
fn what_is_heard_again_is_not_looked_at_again() {
    let mut decision = listening();
    let wait = Phrase {
        text: "wait".into(),
        lane: Lane::Fast,
    };
    decision.listen_for(&[
        wait,
        Phrase {
            text: "stop".into(),
            lane: Lane::Fast,
        },
    ]);
    decision.partial_result("stop", at(1.0), ms(0), false);
    decision.partial_result("wait", at(1.1), ms(0), false);
    assert_eq!(
        decision.partial_result("wait", at(1.2), ms(0), false),
        Next::Look
    );
    decision.hear_again();
    decision.partial_result("stop", at(1.0), ms(0), false);
    assert_eq!(
        decision.partial_result("stop", at(1.2), ms(0), false),
        Next::Listen
    );
    assert_eq!(
        decision.partial_result("stop", at(1.22), ms(0), false),
        Next::Look
    );
}

#[test]
fn the_strict_lane_and_unknown_words_wait_for_the_recogniser_but_not_for_ever() {
    for (text, listening_at, over_at) in [("erase it", 500, 600), ("[unk]", 300, 340)] {
        let mut decision = listening();
        decision.partial_result(text, at(1.0), ms(0), false);
        assert_eq!(
            decision.partial_result(text, at(1.5), ms(listening_at), false),
            Next::Listen
        );
        assert_eq!(
            decision.partial_result(text, at(1.6), ms(over_at), false),
            Next::Finish
        );
    }
}

#[test]
fn the_grammar_always_has_room_for_the_unknown() {
    assert_eq!(Decision::default().grammar(), ["[unk]"]);
    let mut decision = listening();
    assert!(decision.grammar().contains(&"[unk]".to_owned()));
    let same = decision.phrases.clone();
    assert!(!decision.listen_for(&same));
}
