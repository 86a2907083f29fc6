//! The one table of what may be said.
//!
//! The recogniser's grammar, the spoken help, the help on the screen, the keys and the
//! documentation's table are all made from [`TABLE`]; a synonym added here is added everywhere.

/// What the talk does when asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Command {
    /// The step is done, go to the next.
    Next,
    /// Say the last thing again.
    SayAgain,
    /// Go to the step before.
    Back,
    /// Stay quiet until "continue".
    Wait,
    /// Go on after "wait" or "stop".
    Continue,
    /// How long this takes, and how much is left.
    HowLong,
    /// Which step this is.
    WhereAmI,
    /// More about this step.
    Why,
    /// What may be said now.
    Help,
    /// Raise the voice.
    Louder,
    /// Lower the voice.
    Softer,
    /// Speak faster.
    Faster,
    /// Speak slower.
    Slower,
    /// End the talk: asks once.
    Stop,
    /// Yes.
    Yes,
    /// No.
    No,
    /// The button is pressed.
    Holding,
    /// A finger is on the button: count to the press.
    CountIn,
    /// The power is back in, the button still pressed.
    PluggedIn,
    /// The button was let go.
    Slipped,
    /// Let the numbers of a hold run upwards.
    CountUp,
    /// Let them run down to the end.
    CountDown,
}

/// How much evidence a phrase needs before it is obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Care {
    /// Acting wrongly costs nothing, acting late does: obeyed while still being spoken.
    Quick,
    /// Obeyed when the word is over.
    Usual,
    /// It cannot be undone: obeyed only on strong evidence.
    Strict,
}

/// One row of the vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it does.
    pub command: Command,
    /// The ways to say it, the one we teach first.
    pub phrases: &'static [&'static str],
    /// The key that does the same, as shown; empty where there is none.
    pub key: &'static str,
    /// What it does, for help and documentation.
    pub does: &'static str,
    /// How much evidence it needs.
    pub care: Care,
}

/// Every command, with every way to say it.
///
/// "ready", "go", "done" and "next" stand in more than one row: what they mean depends on the
/// state (see [`super::Session::vocabulary`], where the row that is listed first wins).
pub const TABLE: &[Row] = &[
    row(
        Command::Next,
        &["next", "ready", "okay", "done", "go", "go on", "next step"],
        "Enter",
        "the step is done, go on",
        Care::Usual,
    ),
    row(
        Command::SayAgain,
        &["say again", "repeat", "again"],
        "r",
        "say that again",
        Care::Usual,
    ),
    row(
        Command::Back,
        &["go back", "back", "previous"],
        "b",
        "go to the step before",
        Care::Usual,
    ),
    row(
        Command::Wait,
        &["wait", "pause", "hold on"],
        "Space",
        "be quiet until you say continue",
        Care::Quick,
    ),
    row(
        Command::Continue,
        &["continue", "resume", "go on"],
        "c",
        "go on",
        Care::Usual,
    ),
    row(
        Command::HowLong,
        &["how long"],
        "l",
        "say how long this takes",
        Care::Usual,
    ),
    row(
        Command::WhereAmI,
        &["where am i"],
        "w",
        "say which step this is",
        Care::Usual,
    ),
    row(
        Command::Why,
        &["why", "tell me more"],
        "m",
        "say more about this step",
        Care::Usual,
    ),
    row(
        Command::Help,
        &["what can i say", "help"],
        "?",
        "say what you can say now",
        Care::Usual,
    ),
    row(
        Command::Louder,
        &["louder"],
        "+",
        "speak louder",
        Care::Usual,
    ),
    row(
        Command::Softer,
        &["softer"],
        "-",
        "speak more softly",
        Care::Usual,
    ),
    row(
        Command::Faster,
        &["faster"],
        ">",
        "speak faster",
        Care::Usual,
    ),
    row(
        Command::Slower,
        &["slower"],
        "<",
        "speak more slowly",
        Care::Usual,
    ),
    row(
        Command::Stop,
        &["stop", "quit", "cancel"],
        "q",
        "end the talk, after asking once",
        Care::Quick,
    ),
    row(Command::Yes, &["yes"], "y", "yes", Care::Usual),
    row(Command::No, &["no"], "n", "no", Care::Usual),
    row(
        Command::Holding,
        &["holding", "ready", "pressing", "go"],
        "Enter",
        "the button is pressed, start counting",
        Care::Usual,
    ),
    row(
        Command::CountIn,
        &["ready", "go"],
        "Enter",
        "count to the press: three, two, one, press",
        Care::Usual,
    ),
    row(
        Command::PluggedIn,
        &["plugged in", "next", "ready", "done"],
        "Enter",
        "the power is in and the button still held",
        Care::Usual,
    ),
    row(
        Command::Slipped,
        &["slipped", "let go", "lost it"],
        "s",
        "the button was let go, begin the hold again",
        Care::Quick,
    ),
    row(
        Command::CountUp,
        &["count up"],
        "u",
        "count a hold upwards (by voice where the model knows the word)",
        Care::Usual,
    ),
    row(
        Command::CountDown,
        &["count down"],
        "d",
        "count a hold down to its end (likewise)",
        Care::Usual,
    ),
];

