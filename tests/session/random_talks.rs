//! Random talks: whatever is heard, pressed, lost or left unsaid, the promises hold.

use crate::harness::{Talk, every_kind};
use proptest::prelude::*;
use std::time::Duration;
use talkthrough::guide::{Begin, Count, Cue, Cycles, Guide, Hold, Kind};
use talkthrough::record::Event;
use talkthrough::session::vocabulary::{Command, TABLE, all_phrases};
use talkthrough::session::{Input, Meaning, News, Outcome, Output, Role};

/// Talks tried by each property.
const TALKS: u32 = 100_000;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Act {
    /// The n-th phrase that can be said now, understood some tenths of a second late.
    Valid(usize, u8),
    /// The n-th phrase of the whole table, valid or not.
    Any(usize),
    Primary,
    ConfirmKey,
    ChoiceKey(usize),
    Key(usize),
    Refused,
    Microphone(bool),
    LoudspeakerBack,
    Noise(i8),
    News(News),
    Interrupt,
    /// The program dies and is started again.
    Crash,
    /// Stopped, and asleep, for so many tenths of a second.
    Stalled(u16, u16),
    /// Nothing, for this many tenths of a second.
    Pass(u16),
    LongSilence,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..40_usize, 0..20_u8).prop_map(|(n, late)| Act::Valid(n, late)),
        4 => (0..2_usize, 0..8_u8).prop_map(|(n, late)| Act::Valid(n, late)),
        1 => (0..50_usize).prop_map(Act::Any),
        1 => Just(Act::Primary),
        1 => Just(Act::ConfirmKey),
        1 => (0..3_usize).prop_map(Act::ChoiceKey),
        1 => (0..TABLE.len()).prop_map(Act::Key),
        1 => Just(Act::Refused),
        1 => any::<bool>().prop_map(Act::Microphone),
        1 => Just(Act::LoudspeakerBack),
        1 => (-80..0_i8).prop_map(Act::Noise),
        1 => prop::sample::select(vec![News::PlaceNotKept, News::AudioNotKept]).prop_map(Act::News),
        1 => Just(Act::Interrupt),
        1 => Just(Act::Crash),
        1 => (0..400_u16, 0..400_u16).prop_map(|(stood, slept)| Act::Stalled(stood, slept)),
        6 => (0..250_u16).prop_map(Act::Pass),
        1 => Just(Act::LongSilence),
    ]
}

fn perform(talk: &mut Talk, act: &Act) {
    match act {
        Act::Valid(n, late) => {
            let vocabulary = talk.session.vocabulary();
            if let Some(sayable) = vocabulary.get(n % vocabulary.len().max(1)) {
                let phrase = sayable.phrase.clone();
                let end = talk
                    .now
                    .saturating_sub(Duration::from_millis(100) * u32::from(*late));
                talk.input(Input::Heard {
                    phrase: phrase.into(),
                    end,
                });
            }
        }
        Act::Any(n) => {
            let phrases = all_phrases();
            let phrase = phrases[n % phrases.len()].to_owned();
            talk.input(Input::Heard {
                phrase,
                end: talk.now,
            });
        }
        Act::Primary => talk.input(Input::Primary),
        Act::ConfirmKey => talk.input(Input::ConfirmKey),
        Act::ChoiceKey(n) => talk.input(Input::ChoiceKey(*n)),
        Act::Key(n) => {
            talk.input(Input::Key(TABLE[n % TABLE.len()].command));
        }
        Act::Refused => talk.input(Input::Refused),
        Act::Microphone(present) => talk.input(Input::Microphone(*present)),
        Act::LoudspeakerBack => talk.input(Input::LoudspeakerBack),
        Act::Noise(db) => talk.input(Input::Noise {
            floor_db: f32::from(*db),
        }),
        Act::News(news) => talk.input(Input::News(*news)),
        Act::Interrupt => talk.input(Input::Interrupt),
        // The test itself begins the talk that follows.
        Act::Crash => {}
        Act::Stalled(stood, slept) => {
            talk.stall(f64::from(*stood) / 10.0, f64::from(*slept) / 10.0);
        }
        Act::Pass(tenths) => talk.pass(f64::from(*tenths) / 10.0),
        Act::LongSilence => talk.pass(900.0),
    }
}

/// A release comes only at the end of a hold that was begun and not broken off, on the end of its length.
fn check_releases(talk: &Talk, guide: &Guide) -> Result<(), TestCaseError> {
    for release in talk
        .sounded
        .iter()
        .filter(|beat| beat.role == Role::Release)
    {
        let begun = talk
            .events
            .iter()
            .rev()
            .find_map(|(at, event)| match event {
                Event::Hold { zero, step, .. }
                    if *at <= release.due && *zero < release.due.secs() =>
                {
                    Some((*zero, step))
                }
                _ => None,
            });
        let (zero, step) = begun.ok_or_else(|| TestCaseError::fail("a release without a hold"))?;
        let Some(Kind::Hold(hold)) = guide.step(step).map(|step| &step.kind) else {
            return Err(TestCaseError::fail("a hold that is none"));
        };
        let held = release.due.secs() - zero;
        prop_assert!(
            (held - hold.length().as_secs_f64()).abs() < 1e-3,
            "released after {held}"
        );
    }
    Ok(())
}

/// No moment has two beats, and no beat is said twice.
fn check_beats(talk: &Talk) -> Result<(), TestCaseError> {
    for pair in talk.sounded.windows(2) {
        prop_assert!(pair[0].due < pair[1].due, "{pair:?}");
    }
    Ok(())
}

