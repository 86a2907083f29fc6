//! Models with more words: copies of a model of ours, with a graph of their own, kept in the user's cache.
//!
//! Each lies in a directory named by a hash of everything it is made of, so a copy that is there is
//! right, and nothing has to be renewed. It appears whole or not at all: it is written aside and renamed.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use etcetera::BaseStrategy;

use super::{ModelError, check, seal};
use crate::ears::graph::{AddedWord, BUILDER_VERSION, Built, GraphError, Recipe};

/// Copies kept, those used last.
const KEPT: usize = 8;
/// No copy is removed that was used so shortly ago: a talk may be going on with it.
const IN_USE: Duration = Duration::from_secs(24 * 3600);
/// How a copy is named while it is written.
const ASIDE: &str = ".new-";
/// Touched whenever the copy is used.
const STAMP: &str = "graph/words.txt";
/// Directories of a model are not deeper than this.
const DEEPEST: usize = 4;

/// Why words could not be added to a model.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// The graph cannot be built.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The copy is not whole.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A file of the model cannot be copied, or a file of the copy not be written.
    #[error("a model with more words cannot be written to {} ({error}): make room there, or set XDG_CACHE_HOME to a directory that can be written", directory.display())]
    Unwritable {
        /// The directory.
        directory: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The user has no home directory.
    #[error(
        "there is no place for a model with more words: set HOME, or XDG_CACHE_HOME to a directory that can be written"
    )]
    NoCache,
}

/// Where extended models are kept: `talkthrough/models` in the user's cache.
///
/// # Errors
///
/// The user has no home directory.
pub fn cache_directory() -> Result<PathBuf, ExtendError> {
    let base = etcetera::choose_base_strategy().map_err(|_| ExtendError::NoCache)?;
    Ok(base.cache_dir().join("talkthrough").join("models"))
}

/// The directory of a model that is the one in `model` with `added` words; made in `cache` where it is
/// not there yet.
///
/// # Errors
///
/// The model is not of our family, a word cannot be said, or `cache` cannot be written.
pub fn extend(model: &Path, added: &[AddedWord], cache: &Path) -> Result<PathBuf, ExtendError> {
    let unwritable = |error| ExtendError::Unwritable {
        directory: cache.into(),
        error,
    };
    let name = key(model, added).map_err(unwritable)?;
    let directory = cache.join(name);
    if check(&directory).is_ok() {
        // Not being able to is no harm: the copy is only forgotten sooner.
        let _ = File::options()
            .append(true)
            .open(directory.join(STAMP))
            .and_then(|file| file.set_modified(SystemTime::now()));
        return Ok(directory);
    }
    let built = Recipe::read(model, None)?.build(added)?;
    fs::create_dir_all(cache).map_err(unwritable)?;
    let aside = tempfile::Builder::new()
        .prefix(ASIDE)
        .tempdir_in(cache)
        .map_err(unwritable)?;
    write(&built, model, aside.path()).map_err(unwritable)?;
    seal(aside.path()).map_err(unwritable)?;
    check(aside.path())?;
    // What is there and not whole would be in the way.
    if directory.exists() && check(&directory).is_err() {
        fs::remove_dir_all(&directory).map_err(unwritable)?;
    }
    match fs::rename(aside.path(), &directory) {
        Ok(()) => {
            // It is not there any more, and nothing is left to be cleared away.
            let _ = aside.keep();
        }
        // Another talk was quicker.
        Err(_) if check(&directory).is_ok() => {}
        Err(error) => return Err(unwritable(error)),
    }
    forget(cache);
    Ok(directory)
}

/// Writes `built` into the model directory `to`, with every other file of the model in `from`; the two
/// may be the same.
///
/// # Errors
///
/// A file cannot be read or written.
pub fn write(built: &Built, from: &Path, to: &Path) -> io::Result<()> {
    let put = |name: &Path| -> io::Result<PathBuf> {
        let file = to.join(name);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(file)
    };
    let same = to.exists() && from.canonicalize()? == to.canonicalize()?;
    for name in files(from)? {
        let is_built = built
            .files
            .iter()
            .any(|(built, _)| Path::new(built) == name);
        if !same && !is_built {
            fs::copy(from.join(&name), put(&name)?)?;
        }
    }
    for (name, bytes) in &built.files {
        fs::write(put(Path::new(name))?, bytes)?;
    }
    Ok(())
}

