//! What is wrong with a guide, where, and what to write instead.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

use crate::limits::GUIDE_FAULTS;

/// One thing to put right in a guide, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    message: String,
    help: String,
    /// The place first, then places that explain it; empty where the whole file is meant.
    labels: Vec<LabeledSpan>,
    line: usize,
    column: usize,
    severity: Severity,
}

impl Fault {
    /// What is wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to write instead.
    pub fn remedy(&self) -> &str {
        &self.help
    }

    /// The line it is on, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The character of the line it begins at, from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Fault {}

impl Diagnostic for Fault {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as _)
    }
}

/// A guide that cannot be used: everything found wrong in it, with the places.
///
/// Printed through `miette`, it shows each place with a caret and what to write instead; its
/// `Display` is one line with the first place and the number of faults.
pub struct GuideError(Box<Report>);

/// What could be better in a guide that can be used.
pub struct GuideAdvice(Box<Report>);

struct Report {
    name: String,
    source: NamedSource<String>,
    faults: Vec<Fault>,
}

impl Report {
    fn new(name: &str, text: &str, faults: Vec<Fault>) -> Box<Self> {
        let name = printable(name);
        let source = NamedSource::new(&name, same_width(text));
        Box::new(Self {
            name,
            source,
            faults,
        })
    }

    /// The only fault, which is then shown as the report itself.
    fn single(&self) -> Option<&Fault> {
        match self.faults.as_slice() {
            [fault] => Some(fault),
            _ => None,
        }
    }

    fn one_line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, count) = (&self.name, self.faults.len());
        match self.faults.first() {
            None => write!(f, "{name}: nothing to put right"),
            Some(first) if count == 1 => {
                write!(f, "{name}:{}:{}: {first}", first.line, first.column)
            }
            Some(first) => write!(
                f,
                "{name}: {count} things to put right, first on line {}: {first}",
                first.line
            ),
        }
    }
}

impl GuideError {
    pub(super) fn new(name: &str, text: &str, faults: Vec<Fault>) -> Self {
        Self(Report::new(name, text, faults))
    }

    /// Everything that is wrong, in the order of the file; never empty.
    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }
}

impl GuideAdvice {
    pub(super) fn new(name: &str, text: &str, faults: Vec<Fault>) -> Self {
        Self(Report::new(name, text, faults))
    }

    /// Every piece of advice, in the order of the file; may be empty.
    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }
}

/// `GuideError` and `GuideAdvice` differ in severity only.
macro_rules! diagnostic {
    ($name:ident, $severity:expr) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.one_line(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name))
                    .field(&self.0.faults)
                    .finish()
            }
        }

        impl Error for $name {}

        impl Diagnostic for $name {
            fn severity(&self) -> Option<Severity> {
                Some($severity)
            }

            fn source_code(&self) -> Option<&dyn SourceCode> {
                Some(&self.0.source)
            }

            fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
                self.0.single()?.help()
            }

            fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
                self.0.single()?.labels()
            }

            fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
                let several = self.0.single().is_none();
                several.then(|| {
                    Box::new(self.0.faults.iter().map(|fault| fault as &dyn Diagnostic)) as _
                })
            }
        }
    };
}

diagnostic!(GuideError, Severity::Error);
diagnostic!(GuideAdvice, Severity::Advice);

/// Collects faults while a guide is read.
pub(super) struct Ledger<'t> {
    text: &'t str,
    errors: Vec<Fault>,
    advice: Vec<Fault>,
}

impl<'t> Ledger<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            errors: Vec::new(),
            advice: Vec::new(),
        }
    }

    /// Notes an error at `place`, a range of bytes of the text.
    pub(super) fn error(
        &mut self,
        place: Range<usize>,
        message: impl AsRef<str>,
        help: impl AsRef<str>,
    ) {
        self.error_at(&[(place, "here")], message, help);
    }

    /// Notes an error at the first of `places`; the others, each with its label, explain it.
    pub(super) fn error_at(
        &mut self,
        places: &[(Range<usize>, &str)],
        message: impl AsRef<str>,
        help: impl AsRef<str>,
    ) {
        if self.errors.len() < GUIDE_FAULTS {
            self.errors.push(fault(
                self.text,
                places,
                message.as_ref(),
                help.as_ref(),
                Severity::Error,
            ));
        }
    }

    /// Notes something that could be better at `place`.
    pub(super) fn advise(
        &mut self,
        place: Range<usize>,
        message: impl AsRef<str>,
        help: impl AsRef<str>,
    ) {
        if self.advice.len() < GUIDE_FAULTS {
            self.advice.push(fault(
                self.text,
                &[(place, "here")],
                message.as_ref(),
                help.as_ref(),
                Severity::Advice,
            ));
        }
    }

    /// The file.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The errors, in the order of the file, as an error: only to be called where there are some.
    pub(super) fn into_error(mut self, name: &str) -> GuideError {
        self.errors.sort_by_key(|fault| (fault.line, fault.column));
        GuideError::new(name, self.text, self.errors)
    }

    /// The advice, in the order of the file.
    pub(super) fn into_advice(mut self, name: &str) -> GuideAdvice {
        self.advice.sort_by_key(|fault| (fault.line, fault.column));
        GuideAdvice::new(name, self.text, self.advice)
    }
}

