//! `eval`: the ears of a talk over recordings.

use super::{Failure, TalkArgs, data};
use crate::app::evaluation::manifest::Half;
use crate::app::evaluation::{From, Options, OwnVoice, evaluate, phrases};
use crate::ears::model;
use crate::guide::library;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The word that stands for the recordings of the manifest, in place of a file.
const MANIFEST: &str = "manifest";

#[derive(Args)]
pub(super) struct EvalArgs {
    /// Table of recordings (tab separated, with the columns path, kind, transcript, contains_command,
    /// speaker, source), or the directory it is in as manifest.tsv
    manifest: PathBuf,
    /// What is listened for: all, six, digits, numbers, a state of a talk (step, press, plug, hold, confirm,
    /// choice, wait, paused, stop-asked, offered), or phrases separated by commas
    #[arg(long, value_name = "NAME", default_value = "all")]
    vocabulary: String,
    /// Noise added to what is said: a recording, or "manifest" for all of its noises in turn
    #[arg(long, value_name = "FILE")]
    noise: Option<PathBuf>,
    /// How far the noise lies below the speech
    #[arg(
        long,
        value_name = "DB",
        default_value_t = 20.0,
        allow_negative_numbers = true,
        requires = "noise"
    )]
    snr: f32,
    /// Room to speak in: its impulse response, or "manifest" for all of its rooms in turn
    #[arg(long, value_name = "FILE")]
    rir: Option<PathBuf>,
    /// Play our own voice meanwhile, its echo this much louder than the talker
    #[arg(long, value_name = "DB", allow_negative_numbers = true)]
    own_voice: Option<f32>,
    /// How long our own voice goes on afterwards with nobody there
    #[arg(
        long,
        value_name = "MINUTES",
        default_value_t = 60.0,
        requires = "own_voice"
    )]
    alone: f64,
    /// Which speakers: half a to tune on, half b to report
    #[arg(long, value_enum, default_value_t)]
    speakers: Speakers,
    /// Count other speech that nobody checked for commands as speech without any
    #[arg(long)]
    unchecked: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Write every verdict to this file, a JSON object a line
    #[arg(long, value_name = "FILE")]
    verdicts: Option<PathBuf>,
    /// Write what is heard (WAV) and what is said in it (truth.jsonl) into this directory
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    #[command(flatten)]
    talk: TalkArgs,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Speakers {
    A,
    B,
    #[default]
    All,
}

/// Evaluates and prints what was found.
pub(super) fn eval(args: EvalArgs) -> Result<ExitCode, Failure> {
    let mut guides = Vec::new();
    for (id, _) in library::builtin() {
        guides.push(data::guide(id)?);
    }
    let listened_for = phrases(&args.vocabulary, &guides)?;
    let model = data::model_dir(&args.talk)?;
    let info = model::check(&model)?;
    let texts = listened_for.iter().map(|phrase| phrase.text.as_str());
    let missing = model::missing_words(&info, texts);
    if !missing.is_empty() {
        return Err(format!(
            "the model {} does not know {}: choose other words or another --model",
            model.display(),
            missing.join(", ")
        )
        .into());
    }
    let own_voice = match args.own_voice {
        Some(db) => {
            let bank = super::voice::bank(&args.talk)?;
            let alone = Duration::try_from_secs_f64(60.0 * args.alone)
                .map_err(|_| "--alone wants minutes, 0 or more")?;
            Some(OwnVoice::new(&bank, db, alone)?)
        }
        None => None,
    };
    let from = |path: PathBuf| {
        if path.as_os_str() == MANIFEST {
            From::Manifest
        } else {
            From::File(path)
        }
    };
    let options = Options {
        manifest: args.manifest,
        vocabulary: args.vocabulary,
        phrases: listened_for,
        half: match args.speakers {
            Speakers::A => Some(Half::A),
            Speakers::B => Some(Half::B),
            Speakers::All => None,
        },
        noise: args.noise.map(|path| (from(path), args.snr)),
        rir: args.rir.map(from),
        own_voice,
        unchecked: args.unchecked,
        verdicts: args.verdicts,
        export: args.export,
    };
    let bar = progress_bar();
    let report = evaluate(&options, &model, &mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let report = report?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &report)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// On a terminal a bar, else nothing.
fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} recordings, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

#[cfg(test)]
mod tests {
    use crate::app::evaluation::vocabulary_names;
    use clap::CommandFactory;

    #[test]
    fn the_help_names_every_vocabulary() {
        let help = super::super::Cli::command();
        let eval = help.find_subcommand("eval").unwrap();
        let text = eval.clone().render_long_help().to_string();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for name in vocabulary_names().split(", ") {
            assert!(
                text.contains(&format!("{name},")) || text.contains(&format!("{name})")),
                "{name}: {text}"
            );
        }
    }
}
