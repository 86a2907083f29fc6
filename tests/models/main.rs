//! Fetching a model from a server on this machine that does everything a server can do wrong.

#[path = "../support/mod.rs"]
mod support;

mod archive;
mod server;

mod broken_downloads;
mod by_command;
mod dishonest_servers;
mod the_store;

use server::Server;
use std::time::Duration;
use talkthrough::models::catalogue::Model;
use talkthrough::models::{ModelsError, Patience, Progress, Store};

/// Name of the model in these tests.
const NAME: &str = "test-model-0.1";

/// A model whose archive is `archive`, to be had at `server`.
fn model(archive: &[u8], server: &Server) -> Model {
    Model {
        name: NAME.into(),
        language: "en".into(),
        licence: "MIT".into(),
        about: "for tests".into(),
        bytes: archive.len() as u64,
        unpacked_at_most: 16 << 20,
        sha256: archive::sha256(archive),
        address: server.address("/model.zip"),
    }
}

/// Does not wait before it asks again, but long for an answer: the machine may be busy.
fn patient() -> Patience {
    Patience {
        pause: Duration::ZERO,
        attempts: 3,
        ..Patience::default()
    }
}

/// A store in a directory of its own.
fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::at(dir.path().join("models"));
    (dir, store)
}

/// Fetches, and gives what was told meanwhile as well.
fn get(
    store: &Store,
    model: &Model,
    patience: &Patience,
) -> (Result<std::path::PathBuf, ModelsError>, Vec<Progress>) {
    let mut told = Vec::new();
    let place = store.get(model, patience, &mut |progress| told.push(progress));
    (place, told)
}

/// What lies in the store, sorted, without its lock.
fn contents(store: &Store) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(store.dir())
        .map(|entries| {
            entries
                .map(|entry| {
                    let name = entry.expect("an entry").file_name();
                    name.to_string_lossy().into_owned()
                })
                .filter(|name| name != ".lock")
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}
