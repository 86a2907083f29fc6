//! The one source that sounds: clips placed by frame number.
//!
//! [`timeline`] makes a pair. The [`Timeline`] is a [`rodio::Source`] (mono, 48 kHz, endless) and
//! lives in the audio callback; the [`Control`] lives with whoever decides what sounds. Between them
//! lie two rings; on the audio side nothing is allocated, freed, locked or logged. A clip that is
//! over travels back through the ring of reports and is freed by [`Control::reports`].
//!
//! # What to rely on
//!
//! * A clip placed at moment `t` has its first sample in frame `t.frame(48_000)`, exactly.
//! * A clip placed in the past, or at no moment, starts at the next frame; its
//!   [`Report::Started`] says which one that was.
//! * Clips that overlap are summed. [`Command::Level`] changes over 10 ms, [`Command::Remove`] fades
//!   over 10 ms.
//! * Above 0.9 of full scale the sum bends smoothly and never reaches ±1; below, it is exact. How
//!   often that happened is told by [`Control::limited`].
//! * Every clip placed gives exactly one [`Report::Finished`], and a `Started` before it if any of
//!   it sounded.
//! * Everything happens in the order of commands; up to 256 clips may wait and 32 may sound at
//!   once. A clip for which there is no room is reported as finished and cut, never having started.
//!
//! # Jumping
//!
//! [`Timeline::skip_to`], or [`Cue::skip_to`] for a timeline that is already out of reach, moves on
//! to a later frame. Clips that begin after it keep their places. Clips that were to begin in what is
//! skipped are cut: a count that was due then must not be heard late. Clips that were sounding are where
//! they would be by then, after up to half a second; after more, they are cut.

mod control;
mod tap;

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rtrb::{Consumer, Producer, RingBuffer};

use super::RATE;
pub(crate) use control::Cue;
pub use control::{Command, Control, Full, Report};
use control::{Shared, Told};
pub use tap::FarEnd;
use tap::Tap;

/// Commands that may be on their way at once.
const COMMANDS: usize = 1_024;
/// Reports that may be on their way at once. While fewer than two for every clip are free, further
/// commands wait.
const REPORTS: usize = 4_096;
/// Clips that may wait for their frame at once.
const WAITING: usize = 256;
/// Clips that may sound at once.
const SOUNDING: usize = 32;
/// Frames that a fade or a change of level takes: 10 ms.
const RAMP: u32 = RATE / 100;
/// A clip that was sounding goes on after a jump over no more than this: half a second of it is not heard.
const STUMBLE: u64 = RATE as u64 / 2;
/// Up to here samples pass unchanged.
const KNEE: f32 = 0.9;
/// No jump is wanted.
const NO_CUE: u64 = u64::MAX;

struct Clip {
    id: u64,
    /// The frame it begins in.
    start: u64,
    /// Whether it was placed without a moment, and moves along if its start is skipped.
    soon: bool,
    samples: Arc<[f32]>,
    next: usize,
    gain: f32,
    /// Frames left of its fade, once it is being removed.
    fade: Option<u32>,
}

/// The audio side: an endless mono 48 kHz [`rodio::Source`].
pub struct Timeline {
    frame: u64,
    commands: Consumer<Command>,
    told: Producer<Told>,
    shared: Arc<Shared>,
    /// Latest start first, so that the next one is the last.
    waiting: Vec<Clip>,
    sounding: Vec<Clip>,
    level: f32,
    level_step: f32,
    level_steps: u32,
    level_target: f32,
    tap: Tap,
}

