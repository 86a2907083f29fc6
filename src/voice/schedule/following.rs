//! What the loudspeaker did, and what must have happened where it does not say.

use super::*;

/// A sentence not reported to sound by then is announced all the same, for the screen's sake.
const UNREPORTED: Duration = Duration::from_millis(250);
/// Silence between two sentences.
const PAUSE: Duration = Duration::from_millis(350);

impl Voice {
    /// Takes in what the loudspeaker really did.
    pub fn report(&mut self, report: Report) {
        match report {
            Report::Started { id, frame } => {
                let Some(placement) = self.placements.get_mut(id) else {
                    return;
                };
                placement.starts_at(Moment::from_frame(frame, RATE));
                if placement.state == State::Placed {
                    placement.state = State::Sounding;
                }
                let start = placement.start;
                self.announce(id);
                // It may have begun later than meant.
                self.make_way(start);
            }
            Report::Finished { id, frame, .. } => self.over(id, Moment::from_frame(frame, RATE)),
        }
    }

    /// Hands everything over again after the loudspeaker was lost: what is still to come keeps its
    /// moment, the sentence that was lost is said again, a beat that was lost is past.
    pub fn replace_all(&mut self, now: Moment) {
        self.commands.clear();
        self.commands.push_back(Command::Level(self.gain));
        let mut lost = Vec::new();
        for placement in self
            .placements
            .iter()
            .filter(|placement| placement.state != State::Over)
        {
            if placement.state == State::Placed && placement.start >= now + self.lead {
                let command = hand_over(placement, Some(placement.start));
                self.commands.push_back(command);
            } else {
                lost.push(placement.id);
            }
        }
        for id in lost {
            if let Some(speech) = self
                .speeches
                .iter_mut()
                .find(|speech| speech.placed == Some(id))
            {
                speech.placed = None;
            }
            self.placements.drop_one(id);
        }
    }

    /// Tells the talk, once, that a placement sounds.
    fn announce(&mut self, id: u64) {
        let Some(placement) = self.placements.get_mut(id) else {
            return;
        };
        if placement.state == State::Removed || std::mem::replace(&mut placement.announced, true) {
            return;
        }
        let (text, start, end) = (placement.text.clone(), placement.start, placement.end);
        match placement.kind {
            Kind::Beat { n, due, centre, .. } => {
                self.events.push_back(VoiceEvent::Counted {
                    n,
                    due,
                    onset: start + centre,
                    text,
                });
            }
            Kind::Sentence { speech } => self.events.push_back(VoiceEvent::Started {
                id: speech,
                text,
                start,
                end,
            }),
            Kind::Sound => {}
        }
    }

    /// A placement sounds no more.
    fn over(&mut self, id: u64, end: Moment) {
        let Some(placement) = self.placements.get_mut(id) else {
            return;
        };
        placement.state = State::Over;
        placement.end = end;
        if matches!(placement.kind, Kind::Sentence { .. }) {
            self.earliest = self.earliest.max(end + PAUSE);
        }
        if let Some(speech) = self
            .speeches
            .iter_mut()
            .find(|speech| speech.placed == Some(id))
        {
            speech.next(end);
        }
    }

    pub(super) fn go_on_without_reports(&mut self, now: Moment) {
        let silent = |placement: &&Placement| {
            placement.state == State::Placed
                && !placement.is_beat()
                && placement.start + UNREPORTED <= now
        };
        for id in self
            .placements
            .iter()
            .filter(silent)
            .map(|placement| placement.id)
            .collect::<Vec<_>>()
        {
            self.announce(id);
        }
        for id in self.placements.overdue(now) {
            let end = self
                .placements
                .get_mut(id)
                .map_or(now, |placement| placement.end);
            self.over(id, end);
        }
    }
}
