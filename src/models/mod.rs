//! Models that are fetched: the official Vosk models, in a directory of the user.
//!
//! This is the only part of the program that opens a network connection, and only
//! `talkthrough model get` calls it.
//!
//! | file | what it does |
//! |---|---|
//! | [`catalogue`] | which models there are, from where, and what exactly has to come |
//! | `download` | one archive over HTTP, going on after a break, compared with the catalogue |
//! | [`unpack`] | an archive whose every entry is suspected |
//! | this one | the directory they lie in: one process at a time, put into place as a whole |
//!
//! ```text
//! ~/.local/share/talkthrough/models/      (XDG_DATA_HOME; the like on other systems)
//!   vosk-model-small-en-us-0.15/          ready to be used
//!   NAME.part NAME.version                a download that has not ended
//!   .unpacking/ .removed/                 on the way; swept by the next process
//!   .lock                                 held by the process that changes anything
//! ```

pub mod catalogue;
mod download;
pub mod unpack;

pub use download::{FetchError, Patience, Progress};

use crate::ears::model::{self, ModelError};
use catalogue::{Catalogue, CatalogueError, Model, is_name};
use download::Part;
use etcetera::BaseStrategy;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use unpack::{Directory, UnpackError, unpack};

/// Left free on the disk, in bytes: a full disk breaks more than a download.
const SPARE: u64 = 32 << 20;

/// Why a model could not be fetched, found or removed.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The catalogue cannot be used.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// No model in the catalogue has this name.
    #[error("there is no model {name:?} in the catalogue: see `talkthrough model list`")]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// The model was not fetched.
    #[error("the model {name:?} was not fetched: `talkthrough model get {name}`")]
    Absent {
        /// Its name.
        name: String,
    },
    /// Another process is changing the models.
    #[error("another talkthrough is fetching or removing a model: wait until it has ended")]
    Busy,
    /// There is no directory to keep them in.
    #[error("there is no home directory to keep models in: set XDG_DATA_HOME")]
    NoHome,
    /// The disk has no room.
    #[error("there is no room for the model in {}: {needed} bytes are needed, {free} are free", dir.display())]
    NoRoom {
        /// Where it was to go.
        dir: PathBuf,
        /// What is needed, in bytes.
        needed: u64,
        /// What is free, in bytes.
        free: u64,
    },
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It could not be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// It is no model that libvosk loads.
    #[error("the archive was what the catalogue says, but is no model that can be used: {0}")]
    Unusable(#[from] ModelError),
    /// A file or directory cannot be made, moved or removed.
    #[error("cannot change {} ({error}): check its permissions", path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

/// The directory that fetched models lie in.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
}

/// Held while the store is changed; another process that wants to waits or gives up.
struct Lock {
    _file: File,
}

impl Store {
    /// The user's store. Nothing is made before the first model is fetched.
    ///
    /// # Errors
    ///
    /// [`ModelsError::NoHome`].
    pub fn of_user() -> Result<Self, ModelsError> {
        let base =
            etcetera::base_strategy::choose_native_strategy().map_err(|_| ModelsError::NoHome)?;
        Ok(Self::at(base.data_dir().join("talkthrough").join("models")))
    }

