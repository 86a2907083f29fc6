//! The ears on a thread of their own: chunks of the microphone in, verdicts out.

use super::super::meter::Meter;
use crate::ears::recogniser::{REPLY_LIMIT, RecogniserError};
use crate::ears::{Decimator, Ears, Phrase, Spoken, Verdict};
use crate::record::Event;
use crate::sound::capture::Chunk;
use crate::sound::timeline::FarEnd;
use crate::sound::{EAR_RATE, RATE};
use crate::time::Moment;
use std::path::PathBuf;
use std::sync::mpsc as control;
use std::time::Duration;
use tokio::sync::mpsc;

/// A recogniser that died is started again this often before the talk goes on with keys alone.
const RESTARTS: u32 = 3;
/// This much sound heard without a fault clears its record: 60 s of 20 ms chunks.
const CHUNKS_TO_FORGIVE: u32 = 3_000;

/// The noise floor is told as often as this, in samples: once a second.
const TELL_NOISE: u64 = EAR_RATE as u64;
/// And not before a microphone has been heard for so long: that of the first moments is none.
const FIRST_NOISE: u64 = 3 * EAR_RATE as u64;

/// The moments of loudspeaker and microphone come from two devices' own accounts of their delays: what is
/// played may seem to be heard this much before it sounds.
const EARLY: Duration = Duration::from_millis(30);

/// What the ears are told.
pub(super) enum ToEars {
    /// Listen for these phrases.
    Listen(Vec<Phrase>),
    /// This is, was and will be said aloud by the talk itself.
    Speaking(Vec<Spoken>, Moment),
    /// A microphone, from now on.
    Microphone(mpsc::Receiver<Chunk>),
    /// What is sent to the loudspeaker, from now on.
    Loudspeaker(rtrb::Consumer<FarEnd>),
}

/// What the ears have to tell.
#[derive(Debug)]
pub(super) enum FromEars {
    /// The recogniser runs.
    Ready,
    /// A verdict.
    Verdict(Verdict),
    /// The noise floor of the last seconds, in dB of full scale, about once a second.
    Noise(f32),
    /// How loud both channels were during a second that is over.
    Levels(Event),
    /// The recogniser died and was started again; why.
    Restarted(String),
    /// There is no recogniser, or no more; why, and what to do.
    Failed(RecogniserError),
}

/// Starts the thread. It ends when the returned sender is dropped and the microphone closed.
pub(super) fn listen(
    model: PathBuf,
) -> (control::Sender<ToEars>, mpsc::UnboundedReceiver<FromEars>) {
    let (to_ears, orders) = control::channel();
    let (from_ears, tells) = mpsc::unbounded_channel();
    std::thread::Builder::new()
        .name("ears".into())
        .spawn(move || {
            let ears = match Ears::open(&model, REPLY_LIMIT) {
                Ok(ears) => ears,
                Err(error) => {
                    let _ = from_ears.send(FromEars::Failed(error));
                    return;
                }
            };
            let _ = from_ears.send(FromEars::Ready);
            Listener {
                ears,
                orders,
                tells: from_ears,
                chunks: None,
                far_end: None,
                meter: Meter::default(),
                heard: 0,
                noise_at: FIRST_NOISE,
            }
            .run();
        })
        .map(drop)
        // Without a thread there is no listening; the receiver sees a closed channel.
        .unwrap_or_default();
    (to_ears, tells)
}

struct Listener {
    ears: Ears,
    orders: control::Receiver<ToEars>,
    tells: mpsc::UnboundedSender<FromEars>,
    chunks: Option<mpsc::Receiver<Chunk>>,
    far_end: Option<Played>,
    meter: Meter,
    /// Samples heard of this microphone, and the count of them at which its noise floor is told next.
    heard: u64,
    noise_at: u64,
}

/// What is played, on its way to the echo canceller.
struct Played {
    tap: rtrb::Consumer<FarEnd>,
    decimator: Decimator,
    /// The frame after the last one taken.
    next: u64,
}

impl Played {
    fn new(tap: rtrb::Consumer<FarEnd>) -> Self {
        Self {
            tap,
            decimator: Decimator::default(),
            next: 0,
        }
    }

    /// Tells `ears` and `meter` what was played since the last call. It is pulled some 80 ms before it sounds, so
    /// it is here before the microphone hears it.
    fn tell(&mut self, ears: &mut Ears, meter: &mut Meter) {
        let mut samples = Vec::new();
        while let Ok(block) = self.tap.pop() {
            if block.first != self.next {
                self.decimator.jump();
            }
            self.next = block.first + block.samples().len() as u64;
            samples.clear();
            self.decimator.push(block.samples(), &mut samples);
            let first = Moment::from_frame(block.first, RATE).saturating_sub(EARLY);
            ears.far_end(&samples, first);
            meter.speaker(&samples, first);
        }
    }
}

impl Listener {
    fn run(mut self) {
        let (mut faults, mut heard) = (0, 0_u32);
        loop {
            // Orders first: a word that comes after a new prompt is heard with its vocabulary.
            while let Ok(order) = self.orders.try_recv() {
                self.obey(order);
            }
            let Some(chunks) = &mut self.chunks else {
                match self.orders.recv() {
                    Ok(order) => self.obey(order),
                    Err(control::RecvError) => return,
                }
                continue;
            };
            let Some(chunk) = chunks.blocking_recv() else {
                self.chunks = None;
                continue;
            };
            if let Some(played) = &mut self.far_end {
                played.tell(&mut self.ears, &mut self.meter);
            }
            if let Some(levels) = self.meter.microphone(&chunk.samples, chunk.first)
                && self.tells.send(FromEars::Levels(levels)).is_err()
            {
                return;
            }
            let told = match self.ears.push(&chunk.samples, chunk.first) {
                Ok(verdicts) => {
                    heard += 1;
                    if heard > CHUNKS_TO_FORGIVE {
                        (faults, heard) = (0, 0);
                    }
                    verdicts
                        .into_iter()
                        .all(|verdict| self.tells.send(FromEars::Verdict(verdict)).is_ok())
                }
                Err(error) => {
                    faults += 1;
                    heard = 0;
                    let restarted = if faults > RESTARTS {
                        Err(error)
                    } else {
                        self.ears.restart().map(|()| error)
                    };
                    match restarted {
                        Ok(error) => self
                            .tells
                            .send(FromEars::Restarted(error.to_string()))
                            .is_ok(),
                        Err(error) => {
                            let _ = self.tells.send(FromEars::Failed(error));
                            return;
                        }
                    }
                }
            };
            self.heard += chunk.samples.len() as u64;
            if !told || !self.tell_noise() {
                return;
            }
        }
    }

    /// Tells the noise floor when it is time to; `false` where nobody listens any more.
    fn tell_noise(&mut self) -> bool {
        if self.heard < self.noise_at {
            return true;
        }
        self.noise_at = self.heard + TELL_NOISE;
        let floor = self.ears.noise_floor();
        self.tells.send(FromEars::Noise(floor)).is_ok()
    }

    fn obey(&mut self, order: ToEars) {
        match order {
            ToEars::Listen(phrases) => self.ears.listen_for(&phrases),
            ToEars::Speaking(spans, now) => self.ears.speaking(&spans, now),
            ToEars::Microphone(chunks) => {
                self.chunks = Some(chunks);
                (self.heard, self.noise_at) = (0, FIRST_NOISE);
            }
            ToEars::Loudspeaker(tap) => self.far_end = Some(Played::new(tap)),
        }
    }
}
