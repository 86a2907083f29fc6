//! What is heard and what was made of it, written down: verdicts to find faults by, and the sound with its
//! truth, so that other recognisers can be given the very same samples.
//!
//! The directory of an export holds one 16-bit WAV file (16 kHz, mono) for each stream and `truth.jsonl`:
//! a JSON object for each recording, with the stream it lies in and its times there in seconds; and
//! `phrases.txt`, what is listened for.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::EvaluationError;
use super::listen::Decided;
use super::manifest::Row;
use super::score::{Fate, Said};
use crate::ears::Phrase;
use crate::sound::EAR_RATE;

type Wav = hound::WavWriter<BufWriter<File>>;

/// The files that are written, if any are.
#[derive(Default)]
pub(super) struct Export {
    verdicts: Option<Lines>,
    truth: Option<Lines>,
    directory: PathBuf,
    stream: String,
    kind: &'static str,
    wav: Option<Wav>,
    failed: Option<hound::Error>,
}

/// A file of JSON objects, one a line.
struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Lines {
    fn create(path: PathBuf) -> Result<Self, EvaluationError> {
        match File::create(&path) {
            Ok(file) => Ok(Self {
                path,
                file: BufWriter::new(file),
            }),
            Err(error) => Err(EvaluationError::Unwritable { path, error }),
        }
    }

    fn write(&mut self, line: &impl Serialize) -> Result<(), EvaluationError> {
        let written = serde_json::to_writer(&mut self.file, line).map_err(std::io::Error::from);
        written
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(|error| self.unwritable(error))
    }

    fn finish(&mut self) -> Result<(), EvaluationError> {
        self.file.flush().map_err(|error| self.unwritable(error))
    }

    fn unwritable(&self, error: std::io::Error) -> EvaluationError {
        EvaluationError::Unwritable {
            path: self.path.clone(),
            error,
        }
    }
}

/// A verdict as it is written down; times in seconds of the stream.
#[derive(Serialize)]
struct VerdictLine<'a> {
    path: &'a str,
    line: usize,
    kind: &'a str,
    said: &'a str,
    /// What became of the command; absent for speech without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<(f64, f64)>,
    phrase: &'a str,
    accepted: bool,
    reason: String,
    confidence: f32,
    odds: Option<f32>,
    rise: f32,
    over_echo: Option<f32>,
    start: f64,
    end: f64,
    decided: f64,
    took_ms: f64,
}

/// A recording in its stream; times in seconds.
#[derive(Serialize)]
struct TruthLine<'a> {
    stream: &'a str,
    kind: &'a str,
    path: &'a str,
    source: &'a str,
    phrase: &'a str,
    file: (f64, f64),
    word: (f64, f64),
}

impl Export {
    /// Writes streams and `phrases` into `directory`, and verdicts into `verdicts`, where they are wanted.
    pub(super) fn new(
        directory: Option<&Path>,
        verdicts: Option<&Path>,
        phrases: &[Phrase],
    ) -> Result<Self, EvaluationError> {
        let mut export = Self {
            verdicts: verdicts
                .map(|path| Lines::create(path.into()))
                .transpose()?,
            ..Self::default()
        };
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory).map_err(|error| EvaluationError::Unwritable {
                path: directory.into(),
                error,
            })?;
            export.truth = Some(Lines::create(directory.join("truth.jsonl"))?);
            export.directory = directory.into();
            let path = directory.join("phrases.txt");
            let lines: String = phrases.iter().map(|p| format!("{}\n", p.text)).collect();
            std::fs::write(&path, lines)
                .map_err(|error| EvaluationError::Unwritable { path, error })?;
        }
        Ok(export)
    }

    /// Another stream begins.
    pub(super) fn begin(
        &mut self,
        kind: &'static str,
        number: usize,
    ) -> Result<(), EvaluationError> {
        self.kind = kind;
        if self.truth.is_some() {
            self.end_stream()?;
            self.stream = format!("{kind}-{number:05}.wav");
            let format = hound::WavSpec {
                channels: 1,
                sample_rate: EAR_RATE,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let made = hound::WavWriter::create(self.directory.join(&self.stream), format);
            self.wav = Some(made.map_err(|error| self.broken(error))?);
        }
        Ok(())
    }

    /// The stream goes on with these samples.
    pub(super) fn hear(&mut self, bits: &[i16]) {
        if let Some(wav) = &mut self.wav {
            for sample in bits {
                if let Err(error) = wav.write_sample(*sample) {
                    self.failed = Some(error);
                    return;
                }
            }
        }
    }

    /// A recording lies in the stream.
    pub(super) fn said(&mut self, row: &Row, said: &Said) -> Result<(), EvaluationError> {
        let Some(truth) = &mut self.truth else {
            return Ok(());
        };
        truth.write(&TruthLine {
            stream: &self.stream,
            kind: self.kind,
            path: &row.name,
            source: &row.source,
            phrase: &said.phrase,
            file: (said.file.0.secs(), said.file.1.secs()),
            word: (said.word.0.secs(), said.word.1.secs()),
        })
    }

    /// What was made of a recording; a command that nothing was made of gets a line too.
    pub(super) fn verdicts(
        &mut self,
        row: &Row,
        said: Option<(&Said, Fate)>,
        heard: &[Decided],
    ) -> Result<(), EvaluationError> {
        let Some(verdicts) = &mut self.verdicts else {
            return Ok(());
        };
        let empty = VerdictLine {
            path: &row.name,
            line: row.line,
            kind: self.kind,
            said: &row.transcript,
            fate: said.map(|(_, fate)| fate.name()),
            word: said.map(|(said, _)| (said.word.0.secs(), said.word.1.secs())),
            phrase: "",
            accepted: false,
            reason: "nothing was heard".into(),
            confidence: 0.0,
            odds: None,
            rise: 0.0,
            over_echo: None,
            start: 0.0,
            end: 0.0,
            decided: 0.0,
            took_ms: 0.0,
        };
        if heard.is_empty() {
            return verdicts.write(&empty);
        }
        for Decided { verdict, took } in heard {
            verdicts.write(&VerdictLine {
                phrase: &verdict.phrase,
                accepted: verdict.accepted,
                reason: verdict.reason.to_string(),
                confidence: verdict.evidence.confidence,
                odds: verdict.evidence.odds,
                rise: verdict.evidence.rise,
                over_echo: verdict.evidence.over_echo,
                start: verdict.start.secs(),
                end: verdict.end.secs(),
                decided: verdict.decided.secs(),
                took_ms: took.as_secs_f64() * 1e3,
                ..empty
            })?;
        }
        Ok(())
    }

    /// Completes every file.
    pub(super) fn finish(&mut self) -> Result<(), EvaluationError> {
        self.end_stream()?;
        for lines in [&mut self.verdicts, &mut self.truth].into_iter().flatten() {
            lines.finish()?;
        }
        Ok(())
    }

    fn end_stream(&mut self) -> Result<(), EvaluationError> {
        let written = self.wav.take().map_or(Ok(()), Wav::finalize);
        match self.failed.take().map_or(written, Err) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.broken(error)),
        }
    }

    fn broken(&self, error: hound::Error) -> EvaluationError {
        EvaluationError::Unwritable {
            path: self.directory.join(&self.stream),
            error: match error {
                hound::Error::IoError(error) => error,
                other => std::io::Error::other(other),
            },
        }
    }
}
