//! Links the recogniser to libvosk and lets it find the library beside itself, without LD_LIBRARY_PATH.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What the loader is to look for, seen from the recogniser: beside it (`target/release`), where
/// `make install` puts it, and one up (test executables lie in `target/debug/deps`).
const RUN_PATHS: [&str; 3] = ["$ORIGIN", "$ORIGIN/../lib/talkthrough", "$ORIGIN/.."];

fn main() {
    println!("cargo::rerun-if-env-changed=VOSK_LIB_DIR");
    let directory = match env::var_os("VOSK_LIB_DIR") {
        Some(directory) => PathBuf::from(directory),
        None => {
            Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("vendor/libvosk")
        }
    };
    let library = directory.join("libvosk.so");
    println!("cargo::rerun-if-changed={}", library.display());
    if !library.is_file() {
        println!(
            "cargo::error={} is missing: run `make setup` first",
            library.display()
        );
        return;
    }
    println!("cargo::rustc-link-search=native={}", directory.display());
    for path in RUN_PATHS {
        println!("cargo::rustc-link-arg-bin=talkthrough-recogniser=-Wl,-rpath,{path}");
    }
    if let Err(error) = copy_beside_binaries(&library) {
        println!(
            "cargo::error={} could not be put beside the binaries: {error}",
            library.display()
        );
    }
}

/// `OUT_DIR` is `target/<profile>/build/<package>/out`; the binaries lie three levels up.
fn copy_beside_binaries(library: &Path) -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let Some(binaries) = out.ancestors().nth(3) else {
        return Err(io::Error::other("OUT_DIR is not where cargo puts it"));
    };
    let (copy, fresh) = (
        binaries.join("libvosk.so"),
        binaries.join(".libvosk.so.new"),
    );
    // A recogniser may be running from the old copy: replaced, never overwritten.
    fs::copy(library, &fresh)?;
    fs::rename(fresh, copy)
}
