//! Whatever is asked for when, what the scheduler promises holds.

use proptest::prelude::*;

use super::super::*;
use super::stage::Stage;
use crate::voice::beats::Rank;

#[derive(Clone, Debug)]
enum Act {
    Say(usize, Turn),
    Hush,
    /// From, apart, the ranks of the words.
    Count(f64, f64, Vec<Rank>),
    StopCount,
    Sound(Sound),
    Run(f64),
}

fn act() -> impl Strategy<Value = Act> {
    let turn = prop::sample::select(vec![Turn::After, Turn::Instead, Turn::Aside]);
    let rank = prop::sample::select(vec![
        Rank::Number,
        Rank::Number,
        Rank::LastNumber,
        Rank::Milestone,
        Rank::Cue,
    ]);
    prop_oneof![
        (1..50_usize, turn).prop_map(|(length, turn)| Act::Say(length, turn)),
        Just(Act::Hush),
        (0.0..2.0, 0.45..1.1, prop::collection::vec(rank, 1..8))
            .prop_map(|(from, apart, ranks)| Act::Count(from, apart, ranks)),
        Just(Act::StopCount),
        prop_oneof![Just(Sound::Heard), Just(Sound::Chime), Just(Sound::EndTone)]
            .prop_map(Act::Sound),
        (0.01..2.0).prop_map(Act::Run),
    ]
}

/// A beat that was asked for.
#[derive(Clone, Copy, Debug)]
struct Expected {
    due: f64,
    rank: Rank,
    /// Whether there was time for its word when it was asked for.
    in_time: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Two things never speak at once; every beat that is not past is heard once, exactly on its moment, unless
    /// the count was stopped, and a cue as its word; none is heard afterwards; every speech ends exactly once.
    #[test]
    fn what_is_promised_holds(acts in prop::collection::vec(act(), 1..25)) {
        let mut stage = Stage::new(true);
        let (mut said, mut expected, mut allowed) = (0, Vec::<Expected>::new(), Vec::<f64>::new());
        for act in acts {
            let now = stage.now().secs();
            match act {
                Act::Say(length, turn) => {
                    said += 1;
                    stage.say(said, &["x".repeat(length).as_str(), "y"], turn);
                }
                Act::Hush => stage.voice.hush(stage.now()),
                Act::Count(from, apart, ranks) => {
                    // Of the count before, what has begun may be finished or not.
                    expected.retain(|beat| beat.due < now);
                    allowed.retain(|due| *due < now + 0.1);
                    let beats: Vec<(&str, Rank)> = ranks.iter().map(|rank| ("word", *rank)).collect();
                    stage.count_ranked(now + from, apart, &beats);
                    for (k, rank) in ranks.iter().enumerate() {
                        let due = now + from + k as f64 * apart;
                        allowed.push(due);
                        // What is to be handed over 20 ms earlier may be past; a word begins 40 ms before its
                        // beat, and may have to wait for a fading one (10 ms).
                        if due > now + 0.021 {
                            expected.push(Expected { due, rank: *rank, in_time: due > now + 0.071 });
                        }
                    }
                }
                Act::StopCount => {
                    expected.retain(|beat| beat.due < now);
                    allowed.retain(|due| *due < now + 0.1);
                    stage.voice.stop_count(stage.now());
                }
                Act::Sound(sound) => stage.voice.sound(sound, stage.now()),
                Act::Run(secs) => stage.run(secs),
            }
            // Beats within the lead of a stop may or may not have begun.
            let at = stage.now().secs();
            expected.retain(|beat| beat.due > at + 0.06 || beat.due < now - 0.1);
        }
        stage.run(60.0);
        stage.assert_nothing_overlapped();
        let counted = stage.counted();
        let words = stage.words();
        for beat in &expected {
            let found: Vec<_> = counted.iter().zip(&words).filter(|((_, at), _)| (at - beat.due).abs() < 1e-5).collect();
            prop_assert!(!found.is_empty(), "{beat:?} is not in {counted:?}");
            if beat.rank == Rank::Cue && beat.in_time {
                prop_assert!(found.iter().any(|(_, (_, word))| !word.is_empty()), "{beat:?} was covered");
            }
        }
        for (index, (_, at)) in counted.iter().enumerate() {
            prop_assert!(allowed.iter().any(|due: &f64| (at - due).abs() < 1e-5), "{at} sounded after its end");
            let again = counted[..index].iter().filter(|(_, other)| (at - other).abs() < 1e-5).count();
            let asked = allowed.iter().filter(|due| (at - **due).abs() < 1e-5).count();
            prop_assert!(again < asked, "{at} was counted twice");
        }
        let mut ended: Vec<u64> = stage.ended().iter().map(|(id, _)| *id).collect();
        ended.sort_unstable();
        prop_assert_eq!(ended, (1..=said).collect::<Vec<_>>());
        prop_assert!(stage.voice.is_idle());
    }
}
