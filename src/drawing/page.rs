//! The whole page.

use super::axis::Axis;
use super::columns::{
    self, COUNT, ERROR, ERRORS_MS, HEARD, LEVELS_DB, MICROPHONE, SAID, SPEAKER, STEPS,
};
use super::svg::{Px, Svg, escaped};
use super::talk::Talk;
use crate::record::{Event, Line};

/// Width of the page, in pixels.
const WIDTH: f64 = 1_124.0;
/// Where time begins.
const TOP: f64 = 124.0;
/// Below the last second.
const FOOT: f64 = 16.0;
/// A line across the page every so many seconds.
const GRID: u32 = 5;

/// Colours that keep apart for the colour-blind (Okabe and Ito), on white.
const STYLE: &str = "\
text{font:12px 'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#222}\
.h{font-size:19px;font-weight:bold}.b{font-weight:bold}.n{font-size:11px;fill:#666}\
.c{font-weight:bold;fill:#444}.time{font-size:11px;fill:#888;text-anchor:end}\
.paper{fill:#fff}.grid{stroke:#e9e9e9}.step{stroke:#555;stroke-width:1.2}\
.said{fill:#d5e8f5}.yes{fill:#009e73}.no{fill:#e69f00}text.no{fill:#a64b00}\
.hold{fill:#fbf3cf}.due{stroke:#d9c88a;fill:none}.beat{fill:#0072b2}.off{fill:#d55e00}.rel{fill:#a64b00}\
.speaker{fill:#56a5d8}.mic{fill:#3fb08c}.frame{fill:#f6f6f6}\
.fold{fill:#fff;stroke:#bbb;stroke-dasharray:2 3}";

/// Draws the talk as one SVG page.
pub fn draw(talk: &Talk) -> String {
    let lines = &talk.lines;
    let axis = Axis::new(talk.events(), talk.end(), TOP);
    let height = axis.bottom() + FOOT;
    let mut svg = Svg::default();
    let (guide, title) = named(lines);
    svg.raw(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {h}\" width=\"{WIDTH}\" height=\"{h}\" role=\"img\">",
        h = Px(height)
    ));
    svg.raw(format_args!(
        "<title>{}</title><style>{STYLE}</style>",
        escaped(&format!("A talk through {title}"))
    ));
    svg.raw(format_args!(
        "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>"
    ));
    head(&mut svg, talk, guide, title);
    grid(&mut svg, &axis);
    for (column, class) in [(SPEAKER, "speaker"), (MICROPHONE, "mic")] {
        columns::levels(&mut svg, &axis, lines, column, class, |event| match event {
            Event::Levels {
                start,
                speaker,
                microphone,
            } => Some((
                *start,
                if class == "mic" { microphone } else { speaker }.as_slice(),
            )),
            _ => None,
        });
    }
    columns::steps(&mut svg, &axis, lines);
    columns::said(&mut svg, &axis, lines);
    columns::heard(&mut svg, &axis, lines);
    columns::counts(&mut svg, &axis, lines);
    folds(&mut svg, &axis);
    svg.raw(format_args!("</svg>"));
    svg.finish()
}

/// The guide's id and title.
fn named(lines: &[Line]) -> (&str, &str) {
    let started = lines.iter().find_map(|line| match &line.event {
        Event::Start { guide, title } => Some((guide.as_str(), title.as_str())),
        _ => None,
    });
    started.unwrap_or(("", "an unnamed guide"))
}

/// What the talk came to, and what the columns show.
fn head(svg: &mut Svg, talk: &Talk, guide: &str, title: &str) {
    let lines = &talk.lines;
    let count = |wanted: fn(&Event) -> bool| lines.iter().filter(|it| wanted(&it.event)).count();
    let outcome = lines.iter().find_map(|line| match &line.event {
        Event::End { outcome } => Some(outcome.replace('_', " ")),
        _ => None,
    });
    let obeyed = count(|event| matches!(event, Event::Heard { accepted: true, .. }));
    let refused = count(|event| {
        matches!(
            event,
            Event::Heard {
                accepted: false,
                ..
            }
        )
    });
    let keys = count(|event| matches!(event, Event::Key { .. }));
    svg.text("h", 16.0, 32.0, title);
    svg.text(
        "t",
        16.0,
        54.0,
        &format!(
            "{guide}   ·   {}, {}   ·   {obeyed} words obeyed, {refused} refused, {keys} keys   ·   {}",
            clock(talk.end()),
            outcome.map_or_else(
                || "not over".into(),
                |outcome| format!("outcome: {outcome}")
            ),
            columns::beats(lines)
        ),
    );
    let (lowest, highest) = LEVELS_DB;
    let levels = format!("{lowest:.0} to {highest:.0} dB each");
    let off = format!("−{ERRORS_MS:.0} to +{ERRORS_MS:.0} ms");
    for (column, name, more) in [
        ((16.0, 44.0), "time", "min:s"),
        (STEPS, "step", "devices, waits"),
        (SPEAKER, "speaker", levels.as_str()),
        (MICROPHONE, "micro", ""),
        (SAID, "said", "as long as it sounded"),
        (HEARD, "heard", "✓ obeyed, ✗ refused and why"),
        (COUNT, "count", "on the second due"),
        (ERROR, "sounded, off by", off.as_str()),
    ] {
        svg.text("c", column.0, 86.0, name);
        svg.text("n", column.0, 101.0, more);
    }
    svg.rule("step", 16.0, 108.0, WIDTH - 30.0);
}

/// A line every few seconds, and what time it is there.
fn grid(svg: &mut Svg, axis: &Axis) {
    for column in [SPEAKER, MICROPHONE] {
        for piece in axis.pieces.iter().filter(|piece| !piece.folded) {
            let height = piece.bottom - piece.top;
            svg.rect("frame", [column.0, piece.top, column.1, height], "");
        }
    }
    for piece in axis.pieces.iter().filter(|piece| !piece.folded) {
        let first = (piece.from / f64::from(GRID)).ceil() as u32;
        let last = (piece.to / f64::from(GRID)).floor() as u32;
        for second in (first..=last).map(|line| f64::from(line * GRID)) {
            let y = axis.y(second);
            svg.rule("grid", 60.0, y, WIDTH - 74.0);
            svg.text("time", 54.0, y + 4.0, &clock(second));
        }
    }
}

/// Silence that is not drawn.
fn folds(svg: &mut Svg, axis: &Axis) {
    for piece in axis.pieces.iter().filter(|piece| piece.folded) {
        let height = piece.bottom - piece.top;
        svg.rect(
            "fold",
            [60.0, piece.top + 5.0, WIDTH - 74.0, height - 10.0],
            "",
        );
        let length = piece.to - piece.from;
        let y = piece.top + height / 2.0 + 4.0;
        svg.text("n", SAID.0 + 5.0, y, &format!("{length:.0} s of quiet"));
    }
}

/// Minutes and seconds.
fn clock(second: f64) -> String {
    let whole = second.round() as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}
