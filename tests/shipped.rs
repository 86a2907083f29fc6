//! What is shipped fits together: guides, voice, technician and model.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use talkthrough::ears::model;
use talkthrough::guide::{Guide, library};
use talkthrough::session;
use talkthrough::voice::Bank;

fn tree(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(part)
}

fn guides() -> Vec<Arc<Guide>> {
    let find =
        |(id, _): &(&str, &str)| Arc::new(library::find(id).expect("a built-in guide is sound"));
    library::builtin().iter().map(find).collect()
}

/// `make voice` renders what is missing.
#[test]
fn every_sentence_of_the_built_in_guides_has_a_clip() {
    for voice in ["audio/bdl", "audio/slt"] {
        let bank = Bank::load(&tree(voice)).expect("the voice loads");
        for guide in guides() {
            let mut sentences = session::catalogue(&guide);
            assert!(sentences.len() > 200);
            sentences.extend(session::said_around(&guide));
            for sentence in sentences {
                assert!(
                    bank.has(&sentence),
                    "{}: no clip of {voice} says {sentence:?}",
                    guide.id
                );
            }
        }
    }
}

#[test]
fn the_technician_can_say_whatever_may_be_said() {
    let bank = Bank::load(&tree("audio/technician")).expect("the technician's voice loads");
    for guide in guides() {
        for phrase in session::phrases(&guide) {
            assert!(bank.has(&phrase), "the technician cannot say {phrase:?}");
        }
    }
}

#[test]
fn the_model_knows_every_word_that_may_be_said() {
    let info = model::check(&tree("models/talkthrough-en")).expect("the model is whole");
    for guide in guides() {
        let phrases = session::phrases(&guide);
        let missing = model::missing_words(&info, phrases.iter().map(String::as_str));
        assert!(
            missing.is_empty(),
            "{}: the model does not know {missing:?}",
            guide.id
        );
    }
}

/// Two phrases that may be said at the same moment must not be one another's beginning or end, but for
/// those that mean the same.
#[test]
fn phrases_of_the_vocabulary_stand_in_one_row_or_in_rows_that_are_never_valid_together() {
    use session::vocabulary::{Command, TABLE};
    let together = |a: Command, b: Command| {
        let exclusive = [
            (Command::Next, Command::Holding),
            (Command::Next, Command::PluggedIn),
            (Command::Holding, Command::PluggedIn),
            (Command::Next, Command::Continue),
            (Command::Next, Command::CountIn),
            (Command::PluggedIn, Command::CountIn),
            // Together in a hold that is counted in, where the one listed first is meant.
            (Command::Holding, Command::CountIn),
        ];
        !exclusive.contains(&(a, b)) && !exclusive.contains(&(b, a))
    };
    for a in TABLE {
        for b in TABLE
            .iter()
            .filter(|b| b.command != a.command && together(a.command, b.command))
        {
            for phrase in a.phrases {
                assert!(
                    !b.phrases.contains(phrase),
                    "{phrase:?} means {:?} and {:?}",
                    a.command,
                    b.command
                );
            }
        }
    }
}
