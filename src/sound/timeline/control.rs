//! The side of a timeline that decides what sounds: commands to it, and its reports.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rtrb::{Consumer, Producer};

use crate::time::Moment;

/// What the timeline is to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Play a clip.
    Place {
        /// The name by which reports and [`Command::Remove`] mean it.
        id: u64,
        /// When its first sample is to be heard; `None`: as soon as possible.
        at: Option<Moment>,
        /// 48 kHz mono.
        samples: Arc<[f32]>,
        /// Factor for its samples; 1 leaves them as they are.
        gain: f32,
    },
    /// Fade a clip out within 10 ms, or forget it if it has not begun.
    Remove {
        /// The clip's name.
        id: u64,
    },
    /// Factor for the sum of all clips, reached within 10 ms; 1 at the beginning.
    Level(f32),
}

/// What the timeline did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The clip's first sample is in this frame.
    Started {
        /// The clip's name.
        id: u64,
        /// The frame; it is heard at `Moment::from_frame(frame, 48_000)`.
        frame: u64,
    },
    /// The clip is over.
    Finished {
        /// The clip's name.
        id: u64,
        /// The first frame without it.
        frame: u64,
        /// Whether any of it was left out: removed, skipped, or no room.
        cut: bool,
    },
}

/// There is no room for further commands: nothing pulls the timeline, or nobody reads its reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the timeline takes no more commands: read its reports, and see that something plays it")]
pub struct Full;

/// A report, and with it the clip that is to be freed.
pub(super) struct Told {
    pub(super) report: Report,
    pub(super) _spent: Option<Arc<[f32]>>,
}

/// What both sides can see at any time.
pub(super) struct Shared {
    pub(super) position: AtomicU64,
    pub(super) limited: AtomicU64,
    pub(super) cue: AtomicU64,
}

/// The side that decides what sounds.
pub struct Control {
    pub(super) commands: Producer<Command>,
    pub(super) told: Consumer<Told>,
    pub(super) shared: Arc<Shared>,
}

impl Control {
    /// Sends a command. It takes effect at the next frame pulled.
    ///
    /// # Errors
    ///
    /// [`Full`] when 1024 commands are already waiting; the command is dropped.
    pub fn send(&mut self, command: Command) -> Result<(), Full> {
        self.commands.push(command).map_err(|_| Full)
    }

    /// What happened since the last call, oldest first. Frees the clips that are over: call it often.
    pub fn reports(&mut self) -> impl Iterator<Item = Report> + '_ {
        std::iter::from_fn(|| self.told.pop().ok().map(|told| told.report))
    }

    /// The next frame to be pulled. What is heard lies some 20 to 100 ms before it.
    pub fn position(&self) -> u64 {
        self.shared.position.load(Ordering::Relaxed)
    }

    /// Frames so far in which the sum was too loud and was bent to stay below full scale.
    pub fn limited(&self) -> u64 {
        self.shared.limited.load(Ordering::Relaxed)
    }
}

/// Makes a timeline jump from the callback that pulls it through a mixer.
#[derive(Clone)]
pub(crate) struct Cue(pub(super) Arc<Shared>);

impl Cue {
    /// Makes the next frame pulled be `frame`. A frame that lies behind is ignored.
    pub(crate) fn skip_to(&self, frame: u64) {
        self.0.cue.store(frame, Ordering::Relaxed);
    }

    /// The next frame to be pulled.
    pub(crate) fn position(&self) -> u64 {
        self.0.position.load(Ordering::Relaxed)
    }
}
