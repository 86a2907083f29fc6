//! `check` and `devices`: is everything there, and what to do where it is not.

use super::{CheckArgs, Failure, data, voice};
use crate::ears::recogniser::Recogniser;
use crate::guide::library;
use crate::screen::printable;
use crate::session;
use crate::sound::capture::Capture;
use crate::sound::clock::Clock;
use crate::sound::devices;
use crate::sound::playback::Playback;
use crate::sound::timeline::{Command, timeline};
use crate::voice::engine::Engine;
use crate::voice::{Sound, Synth, SynthChoice, SystemSynth};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the microphone is listened to.
const LISTEN: Duration = Duration::from_millis(1_500);
/// Above this level the background is loud enough to hide words, in dB of full scale.
const LOUD: f32 = -38.0;
/// Below this level a microphone delivers nothing at all: muted, or not connected.
const DEAD: f32 = -85.0;

/// Lists loudspeakers and microphones.
pub(super) fn devices() -> Result<ExitCode, Failure> {
    let devices = devices::list()?;
    println!("Sound system: {}", printable(&devices.host));
    for (heading, list) in [
        ("Loudspeakers", &devices.loudspeakers),
        ("Microphones", &devices.microphones),
    ] {
        println!("\n{heading}:");
        if list.is_empty() {
            println!("  none");
        }
        for device in list {
            let mark = if device.default { "*" } else { " " };
            let rate = device
                .rate
                .map_or_else(String::new, |rate| format!("  {rate} Hz"));
            println!(
                "{mark} {}  ({}){rate}",
                printable(&device.name),
                printable(&device.id)
            );
        }
    }
    println!("\n* used when none is named. To choose: --speaker NAME, --mic NAME.");
    Ok(ExitCode::SUCCESS)
}

/// Looks at everything a talk needs, one by one.
pub(super) fn check(args: CheckArgs) -> Result<ExitCode, Failure> {
    let mut all_well = true;
    let mut tell = |what: &str, found: Result<String, Failure>| {
        match &found {
            Ok(text) => println!("ok    {what}: {}", printable(text)),
            Err(failure) => println!("FAIL  {what}: {}", super::shown(failure)),
        }
        all_well &= found.is_ok();
    };
    let clock = Clock::new();
    tell("voice", clips(&args));
    tell("speech program", speech_program(&args));
    tell("model", model(&args));
    tell("loudspeaker", loudspeaker(&args, &clock));
    tell("microphone", microphone(&args, &clock));
    println!();
    if all_well {
        println!("Everything is there. Start with: talkthrough run wisenet-dvr");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "A talk works with what is there: keys instead of a microphone, the screen instead of a loudspeaker."
    );
    Ok(ExitCode::FAILURE)
}

fn clips(args: &CheckArgs) -> Result<String, Failure> {
    let bank = voice::bank(&args.talk)?;
    bank.check()?;
    let mut unsaid = 0;
    let mut said = 0;
    for (id, _) in library::builtin() {
        for sentence in session::catalogue(&data::guide(id)?) {
            if bank.has(&sentence) {
                said += 1
            } else {
                unsaid += 1
            }
        }
    }
    let rest = match unsaid {
        0 => String::new(),
        _ => format!(", {unsaid} without a clip: these need a speech program"),
    };
    Ok(format!("{}, {said} sentences{rest}", bank.index().voice))
}

fn speech_program(args: &CheckArgs) -> Result<String, Failure> {
    let choice = SynthChoice::from(args.talk.synth.as_str());
    let engines = voice::engines(&voice::bank(&args.talk)?);
    let Some(mut synth) = SystemSynth::choose(&choice, engines, None)? else {
        return Ok(
            "none: guides of your own are shown, not spoken, until flite or espeak-ng is installed"
                .into(),
        );
    };
    let began = Instant::now();
    synth.render("This is how I sound.")?;
    let took = began.elapsed().as_millis();
    let names: Vec<String> = synth.engines().iter().map(Engine::name).collect();
    Ok(format!(
        "{} (for guides of your own; the first speaks, after {took} ms; choose with --synth)",
        names.join(", ")
    ))
}

fn model(args: &CheckArgs) -> Result<String, Failure> {
    let dir = data::model_dir(&args.talk)?;
    for (id, _) in library::builtin() {
        data::check_model(&dir, &*data::guide(id)?)?;
    }
    let began = Instant::now();
    let recogniser = Recogniser::start(&dir)?;
    let took = began.elapsed().as_millis();
    drop(recogniser);
    Ok(format!(
        "{}, knows every word of the built-in guides, ready in {took} ms",
        dir.display()
    ))
}

fn loudspeaker(args: &CheckArgs, clock: &Clock) -> Result<String, Failure> {
    let (mut control, timeline) = timeline(0);
    let playback = Playback::open(args.speaker.as_deref(), timeline, clock)
        .map_err(|failure| failure.error)?;
    let chime = Sound::Chime.clip();
    control.send(Command::Place {
        id: 1,
        at: None,
        samples: Arc::clone(&chime.samples),
        gain: 1.0,
    })?;
    let until = Instant::now() + chime.duration() + Duration::from_secs(2);
    while Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
        let over = control
            .reports()
            .any(|report| matches!(report, crate::sound::timeline::Report::Finished { .. }));
        if over {
            std::thread::sleep(playback.lead());
            return Ok(format!(
                "{}: a chime was played. Not heard? Turn it up, or choose another with --speaker",
                playback.describe()
            ));
        }
    }
    Err(format!(
        "{} plays nothing: choose another with --speaker (see `talkthrough devices`)",
        playback.describe()
    )
    .into())
}

fn microphone(args: &CheckArgs, clock: &Clock) -> Result<String, Failure> {
    let (capture, mut chunks) = Capture::open(args.mic.as_deref(), clock)?;
    let mut levels = Vec::new();
    let until = Instant::now() + LISTEN;
    while Instant::now() < until {
        match chunks.try_recv() {
            Ok(chunk) => levels.push(level_db(&chunk.samples)),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    // The quieter half is the background, whatever was said meanwhile.
    levels.sort_by(f32::total_cmp);
    let name = capture.describe();
    if let Some(floor) = levels.get(levels.len() / 4).filter(|floor| **floor >= DEAD) {
        voice::room().remember(*floor);
    }
    match levels.get(levels.len() / 4) {
        None => Err(format!(
            "{name} delivers nothing: choose another with --mic (see `talkthrough devices`)"
        )
        .into()),
        Some(floor) if *floor < DEAD => {
            Err(format!("{name} delivers silence: is it muted?").into())
        }
        Some(floor) if *floor > LOUD => Ok(format!(
            "{name}: the background is loud ({floor:.0} dB): speak close, or use the keys"
        )),
        Some(floor) => Ok(format!("{name}: background at {floor:.0} dB, good")),
    }
}

fn level_db(samples: &[f32]) -> f32 {
    let power: f32 =
        samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32;
    10.0 * power.max(1e-12).log10()
}
