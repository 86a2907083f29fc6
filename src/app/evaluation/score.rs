//! What became of everything that was heard.

use std::collections::BTreeMap;
use std::time::Duration;

use super::listen::Decided;
use super::report::{Latency, Report, SourceScore, WordScore, percentiles};
use crate::ears::{Lane, Phrase};
use crate::time::Moment;

/// A verdict this long after the end of a recording still answers it.
const AFTERWARDS: Duration = Duration::from_millis(300);

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was obeyed.
    Recalled,
    /// Another one was obeyed in its place.
    Confused,
    /// None was obeyed.
    Missed,
}

impl Fate {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Recalled => "recalled",
            Self::Confused => "confused",
            Self::Missed => "missed",
        }
    }
}

/// A command that was said, and when.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) phrase: String,
    pub(super) source: String,
    /// The recording it lies in.
    pub(super) file: (Moment, Moment),
    /// The word, by energy.
    pub(super) word: (Moment, Moment),
}

impl Said {
    pub(super) fn overlaps(&self, decided: &Decided) -> bool {
        let verdict = &decided.verdict;
        verdict.start < self.file.1 + AFTERWARDS && verdict.end > self.file.0
    }

    /// What became of it, by the first verdict that was obeyed while it was said.
    pub(super) fn fate(&self, heard: &[Decided]) -> (Fate, Option<Decided>) {
        let mut obeyed = heard
            .iter()
            .filter(|decided| decided.verdict.accepted && self.overlaps(decided));
        match obeyed.next() {
            Some(first) if first.verdict.phrase == self.phrase => {
                (Fate::Recalled, Some(first.clone()))
            }
            Some(first) => (Fate::Confused, Some(first.clone())),
            None => (Fate::Missed, None),
        }
    }
}

/// Milliseconds from the end of a word to its verdict: on the audio clock, and what was computed.
/// Negative where it was obeyed before it was over.
pub(super) fn latency(word_end: Moment, decided: &Decided) -> f64 {
    let heard = decided.verdict.decided.secs() - word_end.secs();
    (heard + decided.took.as_secs_f64()) * 1e3
}

/// The sums.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) report: Report,
    latencies: Vec<f64>,
    by_lane: BTreeMap<&'static str, Vec<f64>>,
}

impl Tally {
    /// Counts a command that was said, with all that was heard meanwhile.
    pub(super) fn positive(&mut self, said: &Said, heard: &[Decided], phrases: &[Phrase]) -> Fate {
        let (fate, by) = said.fate(heard);
        let report = &mut self.report;
        let word: &mut WordScore = report.by_word.entry(said.phrase.clone()).or_default();
        let source: &mut SourceScore = report.by_source.entry(said.source.clone()).or_default();
        report.positives += 1;
        word.n += 1;
        source.n += 1;
        match fate {
            Fate::Recalled => {
                report.recalled += 1;
                word.recalled += 1;
                source.recalled += 1;
            }
            Fate::Confused => {
                report.confused += 1;
                source.confused += 1;
            }
            Fate::Missed => {
                report.missed += 1;
                let refused = heard.iter().rev().find(|decided| said.overlaps(decided));
                let reason = refused.map_or_else(
                    || "nothing was heard".to_owned(),
                    |decided| decided.verdict.reason.to_string(),
                );
                *report.missed_by_reason.entry(reason).or_default() += 1;
            }
        }
        if let (Fate::Recalled, Some(decided)) = (fate, &by) {
            let milliseconds = latency(said.word.1, decided);
            self.latencies.push(milliseconds);
            let lane = phrases.iter().find(|p| p.text == said.phrase);
            let lane = lane_name(lane.map_or(Lane::Normal, |phrase| phrase.lane));
            self.by_lane.entry(lane).or_default().push(milliseconds);
        }
        if let (Fate::Confused, Some(decided)) = (fate, &by) {
            self.irreversible(decided, phrases);
        }
        fate
    }

    /// Counts what was obeyed although nobody said a command: `into` is its counter.
    pub(super) fn false_command(&mut self, decided: &Decided, phrases: &[Phrase], of: Nothing) {
        self.irreversible(decided, phrases);
        let report = &mut self.report;
        match of {
            Nothing::Speech(source) => {
                report.false_commands += 1;
                report.by_source.entry(source).or_default().false_commands += 1;
            }
            Nothing::Noise => report.noise_false += 1,
            Nothing::OwnVoice => report.own_voice_commands += 1,
            Nothing::BesideAWord => report.beside_a_word += 1,
        }
        let phrase = decided.verdict.phrase.clone();
        *report.false_by_phrase.entry(phrase).or_default() += 1;
    }

    /// Counts a recording of speech without a command.
    pub(super) fn negative(&mut self, source: &str, seconds: f64) {
        self.report.negative_hours += seconds / 3_600.0;
        let source = self.report.by_source.entry(source.to_owned()).or_default();
        source.negative_hours += seconds / 3_600.0;
    }

