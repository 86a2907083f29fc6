//! How the steps of a guide hang together: holds in phases, choices, and what may be reached how.

use std::ops::Range;

use super::fault::Ledger;
use super::raw::{RawGuide, RawStep, Text};
use super::text::{begins_alike, nearest};
use super::{Begin, Guide, Hold, Kind, Step, Target};

/// A phrase of a guide that would be taken for one of the talk's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "step `{step}`: the phrase `{phrase}` begins like `{reserved}`, which can be said at the same time: choose another phrase"
)]
pub struct Clash {
    /// Id of the step.
    pub step: String,
    /// The guide's phrase.
    pub phrase: String,
    /// The phrase it would be taken for.
    pub reserved: String,
}

/// The guide's own phrases (of confirmations and choices) that equal one of `reserved`, begin with
/// one, or are the beginning of one, word by word.
///
/// `reserved` are the phrases that may be said in *any* confirmation or choice: "yes" and "no" are
/// not among them where a choice may use them.
pub fn clashes(guide: &Guide, reserved: &[&str]) -> Vec<Clash> {
    let mut clashes = Vec::new();
    for step in guide.all_steps() {
        let phrases: Vec<&str> = match &step.kind {
            Kind::Confirm { phrase } => vec![phrase],
            Kind::Choice { options } => options
                .iter()
                .map(|option| option.phrase.as_str())
                .collect(),
            Kind::Do | Kind::Hold(_) | Kind::Wait(_) => Vec::new(),
        };
        for phrase in phrases {
            clashes.extend(
                reserved
                    .iter()
                    .filter(|reserved| begins_alike(phrase, reserved))
                    .map(|reserved| Clash {
                        step: step.id.clone(),
                        phrase: phrase.to_owned(),
                        reserved: (*reserved).to_owned(),
                    }),
            );
        }
    }
    clashes
}

/// A step with its neighbours, by their index in [`Flow::nodes`].
struct Node<'g> {
    step: &'g Step,
    raw: &'g RawStep,
    place: Range<usize>,
    previous: Option<usize>,
    next: Option<usize>,
}

/// All steps, the main way's first, as a graph.
struct Flow<'g> {
    guide: &'g Guide,
    nodes: Vec<Node<'g>>,
}

/// Checks how the steps hang together. `guide` was made from `raw` without errors: they have the
/// same steps in the same order.
pub(super) fn flow(guide: &Guide, raw: &RawGuide, ledger: &mut Ledger<'_>) {
    let flow = Flow::new(guide, raw);
    for node in &flow.nodes {
        match &node.step.kind {
            Kind::Hold(hold) => flow.check_hold(node, hold, ledger),
            Kind::Choice { options } => {
                let places = node.raw.choice.iter().flat_map(|options| options.get_ref());
                for (option, raw) in options.iter().zip(places) {
                    if let Some(to) = &raw.get_ref().to {
                        flow.check_target(node, &option.to, to, ledger);
                    }
                }
            }
            Kind::Do | Kind::Confirm { .. } | Kind::Wait(_) => {}
        }
    }
    flow.check_reachable(raw, ledger);
    if !guide.erases.is_empty() {
        flow.check_confirmed(raw, ledger);
    }
    if guide.sources.is_empty() {
        ledger.advise(
            0..0,
            "the guide names no source",
            "write a table [[source]] with title, address and kind",
        );
    }
}

impl<'g> Flow<'g> {
    fn new(guide: &'g Guide, raw: &'g RawGuide) -> Self {
        let mut nodes: Vec<Node<'g>> = Vec::new();
        let ways = guide
            .ways
            .iter()
            .zip(&raw.way)
            .map(|(way, raw)| (&way.steps, &raw.get_ref().step));
        for (steps, raw_steps) in std::iter::once((&guide.steps, &raw.step)).chain(ways) {
            let (first, last) = (nodes.len(), nodes.len() + steps.len());
            for (step, raw) in steps.iter().zip(raw_steps) {
                let index = nodes.len();
                nodes.push(Node {
                    step,
                    raw: raw.get_ref(),
                    place: raw.get_ref().id.as_ref().map_or(raw.span(), Text::span),
                    previous: (index > first).then(|| index - 1),
                    next: (index + 1 < last).then_some(index + 1),
                });
            }
        }
        Self { guide, nodes }
    }

