//! `rehearse`: a talk in the simulated room.

use super::{Failure, RehearseArgs, data, voice};
use crate::app::rehearsal::{Report, Stage, rehearse as hold};
use crate::app::script::Script;
use crate::app::technician::Technician;
use crate::ears::Ears;
use crate::ears::recogniser::PATIENCE;
use crate::screen::transcript;
use crate::session::Outcome;
use crate::sound::file::read;
use crate::sound::room::RoomConfig;
use std::process::ExitCode;
use std::time::Instant;

/// Holds the rehearsal and prints its transcript.
pub(super) fn rehearse(args: RehearseArgs) -> Result<ExitCode, Failure> {
    let guide = data::guide(&args.guide)?;
    let model = data::check_model(&data::model_dir(&args.talk)?, &guide)?;
    let technician = match &args.script {
        Some(path) => Technician::scripted(Script::read(path)?),
        None => Technician::Obliging,
    };
    let room = RoomConfig {
        echo_db: args.echo_db,
        noise: args.noise.as_deref().map(read).transpose()?,
        snr_db: args.snr,
        seed: args.seed,
        ..RoomConfig::default()
    };
    let clips = data::technician()?;
    let stage = Stage {
        guide,
        settings: args.talk.settings(model.unheard),
        voice: voice::rehearsed(&args.talk)?,
        ears: Ears::open(&model.directory, PATIENCE)?,
        room,
        technician,
        synth: voice::synth(&args.talk, &clips)?,
        clips,
        out: args.out.clone(),
    };
    let began = Instant::now();
    let report = hold(stage, |line| {
        if let Some(text) = transcript(line) {
            println!("{:>7.2}  {text}", line.t);
        }
    })?;
    let took = began.elapsed().as_secs_f64();
    let length = report.length.as_secs_f64();
    println!(
        "\n{:.1} s of talk in {took:.1} s: {:.0} times faster than real time",
        length,
        length / took
    );
    if let Some(dir) = &args.out {
        println!(
            "{}: speaker.wav, microphone.wav, session.jsonl",
            dir.display()
        );
    }
    Ok(verdict(&report))
}

fn verdict(report: &Report) -> ExitCode {
    if report.unsaid {
        eprintln!("talkthrough: the talk ended before every line of the script was called for");
    }
    match report.outcome {
        Some(Outcome::Done) => ExitCode::SUCCESS,
        Some(Outcome::Stopped | Outcome::GaveUp) => ExitCode::FAILURE,
        None => {
            eprintln!("talkthrough: nobody answered any more, so the rehearsal was broken off");
            ExitCode::FAILURE
        }
    }
}
