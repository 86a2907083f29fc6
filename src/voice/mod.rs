//! Text → PCM → the moment it must sound.
//!
//! * [`Bank`]: the shipped clips in `audio/`, found by what they say.
//! * [`sounds`]: chime, tick, end tone, made in code.
//! * [`speaker`]: the speech programs and their voices; [`engine`]: one of them, run.
//! * [`synth`]: texts without a clip; [`cache`]: kept on disk; [`renderer`]: made ahead, on a thread.
//! * [`level`]: trimming, loudness and onset of a clip; [`centre`]: where a word seems to happen, and
//!   [`second_opinion`]: whether its phones say the same.
//! * `clarity`: speech shaped to be understood in noise.
//! * [`mod@render`]: makes a bank from a list of texts.
//! * [`Voice`]: the one scheduler of what sounds. It owns no clock and no device: moments are passed
//!   in, [`timeline`](crate::sound::timeline) commands are drained, reports come back.

pub mod alignment;
pub mod bank;
pub mod beats;
pub mod cache;
pub mod centre;
mod clarity;
pub mod clip;
pub mod coding;
pub mod engine;
pub mod event;
pub mod level;
mod pcm;
mod placement;
pub mod render;
pub mod renderer;
pub mod schedule;
pub mod second_opinion;
pub mod shipped;
pub mod sounds;
pub mod speaker;
mod speech;
pub mod synth;
mod tempo;

/// The clip as it is said in a loud room.
pub fn in_noise(clip: &Clip) -> std::sync::Arc<Clip> {
    clarity::clear(clip)
}

/// The clip as it is said in a loud room where it has a beat to keep.
pub fn in_noise_on_the_beat(clip: &Clip) -> std::sync::Arc<Clip> {
    clarity::clear_on_the_beat(clip)
}

pub use bank::{Bank, VoiceError};
pub use beats::{Beat, BeatSound, Rank};
pub use clip::Clip;
pub use event::{Spoken, VoiceEvent};
pub use renderer::{Renderer, Rendering};
pub use schedule::{Turn, Voice};
pub use sounds::Sound;
pub use synth::{Synth, SynthChoice, SynthError, SystemSynth};
