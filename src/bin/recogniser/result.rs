//! From libvosk's results to the words the talk is sent.

use talkthrough::ears::protocol::Word;

/// The words of a result, in order; none where it is not of the one kind that was asked for.
pub(crate) fn words(result: vosk::CompleteResult<'_>) -> Vec<Word> {
    result
        .single()
        .map(|single| single.result.iter().map(word).collect())
        .unwrap_or_default()
}

fn word(heard: &vosk::Word<'_>) -> Word {
    Word {
        word: heard.word.into(),
        start: finite(heard.start),
        end: finite(heard.end),
        confidence: finite(heard.conf),
    }
}

/// JSON has no infinity: the talk could not read a reply that holds one.
fn finite(number: f32) -> f32 {
    if number.is_finite() { number } else { 0.0 }
}
