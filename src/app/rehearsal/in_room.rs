//! A talk and its ears in a simulated room, moved on by 10 ms at a time.

use super::super::meter::Meter;
use super::super::{App, Notice};
use crate::ears::{Decimator, Ears, EarsError, Verdict};
use crate::guide::Guide;
use crate::session::{Input, Outcome, Sayable, Settings};
use crate::sound::RATE;
use crate::sound::room::Room;
use crate::sound::timeline::{Timeline, timeline};
use crate::time::Moment;
use crate::voice::Voice;
use std::sync::Arc;
use std::time::Duration;

/// Frames moved at once: 10 ms.
const BLOCK: usize = RATE as usize / 100;

/// A talk, its ears, and the room between its loudspeaker and its microphone.
pub struct InRoom {
    app: App,
    ears: Ears,
    room: Room,
    timeline: Timeline,
    decimator: Decimator,
    meter: Meter,
    loudspeaker: Vec<f32>,
    microphone: Vec<f32>,
    far_end: Vec<f32>,
    now: Moment,
}

impl InRoom {
    /// A talk through `guide` that has not begun.
    pub fn new(
        guide: Arc<Guide>,
        settings: Settings,
        voice: Voice,
        ears: Ears,
        room: Room,
    ) -> Self {
        let (app, timeline) = silent(guide, settings, voice, 0);
        Self {
            app,
            ears,
            room,
            timeline,
            decimator: Decimator::default(),
            meter: Meter::default(),
            loudspeaker: vec![0.0; BLOCK],
            microphone: Vec::new(),
            far_end: Vec::new(),
            now: Moment::ZERO,
        }
    }

    /// Another talk takes the place of this one, in the same room and with the same ears; it has not begun.
    pub fn replace(&mut self, guide: Arc<Guide>, settings: Settings, voice: Voice) {
        (self.app, self.timeline) = silent(guide, settings, voice, self.timeline.position());
    }

    /// The talk begins.
    pub fn begin(&mut self) {
        self.app.handle(Input::Start, self.now);
    }

    /// What there is to know of the talk since the last call.
    pub fn notices(&mut self) -> Vec<Notice> {
        self.app.tick(self.now);
        self.app.notices()
    }

    /// Moves sound and time on by 10 ms; returns what the ears came to meanwhile.
    ///
    /// # Errors
    ///
    /// The recogniser failed.
    pub fn step(&mut self) -> Result<Vec<Verdict>, EarsError> {
        self.timeline.pull(&mut self.loudspeaker);
        self.microphone.clear();
        self.room.step(&self.loudspeaker, &mut self.microphone);
        let heard_from = self.now;
        self.now = Moment::from_frame(self.timeline.position(), RATE);

        if let Some(phrases) = self.app.phrases() {
            self.ears.listen_for(&phrases);
        }
        self.ears.speaking(&self.app.spans(), self.now);
        self.far_end.clear();
        self.decimator.push(&self.loudspeaker, &mut self.far_end);
        self.ears.far_end(&self.far_end, heard_from);
        self.meter.speaker(&self.far_end, heard_from);
        let levels = self.meter.microphone(&self.microphone, heard_from);
        self.app.levels(levels, self.now);
        let verdicts = self.ears.push(&self.microphone, heard_from)?;
        for verdict in &verdicts {
            self.app.verdict(verdict, self.now);
        }
        Ok(verdicts)
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// How the talk ended, if it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.app.outcome()
    }

    /// Whether the talk waits for the device.
    pub fn is_waiting(&self) -> bool {
        self.app.view(self.now).wait.is_some()
    }

    /// What may be said now.
    pub fn sayable(&self) -> &[Sayable] {
        self.app.sayable()
    }

    /// The room, to talk in.
    pub fn room(&mut self) -> &mut Room {
        &mut self.room
    }

    /// What the loudspeaker played in the last step (48 kHz).
    pub fn loudspeaker(&self) -> &[f32] {
        &self.loudspeaker
    }

    /// What the microphone heard in the last step (16 kHz).
    pub fn microphone(&self) -> &[f32] {
        &self.microphone
    }
}

/// A talk that has not begun, and its timeline from `frame` on.
fn silent(guide: Arc<Guide>, settings: Settings, voice: Voice, frame: u64) -> (App, Timeline) {
    let (control, timeline) = timeline(frame);
    let mut app = App::new(guide, settings, voice, control);
    // Nothing lies between the timeline and the room but the block that is being moved.
    app.set_lead(Duration::from_millis(10));
    (app, timeline)
}