/// A name for what is made of the model in `model` and `added`: the same for the same, on this machine.
fn key(model: &Path, added: &[AddedWord]) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    BUILDER_VERSION.hash(&mut hasher);
    for name in files(model)? {
        name.hash(&mut hasher);
        fs::read(model.join(&name))?.hash(&mut hasher);
    }
    for added in added {
        (&added.word, &added.ways).hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Every file of a model, by its path in the model's directory, in order.
pub(super) fn files(model: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut directories = vec![PathBuf::new()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(model.join(&directory))? {
            let entry = entry?;
            let name = directory.join(entry.file_name());
            let found = fs::metadata(entry.path())?;
            if found.is_file() {
                files.push(name);
            } else if found.is_dir() && name.components().count() < DEEPEST {
                directories.push(name);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Removes the copies used longest ago, and what a killed program left aside. Failing is no harm.
fn forget(cache: &Path) {
    let Ok(entries) = fs::read_dir(cache) else {
        return;
    };
    let now = SystemTime::now();
    let mut copies: Vec<(Duration, PathBuf)> = entries
        .flatten()
        .map(|entry| {
            let path = entry.path();
            let used = fs::metadata(path.join(STAMP)).or_else(|_| entry.metadata());
            let used = used.and_then(|found| found.modified()).unwrap_or(now);
            (now.duration_since(used).unwrap_or_default(), path)
        })
        .collect();
    copies.sort();
    let left_aside = |path: &Path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(ASIDE))
    };
    for (nth, (unused, path)) in copies.iter().enumerate() {
        if *unused > IN_USE && (nth >= KEPT || left_aside(path)) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("models/talkthrough-en")
    }

    fn added(words: &[&str]) -> Vec<AddedWord> {
        words
            .iter()
            .map(|word| AddedWord::new(word, None).unwrap())
            .collect()
    }

    #[test]
    fn a_copy_is_made_once_and_knows_the_words() {
        let cache = tempfile::tempdir().unwrap();
        let words = added(&["chartreuse", "zorblat"]);
        let copy = extend(&shipped(), &words, cache.path()).unwrap();
        let info = check(&copy).unwrap();
        assert!(
            ["chartreuse", "zorblat", "next", "[unk]"]
                .iter()
                .all(|word| info.words.contains(*word))
        );
        assert_eq!(
            fs::read(copy.join("am/final.mdl")).unwrap(),
            fs::read(shipped().join("am/final.mdl")).unwrap()
        );
        // Nothing is written again where it is there already.
        let mark = copy.join("mark");
        fs::write(&mark, "").unwrap();
        assert_eq!(extend(&shipped(), &words, cache.path()).unwrap(), copy);
        assert!(mark.exists());
        let other = extend(&shipped(), &added(&["chartreuse"]), cache.path()).unwrap();
        assert_ne!(other, copy);
        let names = fs::read_dir(cache.path()).unwrap().count();
        assert_eq!(names, 2, "nothing is left aside");
    }

    #[test]
    fn a_copy_that_is_not_whole_is_made_again() {
        let cache = tempfile::tempdir().unwrap();
        let words = added(&["chartreuse"]);
        let copy = extend(&shipped(), &words, cache.path()).unwrap();
        fs::write(copy.join("graph/HCLr.fst"), "cut").unwrap();
        assert_eq!(extend(&shipped(), &words, cache.path()).unwrap(), copy);
        assert!(check(&copy).is_ok());
    }

    #[test]
    fn only_the_copies_used_last_are_kept() {
        let cache = tempfile::tempdir().unwrap();
        let day = Duration::from_secs(24 * 3600);
        for age in 1..=12 {
            let stamp = cache.path().join(format!("{age}")).join(STAMP);
            fs::create_dir_all(stamp.parent().unwrap()).unwrap();
            let file = File::create(stamp).unwrap();
            file.set_modified(SystemTime::now() - day * age).unwrap();
        }
        forget(cache.path());
        let mut left: Vec<u32> = fs::read_dir(cache.path())
            .unwrap()
            .map(|entry| {
                entry
                    .unwrap()
                    .file_name()
                    .to_str()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
            .collect();
        left.sort_unstable();
        assert_eq!(left, (1..=8).collect::<Vec<_>>());
    }

    #[test]
    fn what_cannot_be_written_says_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let error = extend(&shipped(), &added(&["chartreuse"]), &file.join("cache")).unwrap_err();
        assert!(error.to_string().contains("XDG_CACHE_HOME"), "{error}");
    }
}
