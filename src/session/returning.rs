//! The place of a talk: what is kept of it, and going on there after it broke off.
//!
//! A kept place is only ever *offered*. What is taken up again is chosen so that nothing counts as
//! done that may not have been:
//!
//! - a hold begins again, at the first phase of it or where its guide says that a slip leads, for
//!   nobody knows what the button did meanwhile;
//! - where the irreversible step was left and nothing was done since, it is asked once more, with
//!   what is lost.
//!
//! The offer never says "let go": the button may still be down.

use super::lines::{Line, words};
use super::steps::place_carries;
use super::{Doing, Outcome, Output, Place, Session, Urgency};
use crate::guide::Kind;
use crate::limits::PLACE_STEPS;
use crate::record::Event;
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// The place of a talk, by the ids of its guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bookmark {
    /// Id of the step.
    pub step: String,
    /// Whether the button was down.
    pub holding: bool,
    /// How many steps had been confirmed.
    pub confirmed: u32,
    /// Ids of the last of them, in order, for "go back".
    pub before: Vec<String>,
}

/// A kept place that the listener is asked about.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// Where the talk was.
    was: Place,
    /// Whether the button was down there.
    holding: bool,
    /// Whether the irreversible step is asked again.
    asks_again: bool,
    /// The places before the one that is taken up.
    history: Vec<Place>,
}

/// Something beside the talk that the listener has to know of. Each is said once in a talk, and not
/// into a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum News {
    /// There was a kept place, but it cannot be used.
    PlaceUnusable,
    /// The place cannot be kept.
    PlaceNotKept,
    /// What the microphone hears is written to a file.
    AudioKept,
    /// What the microphone hears cannot be written any more.
    AudioNotKept,
    /// The talk stood still after the end of a hold had been told; it may do so more than once.
    WasStopped,
}

impl Session {
    /// Asks whether to go on at a kept place; begins as usual where there is nothing to go on with.
    pub(super) fn offer(&mut self, kept: &Bookmark, now: Moment) {
        if kept.confirmed == 0 && !kept.holding {
            self.start(now);
            return;
        }
        let Some(was) = self.place_of(&kept.step) else {
            self.tell(News::PlaceUnusable);
            self.start(now);
            return;
        };
        // Only a hold can be held, whatever a file says.
        let kind = self.step_at(was).map(|step| &step.kind);
        let holding = kept.holding && matches!(kind, Some(Kind::Hold(_)));
        // A guide that was changed may lack a step: what came before it leads nowhere.
        let known = kept.before.iter().rev().map_while(|id| self.place_of(id));
        let mut history: Vec<Place> = known.collect();
        history.reverse();
        let mut place = self.begin_of_hold(was, holding);
        let asks_again = !holding
            && history.last().is_some_and(|before| {
                let step = self.step_at(*before);
                matches!(step.map(|step| &step.kind), Some(Kind::Confirm { .. }))
            });
        if asks_again && let Some(irreversible) = history.last() {
            place = *irreversible;
        }
        if let Some(index) = history.iter().position(|before| *before == place) {
            history.truncate(index);
        }
        self.record_start();
        self.record(Event::Offer {
            step: kept.step.clone(),
            holding,
        });
        self.place = place;
        self.entered = now;
        self.doing = Doing::Offered;
        self.offered = Some(Offer {
            was,
            holding,
            asks_again,
            history,
        });
        let mut sentences = self.take_news();
        sentences.extend(self.offer_said());
        self.say(sentences, Urgency::Now);
    }

    /// Where a hold that was broken off begins again: where a slip would lead, and never in a later
    /// phase of it.
    fn begin_of_hold(&self, was: Place, holding: bool) -> Place {
        let mut place = was;
        if holding
            && let Some(Kind::Hold(hold)) = self.step_at(place).map(|step| &step.kind)
            && let Some(restart) = hold.restart_at.as_deref().and_then(|id| self.place_of(id))
        {
            place = restart;
        }
        while let Some(index) = place.index.checked_sub(1) {
            let before = Place { index, ..place };
            if !place_carries(self.step_at(before)) {
                break;
            }
            place = before;
        }
        place
    }

    /// What the offer says; the question comes last.
    pub(super) fn offer_said(&self) -> Vec<String> {
        let Some(offer) = &self.offered else {
            return Vec::new();
        };
        let mut sentences = Vec::new();
        if let Some(way) = offer.was.way.and_then(|way| self.guide.ways.get(way)) {
            sentences.push(way.title.clone());
        }
        sentences.push(words(&match (self.number_at(offer.was), offer.holding) {
            (Some(number), true) => Line::WereHolding(number),
            (Some(number), false) => Line::WereAt(number),
            (None, _) => Line::WereBetween,
        }));
        if offer.holding {
            sentences.push(words(&Line::ThatHoldAgain));
        }
        if offer.asks_again {
            sentences.push(words(&Line::AsksAgain));
        }
        sentences.push(words(&Line::AskReturn));
        sentences
    }

