//! Speech made ahead of time, on a thread of its own: the loop of the talk never waits for a program.
//!
//! What is asked for goes first, then what will be said next, then what a guide may say later. In a
//! rehearsal, which has to be the same every time, it is made on the spot instead.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::clip::Clip;
use super::synth::Synth;

/// Clips kept in memory; at 48 kHz and some 3 s each about 35 MB at the most. The disk keeps more.
const KEPT: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// What has become of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Rendering {
    /// It can be said.
    Ready(Arc<Clip>),
    /// It is being made: ask again.
    Pending,
    /// It cannot be made. Asked again, it is tried again.
    Unavailable,
}

/// Makes clips of texts that have none.
pub struct Renderer(How);

enum How {
    Never,
    Here(Box<dyn Synth>),
    Aside(Arc<Desk>),
}

/// What the thread and the talk share.
struct Desk {
    orders: Mutex<Orders>,
    /// There is something to do, or nobody wants anything any more.
    called: Condvar,
}

struct Orders {
    /// To be said next.
    urgent: VecDeque<String>,
    /// Perhaps to be said some time.
    later: VecDeque<String>,
    /// `None` for a text that could not be made.
    done: LruCache<String, Option<Arc<Clip>>>,
    closed: bool,
}

impl Renderer {
    /// Nothing can be made.
    pub fn none() -> Self {
        Self(How::Never)
    }

    /// Made on the spot, while the caller waits: for rehearsals.
    pub fn here(synth: Box<dyn Synth>) -> Self {
        Self(How::Here(synth))
    }

    /// Made on a thread of its own, which ends when this is dropped. On the spot where there can be no thread.
    pub fn aside(synth: Box<dyn Synth>) -> Self {
        let desk = Arc::new(Desk::new());
        let (theirs, shared) = (Arc::clone(&desk), Arc::new(Mutex::new(Some(synth))));
        let taken = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("speech".into());
        let started = thread.spawn(move || {
            let synth = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(mut synth) = synth {
                theirs.work(synth.as_mut());
            }
        });
        match started {
            Ok(_) => Self(How::Aside(desk)),
            Err(_) => match shared.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(synth) => Self(How::Here(synth)),
                None => Self(How::Never),
            },
        }
    }

    /// Whether anything can be made at all.
    pub fn speaks(&self) -> bool {
        !matches!(self.0, How::Never)
    }

    /// `text` as a clip. Where it is not there yet it becomes the next to be made.
    pub fn get(&mut self, text: &str) -> Rendering {
        match &mut self.0 {
            How::Never => Rendering::Unavailable,
            How::Here(synth) => match synth.render(text) {
                Ok(clip) => Rendering::Ready(clip),
                Err(_) => Rendering::Unavailable,
            },
            How::Aside(desk) => desk.get(text),
        }
    }

    /// Makes `texts`, which will be said soon, before anything that [`Renderer::prepare`] was told of.
    pub fn expect<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        if let How::Aside(desk) = &self.0 {
            desk.order(texts.map(str::to_owned), |orders| &mut orders.urgent);
        }
    }

    /// Makes `texts`, which may be said some time, in this order, when there is nothing better to do.
    pub fn prepare<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        if let How::Aside(desk) = &self.0 {
            desk.order(texts.map(str::to_owned), |orders| &mut orders.later);
        }
    }
}

impl Drop for Renderer {
    fn drop(&mut self) {
        if let How::Aside(desk) = &self.0 {
            desk.orders().closed = true;
            desk.called.notify_all();
        }
    }
}

impl Desk {
    fn new() -> Self {
        let orders = Orders {
            urgent: VecDeque::new(),
            later: VecDeque::new(),
            done: LruCache::new(KEPT),
            closed: false,
        };
        Self {
            orders: Mutex::new(orders),
            called: Condvar::new(),
        }
    }

    /// The program's own thread cannot leave half-made orders behind: nothing in here panics.
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, text: &str) -> Rendering {
        let mut orders = self.orders();
        match orders.done.get(text).cloned() {
            Some(Some(clip)) => Rendering::Ready(clip),
            Some(None) => {
                orders.done.pop(text);
                Rendering::Unavailable
            }
            None => {
                if orders.urgent.front().is_none_or(|first| first != text) {
                    orders.urgent.retain(|other| other != text);
                    orders.urgent.push_front(text.to_owned());
                    self.called.notify_one();
                }
                Rendering::Pending
            }
        }
    }

    fn order(
        &self,
        texts: impl Iterator<Item = String>,
        queue: impl Fn(&mut Orders) -> &mut VecDeque<String>,
    ) {
        let mut orders = self.orders();
        for text in texts {
            let known = orders.done.contains(&text) || orders.urgent.contains(&text);
            if !known {
                queue(&mut orders).push_back(text);
            }
        }
        self.called.notify_one();
    }

    /// The thread's life.
    fn work(&self, synth: &mut dyn Synth) {
        let mut orders = self.orders();
        while !orders.closed {
            let Some((text, soon)) = orders.next() else {
                orders = self
                    .called
                    .wait(orders)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(orders);
            let made = synth.render(&text).ok();
            orders = self.orders();
            // A text asked for meanwhile is at the front of the queue again; here it is.
            let asked = orders.urgent.contains(&text);
            orders.urgent.retain(|other| *other != text);
            // What may be said some time stays on disk where memory is full, and is tried again where it failed.
            if soon || asked || (made.is_some() && orders.done.len() < KEPT.get()) {
                orders.done.put(text, made);
            }
        }
    }
}

impl Orders {
    /// What to make next, and whether it will be said soon.
    fn next(&mut self) -> Option<(String, bool)> {
        while let Some(text) = self.urgent.pop_front() {
            if !self.done.contains(&text) {
                return Some((text, true));
            }
        }
        while let Some(text) = self.later.pop_front() {
            if !self.done.contains(&text) {
                return Some((text, false));
            }
        }
        None
    }
}

impl From<Option<Box<dyn Synth>>> for Renderer {
    /// On the spot, or not at all.
    fn from(synth: Option<Box<dyn Synth>>) -> Self {
        synth.map_or_else(Self::none, Self::here)
    }
}

#[cfg(test)]
#[path = "renderer_tests.rs"]
mod tests;
