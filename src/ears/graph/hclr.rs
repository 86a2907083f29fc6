//! The decoding graph: phones to words, with a strong competitor for everything that is not a command.
//!
//! `HCLr.fst` turns transition-ids into words and is composed, while decoding, with the little grammar
//! that libvosk makes of the phrases listened for. Its outputs are the numbers of `words.txt`.
//!
//! ```text
//! hub ──word──▶ phone … phone ──▶ end ──[silence]──▶ hub
//! ```
//!
//! `[unk]` competes with the words in two ways: a free loop over phones, at a cost for each, and a tree of
//! other words ("fillers") without such a cost, dearer the more they sound like what is to be recognised.
//! The cost of a filler is paid at its first phone, and blanks inside words cost a little; otherwise an
//! unfinished filler swallows all the silence after a word, and neither a partial result nor the endpoint
//! ever comes.

use std::collections::{BTreeMap, HashMap};

use super::openfst::{Graph, State, properties};
use super::settings::Costs;
use super::topology::{BLANK, Position, Topology};

/// How a word is said, as outputs of the network.
pub(super) type Outputs = Vec<usize>;

/// A word to be recognised.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) ways: Vec<Outputs>,
    /// What it costs beside the words in general.
    pub(super) cost: f64,
}

/// What is common to all of this file.
pub(super) struct Builder<'a> {
    pub(super) topology: Topology,
    pub(super) costs: &'a Costs,
}

/// Facts of every `HCLr.fst` made here.
const LEXICON: u64 = properties::EXPANDED
    | properties::NOT_ACCEPTOR
    | properties::NOT_INPUT_DETERMINISTIC
    | properties::NOT_OUTPUT_DETERMINISTIC
    | properties::EPSILONS
    | properties::INPUT_EPSILONS
    | properties::OUTPUT_EPSILONS
    | properties::NOT_INPUT_SORTED
    | properties::OUTPUT_SORTED
    | properties::CYCLIC
    | properties::INITIAL_ACYCLIC
    | properties::NOT_TOP_SORTED
    | properties::ACCESSIBLE
    | properties::COACCESSIBLE
    | properties::NOT_STRING;

/// Facts of every `Gr.fst` made here.
const LOOP: u64 = properties::EXPANDED
    | properties::ACCEPTOR
    | properties::INPUT_DETERMINISTIC
    | properties::OUTPUT_DETERMINISTIC
    | properties::NO_EPSILONS
    | properties::NO_INPUT_EPSILONS
    | properties::NO_OUTPUT_EPSILONS
    | properties::INPUT_SORTED
    | properties::OUTPUT_SORTED
    | properties::CYCLIC
    | properties::INITIAL_CYCLIC
    | properties::NOT_TOP_SORTED
    | properties::ACCESSIBLE
    | properties::COACCESSIBLE
    | properties::NOT_STRING;

/// A graph file, with the number of its states and arcs.
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    pub(super) states: usize,
    pub(super) arcs: usize,
}

impl File {
    fn of(graph: &Graph, known: u64) -> Self {
        let (states, arcs) = graph.size();
        Self {
            bytes: graph.to_bytes(known),
            states,
            arcs,
        }
    }
}

/// `Gr.fst`, for a recogniser that has no grammar: any word at any time, `[unk]` as often as stated.
pub(super) fn word_loop(words: usize, unknown_share: f64) -> File {
    let mut graph = Graph::default();
    let state = graph.state();
    graph.end_at(state);
    for label in 1..=words + 1 {
        let share = if label == words + 1 {
            unknown_share
        } else {
            (1.0 - unknown_share) / words as f64
        };
        graph.arc(state, label as i32, label as i32, -share.ln(), state);
    }
    File::of(&graph, LOOP)
}

