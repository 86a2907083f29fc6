//! The terminal: what is said and heard scrolls by, the last lines show where the talk stands.
//!
//! On a terminal the status is redrawn in place; into a file or a pipe only the transcript goes, a
//! line each. Whatever is shown passes [`printable`]: no text of a guide or a model reaches the
//! terminal as a control sequence.

use crate::guide::is_forbidden;
use crate::record::{Event, Line};
use crate::session::{Meaning, Sayable, View};
use crossterm::style::Stylize;
use crossterm::{cursor, execute, queue, terminal};
use std::io::{self, IsTerminal, Write};

/// The status is cut here when the terminal does not say how wide it is.
const WIDTH: usize = 100;

/// The screen.
pub struct Screen {
    /// Whether it is a terminal that can be redrawn.
    live: bool,
    /// Whether the terminal was put into raw mode, and is to be put back.
    raw: bool,
    /// Lines of the status that stand on the screen.
    drawn: u16,
    /// The status as it stands there.
    status: Vec<String>,
    heard: String,
    /// Whether nobody looks.
    dark: bool,
}

impl Screen {
    /// A screen on standard output. With `keys` the terminal gives every key at once, until the screen
    /// is dropped.
    pub fn new(keys: bool) -> Self {
        let live = io::stdout().is_terminal();
        let raw = keys && live && terminal::enable_raw_mode().is_ok();
        if raw {
            restore_on_panic();
            let _ = execute!(io::stdout(), cursor::Hide);
        }
        Self {
            live,
            raw,
            drawn: 0,
            status: Vec::new(),
            heard: String::new(),
            dark: false,
        }
    }

    /// A screen that nobody looks at.
    #[cfg(test)]
    pub(crate) fn dark() -> Self {
        Self {
            live: false,
            raw: false,
            drawn: 0,
            status: Vec::new(),
            heard: String::new(),
            dark: true,
        }
    }

    /// Whether keys are read one by one.
    pub fn reads_keys(&self) -> bool {
        self.raw
    }

    /// Shows a line of the record, if a person wants to see it.
    pub fn line(&mut self, line: &Line) {
        if let Event::Heard {
            phrase,
            accepted,
            reason,
            ..
        } = &line.event
        {
            let mark = if *accepted { "" } else { reason.as_str() };
            self.heard = printable(&format!("{phrase} {mark}"));
        }
        if let Some(text) = transcript(line) {
            let styled = match &line.event {
                Event::Say { .. } => text.clone().stylize(),
                Event::Heard { .. } | Event::Key { .. } => text.clone().green().bold(),
                Event::Release { .. } => text.clone().bold(),
                _ => text.clone().dark_grey(),
            };
            let shown = if self.live { styled.to_string() } else { text };
            self.print(&shown);
        }
    }

    /// Shows something that is not part of the talk, such as an error.
    pub fn notice(&mut self, text: &str) {
        let text = printable(text);
        let shown = if self.live {
            text.yellow().to_string()
        } else {
            text
        };
        self.print(&shown);
    }

    /// Shows where the talk stands.
    pub fn status(&mut self, view: &View, sayable: &[Sayable]) {
        if !self.live {
            return;
        }
        let width =
            terminal::size().map_or(WIDTH, |(columns, _)| usize::from(columns).saturating_sub(1));
        let status: Vec<String> = status_lines(view, sayable, &self.heard)
            .iter()
            .map(|line| cut(&printable(line), width))
            .collect();
        if status != self.status {
            self.clear();
            self.status = status;
            self.draw();
        }
    }

    fn print(&mut self, line: &str) {
        if self.dark {
            return;
        }
        self.clear();
        let mut out = io::stdout().lock();
        let _ = write!(out, "{line}{}", self.newline());
        let _ = out.flush();
        drop(out);
        self.draw();
    }

    fn draw(&mut self) {
        if !self.live {
            return;
        }
        let mut out = io::stdout().lock();
        for line in &self.status {
            let _ = write!(out, "{}{}", line.as_str().reverse(), self.newline());
        }
        let _ = out.flush();
        self.drawn = self.status.len() as u16;
    }

    fn clear(&mut self) {
        if self.live && self.drawn > 0 {
            let mut out = io::stdout().lock();
            let _ = queue!(
                out,
                cursor::MoveUp(self.drawn),
                cursor::MoveToColumn(0),
                terminal::Clear(terminal::ClearType::FromCursorDown)
            );
            let _ = out.flush();
            self.drawn = 0;
        }
    }

    /// In raw mode a line feed does not return to the first column.
    fn newline(&self) -> &'static str {
        if self.raw { "\r\n" } else { "\n" }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.clear();
        if self.raw {
            restore();
        }
    }
}

fn restore() {
    let _ = terminal::disable_raw_mode();
    let _ = execute!(io::stdout(), cursor::Show);
}

