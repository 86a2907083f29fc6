//! The guide parser, and whatever is shown of a guide.
#![cfg_attr(fuzzing, no_main)]

use std::sync::Arc;
use talkthrough::guide::{clashes, is_forbidden, lint, parse};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match parse("a.toml", text) {
        Ok(guide) => {
            let guide = Arc::new(guide);
            let _ = (guide.estimate(), guide.numbered_steps());
            let _ = clashes(&guide, &["stop", "go back"]);
            assert!(lint("a.toml", text).is_ok());
            // Whatever the talk can say and hear is derived from it.
            for said in talkthrough::session::catalogue(&guide) {
                assert!(!said.contains(is_forbidden), "{said:?}");
            }
            let _ = talkthrough::session::phrases(&guide);
        }
        Err(error) => {
            assert!(!error.faults().is_empty());
            let theme = miette::GraphicalTheme::unicode_nocolor();
            let mut shown = String::new();
            miette::GraphicalReportHandler::new_themed(theme)
                .render_report(&mut shown, &error)
                .expect("an error can be shown");
            let harmful = |c: char| c != '\n' && is_forbidden(c);
            assert!(!shown.contains(harmful), "{shown:?}");
        }
    }
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));