    /// The store in the directory `dir`.
    pub fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory of the fetched model `name`; `None` where there is none of that name.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let path = self.dir.join(name);
        (is_name(name) && path.is_dir()).then_some(path)
    }

    /// How much of a download of `name` that has not ended is there, in bytes.
    pub fn begun(&self, name: &str) -> u64 {
        if is_name(name) {
            Part::of(&self.dir, name).bytes()
        } else {
            0
        }
    }

    /// Fetches, checks and unpacks `model`, and gives its directory. Where it is there already, nothing is
    /// asked of anybody.
    ///
    /// # Errors
    ///
    /// [`ModelsError`]; the store is as before, but for what came of a download that broke.
    pub fn get(
        &self,
        model: &Model,
        patience: &Patience,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<PathBuf, ModelsError> {
        let _lock = self.lock()?;
        if let Some(there) = self.find(&model.name) {
            return Ok(there);
        }
        self.sweep()?;
        let part = Part::of(&self.dir, &model.name);
        self.make_room(model, &part)?;
        download::fetch(model, &part, patience, tell)?;
        tell(Progress::Unpacking);
        let aside = self.aside(UNPACKING);
        let unpacked = self.unpack(model, &part, &aside);
        if unpacked.is_err() {
            // What is there is the right archive, so it is of no use to keep it.
            part.remove()?;
            self.sweep()?;
        }
        unpacked?;
        let place = self.dir.join(&model.name);
        fs::rename(&aside, &place).map_err(|error| disk(&place, error))?;
        part.remove()?;
        Ok(place)
    }

    /// Removes the fetched model `name` and whatever a broken download of it left.
    ///
    /// # Errors
    ///
    /// [`ModelsError::Absent`], [`ModelsError::Busy`], [`ModelsError::Disk`].
    pub fn remove(&self, name: &str) -> Result<(), ModelsError> {
        let absent = || ModelsError::Absent {
            name: name.to_owned(),
        };
        if !is_name(name) || !self.dir.is_dir() {
            return Err(absent());
        }
        let _lock = self.lock()?;
        let begun = self.begun(name) > 0;
        Part::of(&self.dir, name).remove()?;
        self.sweep()?;
        match self.find(name) {
            // Gone at once, even where removing its files breaks off.
            Some(place) => {
                let aside = self.aside(REMOVED);
                fs::rename(&place, &aside).map_err(|error| disk(&place, error))?;
                self.sweep()
            }
            None if begun => Ok(()),
            None => Err(absent()),
        }
    }

    fn unpack(&self, model: &Model, part: &Part, aside: &Path) -> Result<(), ModelsError> {
        let archive = File::open(part.archive()).map_err(|error| disk(part.archive(), error))?;
        let mut directory = Directory::new(aside.to_owned()).map_err(|error| disk(aside, error))?;
        unpack(
            io::BufReader::new(archive),
            model.unpacked_at_most,
            &mut directory,
        )?;
        model::check(aside)?;
        Ok(())
    }

    fn make_room(&self, model: &Model, part: &Part) -> Result<(), ModelsError> {
        let needed = model
            .bytes
            .saturating_sub(part.bytes())
            .saturating_add(model.unpacked_at_most)
            .saturating_add(SPARE);
        let free = fs4::available_space(&self.dir).map_err(|error| disk(&self.dir, error))?;
        if free < needed {
            return Err(ModelsError::NoRoom {
                dir: self.dir.clone(),
                needed,
                free,
            });
        }
        Ok(())
    }

    /// Makes the store, and keeps others from changing it for as long as the lock lives.
    fn lock(&self) -> Result<Lock, ModelsError> {
        fs::create_dir_all(&self.dir).map_err(|error| disk(&self.dir, error))?;
        let path = self.dir.join(".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| disk(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(ModelsError::Busy),
            Err(TryLockError::Error(error)) => Err(disk(&path, error)),
        }
    }

    /// Removes what a process that was ended in the middle left on the way.
    fn sweep(&self) -> Result<(), ModelsError> {
        for name in [UNPACKING, REMOVED] {
            let path = self.aside(name);
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(disk(&path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn aside(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Where a model is unpacked before it is put into place. No model can have such a name.
const UNPACKING: &str = ".unpacking";
/// Where a model goes before its files are removed.
const REMOVED: &str = ".removed";

/// Finds a model in the catalogue in force.
///
/// # Errors
///
/// [`ModelsError::Catalogue`], [`ModelsError::Unknown`].
pub fn find(catalogue: &Catalogue, name: &str) -> Result<Model, ModelsError> {
    catalogue
        .find(name)
        .cloned()
        .ok_or_else(|| ModelsError::Unknown {
            name: name.to_owned(),
        })
}

fn disk(path: &Path, error: io::Error) -> ModelsError {
    ModelsError::Disk {
        path: path.to_owned(),
        error,
    }
}