/// What is offered is the place that was kept last; what is taken up is no later phase of a hold.
fn check_offer(broken: &Talk, next: &Talk) -> Result<(), TestCaseError> {
    let offered = next.events.iter().find_map(|(_, event)| match event {
        Event::Offer { step, holding } => Some((step.as_str(), *holding)),
        _ => None,
    });
    let kept = broken.kept.as_ref();
    let worth = kept.filter(|place| place.confirmed > 0 || place.holding);
    prop_assert_eq!(
        offered,
        worth.map(|place| (place.step.as_str(), place.holding))
    );
    if let Some((step, _)) = offered.filter(|_| broken.outcome.is_none()) {
        let entered = broken.step();
        prop_assert!(entered.is_empty() || entered == step, "was at {entered}");
    }
    let mut taken = next.after_a_crash(every_kind());
    if offered.is_some() {
        taken.hear("continue");
    }
    prop_assert!(taken.step() != "plug-in" && taken.beats.is_empty());
    Ok(())
}

/// Holds of every shape: as it comes, counted in, long, in cycles, harmful when too long.
fn shape() -> impl Strategy<Value = Hold> {
    let cycles = prop::option::of((2..5_u32, 1..9_u64, any::<bool>()));
    let seconds = (1..20_u64, 0..100_u64);
    (
        seconds,
        prop::option::of(0..20_u64),
        0..5_u32,
        cycles,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |((minimum, more), maximum, count_in, cycles, up, carries_on)| Hold {
                minimum: Duration::from_secs(minimum),
                target: Duration::from_secs(
                    minimum + if cycles.is_some() { more / 10 } else { more },
                ),
                maximum: maximum.map(|room| Duration::from_secs(minimum + more + room)),
                too_long: vec![],
                count: if up { Count::Up } else { Count::Down },
                count_in,
                milestones: minimum + more > 30,
                carries_on: carries_on && cycles.is_none(),
                cycles: cycles.map(|(times, rest, power)| Cycles {
                    times,
                    rest: Duration::from_secs(rest),
                    cue: if power { Cue::Power } else { Cue::Press },
                }),
                begin: Begin::Holding,
                slipped: vec![],
                restart_at: None,
            },
        )
}

/// [`every_kind`] with the first phase of its hold, and the hold of its other way, in other shapes.
fn with_shapes(first: &Hold, other: &Hold) -> Guide {
    let mut guide = every_kind();
    let press = guide.steps.iter_mut().find(|step| step.id == "press");
    for (step, hold, carries_on) in [
        (press, first, true),
        (guide.ways[0].steps.first_mut(), other, false),
    ] {
        let Some(Kind::Hold(old)) = step.map(|step| &mut step.kind) else {
            continue;
        };
        *old = Hold {
            carries_on,
            cycles: hold.cycles.filter(|_| !carries_on),
            ..hold.clone()
        };
    }
    guide
}

proptest! {
    #![proptest_config(ProptestConfig { cases: TALKS, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_promises_hold(acts in prop::collection::vec(act(), 1..30), first in shape(), other in shape()) {
        let guide = with_shapes(&first, &other);
        let mut talk = Talk::keeping(guide.clone());
        talk.input(Input::Start);
        let mut confirmed = false;
        let was_confirmed = |talk: &Talk| talk.events.iter().any(|(_, event)| matches!(event, Event::Step { id } if id == "unplug"));
        for act in &acts {
            let irreversible = talk.step() == "erase";
            let confirms = irreversible && (matches!(act, Act::ConfirmKey)
                || matches!(act, Act::Valid(n, _) if {
                    let vocabulary = talk.session.vocabulary();
                    vocabulary.get(n % vocabulary.len().max(1)).is_some_and(|sayable| sayable.meaning == Meaning::Confirm)
                }));
            if matches!(act, Act::Crash) {
                check_releases(&talk, &guide)?;
                check_beats(&talk)?;
                confirmed |= was_confirmed(&talk);
                let next = talk.after_a_crash(guide.clone());
                check_offer(&talk, &next)?;
                talk = next;
                continue;
            }
            perform(&mut talk, act);
            if irreversible && talk.step() != "erase" {
                prop_assert!(confirms, "left the irreversible step by {act:?}");
            }
        }
        check_releases(&talk, &guide)?;
        check_beats(&talk)?;

        if talk.outcome.is_none() {
            if talk.session.vocabulary().iter().any(|sayable| sayable.meaning == Meaning::Command(Command::SayAgain)) {
                talk.outputs.clear();
                talk.hear("say again");
                prop_assert!(talk.outputs.iter().any(|output| matches!(output, Output::Say(_))), "say again always answers");
            }
            // Two stops end the talk from anywhere; a hold that ends in between asks again.
            for _ in 0..3 {
                if talk.can_say("stop") {
                    talk.hear("stop");
                }
            }
            talk.pass(60.0);
            prop_assert!(talk.outcome.is_some(), "the talk can always end");
        }
        confirmed |= was_confirmed(&talk);
        prop_assert!(talk.outcome != Some(Outcome::Done) || confirmed);
    }

    #[test]
    fn a_release_needs_the_whole_hold_after_the_last_slip(slip_at in 0.0_f64..9.9, late in 0.0_f64..1.5) {
        let mut talk = crate::harness::at("plug-in");
        talk.hear_late("plugged in", late);
        talk.pass(slip_at);
        if talk.can_say("slipped") {
            talk.hear("slipped");
            talk.pass(3600.0);
            prop_assert_eq!(talk.releases(), []);
        }
    }
}
