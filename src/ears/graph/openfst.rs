//! Writes OpenFst's `const` type, the plainest that libvosk reads: a head, the states, the arcs.
//!
//! The graph is built as it is decoded, so nothing of a transducer library is needed: no
//! composition, no determinisation, and no look-ahead type for a few hundred words.
//!
//! Little-endian throughout (OpenFst `fst.h`, `const-fst.h`). `model::fst` reads the head.

use std::cmp::Ordering;

/// The four bytes that every graph file begins with.
pub(in crate::ears) const MAGIC: u32 = 0x7eb2_fdd6;
/// Version 2 has no padding between head, states and arcs.
const VERSION: i32 = 2;

/// What OpenFst wants to know about a graph without looking (`properties.h`).
pub(super) mod properties {
    pub(in super::super) const EXPANDED: u64 = 1;
    pub(in super::super) const ACCEPTOR: u64 = 1 << 16;
    pub(in super::super) const NOT_ACCEPTOR: u64 = 1 << 17;
    pub(in super::super) const INPUT_DETERMINISTIC: u64 = 1 << 18;
    pub(in super::super) const NOT_INPUT_DETERMINISTIC: u64 = 1 << 19;
    pub(in super::super) const OUTPUT_DETERMINISTIC: u64 = 1 << 20;
    pub(in super::super) const NOT_OUTPUT_DETERMINISTIC: u64 = 1 << 21;
    pub(in super::super) const EPSILONS: u64 = 1 << 22;
    pub(in super::super) const NO_EPSILONS: u64 = 1 << 23;
    pub(in super::super) const INPUT_EPSILONS: u64 = 1 << 24;
    pub(in super::super) const NO_INPUT_EPSILONS: u64 = 1 << 25;
    pub(in super::super) const OUTPUT_EPSILONS: u64 = 1 << 26;
    pub(in super::super) const NO_OUTPUT_EPSILONS: u64 = 1 << 27;
    pub(in super::super) const INPUT_SORTED: u64 = 1 << 28;
    pub(in super::super) const NOT_INPUT_SORTED: u64 = 1 << 29;
    pub(in super::super) const OUTPUT_SORTED: u64 = 1 << 30;
    pub(in super::super) const WEIGHTED: u64 = 1 << 32;
    pub(in super::super) const UNWEIGHTED: u64 = 1 << 33;
    pub(in super::super) const CYCLIC: u64 = 1 << 34;
    pub(in super::super) const INITIAL_CYCLIC: u64 = 1 << 36;
    pub(in super::super) const INITIAL_ACYCLIC: u64 = 1 << 37;
    pub(in super::super) const NOT_TOP_SORTED: u64 = 1 << 39;
    pub(in super::super) const ACCESSIBLE: u64 = 1 << 40;
    pub(in super::super) const COACCESSIBLE: u64 = 1 << 42;
    pub(in super::super) const NOT_STRING: u64 = 1 << 45;
    pub(in super::super) const WEIGHTED_CYCLES: u64 = 1 << 46;
    pub(in super::super) const UNWEIGHTED_CYCLES: u64 = 1 << 47;
}

/// A step from one state to another: it takes `input`, gives `output` and costs `cost`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Arc {
    pub(super) input: i32,
    pub(super) output: i32,
    /// A negated natural logarithm.
    pub(super) cost: f32,
    pub(super) to: State,
}

/// A state's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(i32);

/// A graph being built. Its start is the first state.
#[derive(Debug, Default)]
pub(super) struct Graph {
    states: Vec<Vec<Arc>>,
    ends: Option<State>,
}

impl Graph {
    /// A new state.
    pub(super) fn state(&mut self) -> State {
        self.states.push(Vec::new());
        State(self.states.len() as i32 - 1)
    }

    /// Lets `state`, and no other, be where a path may end.
    pub(super) fn end_at(&mut self, state: State) {
        self.ends = Some(state);
    }

    /// A step from `from` to `to`.
    pub(super) fn arc(&mut self, from: State, input: i32, output: i32, cost: f64, to: State) {
        if let Some(arcs) = self.states.get_mut(from.0 as usize) {
            arcs.push(Arc {
                input,
                output,
                cost: cost as f32,
                to,
            });
        }
    }

    /// How many states and arcs it has.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.states.len(), self.states.iter().map(Vec::len).sum())
    }

    /// The file. Arcs come sorted by output, then input; `known` are its [`properties`] but for the
    /// weights.
    pub(super) fn to_bytes(&self, known: u64) -> Vec<u8> {
        let (states, arcs) = self.size();
        let weighted = self.states.iter().flatten().any(|arc| arc.cost != 0.0);
        let known = known
            | match weighted {
                true => properties::WEIGHTED | properties::WEIGHTED_CYCLES,
                false => properties::UNWEIGHTED | properties::UNWEIGHTED_CYCLES,
            };
        let mut file = Vec::with_capacity(65 + states * 20 + arcs * 16);
        file.extend(MAGIC.to_le_bytes());
        for name in ["const", "standard"] {
            file.extend((name.len() as i32).to_le_bytes());
            file.extend(name.as_bytes());
        }
        file.extend(VERSION.to_le_bytes());
        // No flags: no symbol tables, not aligned.
        file.extend(0i32.to_le_bytes());
        file.extend(known.to_le_bytes());
        for number in [0, states as i64, arcs as i64] {
            file.extend(number.to_le_bytes());
        }
        let mut position = 0u32;
        for (number, arcs) in self.states.iter().enumerate() {
            let ends = self.ends == Some(State(number as i32));
            let finish: f32 = if ends { 0.0 } else { f32::INFINITY };
            let count = |epsilon: fn(&Arc) -> bool| arcs.iter().filter(|arc| epsilon(arc)).count();
            file.extend(finish.to_le_bytes());
            for number in [
                position,
                arcs.len() as u32,
                count(|arc| arc.input == 0) as u32,
                count(|arc| arc.output == 0) as u32,
            ] {
                file.extend(number.to_le_bytes());
            }
            position += arcs.len() as u32;
        }
        for arcs in &self.states {
            let mut arcs = arcs.clone();
            arcs.sort_by(by_output);
            for arc in arcs {
                file.extend(arc.input.to_le_bytes());
                file.extend(arc.output.to_le_bytes());
                file.extend(arc.cost.to_le_bytes());
                file.extend(arc.to.0.to_le_bytes());
            }
        }
        file
    }
}

fn by_output(a: &Arc, b: &Arc) -> Ordering {
    (a.output, a.input).cmp(&(b.output, b.input))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ears::model::fst::read_head;

    #[test]
    fn what_is_written_is_read_back_by_the_check_of_models() {
        let mut graph = Graph::default();
        let (start, end) = (graph.state(), graph.state());
        graph.end_at(end);
        graph.arc(start, 7, 2, 0.5, end);
        graph.arc(start, 8, 1, 0.0, end);
        let file = graph.to_bytes(properties::EXPANDED);
        let head = read_head(&mut file.as_slice(), false).unwrap();
        assert_eq!(
            (head.kind.as_str(), head.least_size),
            ("const", 2 * 20 + 2 * 16)
        );
        assert_eq!(file.len() as u64, 65 + head.least_size);
        // Sorted by output: the second arc first.
        assert_eq!(&file[65 + 40..][..8], [8, 0, 0, 0, 1, 0, 0, 0]);
    }
}