impl Builder<'_> {
    /// `HCLr.fst`: any number of words, silence allowed at the start and after each. Words are numbered
    /// from 1 in their order, `[unk]` follows them.
    pub(super) fn lexicon(&self, words: &[Word], fillers: &BTreeMap<Outputs, f64>) -> File {
        let mut graph = Graph::default();
        let [start, hub, opening, end, closing] = std::array::from_fn(|_| graph.state());
        graph.end_at(hub);
        let silence = self.topology.silence();
        for (from, silent, cost) in [(start, opening, self.costs.silence), (end, closing, 0.0)] {
            graph.arc(from, 0, 0, 0.0, hub);
            graph.arc(from, silence.enter, 0, cost, silent);
            graph.arc(silent, silence.stay, 0, 0.0, silent);
            graph.arc(silent, 0, 0, 0.0, hub);
        }
        for (label, word) in (1..).zip(words) {
            for way in &word.ways {
                self.word(
                    &mut graph,
                    (hub, end),
                    way,
                    label,
                    self.costs.word + word.cost,
                );
            }
        }
        let unknown = words.len() as i32 + 1;
        self.phone_loop(&mut graph, (hub, end), unknown);
        self.fillers(&mut graph, (hub, end), unknown, fillers);
        File::of(&graph, LEXICON)
    }

    /// One pronunciation. Between two phones blanks may come; between two equal ones one must, as CTC has it.
    fn word(
        &self,
        graph: &mut Graph,
        (hub, end): (State, State),
        way: &[usize],
        label: i32,
        cost: f64,
    ) {
        let mut at = hub;
        let mut blank: Option<State> = None;
        let mut before: Option<usize> = None;
        for (nth, output) in way.iter().copied().enumerate() {
            let position = Position::of(nth, way.len());
            let frame = self.topology.sounding(output, position);
            let here = graph.state();
            if let Some(blank) = blank {
                graph.arc(blank, frame.enter, 0, 0.0, here);
            }
            if before != Some(output) {
                let (label, cost) = if nth == 0 { (label, cost) } else { (0, 0.0) };
                graph.arc(at, frame.enter, label, cost, here);
            }
            graph.arc(here, frame.stay, 0, 0.0, here);
            if nth + 1 < way.len() {
                let pause = self.topology.paused(output, position).stay;
                let pausing = graph.state();
                graph.arc(here, pause, 0, 0.0, pausing);
                graph.arc(pausing, pause, 0, self.costs.word_blank, pausing);
                blank = Some(pausing);
            }
            (at, before) = (here, Some(output));
        }
        graph.arc(at, 0, 0, 0.0, end);
    }

    /// Garbage as any sequence of phones.
    fn phone_loop(&self, graph: &mut Graph, (hub, end): (State, State), unknown: i32) {
        let [start, between, blank] = std::array::from_fn(|_| graph.state());
        let pause = self.topology.garbage(BLANK).stay;
        graph.arc(hub, 0, unknown, 0.0, start);
        graph.arc(between, pause, 0, self.costs.filler_blank, blank);
        graph.arc(blank, pause, 0, self.costs.filler_blank, blank);
        graph.arc(blank, 0, 0, 0.0, between);
        for output in 1..self.topology.outputs {
            let frame = self.topology.garbage(output);
            for (from, transition) in [(start, frame.enter), (between, frame.stay)] {
                let here = graph.state();
                graph.arc(from, transition, 0, self.costs.unknown_phone, here);
                graph.arc(here, frame.stay, 0, 0.0, here);
                graph.arc(here, 0, 0, 0.0, between);
            }
        }
        graph.arc(between, 0, 0, 0.0, end);
    }

    /// Garbage as one of the fillers: a tree, each arc of which costs what its cheapest continuation adds.
    fn fillers(
        &self,
        graph: &mut Graph,
        (hub, end): (State, State),
        unknown: i32,
        fillers: &BTreeMap<Outputs, f64>,
    ) {
        let mut cheapest: HashMap<&[usize], f64> = HashMap::new();
        for (way, cost) in fillers {
            for beginning in (1..=way.len()).filter_map(|length| way.get(..length)) {
                let least = cheapest.entry(beginning).or_insert(f64::INFINITY);
                *least = least.min(*cost);
            }
        }
        // What is paid up to a node; nothing at the root.
        let paid = |beginning: &[usize]| cheapest.get(beginning).copied().unwrap_or(0.0);
        let pause = self.topology.garbage(BLANK).stay;
        let root = graph.state();
        graph.arc(hub, 0, unknown, 0.0, root);
        let mut nodes: HashMap<&[usize], State> = HashMap::from([(&[][..], root)]);
        let mut blank_after: HashMap<&[usize], State> = HashMap::new();
        for (way, cost) in fillers {
            let mut at = root;
            let mut previous = None;
            for (nth, output) in way.iter().copied().enumerate() {
                let (Some(before), Some(after)) = (way.get(..nth), way.get(..=nth)) else {
                    continue;
                };
                if let Some(known) = nodes.get(after) {
                    (at, previous) = (*known, Some(output));
                    continue;
                }
                let frame = self.topology.garbage(output);
                let transition = if nth == 0 { frame.enter } else { frame.stay };
                let step = paid(after) - paid(before);
                let here = graph.state();
                nodes.insert(after, here);
                if previous != Some(output) {
                    graph.arc(at, transition, 0, step, here);
                }
                graph.arc(here, frame.stay, 0, 0.0, here);
                if nth > 0 {
                    let blank = *blank_after.entry(before).or_insert_with(|| {
                        let blank = graph.state();
                        graph.arc(at, pause, 0, self.costs.filler_blank, blank);
                        graph.arc(blank, pause, 0, self.costs.filler_blank, blank);
                        blank
                    });
                    graph.arc(blank, transition, 0, step, here);
                }
                (at, previous) = (here, Some(output));
            }
            graph.arc(at, 0, 0, cost - paid(way), end);
        }
    }
}
