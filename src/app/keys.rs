//! Keys: every command has one, and they work whether or not anything is heard.

use super::App;
use crate::session::Input;
use crate::session::Meaning;
use crate::session::vocabulary::{Command, TABLE};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a key press stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Pressed {
    /// Something for the talk.
    Input(Input),
    /// Ctrl-C.
    Interrupt,
}

/// What `key` stands for in the present state, if anything.
pub fn pressed(key: KeyEvent, app: &App) -> Option<Pressed> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let symbol = match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            return Some(Pressed::Interrupt);
        }
        KeyCode::Enter => return Some(Pressed::Input(Input::Primary)),
        KeyCode::Char(symbol) => symbol,
        _ => return None,
    };
    let input = match symbol {
        'e' | 'E' => Input::ConfirmKey,
        // The space bar pauses, and goes on where it paused.
        ' ' if can(app, Command::Continue) => Input::Key(Command::Continue),
        ' ' => Input::Key(Command::Wait),
        'y' | 'Y' => option(app, "yes").unwrap_or(Input::Key(Command::Yes)),
        'n' | 'N' => option(app, "no").unwrap_or(Input::Key(Command::No)),
        '1'..='9' => Input::ChoiceKey(symbol as usize - '1' as usize),
        // "+" without the shift key.
        '=' => Input::Key(Command::Louder),
        other => Input::Key(command(other)?),
    };
    Some(Pressed::Input(input))
}

/// The command whose key is `symbol`.
fn command(symbol: char) -> Option<Command> {
    let lower = symbol.to_ascii_lowercase();
    let row = TABLE.iter().find(|row| row.key.chars().eq([lower]))?;
    Some(row.command)
}

fn can(app: &App, command: Command) -> bool {
    app.sayable()
        .iter()
        .any(|sayable| sayable.meaning == Meaning::Command(command))
}

/// The answer of the open choice that is said with `phrase`.
fn option(app: &App, phrase: &str) -> Option<Input> {
    app.sayable()
        .iter()
        .find_map(|sayable| match sayable.meaning {
            Meaning::Option(index) if sayable.phrase == phrase => Some(Input::ChoiceKey(index)),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_key_of_the_table_is_found() {
        for row in TABLE.iter().filter(|row| row.key.chars().count() == 1) {
            let symbol = row.key.chars().next().unwrap();
            assert_eq!(command(symbol), Some(row.command), "{symbol:?}");
        }
    }
}
