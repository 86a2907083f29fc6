//! What lies in the columns of the page: steps, levels, what was said, heard and counted.

use super::axis::Axis;
use super::svg::{Px, Svg, wrapped};
use crate::record::{Event, Line};

/// Left edge and width of each column, in pixels.
pub(super) const STEPS: (f64, f64) = (66.0, 132.0);
pub(super) const SPEAKER: (f64, f64) = (208.0, 52.0);
pub(super) const MICROPHONE: (f64, f64) = (268.0, 52.0);
pub(super) const SAID: (f64, f64) = (332.0, 340.0);
pub(super) const HEARD: (f64, f64) = (684.0, 200.0);
pub(super) const COUNT: (f64, f64) = (896.0, 112.0);
pub(super) const ERROR: (f64, f64) = (1018.0, 92.0);

/// From a line of text to the next.
const LINE: f64 = 15.0;
/// Width of the bar that shows how long a word was.
const BAR: f64 = 6.0;
/// How far a text's baseline is below its top.
const BASELINE: f64 = 12.0;
/// A character of the texts' size is about as wide.
const CHARACTER: f64 = 6.4;
/// The levels drawn, in dB of full scale.
pub(super) const LEVELS_DB: (f64, f64) = (-80.0, 0.0);
/// The errors drawn, in milliseconds on either side.
pub(super) const ERRORS_MS: f64 = 20.0;

/// How many characters fit into a column.
fn characters(column: (f64, f64)) -> usize {
    (column.1 / CHARACTER) as usize
}

/// Texts below one another: each begins where it belongs, or below the one before.
struct Stack {
    left: f64,
    width: usize,
    free_from: f64,
}

impl Stack {
    fn new(column: (f64, f64)) -> Self {
        Self {
            left: column.0 + 5.0,
            width: characters((column.0, column.1 - 10.0)),
            free_from: 0.0,
        }
    }

    /// Writes `text` at `y` or below; at most `most` lines.
    fn write(&mut self, svg: &mut Svg, class: &str, y: f64, text: &str, most: usize) {
        let mut top = y.max(self.free_from);
        for line in wrapped(text, self.width, most) {
            svg.text(class, self.left, top + BASELINE, &line);
            top += LINE;
        }
        self.free_from = top;
    }
}

/// The steps, and what happened beside words: devices, waits, slips, the end.
pub(super) fn steps(svg: &mut Svg, axis: &Axis, lines: &[Line]) {
    let mut stack = Stack::new(STEPS);
    for line in lines {
        let y = axis.y(line.t);
        match &line.event {
            Event::Step { id } => {
                svg.rule("step", STEPS.0, y, COUNT.0 - 12.0 - STEPS.0);
                stack.write(svg, "b", y, &id.replace(['-', '_'], " "), 2);
            }
            Event::Wait { typical, .. } => {
                stack.write(svg, "n", y, &format!("usually {typical:.0} s"), 1);
            }
            Event::Slip { held, .. } => {
                stack.write(svg, "n no", y, &format!("slipped after {held:.1} s"), 2);
            }
            Event::Device { what, state } => {
                stack.write(svg, "n", y, &format!("{what} {state}"), 4);
            }
            Event::End { outcome } => {
                svg.rule("step", STEPS.0, y, COUNT.0 - 12.0 - STEPS.0);
                stack.write(
                    svg,
                    "b",
                    y,
                    &format!("end: {}", outcome.replace('_', " ")),
                    2,
                );
            }
            _ => {}
        }
    }
}

