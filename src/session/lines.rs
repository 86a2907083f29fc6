//! What the talk itself says: every stock sentence, in one place.
//!
//! The session names *what* is to be said ([`Line`]); the wording is here and nowhere else, so that
//! a second language is a second set of words. Sentences are whole: each is one clip of the shipped
//! voice, rendered with its own melody, never glued from parts.

use crate::number::in_words;
use std::time::Duration;

/// What tells the listener to let go: its "now" is on the very end of the hold.
pub const RELEASE_CUE: &str = "let go now";

/// Something the talk says of its own accord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Number(u64),
    KeepHolding,
    LetGoNow,
    LetGo,
    Press,
    PowerOn,
    PowerOff,
    LeaveOn,
    SecondsLeft(u64),
    Held(u64),
    CycleOf(u32, u32),
    MinimumPassed,
    NotLonger(u64),
    MustBeFree,
    CountingUp,
    CountingDown,
    StepNumber(usize),
    StepOf(usize, usize),
    NotNumbered,
    CommonInstructions,
    AskNext,
    AskHolding,
    AskCountIn,
    AskPowerCountIn,
    AskPluggedIn,
    AskConfirm(String),
    AskWait,
    AskChoice(String),
    KeyConfirm,
    SlippedAgain,
    NothingHeldYet,
    AskStop,
    GoingOn,
    Stopped,
    Paused,
    Reminder,
    SecondReminder,
    NothingMore,
    FirstStep,
    YouCanSay(String),
    AlsoAnyTime,
    TypicalWait(Duration),
    TimeLeft(Duration),
    TimeNow,
    TalkLeft(Duration),
    HoldFor(u64),
    AsLoudAsItGoes,
    AsSoftAsItGoes,
    AsFastAsItGoes,
    AsSlowAsItGoes,
    LikeThis,
    NoMicrophone,
    MicrophoneBack,
    SpeakerBack,
    WasStopped,
    HoldAgain,
    Loud,
    Finished,
    UseKeysToConfirm,
    WereAt(usize),
    WereHolding(usize),
    WereBetween,
    ThatHoldAgain,
    AsksAgain,
    AskReturn,
    AskInterrupt,
    PlaceKept,
    PlaceUnusable,
    PlaceNotKept,
    AudioKept,
    AudioNotKept,
}

/// The words of a line.
pub(crate) fn words(line: &Line) -> String {
    match line {
        Line::Number(n) => number(*n),
        Line::KeepHolding => "keep holding".into(),
        Line::LetGoNow => RELEASE_CUE.into(),
        Line::LetGo => "let go".into(),
        Line::Press => "press".into(),
        Line::PowerOn => "on".into(),
        Line::PowerOff => "off".into(),
        Line::LeaveOn => "keep it on".into(),
        Line::SecondsLeft(secs) => format!("{} left", span(*secs)),
        Line::Held(secs) => span(*secs),
        Line::CycleOf(n, of) => {
            format!("cycle {} of {}", number((*n).into()), number((*of).into()))
        }
        Line::MinimumPassed => "that is the minimum, keep holding".into(),
        Line::NotLonger(secs) => format!("Do not hold it longer than {}.", span(*secs)),
        Line::MustBeFree => "The button must be free now.".into(),
        Line::CountingUp => "I count up from now on.".into(),
        Line::CountingDown => "I count down from now on.".into(),
        Line::StepNumber(n) => format!("Step {}.", number(*n as u64)),
        Line::StepOf(n, of) => format!("Step {} of {}.", number(*n as u64), number(*of as u64)),
        Line::NotNumbered => "This is a question between the steps.".into(),
        Line::CommonInstructions => "These are common instructions, not the maker's.".into(),
        Line::AskNext => "Say next when it is done.".into(),
        Line::AskHolding => "Say holding when the button is pressed.".into(),
        Line::AskCountIn => "Say ready, and press when I say press.".into(),
        Line::AskPowerCountIn => "Say ready, and switch on when I say on.".into(),
        Line::AskPluggedIn => "Say plugged in when the power is back.".into(),
        Line::AskConfirm(phrase) => format!("Say {phrase} to go on, or stop to end."),
        Line::AskWait => "Say ready when it is.".into(),
        Line::AskChoice(phrases) => format!("Say {phrases}."),
        Line::KeyConfirm => "Press the same key once more to erase.".into(),
        Line::SlippedAgain => "The button was let go. The count begins again.".into(),
        Line::NothingHeldYet => "Nothing is being counted yet.".into(),
        Line::AskStop => "Shall I stop? Say yes, or continue.".into(),
        Line::GoingOn => "Going on.".into(),
        Line::Stopped => "Stopped. Nothing more will happen.".into(),
        Line::Paused => "I am waiting. Say continue when you want me.".into(),
        Line::Reminder => "I am still listening. Take your time.".into(),
        Line::SecondReminder => "I am here. Say help to hear what you can say.".into(),
        Line::NothingMore => "There is nothing more to tell about this step.".into(),
        Line::FirstStep => "This is the first step.".into(),
        Line::YouCanSay(phrases) => format!("You can say {phrases}."),
        Line::AlsoAnyTime => {
            "At any time, say again, go back, wait, how long, tell me more, louder, or stop.".into()
        }
        Line::TypicalWait(span) => format!("This usually takes {}.", about(*span)),
        Line::TimeLeft(span) => format!("About {} left.", about(*span)),
        Line::TimeNow => "It should be ready about now.".into(),
        Line::TalkLeft(span) => format!("About {} to the end.", about(*span)),
        Line::HoldFor(secs) => format!("The hold is {} seconds.", number(*secs)),
        Line::AsLoudAsItGoes => "This is as loud as I go.".into(),
        Line::AsSoftAsItGoes => "This is as soft as I go.".into(),
        Line::AsFastAsItGoes => "This is as fast as I go.".into(),
        Line::AsSlowAsItGoes => "This is as slow as I go.".into(),
        Line::LikeThis => "Like this.".into(),
        Line::NoMicrophone => {
            "I cannot hear you. Use the keys: enter for next, question mark for help.".into()
        }
        Line::MicrophoneBack => "I can hear you again.".into(),
        Line::Loud => "It is loud here. Speak close to me, or use the keys.".into(),
        Line::WasStopped => "I was stopped for a while.".into(),
        Line::HoldAgain => "Let go of the button. The hold begins again.".into(),
        Line::SpeakerBack => "My voice is back.".into(),
        Line::Finished => "That was the last step.".into(),
        Line::UseKeysToConfirm => "Press E twice to go on, or Q to end.".into(),
        Line::WereAt(n) => format!("You were at step {}.", number(*n as u64)),
        Line::WereHolding(n) => format!("You were at step {}, holding.", number(*n as u64)),
        Line::WereBetween => "You were at a question between the steps.".into(),
        Line::ThatHoldAgain => "That hold begins again, from its start.".into(),
        Line::AsksAgain => "Before anything is erased, I ask once more.".into(),
        Line::AskReturn => "Say continue to go on there, or say no to begin at the start.".into(),
        Line::AskInterrupt => "You are holding. Press Control C again to stop.".into(),
        Line::PlaceKept => "Your place is kept for a day.".into(),
        Line::PlaceUnusable => {
            "I cannot use the place that was kept, so we begin at the start.".into()
        }
        Line::PlaceNotKept => {
            "I cannot keep your place. If this breaks off, we begin at the start.".into()
        }
        Line::AudioKept => "What the microphone hears is being kept.".into(),
        Line::AudioNotKept => "What the microphone hears is no longer kept.".into(),
    }
}

