//! The transition-ids of our models: Kaldi's numbers for one frame of one phone.
//!
//! `models/training/kaldi_model.py` writes the same table into the acoustic model. Phone 1 is silence,
//! phone 2 garbage, and then come four phones for every sound, one for each position in a word. A phone
//! instance is one *forward* transition-id and then any number of *self-loop* transition-ids of the same
//! phone, whatever output of the network they stand for. So the pause inside a word is a self-loop of the
//! phone around it on output 0, and garbage is a single instance of a phone that owns all outputs: with a
//! phone for each, Kaldi's lattices of chatter would grow without bound.

/// The network's output for "no phone", the CTC blank.
pub(super) const BLANK: usize = 0;

/// Where in its word a phone stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Begin,
    Internal,
    End,
    Singleton,
}

impl Position {
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::Begin, "begin"),
        (Self::Internal, "internal"),
        (Self::End, "end"),
        (Self::Singleton, "singleton"),
    ];

    /// The position of phone `at` of `count`.
    pub(super) fn of(at: usize, count: usize) -> Self {
        match (at == 0, at + 1 == count) {
            (true, true) => Self::Singleton,
            (true, false) => Self::Begin,
            (false, true) => Self::End,
            (false, false) => Self::Internal,
        }
    }
}

/// The transition-id of a network's output, for a self-loop and for the first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) stay: i32,
    pub(super) enter: i32,
}

impl Frame {
    /// Of the entry of the model's table, which is counted from 0.
    fn entry(number: usize) -> Self {
        let stay = 2 * number as i32 + 1;
        Self {
            stay,
            enter: stay + 1,
        }
    }
}

/// The table of a model with so many outputs, the blank among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Topology {
    pub(super) outputs: usize,
}

impl Topology {
    /// Silence between words.
    pub(super) fn silence(self) -> Frame {
        Frame::entry(0)
    }

    /// Garbage that sounds like `output`.
    pub(super) fn garbage(self, output: usize) -> Frame {
        Frame::entry(1 + output)
    }

    /// The phone of `output` at a position, sounding.
    pub(super) fn sounding(self, output: usize, position: Position) -> Frame {
        Frame::entry(self.first_entry(output, position) + 1)
    }

    /// The same phone, with the blank for a sound.
    pub(super) fn paused(self, output: usize, position: Position) -> Frame {
        Frame::entry(self.first_entry(output, position))
    }

    fn first_entry(self, output: usize, position: Position) -> usize {
        let index = Self::index(output, position);
        1 + self.outputs + 2 * index
    }

    /// Kaldi's phones after silence and garbage, counted from 0.
    fn index(output: usize, position: Position) -> usize {
        let nth = Position::ALL
            .iter()
            .position(|(known, _)| *known == position);
        Position::ALL.len() * output.saturating_sub(1) + nth.unwrap_or(0)
    }

    /// The lines of `phones/word_boundary.int`: for each of Kaldi's phones, where words begin and end.
    pub(super) fn word_boundaries(self) -> String {
        let mut lines = String::from("1 nonword\n2 singleton\n");
        for output in 1..self.outputs {
            for (position, name) in Position::ALL {
                let phone = 3 + Self::index(output, position);
                lines.push_str(&format!("{phone} {name}\n"));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transition_ids_follow_kaldis_numbering() {
        let topology = Topology { outputs: 40 };
        assert_eq!(topology.silence(), Frame { stay: 1, enter: 2 });
        assert_eq!(topology.garbage(BLANK).stay, 3);
        // One entry of silence and forty of garbage come before the first phone.
        assert_eq!(topology.paused(1, Position::Begin).stay, 2 * 41 + 1);
        assert_eq!(topology.sounding(1, Position::Begin).stay, 2 * 42 + 1);
        assert_eq!(
            topology.sounding(39, Position::Singleton).enter,
            2 * (41 + 8 * 39)
        );
        assert_eq!(
            topology.word_boundaries().lines().last(),
            Some("158 singleton")
        );
    }
}
