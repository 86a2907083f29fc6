//! What the loudspeaker did, and what must have happened where it does not say.

use super::*;

/// A sentence or beat not reported to sound by then is announced all the same, for the screen's sake.
const UNREPORTED: Duration = Duration::from_millis(250);
/// A sentence is begun again so often at most.
const MOST_CUTS: u32 = 2;
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
                self.announce(id, true);
                // It may have begun later than meant.
                self.make_way(start);
            }
            Report::Finished { id, frame, cut } => {
                let at = Moment::from_frame(frame, RATE);
                if cut && self.is_begun_again(id) {
                    return;
                }
                self.announce_unheard(id, at);
                self.over(id, at);
            }
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
            self.announce_unheard(id, now + self.lead);
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

    /// A sentence that the loudspeaker cut, for it stumbled or stood still, is said again. We did not take it away.
    fn is_begun_again(&mut self, id: u64) -> bool {
        let lost = self
            .placements
            .get_mut(id)
            .is_some_and(|it| it.is_live() && matches!(it.kind, Kind::Sentence { .. }));
        let mut speeches = self.speeches.iter_mut();
        let speech = speeches.find(|it| lost && it.placed == Some(id) && it.cuts < MOST_CUTS);
        let Some(speech) = speech else { return false };
        speech.cuts += 1;
        speech.placed = None;
        self.placements.drop_one(id);
        true
    }

    /// A beat that is due by `now` and was not heard, and will not be, is told all the same: the screen shows it.
    fn announce_unheard(&mut self, id: u64, now: Moment) {
        let unheard = |it: &Placement| {
            it.is_beat() && it.state == State::Placed && !it.announced && it.start <= now
        };
        if self.placements.get_mut(id).is_some_and(|it| unheard(it)) {
            self.announce(id, false);
        }
    }

    /// Tells the talk, once, that a placement sounds, or that its time has come and nobody can hear it.
    fn announce(&mut self, id: u64, heard: bool) {
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
                    onset: heard.then_some(start + centre),
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
            placement.state == State::Placed && placement.start + UNREPORTED <= now
        };
        for id in self
            .placements
            .iter()
            .filter(silent)
            .map(|placement| placement.id)
            .collect::<Vec<_>>()
        {
            self.announce(id, false);
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
