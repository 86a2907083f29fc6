//! `run`: a talk with real devices.

use super::guides::about;
use super::{Failure, RehearseArgs, RunArgs, data, rehearse, voice};
use crate::app::live::{LiveError, Options, run as hold};
use crate::screen::{Screen, printable};
use crate::session::Outcome;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Holds the talk.
pub(super) fn run(args: RunArgs) -> Result<ExitCode, Failure> {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let guide = data::guide(&args.guide)?;
    let rehearsal = in_the_room(&args);
    println!(
        "Talkthrough  {}   {} steps, {}\n",
        printable(&guide.title),
        guide.numbered_steps(),
        about(guide.estimate())
    );
    // A model that cannot be used leaves the keys.
    let (model, unheard) =
        match data::model_dir(&args.talk).and_then(|dir| data::check_model(&dir, &guide)) {
            Ok(model) => (Some(model.directory), model.unheard),
            Err(failure) if args.talk.model.is_some() => return Err(failure),
            Err(failure) => {
                eprintln!(
                    "talkthrough: {}\nThe talk goes on with keys.",
                    super::shown(&failure)
                );
                (None, Vec::new())
            }
        };
    let voice = voice::live(&args.talk, &guide)?;
    let mut screen = Screen::new(terminal);
    let options = Options {
        mic: args.mic,
        speaker: args.speaker,
        keyboard: args.keyboard,
        log: args.log,
        model,
        keys: screen.reads_keys(),
        settings: args.talk.settings(unheard),
        room: voice::room(),
    };
    let outcome = hold(guide, voice, options, &mut screen);
    drop(screen);
    match outcome {
        Ok(Outcome::Done) => Ok(ExitCode::SUCCESS),
        Ok(Outcome::Stopped | Outcome::GaveUp) => Ok(ExitCode::FAILURE),
        // A server or a container: the main job can be seen to work all the same.
        Err(LiveError::NobodyThere(_)) => {
            println!(
                "There is neither a loudspeaker nor a terminal here: this is the talk in a simulated room instead.\n"
            );
            rehearse::rehearse(rehearsal)
        }
        Err(error) => Err(error.into()),
    }
}

fn in_the_room(args: &RunArgs) -> RehearseArgs {
    RehearseArgs {
        guide: args.guide.clone(),
        talk: args.talk.clone(),
        script: None,
        noise: None,
        snr: 20.0,
        echo_db: -20.0,
        seed: 1,
        out: None,
    }
}