/// A timeline that begins with frame `first_frame`, and its control.
pub fn timeline(first_frame: u64) -> (Control, Timeline) {
    let (commands_in, commands_out) = RingBuffer::new(COMMANDS);
    let (told_in, told_out) = RingBuffer::new(REPORTS);
    let shared = Arc::new(Shared {
        position: AtomicU64::new(first_frame),
        limited: AtomicU64::new(0),
        cue: AtomicU64::new(NO_CUE),
    });
    let control = Control {
        commands: commands_in,
        told: told_out,
        shared: Arc::clone(&shared),
    };
    let timeline = Timeline {
        frame: first_frame,
        commands: commands_out,
        told: told_in,
        shared,
        waiting: Vec::with_capacity(WAITING),
        sounding: Vec::with_capacity(SOUNDING),
        level: 1.0,
        level_step: 0.0,
        level_steps: 0,
        level_target: 1.0,
        tap: Tap::new(first_frame),
    };
    (control, timeline)
}

impl Timeline {
    /// The next frame to be pulled.
    pub fn position(&self) -> u64 {
        self.frame
    }

    /// Fills `block` with the next frames: for those who pull it without a mixer, as the simulated
    /// room does.
    pub fn pull(&mut self, block: &mut [f32]) {
        for sample in block {
            *sample = self.frame_out();
        }
    }

    /// Moves on to `frame` without sounding, if it lies ahead; see the module's text. Call it with
    /// the clock's frame while there is no loudspeaker, so that the reports keep coming.
    ///
    /// Clips placed as soon as possible that never started stay, and start there.
    pub fn skip_to(&mut self, frame: u64) {
        self.take_commands();
        if frame <= self.frame {
            return;
        }
        self.tap.flush(frame);
        let skipped = frame - self.frame;
        self.frame = frame;
        self.shared.position.store(frame, Ordering::Relaxed);
        let mut index = self.sounding.len();
        while index > 0 {
            index -= 1;
            let Some(clip) = self.sounding.get_mut(index) else {
                break;
            };
            let next = clip.next + skipped.min(STUMBLE + 1) as usize;
            if skipped <= STUMBLE && next < clip.samples.len() {
                clip.next = next;
            } else {
                let clip = self.sounding.swap_remove(index);
                self.finish(clip, true);
            }
        }
        // From the end: the earliest starts. Those to start soon move to this frame.
        let mut index = self.waiting.len();
        while index > 0 {
            index -= 1;
            let Some(clip) = self.waiting.get_mut(index) else {
                break;
            };
            if clip.start >= frame {
                break;
            }
            if clip.soon {
                clip.start = frame;
            } else {
                let clip = self.waiting.remove(index);
                self.finish(clip, true);
            }
        }
        self.start_due();
    }

    /// A copy of everything this timeline sends out from now on, for an echo canceller: 2 s are
    /// kept, then newer blocks are lost, which their frame numbers show. The latest tap counts.
    pub fn tap(&mut self) -> Consumer<FarEnd> {
        self.tap.open(self.frame)
    }

    /// A handle for making it jump once it is out of reach.
    pub(crate) fn cue(&self) -> Cue {
        Cue(Arc::clone(&self.shared))
    }

    fn frame_out(&mut self) -> f32 {
        if self.shared.cue.load(Ordering::Relaxed) != NO_CUE {
            let frame = self.shared.cue.swap(NO_CUE, Ordering::Relaxed);
            self.skip_to(frame);
        }
        self.take_commands();
        self.start_due();
        let mut sum = 0.0;
        let mut index = 0;
        while let Some(clip) = self.sounding.get_mut(index) {
            match clip.next_sample() {
                Some(sample) => {
                    sum += sample;
                    index += 1;
                }
                None => {
                    let clip = self.sounding.swap_remove(index);
                    let cut = clip.fade.is_some() || clip.next < clip.samples.len();
                    self.finish(clip, cut);
                }
            }
        }
        let level = self.next_level();
        let sample = self.limit(sum * level);
        self.frame += 1;
        self.shared.position.store(self.frame, Ordering::Relaxed);
        self.tap.feed(sample, self.frame);
        sample
    }