/// A panic must not leave the terminal without an echo.
fn restore_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        restore();
        report(info);
    }));
}

/// The line of a transcript for a line of the record; `None` where there is nothing a person would
/// want to read.
pub fn transcript(line: &Line) -> Option<String> {
    let text = match &line.event {
        Event::Say { text, .. } => format!("  {text}"),
        Event::Heard {
            phrase,
            accepted: true,
            ..
        } => format!("> {phrase}"),
        Event::Heard { .. } => return None,
        Event::Key { command } => format!("> [{command}]"),
        Event::Hold { phase, .. } => format!("  … counting (phase {phase})"),
        // A tick is no line.
        Event::Count { text, .. } if text.is_empty() => return None,
        Event::Count { text, .. } => format!("  … {text}"),
        Event::Release { .. } => "  *** let go now ***".into(),
        Event::Slip { held, .. } => format!("  (slipped after {held:.1} s)"),
        Event::Stalled { stood, slept } => format!("  (stood still for {:.1} s)", stood + slept),
        Event::Device { what, state } => format!("  [{what} {state}]"),
        Event::End { outcome } => format!("  [the talk is over: {}]", outcome.replace('_', " ")),
        Event::Start { title, .. } => format!("Talkthrough  {title}"),
        Event::Step { .. } | Event::Wait { .. } | Event::Levels { .. } | Event::Offer { .. } => {
            return None;
        }
    };
    Some(printable(&text))
}

/// The status: where the talk stands, and what may be said.
fn status_lines(view: &View, sayable: &[Sayable], heard: &str) -> Vec<String> {
    let place = match view.number {
        Some((number, of)) => format!("step {number} of {of}: {}", view.title),
        None => view.title.clone(),
    };
    let doing = if view.offered && !view.stop_asked {
        "go on here?".into()
    } else if view.stop_asked {
        "shall I stop?".into()
    } else if view.paused {
        "waiting for “continue”".into()
    } else if let Some(left) = view.count_in {
        format!("PRESS in {left} s")
    } else if let Some((held, left)) = view.hold {
        let cycle = view
            .cycle
            .map_or_else(String::new, |(n, of)| format!(", cycle {n} of {of}"));
        format!("HOLD  {held} s held, {left} s to go{cycle}")
    } else if let Some(left) = view.let_go {
        format!("LET GO NOW, within {left} s")
    } else if view.keep_holding {
        "KEEP HOLDING".into()
    } else if let Some((gone, usual)) = view.wait {
        format!("waiting: {gone} s of about {usual} s")
    } else {
        String::new()
    };
    let mut first = format!(" {place}");
    if !doing.is_empty() {
        first.push_str(&format!("   {doing}"));
    }
    if !heard.trim().is_empty() {
        first.push_str(&format!("   heard: {heard}"));
    }
    vec![first, format!(" say: {}", taught(sayable).join(", "))]
}

/// One phrase for everything that may be said, with its key.
fn taught(sayable: &[Sayable]) -> Vec<String> {
    let mut seen: Vec<Meaning> = Vec::new();
    let mut taught = Vec::new();
    for sayable in sayable {
        if seen.contains(&sayable.meaning) {
            continue;
        }
        seen.push(sayable.meaning);
        let key = match sayable.meaning {
            Meaning::Command(command) => command.row().key.to_owned(),
            Meaning::Confirm => "E E".into(),
            Meaning::Option(index) => (index + 1).to_string(),
        };
        taught.push(if key.is_empty() {
            sayable.phrase.to_string()
        } else {
            format!("{} [{key}]", sayable.phrase)
        });
    }
    taught
}

/// `text` without anything a terminal would act on.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if is_forbidden(c) { ' ' } else { c })
        .collect()
}

/// As [`printable`], line by line.
pub fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

fn cut(text: &str, width: usize) -> String {
    text.chars().take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_terminal_would_act_on_is_shown() {
        assert_eq!(printable("a\u{1b}[2Jb\u{7}c\u{202e}d"), "a [2Jb c d");
        let line = Line {
            t: 0.0,
            event: Event::Say {
                text: "\u{1b}]0;x\u{7}".into(),
                start: 0.0,
                end: 1.0,
            },
        };
        assert!(!transcript(&line).unwrap().chars().any(char::is_control));
    }

    #[test]
    fn a_refused_word_is_not_part_of_the_transcript() {
        let heard = |accepted| Line {
            t: 0.0,
            event: Event::Heard {
                phrase: "next".into(),
                command: None,
                start: 0.0,
                end: 0.4,
                decided: 0.7,
                confidence: 0.9,
                odds: None,
                accepted,
                reason: "accepted".into(),
            },
        };
        assert_eq!(transcript(&heard(true)).as_deref(), Some("> next"));
        assert_eq!(transcript(&heard(false)), None);
    }
}
