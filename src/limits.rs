//! How much is taken in from files that may come from somebody else.
//!
//! Whatever is read is bounded before it is believed: bytes when it is read, numbers and depth when
//! it is parsed. A file that is larger is refused with its name and what to do, never read on.
//!
//! | what | bytes | and |
//! |---|---|---|
//! | guide | [`GUIDE_BYTES`] | [`GUIDE_LINE`] characters a line, [`GUIDE_STEPS`] steps, [`GUIDE_FAULTS`] faults told; every text has its own length (`guide::text`) |
//! | script of a rehearsal | [`SCRIPT_BYTES`] | [`SCRIPT_LINES`] lines |
//! | recording (WAV, FLAC, Ogg Vorbis) | – | [`RECORDING_SECONDS`] and [`RECORDING_SAMPLES`], as decoded: a header's claim is not believed |
//! | voice: `index.json`, each clip | [`VOICE_INDEX_BYTES`] | [`CLIP_SECONDS`] a clip |
//! | text given to a speech program | – | `voice::synth::LONGEST_TEXT` characters, five seconds of time |
//! | model: text files | [`MODEL_TEXT_BYTES`] | [`MODEL_WORDS`] words, in a graph too |
//! | verifier | [`VERIFIER_BYTES`] | |
//! | table of recordings (`talkthrough eval`) | [`MANIFEST_BYTES`] | |
//! | record of a talk (`talkthrough timeline`) | [`RECORD_BYTES`] | [`RECORD_LINES`] lines, moments of [`RECORD_SECONDS`]; [`RECORD_TEXT`] characters of a text are drawn |
//! | frame from or to the recogniser | [`FRAME_BYTES`] | two seconds of time for each answer |
//! | catalogue of models | [`CATALOGUE_BYTES`] | |
//! | archive of a model | as the catalogue says | [`ARCHIVE_ENTRIES`] entries, [`ARCHIVE_DEPTH`] directories deep; unpacked as the catalogue says |
//!
//! An error's message is cut at [`MESSAGE`] characters, and nothing in it steers a terminal.
//!
//! TOML and JSON are read by parsers that refuse deep nesting themselves (80 and 128 levels); tests
//! hold them to that.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Largest guide, in bytes.
pub const GUIDE_BYTES: usize = 256 << 10;
/// Longest line of a guide, in characters: an error shows the line it is about. A sentence may have 2,000.
pub const GUIDE_LINE: usize = 2_500;
/// Most steps of a guide, all ways together.
pub const GUIDE_STEPS: usize = 200;
/// Most faults of a guide that are told at once: more nobody reads, the rest shows when these are
/// put right.
pub const GUIDE_FAULTS: usize = 50;

/// Largest script of a rehearsal, in bytes.
pub const SCRIPT_BYTES: usize = 1 << 20;
/// Most lines of a script.
pub const SCRIPT_LINES: usize = 10_000;

/// Largest file of a kept place, in bytes; a real one has some hundred.
pub const PLACE_BYTES: usize = 64 << 10;
/// Most steps that are kept with a place, for "go back"; no guide has more.
pub const PLACE_STEPS: usize = GUIDE_STEPS;
/// A place older than this, in seconds, is not offered: a day.
pub const PLACE_SECONDS: u64 = 24 * 3_600;

/// Longest message of an error, in characters: it may quote what it complains of.
pub const MESSAGE: usize = 4_000;

/// Longest recording, in seconds: an hour.
pub const RECORDING_SECONDS: u32 = 3_600;
/// Most samples of a recording, mono: an hour at 48 kHz, 691 MB in memory.
pub const RECORDING_SAMPLES: usize = 3_600 * 48_000;

/// Largest index of a voice, in bytes.
pub const VOICE_INDEX_BYTES: usize = 16 << 20;
/// Longest clip of a voice, in seconds.
pub const CLIP_SECONDS: u32 = 120;

/// Largest text file of a model, in bytes: the word lists of the largest official ones have 20 MB.
pub const MODEL_TEXT_BYTES: usize = 64 << 20;
/// Most words of a model: the largest official ones have a million.
pub const MODEL_WORDS: usize = 4_000_000;

/// Largest verifier of a model, in bytes: the shipped one has 2.7 MB.
pub const VERIFIER_BYTES: usize = 16 << 20;
/// Largest table of recordings, in bytes: some half a million rows.
pub const MANIFEST_BYTES: usize = 64 << 20;

/// Largest record of a talk that is drawn, in bytes.
pub const RECORD_BYTES: usize = 16 << 20;
/// Most lines of it: a talk of five minutes has some 450.
pub const RECORD_LINES: usize = 50_000;
/// Latest moment in it, in seconds: a day.
pub const RECORD_SECONDS: f64 = 86_400.0;
/// Longest text of it that is drawn, in characters; the rest is left out.
pub const RECORD_TEXT: usize = 300;

/// Longest frame between the talk and its recogniser, in bytes.
pub const FRAME_BYTES: u32 = 16 << 20;

/// Largest catalogue of models, in bytes.
pub const CATALOGUE_BYTES: usize = 256 << 10;
/// Most entries of a model's archive: the official ones have some twenty.
pub const ARCHIVE_ENTRIES: usize = 1_000;
/// Most directories a file of a model's archive lies in.
pub const ARCHIVE_DEPTH: usize = 8;

/// Reads a file of at most `most` bytes.
///
/// # Errors
///
/// The operating system's; `FileTooLarge` where there is more; `InvalidInput` where it is not a
/// regular file: a pipe or a device could keep the program waiting for ever.
pub fn read_file(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    // Asked before opening: opening a pipe that nobody writes to never returns.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(most as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {most} bytes"),
        ));
    }
    Ok(bytes)
}

/// Reads a text file of at most `most` bytes.
///
/// # Errors
///
/// As [`read_file`]; `InvalidData` where it is not UTF-8.
pub fn read_text(path: &Path, most: usize) -> io::Result<String> {
    String::from_utf8(read_file(path, most)?).map_err(|error| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8 text: {}", error.utf8_error()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit_and_not_beyond() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read_text(&path, 5).unwrap(), "12345");
        let error = read_file(&path, 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(
            read_text(&path, 4).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        assert_eq!(
            read_file(dir.path(), 4).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }
}
