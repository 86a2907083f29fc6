//! A model in which something is missing, cut, swapped or changed by a bit: never an abort of the talk, never a
//! hang, and where it does not work the error names the file and what to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use talkthrough::ears::graph::AddedWord;
use talkthrough::ears::model::{SEAL, check, extend};
use talkthrough::ears::recogniser::{Decoder, Recogniser};
use talkthrough::ears::verifier::Verifier;
use talkthrough::ears::{Ears, Lane, Phrase};
use talkthrough::time::Moment;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/talkthrough-en")
}

/// Every file of the shipped model.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path().strip_prefix(shipped()).unwrap().to_owned());
        }
    }
    found.sort();
    found
}

/// What happens to a file.
#[derive(Clone, Debug)]
enum Damage {
    Missing,
    Directory,
    /// Only so many bytes are left.
    Cut(usize),
    /// This bit is changed.
    Flip(usize, u8),
    /// It holds what belongs to this one.
    Swapped(PathBuf),
}

/// A copy of the shipped model, of links but for `file`; with its seal or without.
fn damaged(file: &Path, damage: &Damage, sealed: bool) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in files(&shipped()) {
        let to = copy.path().join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        if name != file && (sealed || name != Path::new(SEAL)) {
            // A link where there can be one.
            if fs::hard_link(shipped().join(&name), &to).is_err() {
                fs::copy(shipped().join(&name), &to).unwrap();
            }
        }
    }
    let to = copy.path().join(file);
    let mut bytes = fs::read(shipped().join(file)).unwrap();
    match damage {
        Damage::Missing => return copy,
        Damage::Directory => {
            fs::create_dir(&to).unwrap();
            return copy;
        }
        Damage::Cut(length) => bytes.truncate(*length),
        Damage::Flip(at, bit) => bytes[*at] ^= 1 << bit,
        Damage::Swapped(other) => bytes = fs::read(shipped().join(other)).unwrap(),
    }
    fs::write(to, bytes).unwrap();
    copy
}

/// A reproducible number below `below` for each `nth`.
fn seeded(nth: usize, below: usize) -> usize {
    let mixed = (nth as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33) as usize % below
}

fn flips(length: usize, count: usize) -> impl Iterator<Item = Damage> {
    let count = if length == 0 { 0 } else { count };
    (0..count).map(move |nth| Damage::Flip(seeded(nth + length, length), (nth % 8) as u8))
}

#[test]
fn whatever_is_done_to_a_file_of_the_shipped_model_is_found_and_named() {
    assert!(
        check(&shipped()).is_ok(),
        "its seal is of these files: `talkthrough build-graph` makes it"
    );
    let all = files(&shipped());
    assert!(all.len() >= 12, "{all:?}");
    let mut tried = 0;
    for (nth, file) in all.iter().enumerate() {
        let length = fs::metadata(shipped().join(file)).unwrap().len() as usize;
        let other = all[(nth + 1) % all.len()].clone();
        let mut damages = vec![Damage::Directory, Damage::Swapped(other)];
        // A model without a seal is whole, if not to the bit.
        damages.extend((file != Path::new(SEAL)).then_some(Damage::Missing));
        let cuts = [0, 1, length / 2, length.saturating_sub(1)];
        damages.extend(
            cuts.into_iter()
                .filter(|cut| *cut < length)
                .map(Damage::Cut),
        );
        damages.extend(flips(length, 3));
        for damage in damages {
            let copy = damaged(file, &damage, true);
            let error = match check(copy.path()) {
                Ok(_) => panic!("{}, {damage:?}: not found", file.display()),
                Err(error) => error.to_string(),
            };
            // A damaged seal may name another file as the one that is wrong.
            assert!(
                file == Path::new(SEAL) || error.contains(file.to_str().unwrap()),
                "{}, {damage:?}: {error}",
                file.display()
            );
            assert!(
                error.contains("--model") || error.contains("permissions"),
                "{error}"
            );
            tried += 1;
        }
    }
    println!("{tried} damaged models of {} files", all.len());
}

/// What a model does that nobody has sealed, and that passes for one by its structure.
fn listens(model: &Path) -> Result<(), String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    check(model).map_err(|error| said(&error))?;
    let verifier = Verifier::load(model).map_err(|error| said(&error))?;
    let mut recogniser = Recogniser::start(model).map_err(|error| said(&error))?;
    recogniser.set_limit(Duration::from_secs(30));
    recogniser.restart().map_err(|error| said(&error))?;
    let mut ears = Ears::new(recogniser).verified_by(verifier);
    ears.listen_for(&["next", "erase it"].map(|text| Phrase {
        text: text.into(),
        lane: Lane::Normal,
    }));
    for nth in 0..50_u64 {
        let first = Moment::from_frame(nth * 320, 16_000);
        let tone: Vec<f32> = (0..320).map(|k| (k as f32 * 0.2).sin() * 0.2).collect();
        ears.push(&tone, first).map_err(|error| said(&error))?;
    }
    ears.flush().map(drop).map_err(|error| said(&error))
}

#[test]
fn somebody_else_s_damaged_model_ends_neither_the_talk_nor_its_patience() {
    let mut worked = 0;
    for file in files(&shipped()) {
        if file == Path::new(SEAL) {
            continue;
        }
        let length = fs::metadata(shipped().join(&file)).unwrap().len() as usize;
        let cut = (length > 0).then_some(Damage::Cut(length / 2));
        for damage in cut.into_iter().chain(flips(length, 2)) {
            let copy = damaged(&file, &damage, false);
            match listens(copy.path()) {
                Ok(()) => worked += 1,
                Err(error) => {
                    let remedies = ["fetch", "--model", "keys", "refuses"];
                    assert!(
                        remedies.iter().any(|remedy| error.contains(remedy)),
                        "{}, {damage:?}: {error}",
                        file.display()
                    );
                }
            }
        }
    }
    println!("{worked} of them worked all the same");
}

#[test]
fn a_damaged_recipe_gives_a_graph_or_an_error_that_names_it() {
    let words = [AddedWord::new("chartreuse", None).unwrap()];
    for file in [
        "talkthrough.toml",
        "graph/vocabulary.txt",
        "graph/fillers.txt",
    ] {
        let length = fs::metadata(shipped().join(file)).unwrap().len() as usize;
        let mut damages = vec![Damage::Missing, Damage::Cut(length / 3)];
        damages.extend(flips(length, 1));
        for damage in damages {
            let copy = damaged(Path::new(file), &damage, false);
            let cache = tempfile::tempdir().unwrap();
            if let Err(error) = extend(copy.path(), &words, cache.path()) {
                let error = error.to_string();
                let name = Path::new(file).file_name().unwrap().to_str().unwrap();
                assert!(error.contains(name), "{file}, {damage:?}: {error}");
            }
        }
    }
}
