//! Durations as a guide gives them, each with its place.

use std::time::Duration;

use toml::Spanned;

use super::duration::{format_duration, from_seconds, parse_duration};
use super::fault::Ledger;
use super::raw::RawDuration;
use super::text::{Owner, missing};

/// Reads a duration that must be there.
pub(super) fn duration(
    ledger: &mut Ledger<'_>,
    owner: Owner<'_>,
    field: &str,
    raw: Option<&Spanned<RawDuration>>,
    example: &str,
) -> Option<Spanned<Duration>> {
    match raw {
        Some(raw) => read_duration(ledger, field, raw),
        None => {
            missing(ledger, owner, field, example);
            None
        }
    }
}

pub(super) fn read_duration(
    ledger: &mut Ledger<'_>,
    field: &str,
    raw: &Spanned<RawDuration>,
) -> Option<Spanned<Duration>> {
    let read = match raw.get_ref() {
        RawDuration::Text(text) => parse_duration(text),
        RawDuration::Seconds(seconds) => from_seconds(*seconds),
    };
    if read.is_none() {
        ledger.error(
            raw.span(),
            format!("this is no duration for `{field}`"),
            format!("write instead: {field} = \"20 s\", \"5 min\", \"1 min 30 s\" or \"1 h\"; at most a day"),
        );
    }
    read.map(|duration| Spanned::new(raw.span(), duration))
}

/// Notes an error where `a` is longer than `b`.
pub(super) fn ascending(
    ledger: &mut Ledger<'_>,
    a: &str,
    shorter: &Spanned<Duration>,
    b: &str,
    longer: &Spanned<Duration>,
) {
    if shorter.get_ref() > longer.get_ref() {
        let (x, y) = (
            format_duration(*shorter.get_ref()),
            format_duration(*longer.get_ref()),
        );
        ledger.error_at(
            &[(longer.span(), b), (shorter.span(), a)],
            format!("`{b}` is {y}, shorter than `{a}`, which is {x}"),
            format!("write instead: {b} = \"{x}\" or longer, or a shorter {a}"),
        );
    }
}

/// The duration read, or zero where it could not be.
pub(super) fn value(duration: Option<Spanned<Duration>>) -> Duration {
    duration.map(Spanned::into_inner).unwrap_or_default()
}
