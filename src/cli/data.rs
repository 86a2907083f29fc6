//! Where what comes with the program lies, and whether it fits together.
//!
//! In this order: the flag; `TALKTHROUGH_DATA`; `../share/talkthrough` seen from the program (as
//! `make install` lays it out); the directories above the program (a build in the source tree); the
//! source tree it was built from.

use super::{Failure, TalkArgs};
use crate::app::place::Edition;
use crate::ears::graph::AddedWord;
use crate::ears::model;
use crate::guide::{Guide, clashes};
use crate::session;
use crate::voice::Bank;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The model that comes with the program.
const MODEL: &str = "models/talkthrough-en";
/// The simulated technician's voice.
const TECHNICIAN: &str = "audio/technician";

/// Finds `part` of what comes with the program.
pub(super) fn shipped(part: &str) -> Option<PathBuf> {
    if let Some(data) = std::env::var_os("TALKTHROUGH_DATA") {
        return Some(PathBuf::from(data).join(part)).filter(|path| path.exists());
    }
    let program = std::env::current_exe().ok()?;
    let beside = program.parent().map(|bin| bin.join("../share/talkthrough"));
    let above = program.ancestors().skip(1).map(Path::to_owned);
    let built_from = option_env!("CARGO_MANIFEST_DIR").map(PathBuf::from);
    beside
        .into_iter()
        .chain(above)
        .chain(built_from)
        .map(|dir| dir.join(part))
        .find(|path| path.exists())
}

pub(super) fn missing(part: &str) -> Failure {
    format!("{part} is missing: run `make install` or set TALKTHROUGH_DATA to the directory that holds audio/ and models/").into()
}

/// The directory of the recognition model.
pub(super) fn model_dir(args: &TalkArgs) -> Result<PathBuf, Failure> {
    match &args.model {
        Some(named) => super::model::directory(named),
        None => shipped_model(),
    }
}

/// The directory of the model that comes with the program.
pub(super) fn shipped_model() -> Result<PathBuf, Failure> {
    shipped(MODEL).ok_or_else(|| missing(MODEL))
}

/// The technician's clips.
pub(super) fn technician() -> Result<Bank, Failure> {
    let dir = shipped(TECHNICIAN).ok_or_else(|| missing(TECHNICIAN))?;
    Ok(Bank::load(&dir)?)
}

/// Checks that the model in `dir` is whole and knows every word that `guide` may have to hear. Returns
/// the model to use: one of ours is given the words it lacks, which makes a copy.
pub(super) fn check_model(dir: &Path, guide: &Guide) -> Result<CheckedModel, Failure> {
    let added = words_to_add(dir, guide)?;
    let directory = if added.is_empty() {
        dir.to_owned()
    } else {
        model::extend(dir, &added, &model::cache_directory()?)?
    };
    let info = model::check(&directory)?;
    let unknown = |phrase: &&str| !model::missing_words(&info, [*phrase]).is_empty();
    let optional = session::vocabulary::optional_phrases().into_iter();
    let unheard = optional.filter(unknown).map(Into::into).collect();
    Ok(CheckedModel { directory, unheard })
}

/// A model that is whole and knows every word that a guide needs.
pub(super) struct CheckedModel {
    /// Where it lies.
    pub(super) directory: PathBuf,
    /// The phrases that a talk can do without and whose words it does not know.
    pub(super) unheard: Vec<String>,
}

/// The words that the model in `dir` has to be given for `guide`: those it lacks, and those the guide
/// says otherwise.
pub(super) fn words_to_add(dir: &Path, guide: &Guide) -> Result<Vec<AddedWord>, Failure> {
    let info = model::check(dir)?;
    let phrases = session::phrases(guide);
    let mut words = model::missing_words(&info, phrases.iter().map(String::as_str));
    if !info.extensible {
        if words.is_empty() {
            return Ok(Vec::new());
        }
        return Err(format!(
            "the model {} does not know {}: nobody could say it. Use other words in the guide, or another --model",
            dir.display(),
            words.join(", ")
        )
        .into());
    }
    let said = |word: &str| {
        phrases
            .iter()
            .any(|phrase| phrase.split(' ').any(|said| said == word))
    };
    for word in guide.pronunciations.keys() {
        if said(word) && !words.contains(word) {
            words.push(word.clone());
        }
    }
    let added = words
        .iter()
        .map(|word| AddedWord::new(word, guide.pronunciations.get(word).map(Vec::as_slice)));
    Ok(added.collect::<Result<_, _>>()?)
}

/// Finds a guide and checks it against the words of every talk.
pub(super) fn guide(name: &str) -> Result<Arc<Guide>, Failure> {
    let guide = crate::guide::library::find(name).map_err(rendered)?;
    let reserved = session::vocabulary::all_phrases();
    // Where a choice asks for yes or no, nothing else listens for them.
    let reserved: Vec<&str> = reserved
        .into_iter()
        .filter(|phrase| !matches!(*phrase, "yes" | "no"))
        .collect();
    if let Some(clash) = clashes(&guide, &reserved).first() {
        return Err(format!(
            "{}: step {}: the answer {:?} sounds like the command {:?}: choose another word",
            guide.id, clash.step, clash.phrase, clash.reserved
        )
        .into());
    }
    Ok(Arc::new(guide))
}

/// The guide `name` and which version of it, by its text.
pub(super) fn edition(name: &str, guide: &Guide) -> Result<Edition, Failure> {
    let (_, text) = crate::guide::library::source_of(name).map_err(rendered)?;
    let digest = Sha256::digest(text.as_bytes());
    Ok(Edition {
        guide: guide.id.clone(),
        sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// A diagnostic as text, with colours where a person sees it. Its author has made it printable.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Rendered(String);

/// A diagnostic with its source and its caret, as text.
pub(super) fn rendered(error: impl miette::Diagnostic) -> Failure {
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let theme = if colours {
        miette::GraphicalTheme::unicode()
    } else {
        miette::GraphicalTheme::unicode_nocolor()
    };
    let mut text = String::new();
    match miette::GraphicalReportHandler::new_themed(theme).render_report(&mut text, &error) {
        Ok(()) => Rendered(text.trim().to_owned()).into(),
        Err(_) => error.to_string().into(),
    }
}
