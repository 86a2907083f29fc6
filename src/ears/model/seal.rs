//! The seal of a model: the SHA-256 of each of its files, as `sha256sum` writes them.
//!
//! A graph or a network in which one bit has changed is loaded without a word and hears something else, or ends
//! libvosk's process without a word about the file. With a seal it is found, and named, before that. A model
//! without one is judged by the structure of its files alone.

use super::extend::files;
use super::{ModelError, broken, unreadable};
use crate::limits;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path};

/// Name of the seal in a model's directory.
pub const SEAL: &str = "SHA256SUMS";

/// Seals the model in `directory` as it is now.
///
/// # Errors
///
/// A file cannot be read, or the seal not be written.
pub fn seal(directory: &Path) -> io::Result<()> {
    let mut text = String::new();
    for name in files(directory)? {
        if name != Path::new(SEAL) {
            let sum = sum(&directory.join(&name))?;
            // Writing to a text never fails.
            let _ = writeln!(text, "{sum}  {}", name.display());
        }
    }
    fs::write(directory.join(SEAL), text)
}

/// Compares every file that the seal of the model in `directory` names, if it has one.
pub(super) fn unbroken(directory: &Path) -> Result<(), ModelError> {
    let seal = directory.join(SEAL);
    let text = match limits::read_text(&seal, limits::MODEL_TEXT_BYTES) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(&seal)(error)),
    };
    let line = |line: &str| {
        line.split_once("  ")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    };
    let inside = |name: &str| {
        let mut parts = Path::new(name).components().peekable();
        parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
    };
    if text.is_empty() || !text.ends_with('\n') {
        return Err(broken(&seal, "is cut short"));
    }
    for (number, text) in text.lines().enumerate() {
        let Some((wanted, name)) = line(text).filter(|(_, name)| inside(name)) else {
            let what = format!("has a line that is no sum and file (line {})", number + 1);
            return Err(broken(&seal, &what));
        };
        let file = directory.join(name);
        let found = match sum(&file) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ModelError::Missing(file));
            }
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                return Err(broken(&file, "is not a file"));
            }
            Err(error) => return Err(ModelError::Unreadable { file, error }),
        };
        if found != wanted {
            let what = format!(
                "is not the file that belongs to the model (another SHA-256 than in {SEAL}; after changes of your own run `talkthrough build-graph`)"
            );
            return Err(broken(&file, &what));
        }
    }
    Ok(())
}

fn sum(file: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    io::copy(&mut File::open(file)?, &mut hasher)?;
    let mut text = String::new();
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
