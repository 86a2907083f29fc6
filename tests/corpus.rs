//! Every file of the fuzz targets' corpus, given to the same functions as by `make fuzz`.
//!
//! A new target is a file in `fuzz/src/bin/`, a directory in `fuzz/corpus/` and a line here. What a
//! fuzzer finds is added to the corpus, so that it is tried from then on.

#[path = "support/dice.rs"]
mod dice;

use dice::Dice;
use std::path::Path;

/// One module and one test for each target.
macro_rules! targets {
    ($($name:ident = $file:literal),* $(,)?) => {
        $(
            #[path = $file]
            mod $name;

            #[test]
            fn $name() {
                replay(stringify!($name), $name::run);
            }
        )*

        const TARGETS: &[&str] = &[$(stringify!($name)),*];
    };
}

targets! {
    archive = "../fuzz/src/bin/archive.rs",
    guide = "../fuzz/src/bin/guide.rs",
    protocol = "../fuzz/src/bin/protocol.rs",
    recording = "../fuzz/src/bin/recording.rs",
    script = "../fuzz/src/bin/script.rs",
    state = "../fuzz/src/bin/state.rs",
    vosk_result = "../fuzz/src/bin/vosk_result.rs",
}

/// Gives every file of the target's corpus to `run`, and variations of it: always the same ones, as
/// many for each file as `TALKTHROUGH_VARIATIONS` says.
fn replay(target: &str, run: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&dir)
        .expect("the target has a corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(files.len() >= 3, "{} holds too little", dir.display());
    let corpus: Vec<Vec<u8>> = files
        .iter()
        .map(|path| std::fs::read(path).expect("a file"))
        .collect();
    let variations = std::env::var("TALKTHROUGH_VARIATIONS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(50);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for (path, bytes) in files.iter().zip(&corpus) {
        println!("{}", path.display());
        run(bytes);
        for variation in 0..variations {
            let varied = varied(&corpus, bytes, &mut dice);
            let outcome = std::panic::catch_unwind(|| run(&varied));
            if let Err(panic) = outcome {
                let found = std::env::temp_dir().join(format!("{target}-{variation}"));
                std::fs::write(&found, &varied).expect("written");
                println!("variation {variation} is kept in {}", found.display());
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// `bytes` with one to four changes: bits, numbers, pieces left out, said twice or from another file.
fn varied(corpus: &[Vec<u8>], bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut varied = bytes.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(varied.len());
        let end = (at + 1 + dice.roll(16)).min(varied.len());
        match dice.roll(6) {
            0 => {
                if let Some(byte) = varied.get_mut(at) {
                    *byte ^= 1 << dice.roll(8);
                }
            }
            1 => {
                let extreme = [0, 0xff, 0x7f, 0x80, b'[', b'"', b'9', b'-'][dice.roll(8)];
                varied[at..end].fill(extreme);
            }
            2 => {
                varied.drain(at..end);
            }
            3 => {
                let piece = varied[at..end].to_vec();
                varied.splice(at..at, piece);
            }
            4 => {
                let other = &corpus[dice.roll(corpus.len())];
                let from = dice.roll(other.len());
                let to = (from + 1 + dice.roll(200)).min(other.len());
                varied.splice(at..at, other[from.min(to)..to].iter().copied());
            }
            _ => varied.truncate(at),
        }
    }
    varied
}

#[test]
fn every_target_is_replayed() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/src/bin");
    let mut found: Vec<String> = std::fs::read_dir(dir)
        .expect("there are targets")
        .map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.to_string_lossy().trim_end_matches(".rs").to_owned()
        })
        .collect();
    found.sort();
    assert_eq!(found, TARGETS);
}
