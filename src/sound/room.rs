//! A simulated room: loudspeaker in, microphone out, no device and no waiting.
//!
//! ```text
//! loudspeaker 48 kHz ─▶ low-pass, every third sample ─▶ delay + reverberation ─┐
//! technician's words, placed at exact moments ─────────────────────────────────┼─▶ microphone 16 kHz
//! noise: a recording in a loop, or a floor at -65 dBFS ────────────────────────┘
//! ```
//!
//! Time is sample-exact: microphone sample `m` is what the microphone heard at `m / 16000` s. A word
//! given to [`Room::talk`] at moment `t` has its first sample at `t.frame(16_000)`. What the
//! loudspeaker plays in frame `k` arrives at `k / 48000` s plus [`RoomConfig::delay`]: the low-pass is
//! symmetrical and its delay of 1 ms is part of the air's, which therefore is at least that.
//!
//! The reverberation is *velvet noise*: single pulses of random sign and random place, some 1500 a
//! second, decaying by 60 dB in [`RoomConfig::rt60`]. It sounds smooth and costs a tenth of a dense
//! tail. The whole path is linear and does not change, so an echo canceller can learn it.

use std::sync::Arc;
use std::time::Duration;

use super::file::Pcm;
use super::{EAR_RATE, RATE, SoundError};
use crate::time::Moment;

/// Loudspeaker frames per microphone sample.
const FACTOR: usize = (RATE / EAR_RATE) as usize;
/// Taps of the low-pass: 1 ms to either side.
const TAPS: usize = 97;
/// Where the low-pass is at half, in hertz.
const CUTOFF: f64 = 7_400.0;
/// Pulses of the reverberation a second.
const DENSITY: f64 = 1_500.0;
/// How much stronger the direct path is than all reverberation together.
const DIRECT_TO_REVERB_DB: f32 = 6.0;
/// The reverberation is followed until it has decayed this far.
const TAIL_DB: f64 = 40.0;
/// The noise there always is.
const FLOOR_DBFS: f32 = -65.0;
/// Longest stretch computed at once, in microphone samples.
const BLOCK: usize = 1_600;

/// What a simulated room is like.
#[derive(Clone, Debug)]
pub struct RoomConfig {
    /// Level at the microphone of what the loudspeaker plays, relative to its own digital level;
    /// `f32::NEG_INFINITY` for headphones.
    pub echo_db: f32,
    /// From a frame leaving the program until it reaches the microphone directly: at least 1 ms.
    pub delay: Duration,
    /// Time in which the reverberation decays by 60 dB.
    pub rt60: Duration,
    /// A recording that runs in a loop.
    pub noise: Option<Pcm>,
    /// Level of the technician's speech above that of the noise.
    pub snr_db: f32,
    /// Level of the technician's speech at the microphone, which `snr_db` refers to, in dB of full
    /// scale (RMS while speaking; [`speech_dbfs`] measures it).
    pub speech_dbfs: f32,
    /// The same seed makes the same room, to the last bit.
    pub seed: u64,
}

impl Default for RoomConfig {
    /// A small room with a laptop in it: echo at -20 dB after 20 ms, 0.3 s of reverberation, quiet.
    fn default() -> Self {
        Self {
            echo_db: -20.0,
            delay: Duration::from_millis(20),
            rt60: Duration::from_millis(300),
            noise: None,
            snr_db: 20.0,
            speech_dbfs: -26.0,
            seed: 1,
        }
    }
}

/// A room with a loudspeaker, a microphone, noise and a technician.
pub struct Room {
    lowpass: [f32; TAPS],
    /// Loudspeaker frames the low-pass still needs, oldest first.
    loud: Vec<f32>,
    /// Every way the sound takes: its delay after the low-pass in microphone samples, and its gain.
    paths: Vec<(usize, f32)>,
    /// The longest of the delays.
    longest: usize,
    /// The last `longest` low-passed samples, oldest first.
    past: Vec<f32>,
    /// How many of the newest in `past` are silent.
    silent: usize,
    noise: Vec<f32>,
    noise_next: usize,
    /// Amplitude of the noise that is always there.
    floor: f32,
    dice: Dice,
    words: Vec<Word>,
    /// Microphone samples so far.
    heard: u64,
}

