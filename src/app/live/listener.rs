//! The ears on a thread of their own: chunks of the microphone in, verdicts out.

use super::super::meter::Meter;
use super::muted::Muted;
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
/// A recogniser that has died once too often is left alone for this long, and then tried again: 30 s of 20 ms chunks.
const CHUNKS_OF_REST: u32 = 1_500;

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
    /// The microphone delivers nothing (`true`), or something again.
    Muted(bool),
    /// The recogniser died and was started again; why.
    Restarted(String),
    /// There is no recogniser, or none for now ([`FromEars::Ready`] tells when there is one again); why, and what
    /// to do.
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
                muted: Muted::default(),
                faults: 0,
                faultless: 0,
                resting: None,
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
    muted: Muted,
    /// How often the recogniser died, and how many chunks it has heard since.
    faults: u32,
    faultless: u32,
    /// Chunks until a recogniser is tried again that died too often.
    resting: Option<u32>,
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
            let muted = self.muted.push(&chunk.samples);
            let told = muted.is_none_or(|muted| self.tells.send(FromEars::Muted(muted)).is_ok());
            let told = told && self.listen(&chunk);
            self.heard += chunk.samples.len() as u64;
            if !told || !self.tell_noise() {
                return;
            }
        }
    }

    /// Hears a chunk; `false` where nobody listens any more.
    fn listen(&mut self, chunk: &Chunk) -> bool {
        if let Some(left) = self.resting {
            self.resting = left.checked_sub(1);
            return self.resting.is_some() || self.begin_again();
        }
        match self.ears.push(&chunk.samples, chunk.first) {
            Ok(verdicts) => {
                self.faultless += 1;
                if self.faultless > CHUNKS_TO_FORGIVE {
                    (self.faults, self.faultless) = (0, 0);
                }
                verdicts
                    .into_iter()
                    .all(|verdict| self.tells.send(FromEars::Verdict(verdict)).is_ok())
            }
            Err(error) => {
                self.faults += 1;
                self.faultless = 0;
                let restarted = if self.faults > RESTARTS {
                    Err(error)
                } else {
                    self.ears.restart().map(|()| error)
                };
                match restarted {
                    Ok(error) => self.tells.send(FromEars::Restarted(error.to_string())),
                    Err(error) => {
                        self.resting = Some(CHUNKS_OF_REST);
                        self.tells.send(FromEars::Failed(error))
                    }
                }
                .is_ok()
            }
        }
    }

    /// After a rest, once more.
    fn begin_again(&mut self) -> bool {
        if self.ears.restart().is_err() {
            // It was told why when it went.
            self.resting = Some(CHUNKS_OF_REST);
            return true;
        }
        (self.faults, self.faultless) = (0, 0);
        self.tells.send(FromEars::Ready).is_ok()
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
                self.ears.another_path();
                self.chunks = Some(chunks);
                self.muted = Muted::default();
                (self.heard, self.noise_at) = (0, FIRST_NOISE);
            }
            ToEars::Loudspeaker(tap) => {
                self.ears.another_path();
                self.far_end = Some(Played::new(tap));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ears::protocol::{Reply, Request};
    use crate::ears::recogniser::Decoder;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    /// A recogniser that dies at once for as long as it is ill.
    #[derive(Clone, Default)]
    struct Dying {
        ill: Arc<AtomicBool>,
        restarts: Arc<AtomicU32>,
    }

    impl Decoder for Dying {
        fn ask(&mut self, request: &Request) -> Result<Reply, RecogniserError> {
            if self.ill.load(Ordering::Relaxed) {
                return Err(RecogniserError::Died {
                    how: "by itself".into(),
                });
            }
            Ok(match request {
                Request::Audio(_) => Reply::Partial {
                    text: String::new(),
                },
                Request::Finish => Reply::Final { words: Vec::new() },
                _ => Reply::Done,
            })
        }

        fn restart(&mut self) -> Result<(), RecogniserError> {
            self.restarts.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    }

    fn listener(decoder: impl Decoder + 'static) -> (Listener, mpsc::UnboundedReceiver<FromEars>) {
        let (tells, told) = mpsc::unbounded_channel();
        let listener = Listener {
            ears: Ears::new(decoder),
            orders: control::channel().1,
            tells,
            chunks: None,
            far_end: None,
            meter: Meter::default(),
            muted: Muted::default(),
            faults: 0,
            faultless: 0,
            resting: None,
            heard: 0,
            noise_at: FIRST_NOISE,
        };
        (listener, told)
    }

    #[test]
    fn a_stream_that_is_opened_again_makes_it_forget_the_way_of_the_echo() {
        let again = [
            ToEars::Loudspeaker(rtrb::RingBuffer::new(1).1),
            ToEars::Microphone(mpsc::channel(1).1),
        ];
        for order in again {
            let (mut listener, _told) = listener(Dying::default());
            for nth in 0..200 {
                let first = Moment::from_frame(nth * 320, EAR_RATE);
                let far: Vec<f32> = (0..320).map(|n| 0.1 * (n as f32 * 0.7).sin()).collect();
                let near: Vec<f32> = far.iter().map(|sample| 0.1 * sample).collect();
                listener.ears.far_end(&far, first);
                listener.ears.push(&near, first).unwrap();
            }
            assert!(listener.ears.knows_the_path());
            listener.obey(order);
            assert!(!listener.ears.knows_the_path());
        }
    }

    #[test]
    fn a_recogniser_that_dies_again_and_again_rests_and_comes_back() {
        let dying = Dying::default();
        let (mut listener, mut told) = listener(dying.clone());
        listener.ears.listen_for(&[Phrase {
            text: "next".into(),
            lane: crate::ears::Lane::Normal,
        }]);
        let mut nth = 0;
        let mut hear = |listener: &mut Listener, chunks: u64| {
            for _ in 0..chunks {
                let chunk = Chunk {
                    first: Moment::from_frame(nth * 320, EAR_RATE),
                    samples: vec![0.001; 320],
                };
                nth += 1;
                assert!(listener.listen(&chunk));
            }
        };
        hear(&mut listener, 50);
        dying.ill.store(true, Ordering::Relaxed);
        // The next chunk asks it for a grammar, whatever is heard.
        listener.ears.listen_for(&[]);
        hear(&mut listener, 50);
        let mut said = Vec::new();
        while let Ok(tell) = told.try_recv() {
            said.push(matches!(tell, FromEars::Failed(_)));
        }
        assert_eq!(
            said,
            [false, false, false, true],
            "three restarts, then it is told"
        );
        assert_eq!(dying.restarts.load(Ordering::Relaxed), RESTARTS);
        dying.ill.store(false, Ordering::Relaxed);
        hear(&mut listener, u64::from(CHUNKS_OF_REST) + 1);
        assert!(matches!(told.try_recv(), Ok(FromEars::Ready)));
    }
}
