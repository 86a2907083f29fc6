//! A record as it was written by `run --log` or `rehearse --out`, read back and checked.

use crate::limits::{RECORD_BYTES, RECORD_LINES, RECORD_SECONDS, read_text};
use crate::record::{Event, Line};
use std::path::{Path, PathBuf};

/// Why a record cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawingError {
    /// It cannot be read.
    #[error(
        "cannot read {}: {source}; give it the file that `run --log FILE` wrote, or session.jsonl of `rehearse --out DIR`",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It has more lines than anybody would look at.
    #[error("it has more than {RECORD_LINES} lines; cut it into pieces")]
    TooLong,
    /// A line is no line of a record.
    #[error(
        "line {line} is no line of a talk's record: {reason}; take it out, or record the talk again with --log"
    )]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing is in it.
    #[error("no talk is in it; record one with `run --log FILE` or `rehearse --out DIR`")]
    Empty,
}

/// The record of one talk.
#[derive(Clone, Debug, PartialEq)]
pub struct Talk {
    pub(super) lines: Vec<Line>,
}

impl Talk {
    /// Reads the record in `path`.
    ///
    /// # Errors
    ///
    /// It cannot be read, is too large, or is no record.
    pub fn read(path: &Path) -> Result<Self, DrawingError> {
        let text = read_text(path, RECORD_BYTES).map_err(|source| DrawingError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// The record in `text`. A last line without an end is left out: a talk that was killed leaves one.
    ///
    /// # Errors
    ///
    /// It is too long, or a line is no line of a record.
    pub fn parse(text: &str) -> Result<Self, DrawingError> {
        let mut lines = Vec::new();
        for (index, raw) in text.split_inclusive('\n').enumerate() {
            if raw.trim().is_empty() {
                continue;
            }
            if index >= RECORD_LINES {
                return Err(DrawingError::TooLong);
            }
            let fault = |reason| DrawingError::Line {
                line: index + 1,
                reason,
            };
            let line: Line = match serde_json::from_str(raw) {
                Ok(line) => line,
                Err(_) if !raw.ends_with('\n') => break,
                Err(error) => return Err(fault(error.to_string())),
            };
            if let Some(moment) = moments(&line)
                .into_iter()
                .find(|moment| !(0.0..=RECORD_SECONDS).contains(moment))
            {
                return Err(fault(format!(
                    "{moment} s is not between 0 and {RECORD_SECONDS}"
                )));
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Err(DrawingError::Empty);
        }
        Ok(Self { lines })
    }

    /// When its last sound or event is over.
    pub(super) fn end(&self) -> f64 {
        let moments = self.lines.iter().flat_map(moments);
        moments.fold(0.0, f64::max)
    }

    /// When something happened: from, to. Levels are not something.
    pub(super) fn events(&self) -> Vec<(f64, f64)> {
        let lines = self.lines.iter();
        lines
            .filter(|line| !matches!(line.event, Event::Levels { .. }))
            .map(|line| {
                let moments = moments(line);
                let from = moments.iter().copied().fold(line.t, f64::min);
                (from, moments.into_iter().fold(line.t, f64::max))
            })
            .collect()
    }
}

/// Every moment that a line names.
fn moments(line: &Line) -> Vec<f64> {
    let mut moments = vec![line.t];
    match &line.event {
        Event::Say { start, end, .. } => moments.extend([start, end]),
        Event::Heard {
            start,
            end,
            decided,
            ..
        } => moments.extend([start, end, decided]),
        Event::Hold { zero, .. } => moments.push(*zero),
        Event::Count { due, onset, .. } | Event::Release { due, onset } => {
            moments.push(*due);
            moments.extend(onset);
        }
        Event::Levels { start, .. } => moments.push(*start),
        Event::Start { .. }
        | Event::Offer { .. }
        | Event::Stalled { .. }
        | Event::Step { .. }
        | Event::Key { .. }
        | Event::Slip { .. }
        | Event::Wait { .. }
        | Event::Device { .. }
        | Event::End { .. } => {}
    }
    moments
}