    /// The report, with everything that follows from the sums.
    pub(super) fn finish(mut self) -> Report {
        let report = &mut self.report;
        report.finish();
        report.latency_ms = percentiles(&mut self.latencies);
        report.latency_by_lane = self
            .by_lane
            .into_iter()
            .map(|(lane, mut latencies)| (lane.to_owned(), percentiles(&mut latencies)))
            .collect::<BTreeMap<String, Latency>>();
        self.report
    }

    fn irreversible(&mut self, decided: &Decided, phrases: &[Phrase]) {
        let strict = phrases
            .iter()
            .any(|p| p.text == decided.verdict.phrase && p.lane == Lane::Strict);
        self.report.irreversible_false += usize::from(strict);
    }
}

/// Where a command was obeyed that nobody said.
#[derive(Clone, Debug)]
pub(super) enum Nothing {
    /// In speech, from this source.
    Speech(String),
    /// In noise alone.
    Noise,
    /// In what the talk itself said.
    OwnVoice,
    /// In the background of a recording, or after its own command.
    BesideAWord,
}

pub(super) fn lane_name(lane: Lane) -> &'static str {
    match lane {
        Lane::Fast => "fast",
        Lane::Normal => "normal",
        Lane::Strict => "strict",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ears::Evidence;
    use crate::ears::{Reason, Verdict};

    fn decided(phrase: &str, start: f64, end: f64, accepted: bool) -> Decided {
        Decided {
            verdict: Verdict {
                phrase: phrase.into(),
                start: Moment::from_secs(start),
                end: Moment::from_secs(end),
                decided: Moment::from_secs(end + 0.25),
                evidence: Evidence {
                    confidence: 1.0,
                    odds: None,
                    rise: 30.0,
                    over_echo: None,
                },
                accepted,
                reason: if accepted {
                    Reason::Accepted
                } else {
                    Reason::TooQuiet
                },
            },
            took: Duration::from_millis(10),
        }
    }

    fn said(phrase: &str) -> Said {
        Said {
            phrase: phrase.into(),
            source: "somebody".into(),
            file: (Moment::from_secs(1.0), Moment::from_secs(2.0)),
            word: (Moment::from_secs(1.2), Moment::from_secs(1.7)),
        }
    }

    fn phrases() -> Vec<Phrase> {
        [
            ("stop", Lane::Fast),
            ("go", Lane::Normal),
            ("erase it", Lane::Strict),
        ]
        .map(|(text, lane)| Phrase {
            text: text.into(),
            lane,
        })
        .into()
    }

    #[test]
    fn a_command_is_recalled_confused_or_missed() {
        let mut tally = Tally::default();
        let phrases = phrases();
        for (heard, fate) in [
            (vec![decided("go", 1.2, 1.7, true)], Fate::Recalled),
            (
                vec![
                    decided("stop", 1.2, 1.7, true),
                    decided("go", 1.8, 1.9, true),
                ],
                Fate::Confused,
            ),
            (vec![decided("erase it", 1.2, 1.7, true)], Fate::Confused),
            (vec![decided("go", 1.2, 1.7, false)], Fate::Missed),
            (vec![decided("go", 0.2, 0.7, true)], Fate::Missed),
            (vec![], Fate::Missed),
        ] {
            assert_eq!(
                tally.positive(&said("go"), &heard, &phrases),
                fate,
                "{heard:?}"
            );
        }
        let report = tally.finish();
        assert_eq!(
            (
                report.positives,
                report.recalled,
                report.confused,
                report.missed
            ),
            (6, 1, 2, 3)
        );
        assert_eq!(report.by_word["go"].n, 6);
        assert_eq!(report.by_source["somebody"].confused, 2);
        assert_eq!(report.irreversible_false, 1);
        assert_eq!(report.missed_by_reason["too quiet"], 1);
        assert_eq!(report.missed_by_reason["nothing was heard"], 2);
        assert!((report.recall.unwrap() - 1.0 / 6.0).abs() < 1e-9);
        // 250 ms on the audio clock, 10 ms computed.
        assert_eq!(report.latency_ms.n, 1);
        assert!((report.latency_ms.p50.unwrap() - 260.0).abs() < 1e-6);
        assert_eq!(report.latency_by_lane["normal"].n, 1);
    }

    #[test]
    fn false_commands_are_counted_where_they_fell() {
        let mut tally = Tally::default();
        tally.negative("books", 1_800.0);
        tally.negative("cafe", 900.0);
        for of in [
            Nothing::Speech("cafe".into()),
            Nothing::Noise,
            Nothing::OwnVoice,
            Nothing::BesideAWord,
        ] {
            tally.false_command(&decided("erase it", 5.0, 5.5, true), &phrases(), of);
        }
        let report = tally.finish();
        assert_eq!((report.false_commands, report.noise_false), (1, 1));
        assert_eq!((report.own_voice_commands, report.beside_a_word), (1, 1));
        assert_eq!(
            (
                report.by_source["cafe"].false_commands,
                report.by_source["books"].false_commands
            ),
            (1, 0)
        );
        assert_eq!(report.irreversible_false, 4);
        assert!((report.false_per_hour.unwrap() - 1.0 / 0.75).abs() < 1e-9);
    }
}
