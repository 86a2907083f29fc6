//! The file of a kept place, and a talk that is begun with whatever it says.
#![cfg_attr(fuzzing, no_main)]

use std::sync::Arc;
use talkthrough::app::place::{Edition, Kept};
use talkthrough::guide::library;
use talkthrough::screen::printable;
use talkthrough::session::{Input, Output, Session, Settings};
use talkthrough::time::Moment;

pub(crate) fn run(data: &[u8]) {
    let kept = match Kept::parse(data) {
        Ok(kept) => kept,
        Err(error) => return shown(&error.to_string()),
    };
    let other = Edition {
        guide: "wisenet-dvr".into(),
        sha256: String::new(),
    };
    if let Err(error) = kept.clone().usable(&other, kept.written) {
        shown(&error.to_string());
    }
    let own = kept.edition.clone();
    let written = kept.written;
    let place = kept.usable(&own, written).expect("it is of its own edition");
    let guide = Arc::new(library::find("wisenet-dvr").expect("it is built in"));
    let settings = Settings {
        keeps_place: true,
        ..Settings::default()
    };
    let mut session = Session::new(Arc::clone(&guide), settings);
    let mut handle = |input, now| {
        session.handle(input, now);
        std::iter::from_fn(|| session.poll()).collect::<Vec<_>>()
    };
    handle(Input::Resume(place), Moment::ZERO);
    let now = Moment::from_secs(1.0);
    let outputs = handle(Input::Primary, now);
    let counts = outputs.iter().any(|output| matches!(output, Output::Count(_)));
    assert!(!counts, "a hold is never taken up in its middle");
}

fn shown(message: &str) {
    assert!(!printable(message).chars().any(char::is_control));
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));
