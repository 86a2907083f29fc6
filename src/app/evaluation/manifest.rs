//! What is measured on: a table of recordings, one a line, tab separated, with a header.
//!
//! | column | meaning |
//! |---|---|
//! | `path` | of the recording, relative to the table |
//! | `kind` | `command`, `other` (speech), `noise` or `rir` (room impulse response) |
//! | `transcript` | what is said |
//! | `contains_command` | `yes`, `no` or `unknown`; unknown where the column is missing |
//! | `speaker` | who says it; empty or beginning with `unknown` where nobody knows |
//! | `source` | where it comes from; the first folder of the path where the column is missing |
//!
//! Other columns are ignored.

use md5::{Digest, Md5};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::EvaluationError;
use crate::limits::{MANIFEST_BYTES, read_text};

/// What a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// Speech that holds a command.
    Command,
    /// Other speech.
    Other,
    /// No speech.
    Noise,
    /// A room impulse response.
    Rir,
}

/// Whether a command occurs in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contains {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Nobody has listened.
    Unknown,
}

/// One of the halves the speakers are split into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Half {
    /// For choosing thresholds.
    A,
    /// For reporting.
    B,
}

/// One recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its line in the table, counted from 1.
    pub line: usize,
    /// Where it lies.
    pub path: PathBuf,
    /// The same, as the table names it.
    pub name: String,
    /// What it is.
    pub kind: RowKind,
    /// What is said, in lower case with single spaces.
    pub transcript: String,
    /// Whether a command occurs in it.
    pub contains: Contains,
    /// Where it comes from.
    pub source: String,
    /// The half its speaker belongs to; `None` where nobody speaks.
    pub half: Option<Half>,
}

/// A table that was read.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its own path.
    pub path: PathBuf,
    /// The recordings in order.
    pub rows: Vec<Row>,
}

impl Manifest {
    /// Reads the table at `path`, or `manifest.tsv` in the directory `path`.
    ///
    /// # Errors
    ///
    /// It cannot be read, or a line is wrong; the message names file and line.
    pub fn read(path: &Path) -> Result<Self, EvaluationError> {
        let path = if path.is_dir() {
            path.join("manifest.tsv")
        } else {
            path.to_owned()
        };
        let text =
            read_text(&path, MANIFEST_BYTES).map_err(|error| EvaluationError::Unreadable {
                path: path.clone(),
                error,
            })?;
        let rows = parse(&text, &path)?;
        Ok(Self { path, rows })
    }
}

fn parse(text: &str, path: &Path) -> Result<Vec<Row>, EvaluationError> {
    let wrong = |line: usize, fault: String| EvaluationError::Line {
        path: path.to_owned(),
        line,
        fault,
    };
    let mut lines = text.lines().enumerate().map(|(n, line)| (n + 1, line));
    let (_, header) = lines
        .next()
        .ok_or_else(|| wrong(1, "the table is empty: it begins with a line that names its columns, separated by tabs: path, kind, transcript, contains_command, speaker, source".into()))?;
    let columns: Vec<&str> = header
        .trim_start_matches('\u{feff}')
        .split('\t')
        .map(str::trim)
        .collect();
    let find = |name: &str| columns.iter().position(|column| *column == name);
    let needed = |name: &str| {
        find(name).ok_or_else(|| {
            wrong(
                1,
                format!("there is no column {name:?}: the first line names the columns, separated by tabs; path, kind and transcript are needed"),
            )
        })
    };
    let (path_at, kind_at, transcript_at) =
        (needed("path")?, needed("kind")?, needed("transcript")?);
    let (contains_at, speaker_at, source_at) =
        (find("contains_command"), find("speaker"), find("source"));
    let folder = path.parent().unwrap_or(Path::new("."));

    let mut rows = Vec::new();
    let mut speakers = Vec::new();
    for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let fields: Vec<&str> = text.split('\t').map(str::trim).collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or_default();
        if fields.len() > columns.len() {
            return Err(wrong(
                line,
                format!(
                    "it has {} columns, the first line {}: take out the surplus tab",
                    fields.len(),
                    columns.len()
                ),
            ));
        }
        let name = field(path_at);
        if name.is_empty() {
            return Err(wrong(
                line,
                "it names no recording: fill in the column path".into(),
            ));
        }
        let kind = match field(kind_at) {
            "command" => RowKind::Command,
            "other" => RowKind::Other,
            "noise" => RowKind::Noise,
            "rir" => RowKind::Rir,
            kind => {
                return Err(wrong(
                    line,
                    format!("{kind:?} is no kind: write command, other, noise or rir"),
                ));
            }
        };
        let contains = match contains_at.map_or("", field) {
            "yes" => Contains::Yes,
            "no" => Contains::No,
            "unknown" | "" => Contains::Unknown,
            word => {
                return Err(wrong(
                    line,
                    format!("contains_command is {word:?}: write yes, no or unknown"),
                ));
            }
        };
        let recording = folder.join(name);
        if !recording.is_file() {
            return Err(wrong(
                line,
                format!(
                    "{} is not there: correct the path, or take the line out",
                    recording.display()
                ),
            ));
        }
        let first_folder = name.split('/').next().unwrap_or(name);
        let source = source_at.map_or("", field);
        speakers.push((first_folder.to_owned(), speaker_at.map_or("", field)));
        rows.push(Row {
            line,
            path: recording,
            name: name.to_owned(),
            kind,
            transcript: normalised(field(transcript_at)),
            contains,
            source: if source.is_empty() {
                first_folder.to_owned()
            } else {
                source.to_owned()
            },
            half: None,
        });
    }
    split(&mut rows, &speakers);
    Ok(rows)
}

