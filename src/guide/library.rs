//! The guides that come with the program, and finding a guide by name or path.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use miette::Diagnostic;

use super::fault::printable;
use super::text::nearest;
use super::{Guide, GuideError, parse};
use crate::limits::GUIDE_BYTES;

/// The id and the text of each guide that is built in.
pub fn builtin() -> &'static [(&'static str, &'static str)] {
    &[("wisenet-dvr", include_str!("../../guides/wisenet-dvr.toml"))]
}

/// Why a guide was not found or cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum LibraryError {
    /// No built-in guide has this name.
    #[error("there is no guide `{name}`: {}", did_you_mean(.nearest, .known))]
    Unknown {
        /// The name asked for, printable.
        name: String,
        /// The built-in id most like it, if one is alike enough to be meant.
        nearest: Option<&'static str>,
        /// Every built-in id.
        known: Vec<&'static str>,
    },
    /// The file cannot be read.
    #[error("cannot read the guide {}: check the path and its permissions", printable(&path.to_string_lossy()))]
    Read {
        /// The path asked for.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The guide was found and has faults.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guide(#[from] GuideError),
}

fn did_you_mean(nearest: &Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "built in are {}; a file of your own is given by its path, such as ./my-guide.toml",
            known.join(", ")
        ),
    }
}

/// Finds and checks a guide: a built-in one by its id, or a file by its path. An argument is a path
/// where it contains a separator or ends in `.toml`.
///
/// # Errors
///
/// [`LibraryError`]: unknown name, unreadable file, faults in the guide.
pub fn find(name_or_path: &str) -> Result<Guide, LibraryError> {
    let (name, text) = source_of(name_or_path)?;
    Ok(parse(&name, &text)?)
}

/// The name to show in errors and the text of a guide, found as [`find`] does but not checked.
///
/// # Errors
///
/// [`LibraryError::Unknown`] and [`LibraryError::Read`].
pub fn source_of(name_or_path: &str) -> Result<(String, String), LibraryError> {
    let path = Path::new(name_or_path);
    if name_or_path.contains(std::path::is_separator) || name_or_path.ends_with(".toml") {
        let text = read(path).map_err(|source| LibraryError::Read {
            path: path.to_owned(),
            source,
        })?;
        return Ok((name_or_path.to_owned(), text));
    }
    let known: Vec<&str> = builtin().iter().map(|(id, _)| *id).collect();
    let typed = name_or_path.to_lowercase();
    match builtin().iter().find(|(id, _)| *id == name_or_path) {
        Some((id, text)) => Ok((format!("guides/{id}.toml"), (*text).to_owned())),
        None => Err(LibraryError::Unknown {
            name: name_or_path.escape_debug().to_string(),
            // Half a name is as good as a misspelt one here: "wisenet" can only be one guide.
            nearest: nearest(&typed, known.iter().copied()).or_else(|| {
                known
                    .iter()
                    .copied()
                    .find(|id| typed.len() > 2 && id.contains(&typed))
            }),
            known,
        }),
    }
}

/// Reads one byte more than a guide may have at most, so that a huge or endless file is refused
/// by [`parse`] and not read.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // Asked before opening: opening a pipe that nobody writes to never returns.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let limit = GUIDE_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == limit {
        // The cut may lie inside a character; the text is refused for its length anyway.
        text.push_str(&String::from_utf8_lossy(&bytes));
        return Ok(text);
    }
    String::from_utf8(bytes).map_err(|error| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8 text: {}", error.utf8_error()),
        )
    })
}

/// What `talkthrough list` shows of a guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name to call it by.
    pub id: String,
    /// What it does.
    pub title: String,
    /// The devices it is for.
    pub applies_to: Vec<String>,
    /// How many steps are counted aloud on the main way.
    pub steps: usize,
    /// How long the main way usually takes.
    pub estimate: Duration,
}

impl From<&Guide> for Entry {
    fn from(guide: &Guide) -> Self {
        Self {
            id: guide.id.clone(),
            title: guide.title.clone(),
            applies_to: guide.applies_to.clone(),
            steps: guide.numbered_steps(),
            estimate: guide.estimate(),
        }
    }
}

/// Every built-in guide, in the order of [`builtin`].
///
/// # Errors
///
/// The faults of the first guide that has any; the tests keep the built-in ones free of them.
pub fn list() -> Result<Vec<Entry>, GuideError> {
    builtin()
        .iter()
        .map(|(id, text)| {
            parse(&format!("guides/{id}.toml"), text).map(|guide| Entry::from(&guide))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_guide_is_sound_and_has_the_name_it_is_called_by() {
        let entries = list().expect("built-in guides have no faults");
        assert_eq!(entries.len(), builtin().len());
        for (entry, (id, _)) in entries.iter().zip(builtin()) {
            assert_eq!(entry.id, *id);
            assert_eq!(find(id).expect("found").id, *id);
        }
    }

    #[test]
    fn a_misspelt_or_shortened_name_is_answered_with_the_nearest() {
        for name in ["wisenet-dvt", "wisenet", "Wisenet-DVR"] {
            let error = find(name).unwrap_err();
            assert!(
                error.to_string().ends_with("did you mean `wisenet-dvr`?"),
                "{error}"
            );
        }
        assert!(
            find("toaster")
                .unwrap_err()
                .to_string()
                .contains("built in are wisenet-dvr")
        );
        assert!(
            !find("\u{1b}[2J")
                .unwrap_err()
                .to_string()
                .contains('\u{1b}')
        );
    }

    #[test]
    fn a_path_is_read_and_a_missing_one_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.toml");
        let path_text = path.to_str().unwrap();
        assert!(matches!(find(path_text), Err(LibraryError::Read { .. })));
        std::fs::write(&path, builtin()[0].1).unwrap();
        assert_eq!(
            find(path_text).expect("read from the file").id,
            "wisenet-dvr"
        );
        std::fs::write(&path, b"id = \"\xff\"").unwrap();
        assert!(
            matches!(find(path_text), Err(LibraryError::Read { source, .. }) if source.to_string().contains("not UTF-8"))
        );
        std::fs::write(&path, vec![b'#'; 300 * 1024]).unwrap();
        assert!(
            find(path_text)
                .unwrap_err()
                .to_string()
                .contains("at most 256 KiB")
        );
        assert!(matches!(
            find("no-such-file.toml"),
            Err(LibraryError::Read { .. })
        ));
    }
}
