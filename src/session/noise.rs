//! A loud room, and what to do about it.

use super::lines::{Line, words};
use super::{Doing, Overlay, Session, Urgency};

/// From this noise floor on, in dB of the microphone's full scale, words are missed: speech at a usual
/// -26 dB then is 14 dB above it, and at 10 dB every fifth word is lost (`models/README.md`).
const LOUD_DB: f32 = -40.0;
/// A room has become quiet when its floor is below this.
const QUIET_DB: f32 = -46.0;

impl Session {
    /// The microphone's noise floor. That it is loud is said once, and again only after it was quiet.
    pub(super) fn noise(&mut self, floor_db: f32) {
        if floor_db < QUIET_DB {
            self.told_of_noise = false;
        }
        // A count is not talked into: it is said afterwards, if it is still loud then.
        let busy = matches!(
            self.doing,
            Doing::Holding { .. } | Doing::Leaving { .. } | Doing::Over
        );
        if floor_db >= LOUD_DB && !self.told_of_noise && !busy && self.overlay == Overlay::Clear {
            self.told_of_noise = true;
            self.speak(vec![words(&Line::Loud)], Urgency::Next, false);
        }
    }
}