/// Splits the speakers in two.
///
/// The rule is that of the model's recipe (`models/training/evaluate.py`), so that what was tuned there on
/// half a is not reported here as half b: the last bit of the MD5 of the speaker's name, of the path where
/// the speaker is unknown; 0 is a. A folder with a single named speaker counts as b.
fn split(rows: &mut [Row], speakers: &[(String, &str)]) {
    let unknown = |speaker: &str| speaker.is_empty() || speaker.starts_with("unknown");
    let mut people: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (folder, speaker) in speakers {
        people.entry(folder).or_default().insert(speaker);
    }
    for (row, (folder, speaker)) in rows.iter_mut().zip(speakers) {
        if matches!(row.kind, RowKind::Noise | RowKind::Rir) {
            continue;
        }
        let alone = people
            .get(folder.as_str())
            .is_some_and(|them| them.len() == 1);
        row.half = Some(if unknown(speaker) {
            half(&row.name)
        } else if alone {
            Half::B
        } else {
            half(speaker)
        });
    }
}

fn half(key: &str) -> Half {
    let digest = Md5::digest(key.as_bytes());
    if digest.last().is_some_and(|byte| byte & 1 == 1) {
        Half::B
    } else {
        Half::A
    }
}

/// Lower case, words separated by single spaces.
pub(super) fn normalised(text: &str) -> String {
    text.to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Vec<Row>, EvaluationError> {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a/1.wav", "a/2.wav", "b/3.wav", "b/4.wav"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        std::fs::write(dir.path().join("manifest.tsv"), text).unwrap();
        Manifest::read(dir.path()).map(|manifest| manifest.rows)
    }

    #[test]
    fn columns_are_found_by_name_and_the_optional_ones_may_be_missing() {
        let rows = table("kind\ttranscript\tseconds\tpath\ncommand\t Go  BACK\t1.0\ta/1.wav\n\nnoise\t\t\tb/3.wav\n").unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].transcript, "go back");
        assert_eq!((rows[0].line, rows[1].line), (2, 4));
        assert_eq!(rows[0].source, "a");
        assert_eq!(rows[0].contains, Contains::Unknown);
        assert!(rows[0].half.is_some() && rows[1].half.is_none());
    }

    #[test]
    fn the_halves_are_those_of_the_recipe() {
        // By the recipe: python3 -c "print(int(hashlib.md5(b'...').hexdigest(), 16) % 2)".
        assert_eq!(half("an4:mkem"), Half::A);
        assert_eq!(half("an4:mjdr"), Half::B);
        assert_eq!(half("hymel/0a1b.ogg"), Half::B);
        let rows = table("path\tkind\ttranscript\tspeaker\na/1.wav\tcommand\tgo\tan4:mkem\na/2.wav\tcommand\tgo\tan4:mjdr\nb/3.wav\tcommand\tone\tan4:mkem\nb/4.wav\tcommand\tone\tan4:mkem\n").unwrap();
        let halves: Vec<_> = rows.iter().filter_map(|row| row.half).collect();
        assert_eq!(halves, [Half::A, Half::B, Half::B, Half::B]);
    }

    #[test]
    fn a_wrong_line_is_named_with_its_remedy() {
        for (text, place, remedy) in [
            ("", ":1: ", "names its columns"),
            ("path\ttranscript\n", ":1: ", "no column \"kind\""),
            (
                "path\tkind\ttranscript\na/1.wav\tword\tgo\n",
                ":2: ",
                "command, other, noise or rir",
            ),
            (
                "path\tkind\ttranscript\n\nx.wav\tother\t\n",
                ":3: ",
                "correct the path",
            ),
            ("path\tkind\ttranscript\n\tother\t\n", ":2: ", "fill in"),
            (
                "path\tkind\ttranscript\na/1.wav\tother\tno\tno\n",
                ":2: ",
                "surplus tab",
            ),
            (
                "path\tkind\ttranscript\tcontains_command\na/1.wav\tother\t\tmaybe\n",
                ":2: ",
                "yes, no or unknown",
            ),
        ] {
            let error = table(text).unwrap_err().to_string();
            assert!(error.contains(&format!("manifest.tsv{place}")), "{error}");
            assert!(error.contains(remedy), "{error}");
        }
        let missing = Manifest::read(Path::new("/nowhere/at/all.tsv")).unwrap_err();
        assert!(missing.to_string().contains("manifest.tsv"), "{missing}");
    }
}
