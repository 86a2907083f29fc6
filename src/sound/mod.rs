//! Sound: devices, the mixer, the audio clock, and a simulated room in their place.
//!
//! # One clock, and what it means
//!
//! Session time ([`Moment`](crate::time::Moment)) is the time of the 48 kHz mono output: **frame
//! `k` sounds at `k / 48000` s, always**. Everything in here exists to keep that sentence true.
//!
//! ```text
//!  voice ──Command──▶ timeline ─▶ rodio mixer ─▶ playback (cpal callback) ─▶ loudspeaker
//!        ◀──Report───    │ tap                      │ "frame k is heard at instant t"
//!                        ▼                          ▼
//!                 echo canceller                  clock
//!                                                   │ "instant t is moment m"
//!  ears  ◀──Chunk(16 kHz, Moment)── capture ◀───────┘◀── microphone (cpal callback)
//! ```
//!
//! * [`timeline`] is the one source that sounds. It places clips by frame number, so a count lies on
//!   the beat to the sample whatever the machine is busy with.
//! * [`clock`] learns from the loudspeaker's timestamps which instant of the machine's monotonic
//!   clock a frame is heard at. Without a loudspeaker it carries on by the monotonic clock alone.
//! * [`playback`] and [`capture`] own the cpal streams. A stream that dies says so
//!   ([`StreamState`]) and can be replaced in the middle of a talk.
//! * [`devices`] finds them and lists them.
//! * [`file`](mod@file) reads and writes recordings; [`resample`] converts rates.
//! * [`room`] is air instead of devices: the same samples in and out, many times faster than life,
//!   and the same to the last bit for the same seed.
//!
//! # What happens when a device dies
//!
//! [`playback::Playback::state`] turns [`StreamState::Lost`]. Close it: the timeline comes back with
//! everything that was still to come. While nothing plays, call
//! [`Timeline::skip_to`](timeline::Timeline::skip_to) with the clock's current frame, so that its
//! reports keep coming. A new playback takes the timeline in again; its first callback skips to the
//! frame that is due by then. Clips lying wholly in the future keep their places; clips the gap cut
//! are reported as `Finished { cut: true }` and are the caller's to place again if still of use.

#[cfg(test)]
pub(crate) mod board;
pub mod capture;
pub mod clock;
pub mod devices;
pub mod file;
pub mod playback;
pub mod resample;
pub mod room;
mod stream;
pub mod timeline;

mod error;

pub use error::{ErrorKind, SoundError};
pub use stream::StreamState;

/// Frames a second of everything that goes to a loudspeaker.
pub const RATE: u32 = 48_000;

/// Samples a second of everything that goes to the recogniser.
pub const EAR_RATE: u32 = 16_000;
