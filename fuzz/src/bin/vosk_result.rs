//! libvosk's results: its JSON, as the crate `vosk` reads it, to the words the talk is sent.
#![cfg_attr(fuzzing, no_main)]

#[path = "../../../src/bin/recogniser/result.rs"]
mod result;

use talkthrough::ears::protocol::Reply;

pub(crate) fn run(data: &[u8]) {
    let Ok(read) = serde_json::from_slice::<vosk::CompleteResult<'_>>(data) else {
        return;
    };
    let words = result::words(read);
    for word in &words {
        for number in [word.start, word.end, word.confidence] {
            assert!(number.is_finite());
        }
    }
    // What is sent is what arrives.
    let reply = Reply::Final { words };
    let mut written = Vec::new();
    reply.write_to(&mut written).expect("it can be written");
    let arrived = Reply::read_from(&mut written.as_slice()).expect("it can be read");
    assert_eq!(arrived, Some(reply));
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));