/// How loud one channel was: an area that grows to the right.
pub(super) fn levels(
    svg: &mut Svg,
    axis: &Axis,
    lines: &[Line],
    column: (f64, f64),
    class: &str,
    of: impl Fn(&Event) -> Option<(f64, &[i8])>,
) {
    let (lowest, highest) = LEVELS_DB;
    let x = |db: i8| {
        let share = (f64::from(db) - lowest) / (highest - lowest);
        (column.0 + share.clamp(0.0, 1.0) * column.1).round()
    };
    // Stretches of one level: from, to, how far to the right.
    let mut stretches: Vec<(f64, f64, f64)> = Vec::new();
    for (start, values) in lines.iter().filter_map(|line| of(&line.event)) {
        for (tenth, db) in values.iter().take(10).enumerate() {
            let from = start + tenth as f64 / 10.0;
            if axis.is_folded(from) {
                continue;
            }
            let (top, bottom, x) = (axis.y(from), axis.y(from + 0.1), x(*db));
            match stretches.last_mut() {
                Some(last) if last.2 == x && (last.1 - top).abs() < 0.5 => last.1 = bottom,
                _ => stretches.push((top, bottom, x)),
            }
        }
    }
    let mut path = String::new();
    let mut until = None;
    for (top, bottom, x) in stretches {
        if until.is_none_or(|until: f64| (until - top).abs() > 0.5) {
            if until.is_some() {
                path.push_str(&format!("H{}Z", Px(column.0)));
            }
            path.push_str(&format!("M{} {}", Px(column.0), Px(top)));
        }
        path.push_str(&format!("H{}V{}", Px(x), Px(bottom)));
        until = Some(bottom);
    }
    if until.is_some() {
        svg.raw(format_args!(
            "<path class=\"{class}\" d=\"{path}H{}Z\"/>",
            Px(column.0)
        ));
    }
}

/// What was said, as long as it sounded.
pub(super) fn said(svg: &mut Svg, axis: &Axis, lines: &[Line]) {
    let mut stack = Stack::new(SAID);
    for line in lines {
        if let Event::Say { text, start, end } = &line.event {
            let (top, bottom) = (axis.y(*start), axis.y(*end));
            let more = format!("{start:.2} to {end:.2} s");
            svg.rect(
                "said",
                [SAID.0, top, SAID.1, (bottom - top).max(2.0)],
                &more,
            );
            stack.write(svg, "t", top, text, 6);
        }
    }
}

/// What was heard: obeyed, or refused and why; and keys.
pub(super) fn heard(svg: &mut Svg, axis: &Axis, lines: &[Line]) {
    let mut stack = Stack::new((HEARD.0 + BAR, HEARD.1 - BAR));
    for line in lines {
        match &line.event {
            Event::Heard {
                phrase,
                command,
                start,
                end,
                decided,
                confidence,
                odds,
                accepted,
                reason,
            } => {
                let (top, bottom) = (axis.y(*start), axis.y(*end));
                let odds = odds.map_or_else(String::new, |odds| format!(", log odds {odds:.1}"));
                let more = format!(
                    "{start:.2} to {end:.2} s, decided at {decided:.2} s, confidence {confidence:.2}{odds}: {reason}"
                );
                let class = if *accepted { "yes" } else { "no" };
                svg.rect(class, [HEARD.0, top, BAR, (bottom - top).max(3.0)], &more);
                // On the line where the word ended: what follows from it comes below.
                let top = bottom - BASELINE - 1.0;
                if *accepted {
                    let means = command.as_deref().unwrap_or_default().replace('_', " ");
                    let means = if means == *phrase || means.is_empty() {
                        String::new()
                    } else {
                        format!(" = {means}")
                    };
                    stack.write(svg, "b", top, &format!("✓ “{phrase}”{means}"), 3);
                } else {
                    stack.write(svg, "n", top, &format!("✗ “{phrase}”: {reason}"), 4);
                }
            }
            Event::Key { command } => {
                let top = axis.y(line.t);
                svg.rect("yes", [HEARD.0, top - 3.0, BAR, 3.0], "");
                let top = top - BASELINE - 1.0;
                let command = command.replace('_', " ");
                stack.write(svg, "b", top, &format!("key: {command}"), 2);
            }
            _ => {}
        }
    }
}

/// One beat of a count: when it was due, when it sounded.
struct Beat<'a> {
    due: f64,
    onset: Option<f64>,
    text: &'a str,
    released: bool,
}

