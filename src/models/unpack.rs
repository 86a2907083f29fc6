//! Unpacking an archive whose every entry is suspected.
//!
//! An entry is a regular file or a directory with a plain relative path; anything else, an entry that lies
//! outside, a link, a second one of the same name, too many or too much, refuses the archive as a whole.
//! All of it lies in one directory, as in Vosk's archives, and that one is left out.

use crate::limits::{ARCHIVE_DEPTH, ARCHIVE_ENTRIES};
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use zip::ZipArchive;
use zip::result::ZipError;

/// Longest name of a file or directory, in bytes.
const LONGEST_NAME: usize = 200;

/// Why an archive is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is damaged, or no archive at all.
    #[error("the archive is damaged ({0}): fetch it again")]
    Damaged(#[from] ZipError),
    /// It has an entry that must not be unpacked.
    #[error("the archive's entry {name:?} {what}: it was not unpacked, do not use this archive")]
    Entry {
        /// Name of the entry.
        name: String,
        /// What is wrong with it, as the rest of a sentence.
        what: &'static str,
    },
    /// It has more entries, or unpacks to more, than it may.
    #[error(
        "the archive holds more than it may ({0}): it was not unpacked, do not use this archive"
    )]
    TooMuch(String),
    /// It holds no file.
    #[error("the archive is empty: fetch it again")]
    Empty,
    /// What it holds cannot be written.
    #[error("cannot write {} ({error}): make room there, or check its permissions", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

/// What takes in the entries of an archive.
pub trait Sink {
    /// Makes a directory and those it lies in; it may be there already.
    ///
    /// # Errors
    ///
    /// The operating system's.
    fn directory(&mut self, path: &Path) -> io::Result<()>;

    /// Makes a file that is not there yet, and the directories it lies in, of what `content` gives.
    ///
    /// # Errors
    ///
    /// The operating system's, or those of `content`.
    fn file(&mut self, path: &Path, content: &mut dyn Read) -> io::Result<()>;
}

/// Unpacks `archive` into `sink`, at most `most_bytes` in all. Paths given to the sink are relative, and lie below
/// where they begin. Returns the number of bytes unpacked.
///
/// # Errors
///
/// [`UnpackError`]; some of it may have been given to the sink by then.
pub fn unpack(
    archive: impl Read + Seek,
    most_bytes: u64,
    sink: &mut impl Sink,
) -> Result<u64, UnpackError> {
    let mut archive = ZipArchive::new(archive)?;
    if archive.len() > ARCHIVE_ENTRIES {
        return Err(UnpackError::TooMuch(format!(
            "{} entries, at most {ARCHIVE_ENTRIES}",
            archive.len()
        )));
    }
    let mut top = None;
    let mut left = most_bytes;
    let mut files = 0;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let refuse = |what| UnpackError::Entry {
            name: name.clone(),
            what,
        };
        if std::str::from_utf8(entry.name_raw()).is_err() {
            return Err(refuse("has a name that is not UTF-8"));
        }
        if entry.is_symlink() || !(entry.is_file() || entry.is_dir()) {
            return Err(refuse("is neither a file nor a directory"));
        }
        let (first, path) = plain(&name).map_err(refuse)?;
        if *top.get_or_insert_with(|| first.to_owned()) != first {
            return Err(refuse("lies outside the directory of the first entry"));
        }
        if entry.is_dir() {
            sink.directory(&path)
                .map_err(|error| UnpackError::Write { path, error })?;
            continue;
        }
        if path.as_os_str().is_empty() {
            return Err(refuse("lies in no directory"));
        }
        // What comes out is counted: what the entry claims is not believed.
        let mut content = Counted {
            inner: &mut entry,
            left,
            failure: None,
        };
        let written = sink.file(&path, &mut content);
        let Counted {
            left: rest,
            failure,
            ..
        } = content;
        match (written, failure) {
            (_, Some(Failure::TooMuch)) => {
                return Err(UnpackError::TooMuch(format!("{most_bytes} bytes")));
            }
            (_, Some(Failure::Read(error))) => return Err(ZipError::Io(error).into()),
            (Err(error), None) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(refuse("is there twice"));
            }
            (Err(error), None) => return Err(UnpackError::Write { path, error }),
            (Ok(()), None) => {}
        }
        left = rest;
        files += 1;
    }
    if files == 0 {
        return Err(UnpackError::Empty);
    }
    Ok(most_bytes - left)
}

/// The first directory of an entry's name and the path below it, where it is a plain relative path on
/// every system; else what is wrong with it.
fn plain(name: &str) -> Result<(&str, PathBuf), &'static str> {
    if name.starts_with(['/', '\\']) {
        return Err("has an absolute path");
    }
    // Backslashes and colons mean something on Windows: drives, streams, other separators.
    if name.contains(['\\', ':']) || name.contains(char::is_control) {
        return Err("has a name that is not plain");
    }
    let mut parts = name.strip_suffix('/').unwrap_or(name).split('/');
    let mut path = PathBuf::new();
    let first = parts.next().unwrap_or_default();
    for (depth, part) in std::iter::once(first).chain(parts).enumerate() {
        match part {
            ".." => return Err("leads out of its directory"),
            "" | "." => return Err("has a name that is not plain"),
            part if part.len() > LONGEST_NAME || depth > ARCHIVE_DEPTH => {
                return Err("has a path that is too long");
            }
            part if depth > 0 => path.push(part),
            _ => {}
        }
    }
    Ok((first, path))
}

/// Passes on what `inner` gives, up to a number of bytes, and keeps why it could not.
struct Counted<R> {
    inner: R,
    left: u64,
    failure: Option<Failure>,
}

enum Failure {
    TooMuch,
    Read(io::Error),
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (failure, told) = match self.inner.read(buffer) {
            Ok(count) => match self.left.checked_sub(count as u64) {
                Some(left) => {
                    self.left = left;
                    return Ok(count);
                }
                None => (Failure::TooMuch, io::ErrorKind::FileTooLarge),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let kind = error.kind();
                (Failure::Read(error), kind)
            }
        };
        self.failure = Some(failure);
        Err(told.into())
    }
}

/// A directory of this machine that nobody else writes to.
#[derive(Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// Makes the directory `path`, which must not be there.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn new(path: PathBuf) -> io::Result<Self> {
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Sink for Directory {
    fn directory(&mut self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(self.0.join(path))
    }

    fn file(&mut self, path: &Path, content: &mut dyn Read) -> io::Result<()> {
        let path = self.0.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::create_new(&path)?;
        io::copy(content, &mut file)?;
        // The directory is renamed into place as a whole: it must not be whole in name only.
        file.sync_all()
    }
}

#[cfg(test)]
#[path = "unpack_tests.rs"]
mod tests;
