//! The place of a talk as a file, and the lock that lets one talk run at a time.
//!
//! Both lie in the state directory (`$XDG_STATE_HOME/talkthrough`, `~/.local/state/talkthrough`
//! where that is not set): `place.json` and `talk.lock`. The file is replaced whole: what is there
//! after a power cut is the new place or the one before, never a part of either. Neither a full disk
//! nor a damaged file stops a talk. The lock is the operating system's and ends with the process,
//! however that ends.
//!
//! What a place means is decided by [`crate::session`].

use crate::limits::{PLACE_BYTES, PLACE_SECONDS, PLACE_STEPS, read_file};
use crate::session::Bookmark;
use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

/// The layout of the file; another number for another one.
const FORMAT: u32 = 1;
const PLACE: &str = "place.json";
/// A place that is being written. Always the same name, so that a crash leaves no litter.
const UNFINISHED: &str = "place.json.new";
const LOCK: &str = "talk.lock";
/// The end of the program waits this long for the last place to be written: a disk may hang.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where places are kept; `None` where there is no home directory.
pub fn directory() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(state.join("talkthrough"))
}

/// Seconds since 1970, by the machine's clock.
pub fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// A guide, and which version of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// The guide's id.
    pub guide: String,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
}

/// What is in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    format: u32,
    /// The guide that was talked through.
    pub edition: Edition,
    /// When it was written, in seconds since 1970.
    pub written: u64,
    /// Where the talk was.
    pub place: Bookmark,
}

/// Why a kept place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is not what a talk writes.
    #[error("the file is damaged")]
    Damaged,
    /// Another version of the program wrote it.
    #[error("another version of talkthrough wrote it")]
    OtherFormat,
    /// It belongs to another guide.
    #[error("it belongs to the guide {0:?}: start that one to go on there")]
    OtherGuide(String),
    /// The guide was changed since.
    #[error("the guide has been changed since")]
    OtherEdition,
    /// It is too old, or the machine's clock has been set back.
    #[error("it is more than a day old")]
    Old,
}

impl Kept {
    /// Reads the text of a file; how old it is and which guide it belongs to is not looked at.
    ///
    /// # Errors
    ///
    /// [`Unusable::Damaged`] and [`Unusable::OtherFormat`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Unusable> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        if bytes.len() > PLACE_BYTES {
            return Err(Unusable::Damaged);
        }
        let Format { format } = serde_json::from_slice(bytes).map_err(|_| Unusable::Damaged)?;
        if format != FORMAT {
            return Err(Unusable::OtherFormat);
        }
        let kept: Self = serde_json::from_slice(bytes).map_err(|_| Unusable::Damaged)?;
        if kept.place.before.len() > PLACE_STEPS {
            return Err(Unusable::Damaged);
        }
        Ok(kept)
    }

    /// The place, if it is one of `edition` and `now` is within a day of it, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`Unusable::OtherGuide`], [`Unusable::OtherEdition`], [`Unusable::Old`].
    pub fn usable(self, edition: &Edition, now: u64) -> Result<Bookmark, Unusable> {
        if self.edition.guide != edition.guide {
            return Err(Unusable::OtherGuide(self.edition.guide));
        }
        if self.edition.sha256 != edition.sha256 {
            return Err(Unusable::OtherEdition);
        }
        // A clock that was set back tells no age: both directions count.
        if now.abs_diff(self.written) > PLACE_SECONDS {
            return Err(Unusable::Old);
        }
        Ok(self.place)
    }
}

