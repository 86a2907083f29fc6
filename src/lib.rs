//! Talkthrough talks a person through a job that needs both hands.
//!
//! It speaks each step, listens offline for "ready" and "next", and counts a button hold aloud.
//!
//! # Rooms, and how data flows through them
//!
//! ```text
//! microphone ─ sound/ ─▶ ears/ ─▶ session/ ─▶ voice/ ─▶ sound/ ─ loudspeaker
//!                ▲                   ▲                     │
//!                └── echo reference ─┼─────────────────────┘
//!                             guide/ │  (what to talk through)
//!                              app/  │  (the one loop that joins them)
//!                       cli/ screen/ │  (how a person starts it and looks at it)
//! ```
//!
//! | room | knows | must not know |
//! |---|---|---|
//! | [`guide`] | the guide file format, its checks, the built-in library | audio, time passing |
//! | [`session`] | the talk itself: step, hold, wait, confirm; the command vocabulary; timers | threads, clocks, audio, files: every moment is passed in |
//! | [`voice`] | text → PCM: the shipped clips, run-time synthesis, when each word must sound | the guide, the session |
//! | [`ears`] | PCM → phrase: the recogniser, its graph, the verifier, the accept/reject decision | the guide, the session |
//! | [`models`] | official models: their catalogue, downloads, unpacking | the talk |
//! | [`sound`] | devices, the mixer, the audio clock, the simulated room | words |
//! | [`app`] | one loop: inputs in, outputs carried out | any rule of the talk |
//! | [`drawing`] | the record of a talk → one picture of it | the talk while it goes on |
//! | [`cli`], [`screen`] | flags, help; the terminal display | any rule of the talk |
//!
//! [`limits`] has how much is read of anything, [`phone`] the sounds of English, `number` its numbers, [`record`] what a talk leaves behind.
//!
//! # Time
//!
//! There is one time, [`time::Moment`]: the loudspeaker's. Words carry the moment they were spoken,
//! speech carries the moment it is heard. A thirty-second hold is tested in microseconds because no
//! room but `sound` ever asks a clock.
//!
//! # When something breaks
//!
//! [`app::live`] watches devices, ears and the passing of time itself, and tells the session what it has
//! to say; `src/app/live/faults/` breaks each of them in virtual time (`make faults`).
//!
//! # What outlives a talk
//!
//! The session says where it is ([`session::Bookmark`]) and decides what going on there means; [`app::place`]
//! writes it down, and holds the lock that lets one talk run at a time. Beside it only the room's noise floor
//! is kept ([`app::room`]), and with `--keep-audio` what the microphone hears ([`app::live::kept_sound`]).
//!
//! # The recogniser is another process
//!
//! libvosk aborts the process it runs in when a model file is cut, and cannot be interrupted when it
//! hangs. `talkthrough-recogniser` (`src/bin/recogniser.rs`) is the only program linked to it; the
//! talk speaks to it over two pipes ([`ears::recogniser`]) and goes on with keys when it dies.

pub mod app;
pub mod cli;
pub mod drawing;
pub mod ears;
pub mod guide;
pub mod limits;
pub mod models;
mod number;
pub mod phone;
pub mod record;
pub mod screen;
pub mod session;
pub mod sound;
pub mod time;
pub mod voice;

/// Tells when what must not allocate does.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;
