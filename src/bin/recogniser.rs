//! The recogniser: libvosk in a process of its own, where it may abort or hang without ending the talk.
//!
//! `talkthrough-recogniser MODEL` loads the model directory and then answers the requests of
//! [`talkthrough::ears::protocol`] on standard input, one by one, until that is closed. What
//! libvosk has to say goes to standard error. The talk starts it; a person has no use for it.

#[path = "recogniser/result.rs"]
mod result;

use std::io::{self, BufReader, Write};
use std::process::ExitCode;

use result::words;
use talkthrough::ears::protocol::{Reply, Request};
use vosk::{DecodingState, LogLevel, Model, Recognizer};

/// The sample rate of everything fed to the recogniser.
const RATE: f32 = 16_000.0;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("talkthrough starts this program itself; by hand: talkthrough-recogniser MODEL");
        return ExitCode::from(2);
    };
    match serve(
        path,
        &mut BufReader::new(io::stdin().lock()),
        &mut io::stdout().lock(),
    ) {
        Ok(()) => ExitCode::SUCCESS,
        // The talk has gone away: nobody is left to be told.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("talkthrough-recogniser: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(path: String, input: &mut impl io::Read, output: &mut impl Write) -> io::Result<()> {
    vosk::set_log_level(LogLevel::Warn);
    let Some(model) = Model::new(path) else {
        return Reply::Failed {
            reason: "libvosk cannot load this model".into(),
        }
        .write_to(output);
    };
    let mut decoder = Decoder {
        model,
        grammar: Vec::new(),
        recognizer: None,
    };
    Reply::Ready.write_to(output)?;
    while let Some(request) = Request::read_from(input)? {
        let reply = decoder
            .answer(request)
            .unwrap_or_else(|reason| Reply::Failed { reason });
        reply.write_to(output)?;
    }
    Ok(())
}

struct Decoder {
    model: Model,
    grammar: Vec<String>,
    recognizer: Option<Recognizer>,
}

impl Decoder {
    fn answer(&mut self, request: Request) -> Result<Reply, String> {
        match request {
            Request::Grammar(phrases) => {
                // The crate puts the phrases between quotation marks as they are.
                if let Some(bad) = phrases.iter().find(|phrase| {
                    phrase.contains(['"', '\\']) || phrase.contains(char::is_control)
                }) {
                    return Err(format!("{bad:?} cannot be a phrase"));
                }
                self.grammar = phrases;
                self.renew()?;
                Ok(Reply::Done)
            }
            Request::Audio(samples) => {
                let recognizer = self.recognizer()?;
                match recognizer.accept_waveform(&samples) {
                    Ok(DecodingState::Running) => Ok(Reply::Partial {
                        text: recognizer.partial_result().partial.into(),
                    }),
                    Ok(DecodingState::Finalized) => Ok(Reply::Final {
                        words: words(recognizer.result()),
                    }),
                    Ok(DecodingState::Failed) => Err("libvosk could not decode".into()),
                    Err(error) => Err(error.to_string()),
                }
            }
            Request::Finish => {
                let words = words(self.recognizer()?.final_result());
                self.renew()?;
                Ok(Reply::Final { words })
            }
            Request::Reset => {
                self.renew()?;
                Ok(Reply::Done)
            }
            Request::Find(words) => Ok(Reply::Missing {
                words: words
                    .into_iter()
                    .filter(|word| self.model.find_word(word).is_none())
                    .collect(),
            }),
        }
    }

    /// A new recogniser rather than libvosk's own reset, which would still decode what waits in its
    /// feature pipeline: the tail of a word already acted on. It costs a fraction of a millisecond.
    fn renew(&mut self) -> Result<(), String> {
        self.recognizer = None;
        let mut recognizer = Recognizer::new_with_grammar(&self.model, RATE, &self.grammar)
            .ok_or("libvosk refused the grammar")?;
        recognizer.set_words(true);
        self.recognizer = Some(recognizer);
        Ok(())
    }

    fn recognizer(&mut self) -> Result<&mut Recognizer, String> {
        self.recognizer
            .as_mut()
            .ok_or_else(|| "no grammar was set".into())
    }
}
