//! Which second lies where on the page. A silence in which nothing happens is folded.

/// Height of a second, in pixels: a number of a count has a line of its own.
const SECOND: f64 = 18.0;
/// A silence longer than this is folded, in seconds ...
const LONGEST: f64 = 6.0;
/// ... but for so much of it on either side.
const SHOWN: f64 = 1.0;
/// Height of a fold.
const FOLD: f64 = 34.0;

/// A stretch of time and where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// Whether nothing happens in it.
    pub(super) folded: bool,
}

/// The axis of time, downwards.
#[derive(Debug)]
pub(super) struct Axis {
    pub(super) pieces: Vec<Piece>,
}

impl Axis {
    /// From second 0 at `top` to `end`, with room for `events`.
    pub(super) fn new(mut events: Vec<(f64, f64)>, end: f64, top: f64) -> Self {
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut axis = Self { pieces: Vec::new() };
        let (mut shown_from, mut busy_until) = (0.0, 0.0_f64);
        for (from, to) in events.into_iter().chain([(end, end)]) {
            if from - busy_until > LONGEST {
                axis.add(shown_from, busy_until + SHOWN, top, false);
                axis.add(busy_until + SHOWN, from - SHOWN, top, true);
                shown_from = from - SHOWN;
            }
            busy_until = busy_until.max(to);
        }
        axis.add(shown_from, busy_until.max(end) + SHOWN, top, false);
        axis
    }

    fn add(&mut self, from: f64, to: f64, top: f64, folded: bool) {
        let top = self.pieces.last().map_or(top, |before| before.bottom);
        let height = if folded { FOLD } else { (to - from) * SECOND };
        self.pieces.push(Piece {
            from,
            to,
            top,
            bottom: top + height,
            folded,
        });
    }

    /// Where the page ends.
    pub(super) fn bottom(&self) -> f64 {
        self.pieces.last().map_or(0.0, |last| last.bottom)
    }

    fn piece(&self, second: f64) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.to <= second);
        self.pieces.get(after).or(self.pieces.last())
    }

    /// Where `second` lies.
    pub(super) fn y(&self, second: f64) -> f64 {
        self.piece(second).map_or(0.0, |piece| {
            let share = (second - piece.from) / (piece.to - piece.from).max(1e-9);
            piece.top + share.clamp(0.0, 1.0) * (piece.bottom - piece.top)
        })
    }

    /// Whether `second` lies in a fold.
    pub(super) fn is_folded(&self, second: f64) -> bool {
        self.piece(second).is_some_and(|piece| piece.folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_downwards_and_silence_is_folded() {
        let axis = Axis::new(vec![(100.0, 104.0), (0.0, 2.0), (5.0, 5.5)], 105.0, 50.0);
        let folded: Vec<bool> = axis.pieces.iter().map(|piece| piece.folded).collect();
        assert_eq!(folded, [false, true, false]);
        assert_eq!((axis.y(0.0), axis.y(1.0)), (50.0, 50.0 + SECOND));
        let places: Vec<f64> = (0..=106).map(|second| axis.y(f64::from(second))).collect();
        assert!(
            places.windows(2).all(|pair| pair[0] < pair[1]),
            "{places:?}"
        );
        assert!(!axis.is_folded(6.0) && axis.is_folded(50.0) && !axis.is_folded(99.5));
        assert!(axis.bottom() < 50.0 + 20.0 * SECOND);
    }

    #[test]
    fn an_event_within_another_ends_no_silence_early() {
        let axis = Axis::new(vec![(0.0, 60.0), (1.0, 2.0)], 60.0, 0.0);
        assert!(axis.pieces.iter().all(|piece| !piece.folded));
    }
}
