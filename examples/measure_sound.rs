//! Measures whether sound comes out when it should, and whether what comes in is dated right.
//!
//! Plays a tick every half second and listens to it with a microphone, best with a loudspeaker's
//! monitor: `cargo run --example measure_sound -- [SECONDS [LOUDSPEAKER [MICROPHONE]]]`. When a device
//! dies on the way it is opened again, as the talk does.

use std::time::{Duration, Instant};

use talkthrough::sound::capture::{Capture, Chunk};
use talkthrough::sound::clock::Clock;
use talkthrough::sound::playback::Playback;
use talkthrough::sound::timeline::{Command, Report, timeline};
use talkthrough::sound::{EAR_RATE, RATE, SoundError, devices};
use talkthrough::time::Moment;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds: u64 = arguments.first().map_or(Ok(10), |text| text.parse())?;
    let speaker = arguments.get(1).map(String::as_str);
    let microphone = arguments.get(2).map(String::as_str);
    println!("{}", devices::list()?.host);

    let started = Instant::now();
    let clock = Clock::new();
    let (mut control, timeline) = timeline(0);
    let mut parked = None;
    let mut playback = Some(Playback::open(speaker, timeline, &clock)?);
    println!("loudspeaker opened after {:?}", started.elapsed());
    let mut capture = Some(Capture::open(microphone, &clock)?);
    println!("both opened after {:?}", started.elapsed());
    for described in [
        playback.as_ref().map(Playback::describe),
        capture.as_ref().map(|capture| capture.0.describe()),
    ] {
        println!("{}", described.unwrap_or_default());
    }

    let tick: std::sync::Arc<[f32]> = (0..480)
        .map(|k| 0.7 * (std::f32::consts::TAU * k as f32 / 48.0).cos())
        .collect();
    let ticks = 2 * seconds;
    for n in 1..=ticks.min(200) {
        let at = Some(Moment::from_secs(0.5 + n as f64 * 0.5));
        control.send(Command::Place {
            id: n,
            at,
            samples: tick.clone(),
            gain: 1.0,
        })?;
    }

    let mut chunks: Vec<Chunk> = Vec::new();
    let mut leads = Vec::new();
    while started.elapsed() < Duration::from_secs(seconds + 2) {
        std::thread::sleep(Duration::from_millis(20));
        let now = clock.now();
        if let Some((_, receiver)) = &mut capture {
            while let Ok(chunk) = receiver.try_recv() {
                chunks.push(chunk);
            }
        }
        for report in control.reports() {
            if let Report::Finished {
                id,
                cut: true,
                frame,
            } = report
            {
                println!("tick {id} cut at {}", Moment::from_frame(frame, RATE));
            }
        }
        watch(&mut playback, &mut parked, speaker, &clock, now);
        if let Some(open) = &playback {
            leads.push(open.lead().as_secs_f64() * 1e3);
        }
        if let Some((open, _)) = &capture
            && !open.state().is_running()
        {
            println!("{now}: {:?}", open.state());
            capture = None;
        }
        if capture.is_none() && now.micros() % 1_000_000 < 25_000 {
            capture = retried(Capture::open(microphone, &clock), now);
        }
    }
    leads.sort_by(f64::total_cmp);
    println!(
        "lead ms: min {:.1} median {:.1} max {:.1}; hiccups {:?}; lost {:?}",
        leads.first().unwrap_or(&0.0),
        leads.get(leads.len() / 2).unwrap_or(&0.0),
        leads.last().unwrap_or(&0.0),
        playback.as_ref().map(Playback::hiccups),
        capture.as_ref().map(|capture| capture.0.lost()),
    );
    report(&chunks);
    Ok(())
}

/// Looks after the loudspeaker, as the talk's loop does.
fn watch(
    playback: &mut Option<Playback>,
    parked: &mut Option<talkthrough::sound::timeline::Timeline>,
    speaker: Option<&str>,
    clock: &Clock,
    now: Moment,
) {
    if let Some(open) = playback.take_if(|open| !open.state().is_running()) {
        println!("{now}: {:?}", open.state());
        *parked = open.close();
        println!("the timeline came back: {}", parked.is_some());
    }
    if let Some(timeline) = parked {
        timeline.skip_to(now.frame(RATE));
    }
    if playback.is_none() && now.micros() % 1_000_000 < 25_000 {
        let Some(timeline) = parked.take() else {
            return;
        };
        match Playback::open(speaker, timeline, clock) {
            Ok(open) => {
                println!("{now}: loudspeaker open again");
                *playback = Some(open);
            }
            Err(failure) => {
                println!("{now}: {}", failure.error);
                *parked = failure.timeline;
            }
        }
    }
}

fn retried<T>(opened: Result<T, SoundError>, now: Moment) -> Option<T> {
    match opened {
        Ok(open) => {
            println!("{now}: microphone open again");
            Some(open)
        }
        Err(error) => {
            println!("{now}: {error}");
            None
        }
    }
}

/// Compares where the ticks were heard with where they were placed.
fn report(chunks: &[Chunk]) {
    let steps = chunks
        .windows(2)
        .map(|pair| (pair[1].first - pair[0].first).as_secs_f64() * 1e3);
    let (shortest, longest) = steps.fold((f64::MAX, 0.0_f64), |(a, b), s| (a.min(s), b.max(s)));
    println!(
        "{} chunks, steps between {shortest:.3} and {longest:.3} ms",
        chunks.len()
    );
    let mut errors = Vec::new();
    let mut quiet_since = 0.0;
    for chunk in chunks {
        for (k, &sample) in chunk.samples.iter().enumerate() {
            let at = chunk.first.secs() + k as f64 / f64::from(EAR_RATE);
            if sample.abs() > 0.1 {
                if at - quiet_since > 0.2 {
                    let placed = (at * 2.0).round() / 2.0;
                    errors.push((placed, (at - placed) * 1e3));
                }
                quiet_since = at;
            }
        }
    }
    for (placed, error) in &errors {
        print!("{placed:.1}: {error:+.2}  ");
    }
    let only: Vec<f64> = errors.iter().map(|(_, error)| *error).collect();
    let mean = only.iter().sum::<f64>() / only.len().max(1) as f64;
    let worst = only
        .iter()
        .map(|error| (error - mean).abs())
        .fold(0.0, f64::max);
    println!(
        "\n{} ticks heard, mean {mean:+.3} ms, worst {worst:.3} ms from the mean",
        only.len()
    );
}
