//! The ears of a talk, given recordings for a microphone.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::ears::protocol::{Reply, Request};
use crate::ears::recogniser::{Decoder, PATIENCE, Recogniser, RecogniserError};
use crate::ears::verifier::Verifier;
use crate::ears::{Ears, EarsError, Phrase, Spoken, Verdict};
use crate::sound::EAR_RATE;
use crate::time::Moment;

/// Samples given at once: 20 ms, as a device does.
pub(super) const CHUNK: usize = 320;

/// A verdict, and what it took to compute.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) verdict: Verdict,
    /// Time computed on the chunk that brought it, on this machine.
    pub(super) took: Duration,
}

/// One recogniser for many ears, one after the other, as one process serves a whole talk.
#[derive(Clone)]
pub(super) struct Shared {
    recogniser: Arc<Mutex<Recogniser>>,
    verifier: Option<Arc<Verifier>>,
}

impl Shared {
    /// Starts the model in the directory `model`.
    pub(super) fn open(model: &Path) -> Result<Self, EarsError> {
        let mut recogniser = Recogniser::start(model)?;
        recogniser.set_limit(PATIENCE);
        Ok(Self {
            verifier: Verifier::load(model)?,
            recogniser: Arc::new(Mutex::new(recogniser)),
        })
    }

    fn ears(&self) -> Ears {
        Ears::new(self.clone()).verified_by(self.verifier.clone())
    }

    fn process(&self) -> Option<u32> {
        let recogniser = self
            .recogniser
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        recogniser.process()
    }
}

impl Decoder for Shared {
    fn ask(&mut self, request: &Request) -> Result<Reply, RecogniserError> {
        let mut recogniser = self
            .recogniser
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        recogniser.ask(request)
    }

    fn restart(&mut self) -> Result<(), RecogniserError> {
        let mut recogniser = self
            .recogniser
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        recogniser.restart()
    }
}

/// What listening costs: processor time of the ears and of their recogniser, and the sound it was for.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    processor: Duration,
    heard: Duration,
}

impl Load {
    /// Processor time by sound; 0 where nothing was heard.
    pub(super) fn real_time_factor(&self) -> f64 {
        self.processor.as_secs_f64() / self.heard.as_secs_f64().max(1e-9)
            * f64::from(u8::from(!self.heard.is_zero()))
    }
}

/// Ears at the beginning of a stream.
pub(super) struct Listener<'a> {
    ears: Ears,
    shared: Shared,
    load: &'a mut Load,
    /// Samples heard.
    position: u64,
    /// Samples that do not fill a chunk yet.
    rest: Vec<f32>,
    /// Processor time of the recogniser's process when measuring began.
    child: Option<Duration>,
    wall: Duration,
    own: Duration,
}

impl<'a> Listener<'a> {
    pub(super) fn new(shared: &Shared, phrases: &[Phrase], load: &'a mut Load) -> Self {
        let mut ears = shared.ears();
        ears.listen_for(phrases);
        Self {
            ears,
            shared: shared.clone(),
            load,
            position: 0,
            rest: Vec::new(),
            child: None,
            wall: Duration::ZERO,
            own: Duration::ZERO,
        }
    }

    /// Where the stream is: the moment of the next sample.
    pub(super) fn now(&self) -> Moment {
        Moment::from_frame(self.position + self.rest.len() as u64, EAR_RATE)
    }

    /// Hears more of the stream, in whole chunks; `copy` gets what the ears hear, as 16-bit samples.
    pub(super) fn hear(
        &mut self,
        samples: &[f32],
        mut copy: impl FnMut(&[i16]),
    ) -> Result<Vec<Decided>, EarsError> {
        let mut decided = Vec::new();
        for sample in samples {
            self.rest.push(*sample);
            if self.rest.len() == CHUNK {
                let chunk = std::mem::take(&mut self.rest);
                decided.extend(self.chunk(&chunk, None, &mut copy)?);
            }
        }
        Ok(decided)
    }

    /// Hears one chunk, while our own voice says `ours` and `far` (16 kHz) leaves the loudspeaker.
    pub(super) fn chunk(
        &mut self,
        chunk: &[f32],
        ours: Option<(&[f32], &[Spoken])>,
        copy: &mut impl FnMut(&[i16]),
    ) -> Result<Vec<Decided>, EarsError> {
        // Through 16 bits, as from a device, and so that others can be given the very same samples.
        let bits: Vec<i16> = chunk.iter().map(|x| (x * 32_768.0) as i16).collect();
        copy(&bits);
        let heard: Vec<f32> = bits.iter().map(|x| f32::from(*x) / 32_768.0).collect();
        let first = Moment::from_frame(self.position, EAR_RATE);
        self.position += chunk.len() as u64;
        let now = Moment::from_frame(self.position, EAR_RATE);
        let (began, before) = (Instant::now(), thread_time());
        if let Some((far, spans)) = ours {
            self.ears.speaking(spans, now);
            self.ears.far_end(far, first);
        }
        let verdicts = self.ears.push(&heard, first)?;
        let took = began.elapsed();
        if self.child.is_none() {
            // The first chunk sets the grammar, which is no part of listening.
            self.child = Some(self.child_time().unwrap_or_default());
        } else {
            self.wall += took;
            self.own += before
                .and_then(|before| Some(thread_time()?.saturating_sub(before)))
                .unwrap_or(took);
        }
        let decided = |verdict| Decided { verdict, took };
        Ok(verdicts.into_iter().map(decided).collect())
    }

    fn child_time(&self) -> Option<Duration> {
        process_time(self.shared.process()?)
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let child = self.child_time().zip(self.child);
        self.load.processor += match child {
            Some((now, before)) => self.own + now.saturating_sub(before),
            // Where a process's time cannot be read, the time that went by has to do.
            None => self.wall,
        };
        self.load.heard += Moment::from_frame(self.position, EAR_RATE).since(Moment::ZERO);
    }
}

/// Peak memory of the ears and their recogniser, as far as the machine tells it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    /// Of this process, in bytes.
    own: Option<f64>,
    /// Whether a recording was read that is no part of the ears, but would be counted as one.
    spoilt: bool,
}

impl Memory {
    /// Looks again, after something short was heard.
    pub(super) fn look(&mut self) {
        if !self.spoilt {
            self.own = peak("self").or(self.own);
        }
    }

    /// A recording was read that takes as much memory as the ears themselves: from now on the peak of this
    /// process is not that of the ears.
    pub(super) fn spoil(&mut self) {
        self.spoilt = true;
    }

    /// Of both processes together, in megabytes (10⁶ bytes).
    pub(super) fn peak(self, shared: &Shared) -> Option<f64> {
        Some((self.own? + peak(&shared.process()?.to_string())?) / 1e6)
    }
}

/// Peak memory of a process in bytes.
fn peak(process: &str) -> Option<f64> {
    let status = std::fs::read_to_string(Path::new("/proc").join(process).join("status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1_024.0)
}

/// Processor time that this thread has had.
fn thread_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).ok()
    }
    #[cfg(not(unix))]
    None
}

/// Processor time that a process has had, all its threads together; known on Linux only.
fn process_time(process: u32) -> Option<Duration> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let schedule = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += schedule.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanoseconds))
}
