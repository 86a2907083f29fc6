//! `run`: a talk with real devices.

use super::guides::about;
use super::{Failure, RehearseArgs, RunArgs, data, rehearse, voice};
use crate::app::live::kept_sound::SoundFile;
use crate::app::live::{LiveError, Options, run as hold};
use crate::app::place::{self, Keeper, Lock, LockError, Unusable};
use crate::guide::Guide;
use crate::screen::{Screen, printable};
use crate::session::{Bookmark, News, Outcome};
use std::io::IsTerminal;
use std::process::ExitCode;

/// Holds the talk.
pub(super) fn run(args: RunArgs) -> Result<ExitCode, Failure> {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let guide = data::guide(&args.guide)?;
    let rehearsal = in_the_room(&args);
    let Places {
        lock,
        keeper,
        kept,
        news,
    } = places(&args, &guide)?;
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
    let voice = voice::live(&args.talk, &guide, kept.is_some())?;
    let keep_audio = args
        .keep_audio
        .as_deref()
        .map(SoundFile::create)
        .transpose()?;
    if let Some(file) = &keep_audio {
        println!(
            "What the microphone hears is kept in {}.",
            printable(&file.path().to_string_lossy())
        );
    }
    let mut settings = args.talk.settings(unheard);
    settings.keeps_place = keeper.is_some();
    let mut screen = Screen::new(terminal);
    let options = Options {
        mic: args.mic,
        speaker: args.speaker,
        keyboard: args.keyboard,
        log: args.log,
        model,
        keys: screen.reads_keys(),
        settings,
        room: voice::room(),
        keeper,
        kept,
        news,
        keep_audio,
    };
    let outcome = hold(guide, voice, options, &mut screen);
    drop(screen);
    drop(lock);
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

/// What is known of the talk's place, and the lock that lets one talk run at a time.
struct Places {
    lock: Option<Lock>,
    keeper: Option<Keeper>,
    kept: Option<Bookmark>,
    news: Vec<News>,
}

/// Takes the lock and looks whether an earlier talk broke off. Only another talk that is running is a
/// failure: where nothing can be written, a talk is held all the same.
fn places(args: &RunArgs, guide: &Guide) -> Result<Places, Failure> {
    let Some(dir) = place::directory() else {
        eprintln!(
            "talkthrough: there is no home directory, so your place cannot be kept: set HOME"
        );
        return Ok(Places {
            lock: None,
            keeper: None,
            kept: None,
            news: vec![News::PlaceNotKept],
        });
    };
    let mut news = Vec::new();
    let lock = match place::lock(&dir) {
        Ok(lock) => Some(lock),
        Err(busy @ LockError::Busy(_)) => return Err(busy.into()),
        Err(LockError::Impossible { path, source }) => {
            eprintln!(
                "talkthrough: your place cannot be kept in {}: {source}: check the disk and its permissions",
                printable(&path.to_string_lossy())
            );
            news.push(News::PlaceNotKept);
            None
        }
    };
    let edition = data::edition(&args.guide, guide)?;
    let kept = if args.fresh {
        None
    } else {
        let read = place::read(&dir).and_then(|kept| {
            kept.map(|kept| kept.usable(&edition, place::wall_clock()))
                .transpose()
        });
        read.unwrap_or_else(|unusable| {
            eprintln!(
                "talkthrough: the place that was kept is not used: {}",
                printable(&unusable.to_string())
            );
            news.push(News::PlaceUnusable);
            // Told once: what will never be of use is not kept any longer.
            if matches!(
                unusable,
                Unusable::Damaged | Unusable::OtherEdition | Unusable::Old
            ) {
                let _ = place::forget(&dir);
            }
            None
        })
    };
    Ok(Places {
        lock,
        keeper: Some(Keeper::start(dir, edition)),
        kept,
        news,
    })
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
