//! Faults, injected into a live talk at random moments of a hold, with everything but the devices real: what
//! `make faults` prints, and a few of each for every test run.
//!
//! A talk of three steps is led with keys; its middle one is a hold of twelve seconds.

mod stage;

use crate::record::Event;
use crate::session::{Input, Outcome};
use crate::sound::board::Condition;
use crate::sound::room::Dice;
use stage::{HOLD, Stage};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Every time beside it is the 10 ms of a turn.
const TURN: f64 = 0.05;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    SpeakerLost,
    MicrophoneLost,
    BothLost,
    CallbacksStop,
    ErrorStorm,
    Complaints,
    MicrophoneZeros,
    Stopped,
    Asleep,
}

impl Fault {
    const ALL: [Self; 9] = [
        Self::SpeakerLost,
        Self::MicrophoneLost,
        Self::BothLost,
        Self::CallbacksStop,
        Self::ErrorStorm,
        Self::MicrophoneZeros,
        Self::Stopped,
        Self::Asleep,
        // Takes as long as all others together.
        Self::Complaints,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::SpeakerLost => "loudspeaker pulled out, back after 0.3 to 6 s",
            Self::MicrophoneLost => "microphone pulled out, likewise",
            Self::BothLost => "both, as when the sound server goes, likewise",
            Self::CallbacksStop => "both stop calling back without a word, likewise",
            Self::ErrorStorm => "both die with 200,000 errors a second, likewise",
            Self::Complaints => "both report 200,000 underruns a second and nothing else, likewise",
            Self::MicrophoneZeros => "microphone delivers zeros (time until it is said)",
            Self::Stopped => "program stopped for 5 s (time until it is said)",
            Self::Asleep => "machine asleep for 5 to 50 s (time until it is said)",
        }
    }

    /// How the loudspeaker and the microphone are meanwhile.
    fn conditions(self) -> (Condition, Condition) {
        use Condition::{Complaining, Gone, Mute, Storm, Well, Zeros};
        match self {
            Self::SpeakerLost => (Gone, Well),
            Self::MicrophoneLost => (Well, Gone),
            Self::BothLost => (Gone, Gone),
            Self::CallbacksStop => (Mute, Mute),
            Self::ErrorStorm => (Storm, Storm),
            Self::Complaints => (Complaining, Complaining),
            Self::MicrophoneZeros => (Well, Zeros),
            Self::Stopped | Self::Asleep => (Well, Well),
        }
    }
}

/// What one injection did.
#[derive(Debug, Default)]
struct Injected {
    cut_short: bool,
    skipped: bool,
    lost: bool,
    /// A number was left out, said twice or out of order.
    miscounted: bool,
    numbers: Vec<u32>,
    /// Seconds until voice and ears were back, or until it was said.
    recovered: Option<f64>,
}

fn inject(fault: Fault, dice: &mut Dice) -> Injected {
    let mut between = |least: f64, most: f64| {
        let share = (dice.roll() >> 11) as f64 / (1_u64 << 53) as f64;
        least + share * (most - least)
    };
    let mut injected = Injected::default();
    let mut stage = Stage::begin();
    stage.pass(2.0);
    stage.input(Input::ConfirmKey);
    stage.input(Input::ConfirmKey);
    stage.pass(2.0);
    if fault == Fault::MicrophoneZeros {
        // In the last ten seconds of a hold it is not talked into.
        injected.recovered = strike(fault, &mut stage, &mut between);
    }
    let pressed = stage.clock.instant();
    stage.input(Input::Primary);
    if fault != Fault::MicrophoneZeros {
        stage.pass(between(0.2, f64::from(HOLD) - 0.2));
        injected.recovered = strike(fault, &mut stage, &mut between);
    }
    let ended = stage.until(|stage| stage.title() == "Look");
    let held = ended.map(|ended| ended - pressed);
    injected.cut_short = held.is_some_and(|held| held.as_secs_f64() < f64::from(HOLD) - TURN);
    stage.pass(2.0);
    stage.input(Input::Primary);
    stage.until(|stage| stage.outcome().is_some());
    injected.lost = ended.is_none() || stage.outcome() != Some(Outcome::Done);

    let record = stage.record();
    let steps: Vec<&str> = record
        .iter()
        .filter_map(|event| match event {
            Event::Step { id } => Some(id.as_str()),
            _ => None,
        })
        .collect();
    injected.skipped = steps != ["agree", "press", "look"];
    let numbers: Vec<u32> = record
        .iter()
        .filter_map(|event| match event {
            Event::Count { n, .. } => Some(*n),
            Event::Release { .. } => Some(HOLD),
            _ => None,
        })
        .collect();
    injected.miscounted = !numbers.iter().copied().eq(1..=HOLD);
    injected.numbers = numbers;
    injected
}

