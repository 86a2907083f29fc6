//! Asks the recogniser only when it can have something new to say.
//!
//! libvosk computes the network for a few frames at once (`--frames-per-chunk` in a model's `conf/model.conf`), and between
//! two such chunks answers as it did before. To ask it for every piece of sound costs two changes of process for nothing.

use super::protocol::{Reply, Request};
use super::recogniser::{Decoder, RecogniserError};

/// Samples from one frame to the next, and of a frame.
const SHIFT: u64 = 160;
const FRAME: u64 = 400;

/// Frames of a chunk of the models that `models/training` makes, and how many after them the network sees.
const CHUNK: u64 = 6;
const AHEAD: u64 = 22;

/// A recogniser that is given whole chunks.
pub(super) struct InChunks {
    recogniser: Box<dyn Decoder>,
    /// What it was not given yet.
    waiting: Vec<i16>,
    /// Samples since it began, those that wait among them.
    heard: u64,
    /// What it said last of what is being said.
    partial: String,
}

/// Chunks that are complete with so many samples.
const fn complete(samples: u64) -> u64 {
    let frames = (samples + SHIFT).saturating_sub(FRAME) / SHIFT;
    frames.saturating_sub(AHEAD) / CHUNK
}

impl InChunks {
    pub(super) fn new(recogniser: Box<dyn Decoder>) -> Self {
        Self {
            recogniser,
            waiting: Vec::new(),
            heard: 0,
            partial: String::new(),
        }
    }

    /// Gives it what waits.
    fn give(&mut self) -> Result<Reply, RecogniserError> {
        let reply = self
            .recogniser
            .ask(&Request::Audio(std::mem::take(&mut self.waiting)))?;
        self.partial = match &reply {
            Reply::Partial { text } => text.clone(),
            _ => String::new(),
        };
        Ok(reply)
    }

    fn begin(&mut self) {
        self.waiting.clear();
        self.heard = 0;
        self.partial.clear();
    }
}

impl Decoder for InChunks {
    fn ask(&mut self, request: &Request) -> Result<Reply, RecogniserError> {
        match request {
            Request::Audio(samples) => {
                let before = complete(self.heard);
                self.heard += samples.len() as u64;
                self.waiting.extend_from_slice(samples);
                if complete(self.heard) > before {
                    return self.give();
                }
                return Ok(Reply::Partial {
                    text: self.partial.clone(),
                });
            }
            Request::Finish => {
                if !self.waiting.is_empty() {
                    // No chunk is complete with it, so it cannot be the end of an utterance.
                    self.give()?;
                }
                self.begin();
            }
            Request::Grammar(_) | Request::Reset => self.begin(),
            Request::Find(_) => {}
        }
        self.recogniser.ask(request)
    }

    fn restart(&mut self) -> Result<(), RecogniserError> {
        self.begin();
        self.recogniser.restart()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Says how much it was given at once, and remembers.
    #[derive(Clone, Default)]
    struct Counting(Arc<Mutex<Vec<usize>>>);

    impl Decoder for Counting {
        fn ask(&mut self, request: &Request) -> Result<Reply, RecogniserError> {
            let Request::Audio(samples) = request else {
                return Ok(Reply::Done);
            };
            self.0.lock().unwrap().push(samples.len());
            Ok(Reply::Partial {
                text: samples.len().to_string(),
            })
        }

        fn restart(&mut self) -> Result<(), RecogniserError> {
            Ok(())
        }
    }

    fn said(recogniser: &mut InChunks) -> String {
        let request = Request::Audio(vec![0; 320]);
        match recogniser.ask(&request).unwrap() {
            Reply::Partial { text } => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_is_asked_once_in_a_chunk_and_answers_meanwhile_as_it_did() {
        let given = Counting::default();
        let mut recogniser = InChunks::new(Box::new(given.clone()));
        let answers: Vec<String> = (0..21).map(|_| said(&mut recogniser)).collect();
        // Twenty-eight frames take 4,720 samples, and six more 960.
        assert!(answers[..14].iter().all(String::is_empty));
        assert!(answers[14..17].iter().all(|text| text == "4800"));
        assert!(answers[17..20].iter().all(|text| text == "960"));
        assert_eq!(*given.0.lock().unwrap(), [4_800, 960, 960]);
    }

    #[test]
    fn at_the_end_it_has_all_and_what_it_is_to_forget_it_never_gets() {
        let given = Counting::default();
        let mut recogniser = InChunks::new(Box::new(given.clone()));
        let given = || std::mem::take(&mut *given.0.lock().unwrap());
        (0..16).for_each(|_| _ = said(&mut recogniser));
        recogniser.ask(&Request::Finish).unwrap();
        assert_eq!(given(), [4_800, 320]);
        (0..2).for_each(|_| _ = said(&mut recogniser));
        recogniser.ask(&Request::Reset).unwrap();
        (0..15).for_each(|_| _ = said(&mut recogniser));
        assert_eq!(given(), [4_800]);
        recogniser.restart().unwrap();
        recogniser.ask(&Request::Finish).unwrap();
        assert!(given().is_empty());
        assert_eq!(said(&mut recogniser), "");
    }
}
