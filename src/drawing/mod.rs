//! A talk as one picture: its record drawn against time, from top to bottom.
//!
//! For whoever was not there, or was and wants to know why a word was not obeyed. The picture is one SVG file
//! without scripts, fonts or anything else from elsewhere; any browser shows it.
//!
//! | file | holds |
//! |---|---|
//! | `talk` | the record, read and checked |
//! | `axis` | which second lies where: silence is folded |
//! | `svg` | shapes and text, every text made harmless |
//! | `columns` | what was said, heard, counted, and how loud it was |
//! | `page` | the whole page |
//!
//! A record may come from anybody. It is read within [`crate::limits`], its texts are cut, escaped and freed
//! of everything invisible, and its moments are checked before anything is placed by them.

mod axis;
mod columns;
mod page;
mod svg;
mod talk;
#[cfg(test)]
mod tests;

pub use page::draw;
pub use talk::{DrawingError, Talk};