struct Word {
    start: u64,
    samples: Arc<[f32]>,
    gain: f32,
}

impl Room {
    /// Builds the room.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](super::ErrorKind::Unsupported) if the noise has a sample rate that
    /// cannot be converted.
    pub fn new(config: RoomConfig) -> Result<Self, SoundError> {
        let mut dice = Dice::new(config.seed);
        let paths = paths(&config, &mut dice);
        let longest = paths.iter().map(|&(delay, _)| delay).max().unwrap_or(0);
        let mut noise = match config.noise {
            Some(noise) => noise.resampled(EAR_RATE)?.samples,
            None => Vec::new(),
        };
        let level = rms(&noise);
        let gain = if level > 0.0 {
            from_db(config.speech_dbfs - config.snr_db) / level
        } else {
            0.0
        };
        noise.iter_mut().for_each(|sample| *sample *= gain);
        let noise_next = dice.roll() as usize % noise.len().max(1);
        Ok(Self {
            lowpass: lowpass(),
            loud: vec![0.0; TAPS - 1],
            paths,
            longest,
            past: vec![0.0; longest],
            silent: longest,
            noise,
            noise_next,
            // Uniform noise of ±1 has a level of 1/√3.
            floor: from_db(FLOOR_DBFS) * 3.0_f32.sqrt(),
            dice,
            words: Vec::new(),
            heard: 0,
        })
    }

    /// Plays the next loudspeaker frames (48 kHz), any number of them, and appends to `microphone`
    /// what is heard meanwhile (16 kHz): sample `m` with frame `3 m`.
    pub fn step(&mut self, loudspeaker: &[f32], microphone: &mut Vec<f32>) {
        for piece in loudspeaker.chunks(BLOCK * FACTOR) {
            self.loud.extend_from_slice(piece);
            let begin = microphone.len();
            self.decimate();
            let length = self.past.len() - self.longest;
            microphone.resize(begin + length, 0.0);
            if let Some(block) = microphone.get_mut(begin..) {
                self.add_echo(block);
                self.add_words(block);
                self.add_noise(block);
                for sample in block {
                    *sample = sample.clamp(-1.0, 1.0);
                }
            }
            self.past.drain(..length);
            self.heard += length as u64;
        }
    }

    /// The technician says `samples` (16 kHz) beginning at `at`, `gain_db` louder than they are.
    ///
    /// Returns the moment of their first sample: `at`, or now if that has passed.
    pub fn talk(&mut self, samples: Arc<[f32]>, at: Moment, gain_db: f32) -> Moment {
        let start = at.frame(EAR_RATE).max(self.heard);
        self.words.push(Word {
            start,
            samples,
            gain: from_db(gain_db),
        });
        Moment::from_frame(start, EAR_RATE)
    }

    /// How far the microphone has heard.
    pub fn now(&self) -> Moment {
        Moment::from_frame(self.heard, EAR_RATE)
    }

    /// Low-passes the frames at hand and appends every third sample to `past`.
    fn decimate(&mut self) {
        let mut begin = 0;
        while let Some(window) = self.loud.get(begin..begin + TAPS) {
            // Zeros are frequent (nobody speaks most of the time) and cheap to find.
            let sample = if window.iter().all(|&frame| frame == 0.0) {
                0.0
            } else {
                window
                    .iter()
                    .zip(&self.lowpass)
                    .map(|(frame, tap)| frame * tap)
                    .sum()
            };
            self.silent = if sample == 0.0 { self.silent + 1 } else { 0 };
            self.past.push(sample);
            begin += FACTOR;
        }
        self.loud.drain(..begin);
    }

    fn add_echo(&self, block: &mut [f32]) {
        if self.silent >= self.past.len() {
            return;
        }
        for &(delay, gain) in &self.paths {
            let Some(past) = self.past.get(self.longest - delay..) else {
                continue;
            };
            for (sample, past) in block.iter_mut().zip(past) {
                *sample += gain * past;
            }
        }
    }

