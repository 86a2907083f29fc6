//! What an evaluation found, as one JSON object or as a table to read.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use serde::Serialize;

/// What an evaluation found. Shares are between 0 and 1; `None` (JSON `null`) where there was nothing
/// to take a share of.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Commands that were said: the sum of the next three.
    pub positives: usize,
    /// Of those, obeyed.
    pub recalled: usize,
    /// Of those, another command was obeyed in their place.
    pub confused: usize,
    /// Of those, nothing was obeyed.
    pub missed: usize,
    /// Recalled by positives.
    pub recall: Option<f64>,
    /// Its 95 % confidence interval (Wilson).
    pub interval95: Option<[f64; 2]>,
    /// Speech without a command, in hours, the background between recordings not counted.
    pub negative_hours: f64,
    /// Commands obeyed in it.
    pub false_commands: usize,
    /// The same by hour.
    pub false_per_hour: Option<f64>,
    /// From the end of a word's energy to the verdict that obeyed it.
    pub latency_ms: Latency,
    /// Processor time of ears and recogniser by the length of what they heard.
    pub real_time_factor: f64,
    /// Peak memory of this program and its recogniser together, in megabytes (10⁶ bytes), without what
    /// long recordings and noises take.
    pub peak_rss_mb: Option<f64>,
    /// By what was said.
    pub by_word: BTreeMap<String, WordScore>,
    /// By where the recordings come from.
    pub by_source: BTreeMap<String, SourceScore>,
    /// Recordings that were not heard, and why.
    pub left_out: BTreeMap<String, usize>,
    /// The vocabulary's name, and how many phrases are in it.
    pub vocabulary: (String, usize),
    /// Latency by the lane of what was said: fast, normal, strict.
    pub latency_by_lane: BTreeMap<String, Latency>,
    /// Why nothing was obeyed where something was said.
    pub missed_by_reason: BTreeMap<String, usize>,
    /// Noise without speech, in hours.
    pub noise_hours: f64,
    /// Commands obeyed in it.
    pub noise_false: usize,
    /// Our own voice alone, with nobody there, in hours.
    pub own_voice_hours: f64,
    /// Commands obeyed while our own voice sounded and nobody said one.
    pub own_voice_commands: usize,
    /// Commands obeyed before or after a command's recording, or after its first verdict.
    pub beside_a_word: usize,
    /// Phrases that cannot be undone, obeyed anywhere although nobody said them.
    pub irreversible_false: usize,
    /// What was obeyed although nobody said it.
    pub false_by_phrase: BTreeMap<String, usize>,
}

/// Percentiles (nearest rank) of a span of time, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// How many were measured.
    pub n: usize,
    /// Half were at most this.
    pub p50: Option<f64>,
    /// 95 of a hundred were at most this.
    pub p95: Option<f64>,
}

/// One phrase.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WordScore {
    /// How often it was said.
    pub n: usize,
    /// How often it was obeyed.
    pub recalled: usize,
}

/// One source of recordings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SourceScore {
    /// Commands said.
    pub n: usize,
    /// Of those, obeyed.
    pub recalled: usize,
    /// Of those, mistaken for another.
    pub confused: usize,
    /// Speech without a command, in hours.
    pub negative_hours: f64,
    /// Commands obeyed in it.
    pub false_commands: usize,
}

