//! What the talk and its recogniser program say to each other over two pipes.
//!
//! Every frame is one tag byte, the payload's length (4 bytes, little-endian) and the payload: JSON
//! for all but audio, which is 16-bit little-endian samples, 16 kHz mono. Each request gets exactly one
//! reply, and one [`Reply`] comes unasked when the program has loaded its model; so a simulated talk
//! runs in lock step and is the same talk every time.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::limits::FRAME_BYTES;

/// What is asked of the recogniser.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Listen for these phrases only, from the next sample on. Answer: [`Reply::Done`].
    Grammar(Vec<String>),
    /// More audio. Answer: [`Reply::Partial`], or [`Reply::Final`] when the utterance ended in it.
    Audio(Vec<i16>),
    /// The utterance is over, whatever the recogniser thinks. Answer: [`Reply::Final`]. Its time
    /// then starts at zero, as after [`Request::Reset`].
    Finish,
    /// Forget what was heard; the next sample is at time zero. Answer: [`Reply::Done`].
    Reset,
    /// Which of these words the model does not have. Answer: [`Reply::Missing`].
    Find(Vec<String>),
}

/// What the recogniser answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The model is loaded. Sent once, unasked.
    Ready,
    /// The request was carried out and there is nothing to say.
    Done,
    /// What is being said, so far; may still change.
    Partial {
        /// The words, separated by spaces; empty in silence.
        text: String,
    },
    /// What was said; empty where it was silence.
    Final {
        /// The words in order.
        words: Vec<Word>,
    },
    /// Words that the model does not have.
    Missing {
        /// They, as asked for.
        words: Vec<String>,
    },
    /// The request, or loading the model, did not work.
    Failed {
        /// Why.
        reason: String,
    },
}

/// One recognised word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word, or `[unk]` for anything not listened for.
    pub word: String,
    /// Begin, in seconds since the grammar was set or the recogniser was last reset.
    pub start: f32,
    /// End, on the same scale.
    pub end: f32,
    /// 0 to 1, compared with the other phrases of the grammar only.
    pub confidence: f32,
}

impl Request {
    /// Writes the request and flushes.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let (tag, payload) = match self {
            Self::Grammar(phrases) => (b'G', serde_json::to_vec(phrases)?),
            Self::Audio(samples) => (
                b'A',
                samples
                    .iter()
                    .flat_map(|sample| sample.to_le_bytes())
                    .collect(),
            ),
            Self::Finish => (b'F', Vec::new()),
            Self::Reset => (b'R', Vec::new()),
            Self::Find(words) => (b'?', serde_json::to_vec(words)?),
        };
        write_frame(out, tag, &payload)
    }

    /// Reads the next request; `None` at the end of the stream.
    pub fn read_from(input: &mut impl Read) -> io::Result<Option<Self>> {
        let Some((tag, payload)) = read_frame(input)? else {
            return Ok(None);
        };
        Ok(Some(match tag {
            b'G' => Self::Grammar(serde_json::from_slice(&payload)?),
            b'A' => Self::Audio(
                payload
                    .as_chunks()
                    .0
                    .iter()
                    .map(|bytes| i16::from_le_bytes(*bytes))
                    .collect(),
            ),
            b'F' => Self::Finish,
            b'R' => Self::Reset,
            b'?' => Self::Find(serde_json::from_slice(&payload)?),
            _ => return Err(out_of_step(format!("unknown request {tag:#04x}"))),
        }))
    }
}

impl Reply {
    /// Writes the reply and flushes.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        write_frame(out, b'r', &serde_json::to_vec(self)?)
    }

    /// Reads the next reply; `None` at the end of the stream.
    pub fn read_from(input: &mut impl Read) -> io::Result<Option<Self>> {
        match read_frame(input)? {
            None => Ok(None),
            Some((b'r', payload)) => Ok(Some(serde_json::from_slice(&payload)?)),
            Some((tag, _)) => Err(out_of_step(format!("unknown reply {tag:#04x}"))),
        }
    }
}

fn write_frame(out: &mut impl Write, tag: u8, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len())
        .ok()
        .filter(|length| *length <= FRAME_BYTES);
    let length = length.ok_or_else(|| out_of_step("frame too long".into()))?;
    let mut frame = Vec::with_capacity(payload.len() + 5);
    frame.push(tag);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(payload);
    out.write_all(&frame)?;
    out.flush()
}

fn read_frame(input: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut tag = [0];
    if input.read(&mut tag)? == 0 {
        return Ok(None);
    }
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    // More means that the two sides are out of step.
    if length > FRAME_BYTES {
        return Err(out_of_step(format!("a frame of {length} bytes")));
    }
    // Grows with what comes: a length out of step costs no memory.
    let mut payload = Vec::new();
    input.take(length.into()).read_to_end(&mut payload)?;
    if payload.len() < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some((tag[0], payload)))
}

fn out_of_step(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_read_as_it_was_written() {
        let requests = [
            Request::Grammar(vec!["go on".into(), "[unk]".into()]),
            Request::Audio(vec![0, -1, i16::MAX, i16::MIN]),
            Request::Finish,
            Request::Reset,
            Request::Find(vec!["next".into()]),
        ];
        let mut pipe = Vec::new();
        for request in &requests {
            request.write_to(&mut pipe).unwrap();
        }
        let mut pipe = pipe.as_slice();
        for request in requests {
            assert_eq!(Request::read_from(&mut pipe).unwrap(), Some(request));
        }
        assert_eq!(Request::read_from(&mut pipe).unwrap(), None);
    }

    #[test]
    fn a_cut_frame_and_a_stream_out_of_step_are_errors() {
        let mut whole = Vec::new();
        Reply::Failed {
            reason: "no".into(),
        }
        .write_to(&mut whole)
        .unwrap();
        let cut = &whole[..whole.len() - 1];
        assert_eq!(
            Reply::read_from(&mut &*cut).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        let garbage = b"rLOG (VoskAPI)";
        assert_eq!(
            Reply::read_from(&mut &garbage[..]).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