/// Lets the fault happen and pass; the seconds until all was well again, or until it was said.
fn strike(
    fault: Fault,
    stage: &mut Stage,
    between: &mut impl FnMut(f64, f64) -> f64,
) -> Option<f64> {
    let (speaker, microphone) = fault.conditions();
    match fault {
        Fault::MicrophoneZeros => {
            let begun = stage.clock.instant();
            stage.board.set(speaker, microphone);
            let said = stage.until(|stage| says(stage, "I cannot hear you."));
            stage.pass(between(0.3, 6.0));
            stage.board.set(Condition::Well, Condition::Well);
            return seconds(begun, said);
        }
        Fault::Stopped => stage.stall(Duration::from_secs(5), Duration::ZERO),
        Fault::Asleep => {
            let slept = Duration::from_secs_f64(between(5.0, 50.0));
            stage.stall(Duration::ZERO, slept);
        }
        _ => {
            stage.board.set(speaker, microphone);
            stage.pass(between(0.3, 6.0));
            stage.board.set(Condition::Well, Condition::Well);
            let back = stage.clock.instant();
            let voice = stage.until(|stage| stage.board.loud().is_some_and(|at| at > back));
            let ears = stage.until(|stage| stage.heard.is_some_and(|at| at > back));
            // Whichever came first was there while the other was waited for.
            return seconds(
                back,
                voice
                    .max(ears)
                    .filter(|_| voice.is_some() && ears.is_some()),
            );
        }
    }
    let back = stage.clock.instant();
    let said = stage.until(|stage| says(stage, "I was stopped for a while."));
    seconds(back, said)
}

fn seconds(from: Instant, to: Option<Instant>) -> Option<f64> {
    to.map(|to| (to - from).as_secs_f64())
}

fn says(stage: &Stage, sentence: &str) -> bool {
    stage
        .record()
        .iter()
        .any(|event| matches!(event, Event::Say { text, .. } if text.starts_with(sentence)))
}

/// A row of the table: how many injections did what.
#[derive(Debug, Default)]
struct Row {
    cut_short: usize,
    skipped: usize,
    lost: usize,
    miscounted: usize,
    crashed: usize,
    /// In order.
    recovered: Vec<f64>,
}

impl Row {
    /// Injects the fault `times` times.
    fn of(fault: Fault, times: usize) -> Self {
        let mut dice = Dice::new(fault as u64 + 1);
        let mut row = Self::default();
        for nth in 0..times {
            let Ok(it) = catch_unwind(AssertUnwindSafe(|| inject(fault, &mut dice))) else {
                row.crashed += 1;
                continue;
            };
            if it.cut_short || it.skipped || it.lost || it.miscounted || it.recovered.is_none() {
                eprintln!("{fault:?}, injection {nth}: {it:?}");
            }
            row.cut_short += usize::from(it.cut_short);
            row.skipped += usize::from(it.skipped);
            row.lost += usize::from(it.lost);
            row.miscounted += usize::from(it.miscounted);
            row.recovered.extend(it.recovered);
        }
        row.recovered.sort_by(f64::total_cmp);
        row
    }
}

/// A few of each, so that no change breaks what `make faults` counts.
#[test]
fn a_few_of_every_fault_do_no_harm() {
    const TIMES: usize = 2;
    for fault in Fault::ALL {
        let row = Row::of(fault, TIMES);
        let harm = [
            row.cut_short,
            row.skipped,
            row.lost,
            row.miscounted,
            row.crashed,
        ];
        assert_eq!(harm, [0; 5], "{fault:?}");
        assert_eq!(row.recovered.len(), TIMES, "{fault:?}");
    }
}

#[test]
#[ignore = "a measurement; `make faults` runs it"]
fn a_table_of_faults() {
    let times = std::env::var("TALKTHROUGH_FAULTS").ok();
    let times = times.and_then(|text| text.parse().ok()).unwrap_or(100);
    println!(
        "| fault | N | holds cut short | steps skipped | places lost | numbers lost or twice | crashes | seconds to recover: median, worst |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for fault in Fault::ALL {
        let row = Row::of(fault, times);
        let recovery = match (row.recovered.get(times / 2), row.recovered.last()) {
            (Some(median), Some(worst)) if row.recovered.len() == times => {
                format!("{median:.2}, {worst:.2}")
            }
            _ => format!("{} of {times} did", row.recovered.len()),
        };
        println!(
            "| {} | {times} | {} | {} | {} | {} | {} | {recovery} |",
            fault.name(),
            row.cut_short,
            row.skipped,
            row.lost,
            row.miscounted,
            row.crashed,
        );
    }
}