/// Commands that a talk can do without: by voice they are there only where the model knows their words.
pub const OPTIONAL: &[Command] = &[Command::CountUp, Command::CountDown];

const fn row(
    command: Command,
    phrases: &'static [&'static str],
    key: &'static str,
    does: &'static str,
    care: Care,
) -> Row {
    Row {
        command,
        phrases,
        key,
        does,
        care,
    }
}

impl Command {
    /// The command's row of the table.
    pub fn row(self) -> &'static Row {
        // Every command has a row: `every_command_has_one_row` holds us to it.
        TABLE
            .iter()
            .find(|row| row.command == self)
            .unwrap_or(&TABLE[0])
    }

    /// The phrase we teach for it.
    pub fn taught(self) -> &'static str {
        self.row().phrases[0]
    }

    /// The name used in logs: the variant in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::SayAgain => "say_again",
            Self::Back => "back",
            Self::Wait => "wait",
            Self::Continue => "continue",
            Self::HowLong => "how_long",
            Self::WhereAmI => "where_am_i",
            Self::Why => "why",
            Self::Help => "help",
            Self::Louder => "louder",
            Self::Softer => "softer",
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Stop => "stop",
            Self::Yes => "yes",
            Self::No => "no",
            Self::Holding => "holding",
            Self::PluggedIn => "plugged_in",
            Self::Slipped => "slipped",
            Self::CountIn => "count_in",
            Self::CountUp => "count_up",
            Self::CountDown => "count_down",
        }
    }
}

/// Every phrase of the table once, in the table's order.
pub fn all_phrases() -> Vec<&'static str> {
    let mut phrases = Vec::new();
    for phrase in TABLE.iter().flat_map(|row| row.phrases) {
        if !phrases.contains(phrase) {
            phrases.push(*phrase);
        }
    }
    phrases
}

/// The phrases of the commands that a talk cannot do without, each once.
pub fn required_phrases() -> Vec<&'static str> {
    let optional = optional_phrases();
    let mut phrases = all_phrases();
    phrases.retain(|phrase| !optional.contains(phrase));
    phrases
}

/// The phrases of [`OPTIONAL`] commands.
pub fn optional_phrases() -> Vec<&'static str> {
    OPTIONAL
        .iter()
        .flat_map(|command| command.row().phrases)
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_row() {
        for row in TABLE {
            assert_eq!(
                TABLE
                    .iter()
                    .filter(|other| other.command == row.command)
                    .count(),
                1
            );
            assert_eq!(row.command.row().command, row.command);
            assert!(!row.phrases.is_empty());
        }
    }

    #[test]
    fn phrases_are_words_the_recogniser_can_hold() {
        for phrase in all_phrases() {
            assert!(
                phrase.chars().all(|c| c.is_ascii_lowercase() || c == ' '),
                "{phrase:?} must be lower-case words"
            );
        }
    }
}
