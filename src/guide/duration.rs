//! Durations as they are written in a guide: `"1 min 30 s"`, or a number of seconds.

use std::time::Duration;

/// Longest duration a guide may name: a day.
const LONGEST: f64 = 86_400.0;

/// Reads `"20 s"`, `"5 min"`, `"1 h"` and sums of these from the longest unit to the shortest,
/// such as `"1 min 30 s"`. Exact to a millisecond. `None` where it is anything else.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    let mut last_unit = f64::INFINITY;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit = match unit {
            "h" => 3600.0,
            "min" => 60.0,
            "s" => 1.0,
            _ => return None,
        };
        if unit >= last_unit {
            return None;
        }
        last_unit = unit;
        seconds += number.parse::<f64>().ok()? * unit;
        rest = after.trim_start();
    }
    // Nothing was read where no unit was.
    last_unit.is_finite().then_some(())?;
    from_seconds(seconds)
}

/// A number of seconds as a duration, exact to a millisecond; `None` where it is negative, not a
/// number, or longer than a day.
pub(super) fn from_seconds(seconds: f64) -> Option<Duration> {
    (0.0..=LONGEST)
        .contains(&seconds)
        .then(|| Duration::from_millis((seconds * 1000.0).round() as u64))
}

/// A duration as a guide writes it: the reverse of [`parse_duration`].
pub(super) fn format_duration(duration: Duration) -> String {
    let whole = duration.as_secs();
    let mut parts = Vec::new();
    if whole >= 3600 {
        parts.push(format!("{} h", whole / 3600));
    }
    let minutes = whole / 60 % 60;
    if minutes > 0 {
        parts.push(format!("{minutes} min"));
    }
    let seconds = (whole % 60) as f64 + f64::from(duration.subsec_millis()) / 1000.0;
    if seconds > 0.0 || parts.is_empty() {
        parts.push(format!("{seconds} s"));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("20 s", 20.0),
            ("20s", 20.0),
            ("5 min", 300.0),
            ("1 min 30 s", 90.0),
            ("1 h 2 min", 3720.0),
            ("2.5 s", 2.5),
            ("0 s", 0.0),
        ] {
            assert_eq!(parse_duration(text), from_seconds(seconds), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            " ",
            "20",
            "s",
            "-3 s",
            "30 s 1 min",
            "1 s 1 s",
            "5 m",
            "5 minutes",
            "1..2 s",
            "2 days",
            "25 h",
            "1e9 s",
            "٣ s",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        for seconds in [-1.0, f64::NAN, f64::INFINITY, 86_401.0] {
            assert_eq!(from_seconds(seconds), None);
        }
    }

    #[test]
    fn a_written_duration_reads_back() {
        for seconds in [0.0, 0.25, 20.0, 60.0, 90.0, 3600.0, 3725.5] {
            let duration = from_seconds(seconds).unwrap();
            assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
        }
    }
}
