//! One evaluation, from recording to recording.

use std::path::PathBuf;

use super::export::Export;
use super::listen::{Decided, Listener, Load, Memory, Shared};
use super::manifest::{Manifest, Row, RowKind};
use super::material::{Conditions, Embedded, Recording};
use super::report::Report;
use super::score::{Nothing, Said, Tally};
use super::{AFTER, BEFORE, EvaluationError, From, Options};
use crate::sound::file::read;
use crate::sound::{EAR_RATE, SoundError};
use crate::time::Moment;

/// Background before each recording of other speech, in samples: 0.3 s.
const BETWEEN_BEFORE: usize = 4_800;
/// Background after it, in samples: 0.7 s. A single word is a whole utterance.
const BETWEEN_AFTER: usize = 11_200;

/// Recordings longer than this, in seconds, are not held to be memory of the ears.
const LONG: f64 = 5.0;

/// An evaluation on its way.
pub(super) struct Run<'a> {
    pub(super) options: &'a Options,
    path: PathBuf,
    noises: Vec<PathBuf>,
    rirs: Vec<PathBuf>,
    pub(super) shared: Shared,
    pub(super) load: Load,
    pub(super) memory: Memory,
    pub(super) tally: Tally,
    pub(super) export: Export,
    /// What is done to a recording, and which noise and room were last read for it.
    conditions: Conditions,
    loaded: Option<(usize, usize)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        options: &'a Options,
        manifest: &Manifest,
        shared: Shared,
    ) -> Result<Self, EvaluationError> {
        let noise = options.noise.as_ref().map(|noise| &noise.0);
        Ok(Self {
            options,
            path: manifest.path.clone(),
            noises: sources(manifest, noise, RowKind::Noise)?,
            rirs: sources(manifest, options.rir.as_ref(), RowKind::Rir)?,
            shared,
            load: Load::default(),
            memory: Memory::default(),
            tally: Tally::default(),
            export: Export::new(
                options.export.as_deref(),
                options.verdicts.as_deref(),
                &options.phrases,
            )?,
            conditions: Conditions::default(),
            loaded: None,
        })
    }

    /// A recording is not heard.
    pub(super) fn leave_out(&mut self, why: &str) {
        *self
            .tally
            .report
            .left_out
            .entry(why.to_owned())
            .or_default() += 1;
    }

    /// What was found.
    pub(super) fn finish(mut self) -> Result<Report, EvaluationError> {
        self.export.finish()?;
        let mut tally = self.tally;
        tally.report.real_time_factor = self.load.real_time_factor();
        tally.report.peak_rss_mb = self.memory.peak(&self.shared);
        tally.report.vocabulary = (self.options.vocabulary.clone(), self.options.phrases.len());
        Ok(tally.finish())
    }

    /// The rows with their numbers, those with the same noise together: only one is kept in memory.
    pub(super) fn in_turn<'r>(&self, rows: &[&'r Row]) -> Vec<(usize, &'r Row)> {
        let mut numbered: Vec<_> = rows.iter().copied().enumerate().collect();
        numbered.sort_by_key(|(nth, _)| nth % self.noises.len().max(1));
        numbered
    }

    /// Reads the n-th recording and sets it into its background, noise and room.
    pub(super) fn embedded(
        &mut self,
        row: &Row,
        nth: usize,
        before: usize,
        after: usize,
    ) -> Result<(Recording, Embedded), EvaluationError> {
        let turn = (nth % self.noises.len().max(1), nth % self.rirs.len().max(1));
        if self.loaded != Some(turn) {
            let sound = |path: &PathBuf| -> Result<Vec<f32>, SoundError> {
                Ok(read(path)?.resampled(EAR_RATE)?.samples)
            };
            let noise = self.noises.get(turn.0).map(sound).transpose()?;
            let snr = self.options.noise.as_ref().map_or(0.0, |noise| noise.1);
            if noise.is_some() {
                self.memory.spoil();
            }
            self.conditions.noise = noise.map(|noise| (noise, snr));
            self.conditions.rir = self.rirs.get(turn.1).map(sound).transpose()?;
            self.loaded = Some(turn);
        }
        let recording = Recording::read(&row.path).map_err(|error| EvaluationError::Line {
            path: self.path.clone(),
            line: row.line,
            fault: error.to_string(),
        })?;
        if recording.seconds() > LONG {
            self.memory.spoil();
        }
        let embedded = recording.embedded(before, after, &self.conditions, row.line as u64);
        Ok((recording, embedded))
    }

    pub(super) fn positive(&mut self, row: &Row, nth: usize) -> Result<(), EvaluationError> {
        let (_, embedded) = self.embedded(row, nth, BEFORE, AFTER)?;
        let said = said(row, &embedded, 0);
        self.export.begin("positive", row.line)?;
        self.export.said(row, &said)?;
        let mut listener = Listener::new(&self.shared, &self.options.phrases, &mut self.load);
        let export = &mut self.export;
        let heard = listener.hear(&embedded.samples, |bits| export.hear(bits))?;
        drop(listener);
        self.memory.look();
        self.judge(row, &said, &heard)
    }

    /// Counts what became of a command, given all that was heard around it.
    fn judge(&mut self, row: &Row, said: &Said, heard: &[Decided]) -> Result<(), EvaluationError> {
        let phrases = &self.options.phrases;
        let fate = self.tally.positive(said, heard, phrases);
        let counted = said.fate(heard).1;
        for decided in heard.iter().filter(|decided| decided.verdict.accepted) {
            let is_the_counted = counted.as_ref().is_some_and(|counted| {
                counted.verdict.decided == decided.verdict.decided
                    && counted.verdict.start == decided.verdict.start
            });
            if !is_the_counted {
                self.tally
                    .false_command(decided, phrases, Nothing::BesideAWord);
            }
        }
        self.export.verdicts(row, Some((said, fate)), heard)
    }

    /// Speech or noise without a command, end to end.
    pub(super) fn negatives(
        &mut self,
        rows: &[&Row],
        kind: RowKind,
        tick: &mut dyn FnMut(),
    ) -> Result<(), EvaluationError> {
        let name = if kind == RowKind::Noise {
            "noise"
        } else {
            "negative"
        };
        let Some(last) = rows.len().checked_sub(1) else {
            return Ok(());
        };
        self.export.begin(name, 0)?;
        let mut load = std::mem::take(&mut self.load);
        let mut listener = Listener::new(&self.shared, &self.options.phrases, &mut load);
        let mut spans: Vec<(Moment, &Row)> = Vec::new();
        if kind == RowKind::Noise {
            // What is noise already gets none.
            (self.noises, self.rirs) = (Vec::new(), Vec::new());
        }
        for (turn, (nth, row)) in self.in_turn(rows).into_iter().enumerate() {
            tick();
            let after = if turn == last { AFTER } else { BETWEEN_AFTER };
            let (recording, embedded) = self.embedded(row, nth, BETWEEN_BEFORE, after)?;
            if kind == RowKind::Noise {
                self.tally.report.noise_hours += recording.seconds() / 3_600.0;
            } else {
                self.tally.negative(&row.source, recording.seconds());
            }
            let offset = listener.now().frame(EAR_RATE);
            self.export.said(row, &said(row, &embedded, offset))?;
            spans.push((listener.now(), row));
            let export = &mut self.export;
            let heard = listener.hear(&embedded.samples, |bits| export.hear(bits))?;
            for decided in heard {
                // Mostly the recording just heard, sometimes the one before.
                let mut spans = spans.iter().rev();
                let of = spans.find(|(start, _)| *start <= decided.verdict.start);
                let row = of.map_or(row, |(_, row)| row);
                if decided.verdict.accepted {
                    let of = if kind == RowKind::Noise {
                        Nothing::Noise
                    } else {
                        Nothing::Speech(row.source.clone())
                    };
                    self.tally
                        .false_command(&decided, &self.options.phrases, of);
                }
                self.export.verdicts(row, None, &[decided])?;
            }
            self.memory.look();
        }
        drop(listener);
        self.load = load;
        Ok(())
    }
}

/// What is said in a recording, the first sample of which in its background is sample `offset` of the stream.
pub(super) fn said(row: &Row, embedded: &Embedded, offset: u64) -> Said {
    let moment = |sample: usize| Moment::from_frame(offset + sample as u64, EAR_RATE);
    Said {
        phrase: row.transcript.clone(),
        source: row.source.clone(),
        file: (moment(embedded.file.0), moment(embedded.file.1)),
        word: (moment(embedded.word.0), moment(embedded.word.1)),
    }
}

/// The files that noise or rooms come from.
fn sources(
    manifest: &Manifest,
    from: Option<&From>,
    kind: RowKind,
) -> Result<Vec<PathBuf>, EvaluationError> {
    let files = match from {
        None => return Ok(Vec::new()),
        Some(From::File(path)) => vec![path.clone()],
        Some(From::Manifest) => {
            let rows = manifest.rows.iter().filter(|row| row.kind == kind);
            rows.map(|row| row.path.clone()).collect()
        }
    };
    if files.is_empty() {
        return Err(EvaluationError::Nothing {
            path: manifest.path.clone(),
            why: "it has no recordings of the kind noise or rir that was asked for: name a file",
        });
    }
    Ok(files)
}
