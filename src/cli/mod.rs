//! The command line: flags in, one call out.
//!
//! Exit codes: 0 the talk was done (or what was asked for was), 1 it was stopped (also by a signal) or
//! given up, or a check found something, 2 something has to be put right first, as another talk that
//! is running; the message says what.

mod beats;
mod check;
mod data;
mod eval;
mod graph;
mod guides;
mod model;
mod rehearse;
mod render;
mod run;
mod timeline;
mod voice;

use crate::guide::Count;
use crate::limits::MESSAGE;
use crate::screen::printable_lines;
use crate::session::Settings;
use clap::{Args, Parser, Subcommand};
use eval::EvalArgs;
use std::path::PathBuf;
use std::process::ExitCode;

/// Anything that ends the program with a message.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(
    name = "talkthrough",
    version,
    about = "Talks you through a job that needs both hands: speaks each step, listens for \"next\", counts holds aloud.",
    after_help = "Start here:\n  talkthrough run wisenet-dvr        the talk, with your loudspeaker and microphone\n  \
                  talkthrough rehearse wisenet-dvr   the same talk in a simulated room, to read\n  \
                  talkthrough check                  is everything there, and loud enough?\n\n\
                  Nothing is recorded unless you ask with --keep-audio, and nothing leaves this machine. Only `model get` uses the network."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Hold a talk with loudspeaker, microphone and keys
    Run(RunArgs),
    /// List the guides there are
    List,
    /// Print a guide: its steps, holds, sources and the words it listens for
    Show(GuideArg),
    /// Hold a talk in the simulated room, much faster than real time
    Rehearse(RehearseArgs),
    /// Draw the record of a talk as one picture (SVG): what was said, heard and counted when
    Timeline(TimelineArgs),
    /// Look at loudspeaker, microphone, noise, recognition model and voice, one by one
    Check(CheckArgs),
    /// List loudspeakers and microphones
    Devices,
    /// Check a guide of your own and say what could be better
    Lint(GuideArg),
    /// Measure the ears on recordings: recall, false commands, latency, cost
    Eval(EvalArgs),
    /// Find the beats of the voice's counts a second time (needs flite), and compare
    #[command(hide = true)]
    CheckBeats(BeatsArgs),
    /// Fetch, list or remove recognition models for --model NAME
    Model(ModelArgs),
    /// Render the shipped voice again
    #[command(hide = true)]
    RenderVoice(RenderArgs),
    /// Build the decoding graph of a model of ours from its words, pronunciations and costs
    #[command(hide = true)]
    BuildGraph(BuildGraphArgs),
}

#[derive(Args)]
struct GuideArg {
    /// Id of a built-in guide, or the path of a .toml file
    guide: String,
}

/// What every talk is made with.
#[derive(Args, Clone)]
struct TalkArgs {
    /// Recognition model: the name of one that was fetched (see `talkthrough model list`), or a
    /// directory in Vosk's format
    #[arg(long, value_name = "NAME|DIR")]
    model: Option<PathBuf>,
    /// Voice: bdl (male), slt (female), or a directory of clips with an index.json
    #[arg(long, value_name = "NAME")]
    voice: Option<PathBuf>,
    /// Speech program for texts without a clip: auto, none, flite, rhvoice, espeak-ng, say, sapi, piper
    #[arg(long, value_name = "NAME", default_value = "auto")]
    synth: String,
    /// Which way the seconds of a hold are counted; without it as the guide says
    #[arg(long, value_enum, value_name = "WAY")]
    count: Option<CountArg>,
}

/// Which way numbers run.
#[derive(Clone, Copy, clap::ValueEnum)]
enum CountArg {
    /// One, two, three
    Up,
    /// Three, two, one
    Down,
}

impl TalkArgs {
    /// How the listener wants the talk, who cannot be heard saying `unheard`.
    fn settings(&self, unheard: Vec<String>) -> Settings {
        let count = self.count.map(|way| match way {
            CountArg::Up => Count::Up,
            CountArg::Down => Count::Down,
        });
        Settings {
            count,
            unheard,
            keeps_place: false,
        }
    }
}

#[derive(Args)]
struct RunArgs {
    /// Id of a built-in guide, or the path of a .toml file
    #[arg(default_value = "wisenet-dvr")]
    guide: String,
    /// Microphone: its name or a part of it (see `talkthrough devices`)
    #[arg(long, value_name = "NAME")]
    mic: Option<String>,
    /// Loudspeaker: its name or a part of it
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,
    #[command(flatten)]
    talk: TalkArgs,
    /// Keys only: do not open a microphone
    #[arg(long)]
    keyboard: bool,
    /// Write what is said, heard and counted to this file, a JSON object a line (no sound)
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Begin at the beginning, even where a talk broke off and its place was kept
    #[arg(long)]
    fresh: bool,
    /// Keep what the microphone hears: a .wav file, or a directory for one. The talk says so aloud
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "keyboard")]
    keep_audio: Option<PathBuf>,
}

