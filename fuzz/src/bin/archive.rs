//! The unpacker of model archives.
#![cfg_attr(fuzzing, no_main)]

use std::collections::HashSet;
use std::io::{self, Cursor, Read};
use std::path::{Component, Path, PathBuf};
use talkthrough::models::unpack::{Sink, unpack};

/// What may come out of one archive, in bytes.
const MOST: u64 = 1 << 20;

/// Writes nothing, and makes sure of what would be written.
#[derive(Default)]
struct Watched {
    files: HashSet<PathBuf>,
    bytes: u64,
}

fn check(path: &Path) {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    assert!(path.components().all(plain), "{path:?}");
    let text = path.to_str().expect("paths are UTF-8");
    assert!(!text.contains(['\\', ':']) && !text.contains(char::is_control));
}

impl Sink for Watched {
    fn directory(&mut self, path: &Path) -> io::Result<()> {
        check(path);
        Ok(())
    }

    fn file(&mut self, path: &Path, content: &mut dyn Read) -> io::Result<()> {
        check(path);
        if !self.files.insert(path.to_owned()) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.bytes += io::copy(content, &mut io::sink())?;
        assert!(self.bytes <= MOST);
        Ok(())
    }
}

pub(crate) fn run(data: &[u8]) {
    let mut sink = Watched::default();
    if let Ok(bytes) = unpack(Cursor::new(data), MOST, &mut sink) {
        assert_eq!(bytes, sink.bytes);
        assert!(!sink.files.is_empty());
    }
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));
