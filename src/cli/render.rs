//! `render-voice`: everything the built-in guides can say, as clips.

use super::{Failure, RenderArgs, data};
use crate::guide::library;
use crate::session;
use crate::voice::bank::BeatOn;
use crate::voice::render::{RenderOptions, render as render_clips};
use crate::voice::shipped::Shipped;
use crate::voice::speaker::{SPEAKERS, Speaker};
use std::path::Path;
use std::process::ExitCode;

/// A synthetic technician also says these, for scripts.
const TECHNICIAN_SAYS: u64 = 10;

/// Renders the voice, or the technician's.
pub(super) fn render(args: RenderArgs) -> Result<ExitCode, Failure> {
    let shipped = Shipped::named(&args.voice);
    let id = args.voice.as_str();
    let known = || {
        SPEAKERS
            .iter()
            .map(Speaker::id)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let voice = match shipped {
        Some(shipped) => shipped.speaker(),
        None => Speaker::named(id).cloned(),
    };
    let voice =
        voice.ok_or_else(|| format!("there is no voice {id:?}: choose one of {}", known()))?;
    let out = match (args.out, shipped) {
        (Some(out), _) => out,
        (None, Some(shipped)) => Path::new("audio").join(shipped.name),
        (None, None) => return Err(format!("{id} is not shipped: say where to with --out").into()),
    };
    let mut texts: Vec<(String, BeatOn)> = Vec::new();
    for (id, _) in library::builtin() {
        let guide = data::guide(id)?;
        let said = if args.technician {
            session::phrases(&guide)
        } else {
            let mut said = session::catalogue(&guide);
            said.extend(session::said_around(&guide));
            said
        };
        for text in said {
            if !texts.iter().any(|(known, _)| *known == text) {
                let beat = beat_on(&text);
                texts.push((text, beat));
            }
        }
    }
    if args.technician {
        texts.extend((1..=TECHNICIAN_SAYS).map(|n| (session::spoken_number(n), BeatOn::First)));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let report = render_clips(
        &texts,
        &RenderOptions {
            voice,
            coding: shipped.map(|shipped| shipped.coding).unwrap_or_default(),
            out,
            all: args.all,
            path,
        },
    )?;
    println!(
        "{} clips rendered, {} kept, {} deleted; {} kB in all",
        report.rendered.len(),
        report.kept,
        report.deleted.len(),
        report.bytes / 1000
    );
    Ok(ExitCode::SUCCESS)
}

/// "let go now" is on its beat with "now", everything else with its first word.
fn beat_on(text: &str) -> BeatOn {
    if text == session::RELEASE_CUE {
        BeatOn::Last
    } else {
        BeatOn::First
    }
}