/// An error that is about the whole file and shows no place in it.
pub(super) fn whole_file(message: &str, help: &str) -> Fault {
    fault("", &[], message, help, Severity::Error)
}

fn fault(
    text: &str,
    places: &[(Range<usize>, &str)],
    message: &str,
    help: &str,
    severity: Severity,
) -> Fault {
    let label = |(n, (place, label)): (usize, &(Range<usize>, &str))| {
        let start = place.start.min(text.len());
        let len = place.end.min(text.len()).saturating_sub(start);
        match n {
            0 => LabeledSpan::new_primary_with_span(Some(printable(label)), (start, len)),
            _ => LabeledSpan::new(Some(printable(label)), start, len),
        }
    };
    let labels = places.iter().enumerate().map(label).collect();
    let (line, column) = line_and_column(text, places.first().map_or(0, |(place, _)| place.start));
    Fault {
        message: printable(message),
        help: printable(help),
        labels,
        line,
        column,
        severity,
    }
}

/// Line and character of a byte offset, both from 1.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let (mut line, mut column) = (1, 1);
    for (_, c) in text.char_indices().take_while(|(at, _)| *at < offset) {
        if c == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    (line, column)
}

/// Whether a character must not stand in a guide: it would steer a terminal, or make a line look
/// different from what it is (bidirectional overrides and other invisible characters).
pub fn is_forbidden(c: char) -> bool {
    // The format characters and those that Unicode lets a display ignore.
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// `text` with every forbidden character written as its number, fit for a terminal.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_forbidden(c) && c != '\n' {
            out.push_str(&format!("U+{:04X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether the character at byte `at` of a file must not stand there. Line ends, tabs and a byte
/// order mark are no harm; a carriage return alone is, since a terminal writes over the line.
pub(super) fn is_forbidden_at(text: &str, at: usize, c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\r' => !text
            .get(at + 1..)
            .is_some_and(|rest| rest.starts_with('\n')),
        '\u{feff}' => at != 0,
        c => is_forbidden(c),
    }
}

/// `text` with every forbidden character replaced by a harmless one of as many bytes, so that
/// places in it stay where they are.
fn same_width(text: &str) -> String {
    let harmless = |(at, c): (usize, char)| match c {
        c if is_forbidden_at(text, at, c) => match c.len_utf8() {
            1 => '?',
            2 => '\u{bf}',
            _ => '\u{fffd}',
        },
        '\r' => ' ',
        // A byte order mark: allowed where it stands, but nothing to show. It has three bytes, and so has this space.
        '\u{feff}' => '\u{2002}',
        c => c,
    };
    text.char_indices().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters() {
        assert_eq!(line_and_column("a\nÄÖx", 6), (2, 3));
        assert_eq!(line_and_column("", 9), (1, 1));
    }

    #[test]
    fn what_is_shown_cannot_steer_a_terminal_and_keeps_its_places() {
        let text = "a\u{1b}[2Jb\u{9b}c\u{202e}d\re\r\n";
        let shown = same_width(text);
        assert_eq!(shown, "a?[2Jb\u{bf}c\u{fffd}d?e \n");
        assert_eq!(shown.len(), text.len());
        assert_eq!(printable("x\u{1b}y"), "xU+001By");
    }

    #[test]
    fn a_byte_order_mark_is_shown_as_a_space_and_keeps_its_places() {
        let text = "\u{feff}a\u{feff}b";
        let shown = same_width(text);
        assert_eq!(shown, "\u{2002}a\u{fffd}b");
        assert_eq!(shown.len(), text.len());
        assert!(!shown.contains(is_forbidden));
    }

    #[test]
    fn invisible_letters_are_forbidden_and_those_of_other_languages_are_not() {
        assert!(
            "\u{ad}\u{34f}\u{180e}\u{3164}\u{fe0f}\u{feff}\u{fff9}\u{e01ef}"
                .chars()
                .all(is_forbidden)
        );
        assert!(!"Zurück, désolé, кнопка, 按钮, ボタン, “so” – 5 °C\u{a0}!".contains(is_forbidden));
    }
}