    fn node(&self, index: Option<usize>) -> Option<&Node<'g>> {
        self.nodes.get(index?)
    }

    fn index_of(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.step.id == id)
    }

    /// The hold that `node` carries on, if it is a later phase of one.
    fn carried_from(&self, node: &Node<'g>) -> Option<&Node<'g>> {
        self.node(node.previous)
            .filter(|previous| matches!(&previous.step.kind, Kind::Hold(hold) if hold.carries_on))
    }

    /// The first step of the hold whose phase `node` is.
    fn first_phase<'s>(&'s self, node: &'s Node<'g>) -> &'s Node<'g> {
        let mut first = node;
        while let Some(before) = self.carried_from(first) {
            first = before;
        }
        first
    }

    fn check_hold(&self, node: &Node<'g>, hold: &Hold, ledger: &mut Ledger<'_>) {
        let Some(raw) = &node.raw.hold else { return };
        let (place, raw) = (raw.span(), raw.get_ref());
        let id = &node.step.id;
        if let Some(flag) = raw.carries_on.as_ref().filter(|flag| *flag.get_ref()) {
            let next = self.node(node.next);
            if !next.is_some_and(|next| matches!(next.step.kind, Kind::Hold(_))) {
                ledger.error(
                    flag.span(),
                    format!("the hold of `{id}` carries on, but the next step is no hold"),
                    "write instead: carries_on = false, or make the next step the hold's next phase",
                );
            }
        }
        let carried = self.carried_from(node).is_some();
        if hold.begin == Begin::PluggedIn && !carried {
            ledger.error(
                raw.begin.as_ref().map_or(place.clone(), Text::span),
                format!("`{id}` begins when the power comes back with the button held, but no step before it holds the button"),
                "write instead: begin = \"holding\", or carries_on = true in the hold before it",
            );
            return;
        }
        if let Some(count_in) = raw
            .count_in
            .as_ref()
            .filter(|_| carried && hold.count_in > 0)
        {
            ledger.error(
                count_in.span(),
                format!("`{id}` goes on with a hold, so there is no press to be counted in"),
                "remove `count_in`",
            );
        }
        if let Some(cycles) = raw.cycles.as_ref().filter(|_| carried) {
            ledger.error(
                cycles.span(),
                format!("`{id}` goes on with a hold, so its button cannot be pressed in cycles"),
                "write instead: carries_on = false in the hold before it, or remove `cycles`",
            );
        }
        match &raw.restart_at {
            Some(at) => self.check_restart(node, at, ledger),
            None if carried && hold.begin == Begin::PluggedIn => ledger.error(
                place,
                format!(
                    "`{id}` goes on with a hold but does not say where to begin again after a slip"
                ),
                format!("write: restart_at = {:?}", self.first_phase(node).step.id),
            ),
            None => {}
        }
    }

    /// After a slip the button is not held: the hold begins again at one of its own phases, and
    /// not at one which presumes that it is held.
    fn check_restart(&self, node: &Node<'g>, at: &Text, ledger: &mut Ledger<'_>) {
        let first = self.first_phase(node);
        let mut phase = Some(node);
        while let Some(candidate) = phase {
            if candidate.step.id == *at.get_ref() {
                let presumes = matches!(&candidate.step.kind, Kind::Hold(hold) if hold.begin == Begin::PluggedIn);
                if presumes {
                    break;
                }
                return;
            }
            phase = self.carried_from(candidate);
        }
        let what = match self.index_of(at.get_ref()) {
            None => "is no step of this guide",
            Some(_) => "is not a phase of this hold that begins with pressing the button",
        };
        let near = nearest(at.get_ref(), [first.step.id.as_str()]).unwrap_or(&first.step.id);
        ledger.error(
            at.span(),
            format!("`{}` {what}", at.get_ref()),
            format!("write instead: restart_at = {near:?}"),
        );
    }

    fn check_target(&self, node: &Node<'g>, target: &Target, to: &Text, ledger: &mut Ledger<'_>) {
        match target {
            Target::Next if node.next.is_none() => ledger.error(
                to.span(),
                format!("there is no next step after `{}`", node.step.id),
                "write instead: to = \"end\", \"give-up\" or the id of a step or a way",
            ),
            Target::Step(id) => {
                let Some(goal) = self.node(self.index_of(id)) else {
                    return;
                };
                if self.carried_from(goal).is_some() {
                    ledger.error(
                        to.span(),
                        format!("`{id}` is a later phase of a hold, which cannot be entered without the first"),
                        format!("write instead: to = {:?}", self.first_phase(goal).step.id),
                    );
                }
            }
            _ => {}
        }
    }

    /// Where a step leads, by index.
    fn successors(&self, node: &Node<'g>) -> Vec<usize> {
        let Kind::Choice { options } = &node.step.kind else {
            return node.next.into_iter().collect();
        };
        let goal = |target: &Target| match target {
            Target::Next => node.next,
            Target::Step(id) => self.index_of(id),
            Target::Way(id) => {
                let way = self.guide.ways.iter().find(|way| way.id == *id)?;
                self.index_of(&way.steps.first()?.id)
            }
            Target::End | Target::GiveUp => None,
        };
        options
            .iter()
            .filter_map(|option| goal(&option.to))
            .collect()
    }

    /// The steps that can be reached from the first without going through one that `stops`.
    fn reached(&self, stops: impl Fn(&Step) -> bool) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        let mut open = vec![0];
        while let Some(index) = open.pop() {
            let Some(node) = self.nodes.get(index) else {
                continue;
            };
            if std::mem::replace(&mut reached[index], true) || stops(node.step) {
                continue;
            }
            open.extend(self.successors(node));
        }
        reached
    }

    fn check_reachable(&self, raw: &RawGuide, ledger: &mut Ledger<'_>) {
        let reached = self.reached(|_| false);
        let mut index = self.guide.steps.len();
        let mut lost_ways = Vec::new();
        for (way, raw) in self.guide.ways.iter().zip(&raw.way) {
            let steps = index..index + way.steps.len();
            if !reached
                .get(steps.clone())
                .is_some_and(|steps| steps.contains(&true))
            {
                let place = raw.get_ref().id.as_ref().map_or(raw.span(), Text::span);
                ledger.error(
                    place,
                    format!("no choice leads to the way `{}`", way.id),
                    format!(
                        "write an answer that leads there: to = {:?}, or remove the way",
                        way.id
                    ),
                );
                lost_ways.push(steps.clone());
            }
            index = steps.end;
        }
        for (index, node) in self.nodes.iter().enumerate() {
            if !reached.get(index).is_some_and(|it| *it)
                && !lost_ways.iter().any(|way| way.contains(&index))
            {
                ledger.error(
                    node.place.clone(),
                    format!("the step `{}` can never be reached", node.step.id),
                    format!(
                        "write in the choice before it: to = \"next\" or to = {:?}",
                        node.step.id
                    ),
                );
            }
        }
    }

    /// A guide which erases something asks for it in words before anything is done.
    fn check_confirmed(&self, raw: &RawGuide, ledger: &mut Ledger<'_>) {
        let reached = self.reached(|step| matches!(step.kind, Kind::Confirm { .. }));
        let acting = self
            .nodes
            .iter()
            .zip(&reached)
            .find(|(node, reached)| **reached && node.step.numbered());
        if let (Some((node, _)), Some(erases)) = (acting, raw.erases.0.first()) {
            ledger.error_at(
                &[
                    (node.place.clone(), "acts before anything was confirmed"),
                    (erases.span(), "this is lost"),
                ],
                format!(
                    "the guide erases something, but `{}` comes before any confirmation",
                    node.step.id
                ),
                "write a step before it that names what is lost and has: confirm = \"erase it\"",
            );
        }
    }
}