    fn add_words(&mut self, block: &mut [f32]) {
        let begin = self.heard;
        let end = begin + block.len() as u64;
        for word in self.words.iter().filter(|word| word.start < end) {
            let skip = begin.saturating_sub(word.start) as usize;
            let into = word.start.saturating_sub(begin) as usize;
            let samples = word.samples.get(skip..).unwrap_or_default();
            let block = block.get_mut(into..).unwrap_or_default();
            for (sample, spoken) in block.iter_mut().zip(samples) {
                *sample += word.gain * spoken;
            }
        }
        self.words
            .retain(|word| word.start + word.samples.len() as u64 > end);
    }

    fn add_noise(&mut self, block: &mut [f32]) {
        for sample in block {
            *sample += self.floor * self.dice.between_minus_one_and_one();
            if let Some(noise) = self.noise.get(self.noise_next) {
                *sample += noise;
                self.noise_next = (self.noise_next + 1) % self.noise.len();
            }
        }
    }
}

/// The level of speech in dB of full scale: RMS of the 20 ms frames within 20 dB of the loudest, so
/// that pauses do not count; `f32::NEG_INFINITY` for silence.
pub fn speech_dbfs(samples: &[f32], rate: u32) -> f32 {
    let frame = (rate / 50).max(1) as usize;
    let powers: Vec<f32> = samples
        .chunks(frame)
        .map(|frame| rms(frame).powi(2))
        .collect();
    let loudest = powers.iter().copied().fold(0.0, f32::max);
    let loud: Vec<f32> = powers
        .into_iter()
        .filter(|&power| power >= loudest / 100.0)
        .collect();
    10.0 * (loud.iter().sum::<f32>() / loud.len().max(1) as f32).log10()
}

/// A windowed sinc (Blackman), symmetrical, its taps summing to 1.
fn lowpass() -> [f32; TAPS] {
    let mut taps = [0.0; TAPS];
    let middle = (TAPS / 2) as f64;
    for (k, tap) in taps.iter_mut().enumerate() {
        let x = k as f64 - middle;
        let turn = std::f64::consts::PI * x / (middle + 1.0);
        let window = 0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos();
        let angle = std::f64::consts::TAU * CUTOFF / f64::from(RATE) * x;
        let sinc = if x == 0.0 { 1.0 } else { angle.sin() / angle };
        *tap = (window * sinc) as f32;
    }
    let sum: f32 = taps.iter().sum();
    taps.map(|tap| tap / sum)
}

/// The direct path and the reverberation, together as loud as the configuration says.
fn paths(config: &RoomConfig, dice: &mut Dice) -> Vec<(usize, f32)> {
    let rate = f64::from(EAR_RATE);
    let direct = (config.delay.as_secs_f64() * rate).round() as usize;
    // The low-pass has used up its share of the delay.
    let direct = direct.saturating_sub(TAPS / 2 / FACTOR);
    let rt60 = config.rt60.as_secs_f64().min(2.0);
    let cell = rate / DENSITY;
    let cells = (rt60 * TAIL_DB / 60.0 * rate / cell) as usize;
    let mut tail = Vec::with_capacity(cells + 1);
    for n in 0..cells {
        let place = (n as f64 + 0.5 + 0.5 * f64::from(dice.between_minus_one_and_one())) * cell;
        let sign = if dice.roll() & 1 == 0 { 1.0 } else { -1.0 };
        let gain = sign * 10_f64.powf(-3.0 * place / rate / rt60);
        tail.push((direct + 1 + place as usize, gain as f32));
    }
    let energy: f32 = tail.iter().map(|&(_, gain)| gain * gain).sum();
    let direct_energy = if tail.is_empty() {
        1.0
    } else {
        energy * from_db(DIRECT_TO_REVERB_DB).powi(2)
    };
    tail.push((direct, direct_energy.sqrt()));
    let loudness = from_db(config.echo_db) / (energy + direct_energy).sqrt();
    tail.iter_mut().for_each(|(_, gain)| *gain *= loudness);
    tail.retain(|&(_, gain)| gain != 0.0);
    tail
}

fn from_db(db: f32) -> f32 {
    10_f32.powf(db / 20.0)
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// SplitMix64: small, and the same for ever, which a library's generator does not promise.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn between_minus_one_and_one(&mut self) -> f32 {
        (self.roll() >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    }
}

#[cfg(test)]
mod tests;
