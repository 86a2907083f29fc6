//! `timeline`: the record of a talk as a picture.

use super::{Failure, TimelineArgs};
use crate::drawing::{Talk, draw};
use std::io::Write;
use std::process::ExitCode;

/// Draws it.
pub(super) fn timeline(args: &TimelineArgs) -> Result<ExitCode, Failure> {
    let name = args.record.display();
    let talk = Talk::read(&args.record).map_err(|error| match error {
        unreadable @ crate::drawing::DrawingError::Unreadable { .. } => unreadable.to_string(),
        error => format!("{name}: {error}"),
    })?;
    let page = draw(&talk);
    match &args.out {
        Some(path) => std::fs::write(path, page).map_err(|error| {
            format!(
                "cannot write {}: {error}; give -o a file in a directory that can be written to",
                path.display()
            )
        })?,
        None => std::io::stdout().lock().write_all(page.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}
