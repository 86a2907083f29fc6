//! `build-graph`: the decoding graph of a model of ours, from its words, pronunciations and costs.

use super::{BuildGraphArgs, Failure, data};
use crate::ears::graph::{AddedWord, MARKER, Recipe};
use crate::ears::model;
use crate::phone::Pronunciation;
use std::process::ExitCode;
use std::time::Instant;

/// Builds the graph and says how large it is.
pub(super) fn build(args: BuildGraphArgs) -> Result<ExitCode, Failure> {
    let from = args.model.map_or_else(data::shipped_model, Ok)?;
    let to = args.out.unwrap_or_else(|| from.clone());
    let added = args
        .add
        .iter()
        .map(|text| added(text))
        .collect::<Result<Vec<_>, _>>()?;
    let began = Instant::now();
    let built = Recipe::read(&from, args.settings.as_deref())?.build(&added)?;
    let took = began.elapsed();
    // Kept now: it may be a file of the model that is written.
    let settings = args.settings.as_deref().map(std::fs::read).transpose()?;
    model::write(&built, &from, &to)
        .map_err(|error| format!("cannot write the model to {}: {error}", to.display()))?;
    if let Some(settings) = settings {
        std::fs::write(to.join(MARKER), settings)?;
    }
    model::seal(&to)
        .map_err(|error| format!("cannot write {} in {}: {error}", model::SEAL, to.display()))?;
    let info = model::check(&to)?;
    for AddedWord { word, ways, origin } in &added {
        let ways: Vec<String> = ways.iter().map(ToString::to_string).collect();
        println!("{word}: {}, {origin}", ways.join(" or "));
    }
    println!(
        "{}: {} words with {} pronunciations, {} states, {} arcs, model {:.2} MB, built in {} ms",
        to.display(),
        built.words,
        built.ways,
        built.states,
        built.arcs,
        info.bytes as f64 / 1e6,
        took.as_millis()
    );
    Ok(ExitCode::SUCCESS)
}

/// A word of the command line, with or without its pronunciation.
fn added(text: &str) -> Result<AddedWord, Failure> {
    let Some((word, phones)) = text.split_once('=') else {
        return Ok(AddedWord::new(text, None)?);
    };
    let way: Pronunciation = phones.parse()?;
    Ok(AddedWord::new(word, Some(&[way]))?)
}