#[derive(Args)]
struct RehearseArgs {
    /// Id of a built-in guide, or the path of a .toml file
    #[arg(default_value = "wisenet-dvr")]
    guide: String,
    #[command(flatten)]
    talk: TalkArgs,
    /// What the technician says and when (TOML); without it every prompt is answered correctly
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// A recording that fills the room with noise (WAV, FLAC or Ogg Vorbis)
    #[arg(long, value_name = "FILE")]
    noise: Option<PathBuf>,
    /// Level of the technician's speech above the noise
    #[arg(
        long,
        value_name = "DB",
        default_value_t = 20.0,
        allow_negative_numbers = true,
        requires = "noise"
    )]
    snr: f32,
    /// Level of the talk's own voice at the microphone, relative to what is played
    #[arg(long, value_name = "DB", default_value_t = -20.0, allow_negative_numbers = true)]
    echo_db: f32,
    /// Another seed, another room
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write speaker.wav, microphone.wav and session.jsonl into this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct TimelineArgs {
    /// The file that `run --log FILE` wrote, or session.jsonl of `rehearse --out DIR`
    #[arg(value_name = "SESSION.jsonl")]
    record: PathBuf,
    /// Write the picture here; without it, to standard output
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct CheckArgs {
    /// Microphone: its name or a part of it
    #[arg(long, value_name = "NAME")]
    mic: Option<String>,
    /// Loudspeaker: its name or a part of it
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,
    #[command(flatten)]
    talk: TalkArgs,
}

#[derive(Args)]
struct BeatsArgs {
    /// The voice's directory
    #[arg(default_value = "audio/bdl")]
    voice: PathBuf,
}

#[derive(Args)]
struct ModelArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Subcommand)]
enum ModelCommand {
    /// List the models that can be fetched
    List,
    /// Fetch a model, or go on with a download that broke off
    Get {
        /// Its name
        name: String,
    },
    /// Print the directory of a fetched model, or the one they all lie in
    Path {
        /// Its name
        name: Option<String>,
    },
    /// Remove a fetched model, and what is left of a download
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Args)]
struct RenderArgs {
    /// A voice that is shipped (bdl, slt), or a program's (flite-slt, rhvoice-slt, ...)
    #[arg(default_value = "bdl")]
    voice: String,
    /// Where the clips go [default: the voice's own directory in audio/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Render what a person says to the talk, not what the talk says
    #[arg(long)]
    technician: bool,
    /// Render every clip, not only those that are new or changed
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
struct BuildGraphArgs {
    /// Directory of the model; the shipped one if left out
    model: Option<PathBuf>,
    /// Costs and pronunciations, in the place of the model's talkthrough.toml
    #[arg(long, value_name = "FILE", requires = "out")]
    settings: Option<PathBuf>,
    /// Write a whole model into this directory, and leave the other as it is
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Add a word, or a word with its pronunciation: wisenet="W AY Z N EH T"
    #[arg(long, value_name = "WORD[=PHONES]", requires = "out")]
    add: Vec<String>,
}

/// Runs the program.
pub fn main() -> ExitCode {
    match dispatch(Cli::parse()) {
        Ok(code) => code,
        // A reader that has seen enough, such as `head`, is no fault.
        Err(failure) if is_broken_pipe(failure.as_ref()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("talkthrough: {}", shown(&failure));
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        None => guides::welcome(),
        Some(Command::Run(args)) => run::run(args),
        Some(Command::List) => guides::list(),
        Some(Command::Show(args)) => guides::show(&args.guide),
        Some(Command::Rehearse(args)) => rehearse::rehearse(args),
        Some(Command::Timeline(args)) => timeline::timeline(&args),
        Some(Command::Check(args)) => check::check(args),
        Some(Command::Devices) => check::devices(),
        Some(Command::Lint(args)) => guides::lint(&args.guide),
        Some(Command::Eval(args)) => eval::eval(args),
        Some(Command::Model(args)) => model::model(args),
        Some(Command::RenderVoice(args)) => render::render(args),
        Some(Command::BuildGraph(args)) => graph::build(args),
        Some(Command::CheckBeats(args)) => beats::check(&args.voice),
    }
}

/// A failure as it may be shown: the names of files and what is in them may come from anybody.
fn shown(failure: &Failure) -> String {
    if failure.is::<data::Rendered>() {
        failure.to_string()
    } else {
        let text = printable_lines(&failure.to_string());
        match text.char_indices().nth(MESSAGE) {
            Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }
}

fn is_broken_pipe(failure: &(dyn std::error::Error + 'static)) -> bool {
    failure
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
