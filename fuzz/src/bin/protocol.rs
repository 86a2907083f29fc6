//! The frames between the talk and its recogniser, in both directions, and what the ears make of any reply.
#![cfg_attr(fuzzing, no_main)]

use std::collections::VecDeque;
use talkthrough::ears::protocol::{Reply, Request};
use talkthrough::ears::recogniser::{Decoder, RecogniserError};
use talkthrough::ears::{Ears, Lane, Phrase};
use talkthrough::time::Moment;

/// Most pieces of sound one run hears: 2 s.
const PIECES: usize = 20;

/// Answers with whatever was read.
struct Replies(VecDeque<Reply>);

impl Decoder for Replies {
    fn ask(&mut self, _: &Request) -> Result<Reply, RecogniserError> {
        self.0.pop_front().ok_or_else(|| RecogniserError::Died {
            how: "nothing is left to say".into(),
        })
    }

    fn restart(&mut self) -> Result<(), RecogniserError> {
        Ok(())
    }
}

pub(crate) fn run(data: &[u8]) {
    let mut input = data;
    while let Ok(Some(request)) = Request::read_from(&mut input) {
        let mut written = Vec::new();
        request.write_to(&mut written).expect("it can be written");
        let again = Request::read_from(&mut written.as_slice()).expect("it can be read");
        assert_eq!(again, Some(request));
    }

    let mut input = data;
    let mut replies = VecDeque::new();
    while let Ok(Some(reply)) = Reply::read_from(&mut input) {
        replies.push_back(reply);
    }
    if replies.is_empty() {
        return;
    }
    let mut ears = Ears::new(Replies(replies));
    ears.listen_for(&[
        Phrase {
            text: "stop".into(),
            lane: Lane::Fast,
        },
        Phrase {
            text: "next".into(),
            lane: Lane::Normal,
        },
    ]);
    // A tone: something sounds, so the recogniser is asked.
    let tone: Vec<f32> = (0..1_600).map(|k| 0.3 * (k as f32 * 0.3).sin()).collect();
    let mut restarts = 0;
    for piece in 0..PIECES {
        match ears.push(&tone, Moment::from_secs(piece as f64 * 0.1)) {
            Ok(verdicts) => {
                for verdict in verdicts.iter().filter(|verdict| verdict.accepted) {
                    assert!(["stop", "next"].contains(&verdict.phrase.as_str()));
                    assert!(verdict.start <= verdict.end);
                }
            }
            Err(_) if restarts < 3 => {
                restarts += 1;
                let _ = ears.restart();
            }
            Err(_) => return,
        }
    }
    let _ = ears.flush();
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));
