//! `model`: the official models that can be fetched and used with `--model NAME`.

use super::{Failure, ModelArgs, ModelCommand};
use crate::models::catalogue::{CATALOGUE_VARIABLE, Catalogue, Model};
use crate::models::{self, ModelsError, Patience, Progress, Store};
use crate::screen::printable;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Lists, fetches, finds or removes models.
pub(super) fn model(args: ModelArgs) -> Result<ExitCode, Failure> {
    if std::env::var_os(CATALOGUE_VARIABLE).is_some() {
        eprintln!("talkthrough: the catalogue is the one {CATALOGUE_VARIABLE} names");
    }
    let store = Store::of_user()?;
    match args.command {
        ModelCommand::List => list(&store),
        ModelCommand::Get { name } => get(&store, &name),
        ModelCommand::Path { name } => path(&store, name.as_deref()),
        ModelCommand::Remove { name } => {
            store.remove(&name)?;
            println!("{name} is removed");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The directory that `--model VALUE` means: a path where it contains a separator, else a fetched
/// model of that name, else a directory of that name.
pub(super) fn directory(value: &Path) -> Result<PathBuf, Failure> {
    let name = value
        .to_str()
        .filter(|name| !name.contains(std::path::is_separator));
    if let Some(name) = name
        && let Ok(store) = Store::of_user()
        && let Some(found) = store.find(name)
    {
        return Ok(found);
    }
    let known = name.is_some_and(|name| {
        Catalogue::load().is_ok_and(|catalogue| catalogue.find(name).is_some())
    });
    if known && !value.is_dir() {
        return Err(ModelsError::Absent {
            name: name.unwrap_or_default().to_owned(),
        }
        .into());
    }
    Ok(value.to_owned())
}

fn list(store: &Store) -> Result<ExitCode, Failure> {
    let catalogue = Catalogue::load()?;
    let mut out = io::stdout().lock();
    for model in &catalogue.models {
        let begun = store.begun(&model.name);
        let state = if store.find(&model.name).is_some() {
            "fetched".into()
        } else if begun > 0 {
            format!("{} % fetched", begun.saturating_mul(100) / model.bytes)
        } else {
            "not fetched".into()
        };
        writeln!(
            out,
            "  {:<30} {}  {:>5} MB  {:<11} {state}",
            model.name,
            printable(&model.language),
            model.bytes.div_ceil(1_000_000),
            printable(&model.licence)
        )?;
        writeln!(out, "  {:<30} · {}", "", printable(&model.about))?;
    }
    writeln!(
        out,
        "\nFetch one:  talkthrough model get NAME\nUse it:     talkthrough run --model NAME\n\
         Without --model the talk uses the model that came with it."
    )?;
    Ok(ExitCode::SUCCESS)
}

fn path(store: &Store, name: Option<&str>) -> Result<ExitCode, Failure> {
    let path = match name {
        None => store.dir().to_owned(),
        Some(name) => store.find(name).ok_or_else(|| ModelsError::Absent {
            name: name.to_owned(),
        })?,
    };
    println!("{}", path.display());
    Ok(ExitCode::SUCCESS)
}

fn get(store: &Store, name: &str) -> Result<ExitCode, Failure> {
    let model = models::find(&Catalogue::load()?, name)?;
    if let Some(there) = store.find(name) {
        println!("{name} is there already: {}", there.display());
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "{name}: {} MB, {}, from {}",
        model.bytes.div_ceil(1_000_000),
        printable(&model.licence),
        printable(&model.address)
    );
    let bar = bar(&model);
    let place = store.get(&model, &Patience::default(), &mut |progress| {
        show(&bar, progress);
    });
    bar.finish_and_clear();
    println!("{}", place?.display());
    eprintln!("Use it with: talkthrough run --model {name}");
    Ok(ExitCode::SUCCESS)
}

/// A progress bar on a terminal, nothing elsewhere.
fn bar(model: &Model) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(model.bytes);
    let style = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left {msg}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Bytes(bytes) => {
            bar.set_position(bytes);
            bar.set_message("");
        }
        Progress::Again { why, after } => {
            let text = format!("{}: trying again in {} s", printable(&why), after.as_secs());
            if bar.is_hidden() {
                eprintln!("{text}");
            } else {
                bar.println(text);
            }
        }
        Progress::Checking => bar.set_message("checking"),
        Progress::Unpacking => bar.set_message("unpacking"),
    }
}