    fn take_commands(&mut self) {
        while !self.commands.is_empty() {
            // Each clip takes two reports; there must be room for those of every clip at hand, so
            // that a report never fails.
            let clips = self.waiting.len() + self.sounding.len();
            if self.told.slots() < 2 * (clips + 1) {
                return;
            }
            match self.commands.pop() {
                Ok(Command::Place {
                    id,
                    at,
                    samples,
                    gain,
                }) => {
                    let start = at.map_or(self.frame, |at| at.frame(RATE).max(self.frame));
                    let soon = at.is_none();
                    let clip = Clip {
                        id,
                        start,
                        soon,
                        samples,
                        next: 0,
                        gain,
                        fade: None,
                    };
                    self.place(clip);
                }
                Ok(Command::Remove { id }) => self.remove(id),
                Ok(Command::Level(level)) => self.set_level(level),
                Err(_) => return,
            }
        }
    }

    fn place(&mut self, clip: Clip) {
        if self.waiting.len() >= WAITING {
            return self.finish(clip, true);
        }
        let index = self
            .waiting
            .partition_point(|other| other.start > clip.start);
        self.waiting.insert(index, clip);
    }

    fn remove(&mut self, id: u64) {
        for clip in &mut self.sounding {
            if clip.id == id && clip.fade.is_none() {
                clip.fade = Some(RAMP);
            }
        }
        while let Some(index) = self.waiting.iter().position(|clip| clip.id == id) {
            let clip = self.waiting.remove(index);
            self.finish(clip, true);
        }
    }

    fn set_level(&mut self, level: f32) {
        if !level.is_finite() {
            return;
        }
        self.level_target = level.max(0.0);
        self.level_steps = RAMP;
        self.level_step = (self.level_target - self.level) / RAMP as f32;
    }

    fn next_level(&mut self) -> f32 {
        if self.level_steps > 0 {
            self.level_steps -= 1;
            self.level += self.level_step;
            if self.level_steps == 0 {
                self.level = self.level_target;
            }
        }
        self.level
    }

    fn start_due(&mut self) {
        while self
            .waiting
            .last()
            .is_some_and(|clip| clip.start <= self.frame)
        {
            let Some(clip) = self.waiting.pop() else {
                return;
            };
            if self.sounding.len() >= SOUNDING {
                self.finish(clip, true);
                continue;
            }
            let report = Report::Started {
                id: clip.id,
                frame: self.frame,
            };
            self.tell(Told {
                report,
                _spent: None,
            });
            self.sounding.push(clip);
        }
    }

    fn finish(&mut self, clip: Clip, cut: bool) {
        let report = Report::Finished {
            id: clip.id,
            frame: self.frame,
            cut,
        };
        self.tell(Told {
            report,
            _spent: Some(clip.samples),
        });
    }

    fn tell(&mut self, told: Told) {
        // Cannot fail, see `take_commands`; were it to, a clip would be freed here.
        let _ = self.told.push(told);
    }

    fn limit(&self, sample: f32) -> f32 {
        let size = sample.abs();
        if size <= KNEE {
            return sample;
        }
        self.shared.limited.fetch_add(1, Ordering::Relaxed);
        if !size.is_finite() {
            return 0.0;
        }
        let room = 1.0 - KNEE;
        (KNEE + room * ((size - KNEE) / room).tanh())
            .min(0.999_9)
            .copysign(sample)
    }
}

impl Clip {
    fn next_sample(&mut self) -> Option<f32> {
        let sample = self.samples.get(self.next)? * self.gain;
        let sample = match &mut self.fade {
            None => sample,
            Some(0) => return None,
            Some(left) => {
                *left -= 1;
                sample * *left as f32 / RAMP as f32
            }
        };
        self.next += 1;
        Some(sample)
    }
}

impl Iterator for Timeline {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        Some(self.frame_out())
    }
}

impl rodio::Source for Timeline {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> rodio::ChannelCount {
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> rodio::SampleRate {
        const { NonZero::new(RATE).unwrap() }
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests;
