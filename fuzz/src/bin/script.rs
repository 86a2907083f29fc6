//! The parser of a rehearsal's script, and the technician who keeps to it.
#![cfg_attr(fuzzing, no_main)]

use std::path::Path;
use talkthrough::app::script::Script;
use talkthrough::app::technician::Technician;
use talkthrough::screen::printable_lines;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Script::parse(text, Path::new("scripts")) {
        Ok(script) => {
            let mut technician = Technician::scripted(script);
            let _ = technician.files();
            let _ = technician.at_the_start();
        }
        Err(error) => {
            let shown = printable_lines(&error.to_string());
            assert!(shown.chars().all(|c| c == '\n' || !c.is_control()));
        }
    }
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));
