//! Shapes and text of an SVG page.
//!
//! Whatever is written goes through [`Svg::text`] or [`escaped`]; there is no other way for a text to get in.

use crate::limits::RECORD_TEXT;
use crate::screen::printable;
use std::fmt::{self, Write};

/// A number as short as a pixel's tenth can be written.
pub(super) struct Px(pub(super) f64);

impl fmt::Display for Px {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        match (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10) {
            (whole, 0) => write!(out, "{sign}{whole}"),
            (whole, tenth) => write!(out, "{sign}{whole}.{tenth}"),
        }
    }
}

/// A page that is being drawn.
#[derive(Debug, Default)]
pub(super) struct Svg(String);

impl Svg {
    /// Markup of our own.
    pub(super) fn raw(&mut self, markup: fmt::Arguments<'_>) {
        // A string takes whatever is written.
        let _ = self.0.write_fmt(markup);
        self.0.push('\n');
    }

    /// A line of text, its baseline beginning at (x, y).
    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let text = escaped(text);
        self.raw(format_args!(
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{text}</text>",
            Px(x),
            Px(y)
        ));
    }

    /// A rectangle that tells more when it is pointed at.
    pub(super) fn rect(&mut self, class: &str, at: [f64; 4], more: &str) {
        let [x, y, width, height] = at.map(Px);
        let shape = format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"2\""
        )
        .to_string();
        self.closed(&shape, more, "rect");
    }

    /// A dot that tells more when it is pointed at.
    pub(super) fn dot(&mut self, class: &str, x: f64, y: f64, more: &str) {
        let shape = format!(
            "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"3\"",
            Px(x),
            Px(y)
        );
        self.closed(&shape, more, "circle");
    }

    fn closed(&mut self, shape: &str, more: &str, name: &str) {
        if more.is_empty() {
            self.raw(format_args!("{shape}/>"));
        } else {
            let more = escaped(more);
            self.raw(format_args!("{shape}><title>{more}</title></{name}>"));
        }
    }

    /// A level line from (x, y), `width` wide.
    pub(super) fn rule(&mut self, class: &str, x: f64, y: f64, width: f64) {
        self.raw(format_args!(
            "<path class=\"{class}\" d=\"M{} {}h{}\"/>",
            Px(x),
            Px(y),
            Px(width)
        ));
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// `text`, cut, without anything invisible and with nothing that is markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, c) in printable(text).chars().enumerate() {
        if index == RECORD_TEXT {
            out.push('…');
            break;
        }
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No characters in XML 1.0.
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// `text` in lines of at most `width` characters, broken between words where there are any; at most
/// `most` lines.
pub(super) fn wrapped(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().take(RECORD_TEXT).collect();
        while !word.is_empty() {
            let Some(line) = lines.last_mut() else { break };
            let used = line.chars().count();
            if used > 0 && used + 1 + word.len() > width {
                lines.push(String::new());
                continue;
            }
            if used > 0 {
                line.push(' ');
            }
            let room = width.max(1).min(word.len());
            line.extend(word.drain(..room));
        }
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                last.push_str(" …");
            }
            break;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_markup() {
        let text = escaped("</text><script>alert('x')</script>\u{1b}[2J\u{202e}&\"\u{ffff}");
        assert_eq!(
            text,
            "&lt;/text&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; [2J &amp;&quot; "
        );
        assert_eq!(escaped(&"a".repeat(5_000)).chars().count(), RECORD_TEXT + 1);
    }

    #[test]
    fn numbers_are_short() {
        let shown: Vec<String> = [0.0, 12.04, -0.04, -1.26, 3.95]
            .map(|x| Px(x).to_string())
            .to_vec();
        assert_eq!(shown, ["0", "12", "0", "-1.3", "4"]);
    }

    #[test]
    fn lines_are_broken_between_words_and_within_long_ones() {
        assert_eq!(wrapped("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh", 3, 9), ["abc", "def", "gh"]);
        assert_eq!(wrapped("a b c d", 1, 2), ["a", "b …"]);
        assert_eq!(wrapped("", 5, 2), [""]);
    }
}