impl Report {
    /// Computes the shares from the counts.
    pub(super) fn finish(&mut self) {
        if self.positives > 0 {
            let n = self.positives as f64;
            let share = self.recalled as f64 / n;
            self.recall = Some(share);
            // Wilson's interval: right for small N and near 1, where the usual one is not.
            let z2 = 1.96_f64.powi(2);
            let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
            let half =
                (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt() * 1.96 / (1.0 + z2 / n);
            self.interval95 = Some([(middle - half).max(0.0), (middle + half).min(1.0)]);
        }
        if self.negative_hours > 0.0 {
            self.false_per_hour = Some(self.false_commands as f64 / self.negative_hours);
        }
    }
}

/// Percentiles of `values`, which it sorts.
pub(super) fn percentiles(values: &mut [f64]) -> Latency {
    values.sort_by(f64::total_cmp);
    let rank = |share: f64| {
        let rank = (share * values.len() as f64).ceil() as usize;
        values.get(rank.saturating_sub(1)).copied()
    };
    Latency {
        n: values.len(),
        p50: rank(0.5),
        p95: rank(0.95),
    }
}

impl Display for Report {
    /// A table to read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, phrases) = &self.vocabulary;
        writeln!(f, "vocabulary       {name} ({phrases} phrases)")?;
        if let (Some(recall), Some([low, high])) = (self.recall, self.interval95) {
            writeln!(
                f,
                "recall           {:.1} %  ({} of {}; 95 % between {:.1} and {:.1} %), {} confused, {} missed",
                100.0 * recall,
                self.recalled,
                self.positives,
                100.0 * low,
                100.0 * high,
                self.confused,
                self.missed
            )?;
            writeln!(f, "  missed         {}", counted(&self.missed_by_reason))?;
            let words = self.by_word.iter();
            let words = words.map(|(word, score)| format!("{word} {}/{}", score.recalled, score.n));
            writeln!(
                f,
                "  by word        {}",
                words.collect::<Vec<_>>().join(", ")
            )?;
        }
        if let Some(rate) = self.false_per_hour {
            writeln!(
                f,
                "false commands   {rate:.1} an hour  ({} in {:.2} h of other speech)",
                self.false_commands, self.negative_hours
            )?;
        }
        if self.noise_hours > 0.0 {
            writeln!(
                f,
                "in noise alone   {} in {:.2} h",
                self.noise_false, self.noise_hours
            )?;
        }
        if self.own_voice_hours > 0.0 {
            writeln!(
                f,
                "own voice        {} commands in {:.2} h of it with nobody there",
                self.own_voice_commands, self.own_voice_hours
            )?;
        }
        if !self.false_by_phrase.is_empty() {
            writeln!(f, "  obeyed, not said  {}", counted(&self.false_by_phrase))?;
        }
        writeln!(
            f,
            "irreversible     {} obeyed that nobody said",
            self.irreversible_false
        )?;
        if self.latency_ms.n > 0 {
            write!(f, "latency          {}", self.latency_ms)?;
            for (lane, latency) in &self.latency_by_lane {
                write!(f, "; {lane} {latency}")?;
            }
            writeln!(f)?;
        }
        write!(
            f,
            "cost             real-time factor {:.4}",
            self.real_time_factor
        )?;
        if let Some(peak) = self.peak_rss_mb {
            write!(f, ", peak memory {peak:.0} MB")?;
        }
        writeln!(f)?;
        for (source, score) in &self.by_source {
            write!(f, "  {source:<15}")?;
            if score.n > 0 {
                write!(
                    f,
                    " {} of {} recalled, {} confused.",
                    score.recalled, score.n, score.confused
                )?;
            }
            if score.negative_hours > 0.0 {
                write!(
                    f,
                    " {} false in {:.2} h.",
                    score.false_commands, score.negative_hours
                )?;
            }
            writeln!(f)?;
        }
        writeln!(f, "left out         {}", counted(&self.left_out))
    }
}

impl Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.p50, self.p95) {
            (Some(half), Some(most)) => {
                write!(f, "p50 {half:.0}, p95 {most:.0} ms (N = {})", self.n)
            }
            _ => f.write_str("none"),
        }
    }
}

/// The largest first: "too quiet 3, …".
fn counted(counts: &BTreeMap<String, usize>) -> String {
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    let mut text = String::new();
    for (what, n) in sorted {
        let comma = if text.is_empty() { "" } else { ", " };
        // A string takes everything.
        let _ = write!(text, "{comma}{what} {n}");
    }
    if text.is_empty() {
        "nothing".into()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let latency = percentiles(&mut values);
        assert_eq!(
            (latency.n, latency.p50, latency.p95),
            (100, Some(50.0), Some(95.0))
        );
        assert_eq!(percentiles(&mut []).p50, None);
        assert_eq!(percentiles(&mut [7.0]).p95, Some(7.0));
    }

    #[test]
    fn the_interval_is_wilsons() {
        let mut report = Report {
            positives: 150,
            recalled: 143,
            ..Report::default()
        };
        report.finish();
        let [low, high] = report.interval95.unwrap();
        assert!(
            (low - 0.9068).abs() < 5e-4 && (high - 0.9772).abs() < 5e-4,
            "{low} {high}"
        );
        let mut nothing = Report::default();
        nothing.finish();
        assert_eq!((nothing.recall, nothing.false_per_hour), (None, None));
    }
}
