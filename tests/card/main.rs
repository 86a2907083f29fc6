//! The built program against a virtual sound card: PulseAudio null sinks stand for the loudspeaker and
//! the room, the real cpal plays and listens, and what the loudspeaker's monitor recorded is measured.
//!
//! Skipped, and said so, where PulseAudio is not installed (`make test` installs it where it can).

#[path = "../support/mod.rs"]
mod support;

mod card;
mod even;
mod led_by_voice;
mod measured;
mod without_devices;