fn beat(line: &Line) -> Option<Beat<'_>> {
    match &line.event {
        Event::Count {
            due, onset, text, ..
        } => Some(Beat {
            due: *due,
            onset: *onset,
            text,
            released: false,
        }),
        Event::Release { due, onset } => Some(Beat {
            due: *due,
            onset: *onset,
            text: "let go now",
            released: true,
        }),
        _ => None,
    }
}

/// How many beats there are, how many sounded, and how far the worst of them was from its second.
pub(super) fn beats(lines: &[Line]) -> String {
    let beats: Vec<Beat<'_>> = lines.iter().filter_map(beat).collect();
    let errors = beats
        .iter()
        .filter_map(|beat| Some((beat.onset? - beat.due).abs() * 1e3));
    let (sounded, worst) = errors.fold((0, 0.0), |(n, worst), error| (n + 1, error.max(worst)));
    match beats.len() {
        0 => "nothing counted".into(),
        n => format!("{n} beats, {sounded} heard, the worst {worst:.2} ms from its second"),
    }
}

/// The holds: from which second on, each number on the second it was due, and how far off it sounded.
pub(super) fn counts(svg: &mut Svg, axis: &Axis, lines: &[Line]) {
    holds(svg, axis, lines);
    let middle = ERROR.0 + ERROR.1 / 2.0;
    for beat in lines.iter().filter_map(beat) {
        let y = axis.y(beat.due);
        svg.rule("due", COUNT.0, y, 7.0);
        svg.rule("due", ERROR.0, y, ERROR.1);
        let class = match beat.text {
            "" => "n",
            _ if beat.released => "b rel",
            _ => "t",
        };
        // A number whose place something else took is heard as a tick.
        let text = if beat.text.is_empty() {
            "(tick)"
        } else {
            beat.text
        };
        svg.text(class, COUNT.0 + 12.0, y + 4.0, text);
        let Some(onset) = beat.onset else {
            svg.text("n", middle - 22.0, y + 4.0, "not heard");
            continue;
        };
        let ms = (onset - beat.due) * 1e3;
        let share = ms / ERRORS_MS;
        let class = if share.abs() > 1.0 { "off" } else { "beat" };
        let more = format!("due {:.4} s, sounded {onset:.4} s: {ms:+.1} ms", beat.due);
        let x = middle + share.clamp(-1.0, 1.0) * ERROR.1 / 2.0;
        svg.dot(class, x, y, &more);
    }
}

/// The bands behind the counts.
fn holds(svg: &mut Svg, axis: &Axis, lines: &[Line]) {
    for (index, line) in lines.iter().enumerate() {
        let Event::Hold { zero, phase, step } = &line.event else {
            continue;
        };
        let later = &lines[index + 1..];
        let next = later
            .iter()
            .position(|line| matches!(line.event, Event::Hold { .. } | Event::Slip { .. }));
        let own = &later[..next.unwrap_or(later.len())];
        let end = match next.map(|next| &later[next]) {
            // A slip ends the hold where it happened, whatever was still to be counted.
            Some(slip) if matches!(slip.event, Event::Slip { .. }) => slip.t,
            _ => own
                .iter()
                .filter_map(beat)
                .map(|beat| beat.due)
                .fold(*zero, f64::max),
        };
        let (top, bottom) = (axis.y(*zero), axis.y(end));
        let more = format!("{step}, phase {phase}: {zero:.2} to {end:.2} s");
        svg.rect(
            "hold",
            [COUNT.0, top, COUNT.1, (bottom - top).max(2.0)],
            &more,
        );
        svg.rect("hold", [ERROR.0, top, ERROR.1, (bottom - top).max(2.0)], "");
        svg.raw(format_args!(
            "<path class=\"due\" d=\"M{} {}V{}\"/>",
            Px(ERROR.0 + ERROR.1 / 2.0),
            Px(top),
            Px(bottom)
        ));
        svg.text(
            "n",
            COUNT.0 + 8.0,
            top - 4.0,
            &format!("zero, phase {phase}"),
        );
    }
}