/// The place kept in `dir`, whatever guide it belongs to; `None` where there is none.
///
/// # Errors
///
/// As [`Kept::parse`], and [`Unusable::Unreadable`].
pub fn read(dir: &Path) -> Result<Option<Kept>, Unusable> {
    match read_file(&dir.join(PLACE), PLACE_BYTES) {
        Ok(bytes) => Kept::parse(&bytes).map(Some),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// Puts `place` where the one before was, which stays if this fails half-way.
///
/// # Errors
///
/// The operating system's.
pub fn write(dir: &Path, edition: &Edition, place: &Bookmark, now: u64) -> io::Result<()> {
    let kept = Kept {
        format: FORMAT,
        edition: edition.clone(),
        written: now,
        place: place.clone(),
    };
    let text = serde_json::to_vec(&kept)?;
    fs::create_dir_all(dir)?;
    let unfinished = dir.join(UNFINISHED);
    let mut file = File::create(&unfinished)?;
    file.write_all(&text)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&unfinished, dir.join(PLACE))?;
    sync(dir)
}

/// Forgets the place kept in `dir`.
///
/// # Errors
///
/// The operating system's.
pub fn forget(dir: &Path) -> io::Result<()> {
    match fs::remove_file(dir.join(PLACE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) => Ok(()),
        Ok(()) => sync(dir),
    }
}

/// A name is on the disk only when its directory is.
fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// Keeps places on a thread of its own: a slow disk must not delay a count.
pub struct Keeper {
    orders: Option<mpsc::Sender<Option<Bookmark>>>,
    troubles: mpsc::Receiver<io::Error>,
    finished: mpsc::Receiver<()>,
}

impl Keeper {
    /// Keeps the places of a talk through `edition` in `dir`.
    pub fn start(dir: PathBuf, edition: Edition) -> Self {
        let (orders, ordered) = mpsc::channel::<Option<Bookmark>>();
        let (trouble, troubles) = mpsc::channel();
        let (finish, finished) = mpsc::channel();
        let not_started = trouble.clone();
        let work = move || {
            while let Ok(first) = ordered.recv() {
                // What has been overtaken while the disk was busy is not written any more.
                let place = ordered.try_iter().last().unwrap_or(first);
                let done = match &place {
                    Some(place) => write(&dir, &edition, place, wall_clock()),
                    None => forget(&dir),
                };
                if let Err(error) = done {
                    let _ = trouble.send(error);
                }
            }
            let _ = finish.send(());
        };
        let thread = std::thread::Builder::new().name("place".into());
        if let Err(error) = thread.spawn(work) {
            let _ = not_started.send(error);
        }
        Self {
            orders: Some(orders),
            troubles,
            finished,
        }
    }

    /// Keeps `place`, soon; `None` forgets the one that is kept.
    pub fn keep(&self, place: Option<Bookmark>) {
        if let Some(orders) = &self.orders {
            // Without its thread the keeper has told its trouble already.
            let _ = orders.send(place);
        }
    }

    /// Why a place could not be kept, if that happened since the last call.
    pub fn trouble(&self) -> Option<io::Error> {
        self.troubles.try_iter().last()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.finished.recv_timeout(PATIENCE);
    }
}

/// Held while a talk runs.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "it is unlocked when it is closed")] File);

/// Why a talk must not begin, or begins without a lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another talk runs.
    #[error(
        "another talk is running{}: say \"stop\" there, or press Ctrl-C in its terminal, and start this one again",
        .0.map(|id| format!(" (process {id})")).unwrap_or_default()
    )]
    Busy(Option<u32>),
    /// There can be no lock here, as on a read-only disk.
    #[error("cannot lock {}: {source}", path.display())]
    Impossible {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Takes the lock in `dir`.
///
/// # Errors
///
/// [`LockError`].
pub fn lock(dir: &Path) -> Result<Lock, LockError> {
    let path = dir.join(LOCK);
    let impossible = |source| LockError::Impossible {
        path: path.clone(),
        source,
    };
    fs::create_dir_all(dir).map_err(impossible)?;
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(impossible)?;
    match file.try_lock() {
        Ok(()) => {
            // Only for the message of a second talk.
            let _ = file.set_len(0);
            let _ = write!(file, "{}", std::process::id());
            Ok(Lock(file))
        }
        Err(TryLockError::WouldBlock) => {
            let mut id = String::new();
            let _ = file.take(20).read_to_string(&mut id);
            Err(LockError::Busy(id.trim().parse().ok()))
        }
        Err(TryLockError::Error(source)) => Err(impossible(source)),
    }
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