/// A number as it is spoken: "twenty one". Above 9999, its digits.
pub fn number(n: u64) -> String {
    match usize::try_from(n) {
        Ok(small @ 0..10_000) => in_words(small).join(" "),
        _ => n.to_string(),
    }
}

/// A time to the second: "fifteen seconds", "one minute", "ninety seconds".
fn span(secs: u64) -> String {
    match (secs / 60, secs % 60) {
        (0, 1) => "one second".into(),
        (1, 0) => "one minute".into(),
        (minutes @ 2.., 0) => format!("{} minutes", number(minutes)),
        _ => format!("{} seconds", number(secs)),
    }
}

/// A time as one says it: to ten seconds below a minute and a half, else to half minutes.
fn about(span: Duration) -> String {
    let secs = span.as_secs_f64();
    if secs < 85.0 {
        let tens = ((secs / 10.0).round() as u64).max(1) * 10;
        return format!("{} seconds", number(tens));
    }
    let halves = (secs / 30.0).round() as u64;
    match (halves / 2, halves % 2) {
        (1, 1) => "a minute and a half".into(),
        (minutes, 0) => format!("{} minutes", number(minutes)),
        (minutes, _) => format!("{} and a half minutes", number(minutes)),
    }
}

/// "a, b, or c".
pub(crate) fn either(phrases: &[&str]) -> String {
    match phrases {
        [] => String::new(),
        [one] => (*one).into(),
        [one, other] => format!("{one}, or {other}"),
        [head @ .., last] => format!("{}, or {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spoken_as_words() {
        for (n, spoken) in [
            (0, "zero"),
            (13, "thirteen"),
            (40, "forty"),
            (59, "fifty nine"),
            (120, "one hundred twenty"),
            (7001, "seven thousand one"),
        ] {
            assert_eq!(number(n), spoken);
        }
    }

    #[test]
    fn times_are_spoken_roughly() {
        for (secs, spoken) in [
            (3, "ten seconds"),
            (64, "sixty seconds"),
            (90, "a minute and a half"),
            (125, "two minutes"),
            (151, "two and a half minutes"),
            (600, "ten minutes"),
        ] {
            assert_eq!(about(Duration::from_secs(secs)), spoken);
        }
    }

    #[test]
    fn every_stock_sentence_is_short_enough_to_follow() {
        for line in [
            Line::AlsoAnyTime,
            Line::NoMicrophone,
            Line::AskStop,
            Line::SecondReminder,
        ] {
            assert!(words(&line).split_whitespace().count() <= 20, "{line:?}");
        }
    }
}
