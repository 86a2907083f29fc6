use super::protocol::Word;
use super::*;

/// Answers audio by a script: what is heard at which sample since the last reset.
struct Script {
    /// Partial or final results by the position they are due at, counted over everything ever fed.
    results: Vec<(u64, Reply)>,
    /// What [`Request::Finish`] answers.
    finished: Vec<Word>,
    fed: u64,
    requests: std::sync::Arc<std::sync::Mutex<Vec<Request>>>,
}

impl Decoder for Script {
    fn ask(&mut self, request: &Request) -> Result<Reply, RecogniserError> {
        self.requests.lock().unwrap().push(request.clone());
        Ok(match request {
            Request::Audio(samples) => {
                self.fed += samples.len() as u64;
                let due = self
                    .results
                    .iter()
                    .rev()
                    .find(|result| result.0 <= self.fed);
                due.map_or(
                    Reply::Partial {
                        text: String::new(),
                    },
                    |result| result.1.clone(),
                )
            }
            Request::Finish => Reply::Final {
                words: std::mem::take(&mut self.finished),
            },
            _ => Reply::Done,
        })
    }

    fn restart(&mut self) -> Result<(), RecogniserError> {
        Ok(())
    }
}

fn partial(at: f64, text: &str) -> (u64, Reply) {
    ((at * 16_000.0) as u64, Reply::Partial { text: text.into() })
}

fn word(word: &str, start: f32, end: f32) -> Word {
    Word {
        word: word.into(),
        start,
        end,
        confidence: 1.0,
    }
}

type Requests = std::sync::Arc<std::sync::Mutex<Vec<Request>>>;

fn ears(results: Vec<(u64, Reply)>, finished: Vec<Word>, lane: Lane) -> (Ears, Requests) {
    let requests = Requests::default();
    let mut ears = Ears::new(Script {
        results,
        finished,
        fed: 0,
        requests: requests.clone(),
    });
    ears.listen_for(&[Phrase {
        text: "next".into(),
        lane,
    }]);
    (ears, requests)
}

/// Three seconds: quiet, a tone from 0.5 s to 0.9 s, quiet.
fn a_word() -> Vec<f32> {
    let sample = |n: usize| {
        let gain = if (8_000..14_400).contains(&n) {
            0.3
        } else {
            0.0003
        };
        gain * (n as f32 * 0.7).sin()
    };
    (0..48_000).map(sample).collect()
}

#[test]
fn a_word_is_decided_a_fifth_of_a_second_after_its_end_and_carries_that_end() {
    let (mut ears, _) = ears(
        vec![partial(0.8, "next"), partial(1.2, "")],
        vec![word("next", 0.55, 0.8)],
        Lane::Normal,
    );
    let verdicts = ears.push(&a_word(), Moment::from_secs(7.0)).unwrap();
    let [verdict] = verdicts.as_slice() else {
        panic!("{verdicts:?}")
    };
    assert!(verdict.accepted);
    assert_eq!(verdict.start, Moment::from_secs(7.5));
    // The high-pass rings on for a moment when the tone stops at once, as no voice does.
    let past = verdict.end.since(Moment::from_secs(7.9)).as_millis();
    assert!(past <= 10, "{}", verdict.end);
    let late = verdict.decided.since(verdict.end).as_millis();
    assert!((200..=230).contains(&late), "{late} ms");
}

#[test]
fn the_fast_lane_decides_while_the_word_is_being_said() {
    let (mut ears, requests) = ears(
        vec![partial(0.7, "next"), partial(0.84, "")],
        vec![word("next", 0.55, 0.8)],
        Lane::Fast,
    );
    let verdicts = ears.push(&a_word(), Moment::ZERO).unwrap();
    assert_eq!(verdicts.len(), 1);
    assert!(
        verdicts[0].decided <= Moment::from_secs(0.84),
        "{}",
        verdicts[0].decided
    );
    assert!(
        requests.lock().unwrap().contains(&Request::Finish),
        "the rest of the word must not be heard as another"
    );
}

#[test]
fn a_word_begun_before_the_phrases_change_is_heard_whole_with_the_new_ones() {
    let (mut ears, requests) = ears(vec![], vec![], Lane::Normal);
    let word = a_word();
    ears.push(&word[..11_200], Moment::ZERO).unwrap();
    ears.listen_for(&[Phrase {
        text: "ready".into(),
        lane: Lane::Normal,
    }]);
    requests.lock().unwrap().clear();
    ears.push(&word[11_200..11_520], Moment::from_secs(0.7))
        .unwrap();
    let requests = requests.lock().unwrap();
    assert!(matches!(&requests[0], Request::Grammar(grammar) if grammar == &["ready", "[unk]"]));
    let fed: usize = requests
        .iter()
        .map(|request| {
            if let Request::Audio(piece) = request {
                piece.len()
            } else {
                0
            }
        })
        .sum();
    assert_eq!(
        fed,
        11_520 - 3_200,
        "from 0.3 s before the word's beginning"
    );
}

