//! The built program on a terminal of its own, without sound: killed, signalled, started twice, with
//! a disk that takes nothing. Keys lead the talk.
//!
//! Nothing here depends on how fast the machine is: what is waited for comes, or the test fails after
//! minutes.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod files_that_cannot_be_used;
mod killed;
mod one_talk_at_a_time;
mod signals;
mod terminal;
