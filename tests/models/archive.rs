//! Archives: the shipped model as an official one would come, and others that must not be unpacked.

use crate::support::tree;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::LazyLock;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The shipped model, in a directory of another name.
pub(crate) static MODEL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    add(
        &mut writer,
        &tree().join("models/talkthrough-en"),
        "vosk-model-test",
    );
    writer.finish().expect("an archive").into_inner()
});

fn add(writer: &mut ZipWriter<Cursor<Vec<u8>>>, dir: &Path, name: &str) {
    let options = SimpleFileOptions::default();
    writer
        .add_directory(name, options)
        .expect("a directory entry");
    let mut entries: Vec<_> = std::fs::read_dir(dir)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let file = path.file_name().expect("a name").to_string_lossy();
        let name = format!("{name}/{file}");
        if path.is_dir() {
            add(writer, &path, &name);
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            writer.start_file(name, options).expect("an entry");
            writer.write_all(&bytes).expect("its bytes");
        }
    }
}

/// An archive of these files.
pub(crate) fn of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .expect("an entry");
        writer.write_all(bytes).expect("its bytes");
    }
    writer.finish().expect("an archive").into_inner()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}
