//! `check-beats`: the perceptual centres of counts and cues, by two methods.

use super::Failure;
use crate::session;
use crate::voice::second_opinion::{self, BEATS, TOLERANCE};
use std::path::Path;
use std::process::ExitCode;

/// Compares the two and prints a table; 1 where a decision is wanting.
pub(super) fn check(voice: &Path) -> Result<ExitCode, Failure> {
    let opinions = second_opinion::check(voice, &session::beat_texts())?;
    println!(
        "{:<36} {:>8} {:>8} {:>8} {:>8}",
        "text", "rise", "phones", "differ", "spread"
    );
    let ms = |secs: f64| secs * 1e3;
    for it in &opinions.beat {
        println!(
            "{:<36} {:>8.1} {:>8.1} {:>+8.1} {:>8.1}  {}",
            it.text,
            ms(it.rise_s),
            ms(it.phones_s),
            ms(it.difference()),
            ms(it.spread_s),
            it.decision
                .as_deref()
                .unwrap_or(if it.is_settled() { "" } else { "undecided" })
        );
    }
    let apart: Vec<_> = opinions
        .beat
        .iter()
        .filter(|it| it.difference().abs() > TOLERANCE)
        .collect();
    let mut differences: Vec<f64> = opinions.beat.iter().map(|it| ms(it.difference())).collect();
    differences.sort_by(f64::total_cmp);
    println!(
        "\nN = {}; milliseconds; median difference {:+.1}; {} differ by more than {:.0}",
        opinions.beat.len(),
        differences
            .get(differences.len() / 2)
            .copied()
            .unwrap_or_default(),
        apart.len(),
        ms(TOLERANCE)
    );
    let undecided = apart.iter().filter(|it| it.decision.is_none()).count();
    if undecided == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{undecided} want a decision in {}",
        voice.join(BEATS).display()
    );
    Ok(ExitCode::FAILURE)
}