#[test]
fn when_our_own_speech_ends_the_recogniser_begins_anew_right_there() {
    let (mut ears, requests) = ears(vec![partial(0.2, "[unk] next")], vec![], Lane::Normal);
    let own = Spoken {
        text: "Say next now".into(),
        start: Moment::ZERO,
        end: Moment::from_secs(0.5),
    };
    ears.speaking(&[own], Moment::ZERO);
    ears.push(&vec![0.0; 16_000], Moment::ZERO).unwrap();
    let requests = requests.lock().unwrap();
    let reset = requests
        .iter()
        .position(|request| *request == Request::Reset)
        .unwrap();
    let fed: usize = requests[..reset]
        .iter()
        .map(|request| {
            if let Request::Audio(piece) = request {
                piece.len()
            } else {
                0
            }
        })
        .sum();
    assert_eq!(fed, 8_000);
    assert_eq!(
        requests
            .iter()
            .filter(|request| **request == Request::Reset)
            .count(),
        1
    );
}

#[test]
fn a_person_speaking_over_the_end_of_our_own_speech_is_not_cut_off() {
    let (mut ears, requests) = ears(vec![partial(0.2, "[unk] next")], vec![], Lane::Normal);
    let own = Spoken {
        text: "Pull the plug".into(),
        start: Moment::ZERO,
        end: Moment::from_secs(0.5),
    };
    ears.speaking(&[own], Moment::ZERO);
    // A person speaks from 0.15 s on.
    let person = (0..9_600).map(|n| {
        if n < 2_400 {
            0.0
        } else {
            0.1 * (n as f32).sin()
        }
    });
    ears.push(&person.collect::<Vec<_>>(), Moment::ZERO)
        .unwrap();
    assert!(!requests.lock().unwrap().contains(&Request::Reset));
}

#[test]
fn the_recogniser_is_spared_long_silence_but_not_the_beginning_of_a_word() {
    let (mut ears, requests) = ears(vec![], vec![], Lane::Normal);
    let mut audio: Vec<f32> = (0..160_000)
        .map(|n| 0.0003 * (n as f32 * 0.7).sin())
        .collect();
    audio.extend(&a_word()[8_000..12_800]);
    ears.push(&audio, Moment::ZERO).unwrap();
    let requests = requests.lock().unwrap();
    let last_reset = requests
        .iter()
        .rposition(|request| *request == Request::Reset)
        .unwrap();
    let fed = |requests: &[Request]| -> usize {
        requests
            .iter()
            .map(|request| {
                if let Request::Audio(piece) = request {
                    piece.len()
                } else {
                    0
                }
            })
            .sum()
    };
    assert!(
        fed(&requests[..last_reset]) <= 16_000,
        "of ten seconds of silence"
    );
    let word_heard_from = audio.len() - fed(&requests[last_reset..]);
    assert!(
        (154_880..=155_520).contains(&word_heard_from),
        "{word_heard_from}: 0.3 s before it"
    );
}

/// A recogniser that hears nothing, and the verifier.
#[test]
fn a_word_only_the_verifier_hears_is_decided_when_it_is_over() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
    let word = crate::sound::file::read(&tree.join("tests/words/stop.flac")).unwrap();
    let mut heard = vec![0.0; 16_000];
    heard.extend(word.resampled(RATE).unwrap().samples);
    heard.resize(heard.len() + 16_000, 0.0);
    let (ears, _) = ears(vec![], vec![], Lane::Normal);
    let verifier = Verifier::load(&tree.join("models/talkthrough-en")).unwrap();
    let mut ears = ears.verified_by(verifier);
    ears.listen_for(&[Phrase {
        text: "stop".into(),
        lane: Lane::Fast,
    }]);
    let verdicts = ears.push(&heard, Moment::ZERO).unwrap();
    let [verdict] = verdicts.as_slice() else {
        panic!("{verdicts:?}")
    };
    assert!(verdict.accepted && verdict.phrase == "stop");
    let late = verdict.decided.since(verdict.end).as_millis();
    assert!((280..340).contains(&late), "{late} ms");
}

/// Sounds of a third of a second, one after the other, of which the first are our own.
#[test]
fn what_our_own_voice_is_in_is_not_watched() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sounds = |n: usize| if n % 8_000 < 5_333 { 0.1 } else { 0.0001 };
    let heard: Vec<f32> = (0..80_000)
        .map(|n| sounds(n) * (n as f32 * 0.7).sin())
        .collect();
    let begins_to_watch = |own: &[Spoken]| {
        let (ears, _) = ears(vec![], vec![], Lane::Normal);
        let mut ears =
            ears.verified_by(Verifier::load(&tree.join("models/talkthrough-en")).unwrap());
        ears.speaking(own, Moment::ZERO);
        let pieces = heard.chunks(320).enumerate();
        let mut moments = pieces.map(|(nth, piece)| {
            ears.push(piece, Moment::from_frame(320 * nth as u64, RATE))
                .unwrap();
            (ears.watch.follows(), 0.02 * (nth + 1) as f32)
        });
        moments
            .find(|(follows, _)| *follows)
            .map(|(_, moment)| moment)
    };
    let alone = begins_to_watch(&[]).unwrap();
    assert!(alone < 2.0, "{alone}");
    let spoken = Spoken {
        text: "Pull the plug".into(),
        start: Moment::ZERO,
        end: Moment::from_secs(1.5),
    };
    let after = begins_to_watch(&[spoken]).unwrap();
    assert!((1.5 + 1.44..4.0).contains(&after), "{after}");
}