    /// The listener wants to go on at the kept place.
    pub(super) fn take_up(&mut self, now: Moment) {
        let Some(offer) = self.offered.take() else {
            return;
        };
        self.history = offer.history;
        // What is kept now is the place that was offered.
        self.kept = Some((offer.was, offer.holding, usize::MAX));
        self.enter(self.place, 1, vec![words(&Line::GoingOn)], now);
    }

    /// The listener wants to begin at the beginning: the kept place is forgotten.
    pub(super) fn start_over(&mut self, now: Moment) {
        if self.offered.take().is_none() {
            return;
        }
        self.keep(None);
        let opening = self.opening();
        self.enter(Place::FIRST, 1, opening, now);
    }

    /// Has the place kept where it has changed.
    pub(super) fn announce_place(&mut self) {
        if !matches!(
            self.doing,
            Doing::Instructed
                | Doing::Pressing { .. }
                | Doing::Holding { .. }
                | Doing::Waiting { .. }
        ) {
            return;
        }
        let (place, holding, confirmed) = (self.place, self.is_held(), self.history.len());
        // Where nothing has been done there is nothing to go on with.
        if confirmed == 0 && !holding {
            if self.kept.take().is_some() {
                self.keep(None);
            }
            return;
        }
        if self.kept == Some((place, holding, confirmed)) {
            return;
        }
        self.kept = Some((place, holding, confirmed));
        let id = |place: &Place| self.step_at(*place).map(|step| step.id.clone());
        let Some(step) = id(&place) else { return };
        let last = self
            .history
            .get(confirmed.saturating_sub(PLACE_STEPS)..)
            .unwrap_or(&[]);
        let before = last.iter().filter_map(id).collect();
        self.keep(Some(Bookmark {
            step,
            holding,
            confirmed: u32::try_from(confirmed).unwrap_or(u32::MAX),
            before,
        }));
    }

    fn keep(&mut self, place: Option<Bookmark>) {
        if self.settings.keeps_place {
            self.out.push_back(Output::Keep(place));
        }
    }

    /// The talk ends: a finished one has no place, a stopped one is told that its place is kept.
    pub(super) fn last_place(&mut self, outcome: Outcome) -> Option<String> {
        match outcome {
            Outcome::Done | Outcome::GaveUp => {
                self.keep(None);
                None
            }
            Outcome::Stopped => {
                let kept = self.settings.keeps_place
                    && (self.kept.is_some() || self.offered.is_some())
                    && !self.told.contains(&News::PlaceNotKept);
                kept.then(|| words(&Line::PlaceKept))
            }
        }
    }

    /// Notes news, to be told as soon as that disturbs nothing.
    pub(super) fn tell(&mut self, news: News) {
        let is_known = self.told.contains(&news);
        if !is_known {
            self.told.push(news);
        }
        if (!is_known || news == News::WasStopped) && !self.untold.contains(&news) {
            self.untold.push(news);
        }
    }

    /// The news that have not been told, as sentences.
    pub(super) fn take_news(&mut self) -> Vec<String> {
        let untold = std::mem::take(&mut self.untold);
        untold.into_iter().map(sentence).collect()
    }

    /// News among what was cut off have not been told after all: they are taken from `unsaid`, to be told later.
    pub(super) fn untell(&mut self, unsaid: &mut Vec<String>) {
        for news in &self.told {
            let before = unsaid.len();
            unsaid.retain(|said| *said != sentence(*news));
            if unsaid.len() < before && !self.untold.contains(news) {
                self.untold.push(*news);
            }
        }
    }

    /// Tells news where nothing is being counted.
    pub(super) fn announce_news(&mut self) {
        let busy = matches!(
            self.doing,
            Doing::Asleep | Doing::Holding { .. } | Doing::Leaving { .. } | Doing::Over
        );
        if !busy && !self.untold.is_empty() {
            let sentences = self.take_news();
            self.speak(sentences, Urgency::Next, false);
        }
    }

    pub(super) fn place_of(&self, id: &str) -> Option<Place> {
        let ways = std::iter::once(None).chain((0..self.guide.ways.len()).map(Some));
        ways.filter_map(|way| {
            let index = self.steps_of(way).iter().position(|step| step.id == id)?;
            Some(Place { way, index })
        })
        .next()
    }
}

/// What is said of `news`.
fn sentence(news: News) -> String {
    words(&match news {
        News::PlaceUnusable => Line::PlaceUnusable,
        News::PlaceNotKept => Line::PlaceNotKept,
        News::AudioKept => Line::AudioKept,
        News::AudioNotKept => Line::AudioNotKept,
        News::WasStopped => Line::WasStopped,
    })
}
