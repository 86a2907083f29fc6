//! Speech and the talk's own sounds: queued, placed where there is room, interrupted and taken up again.

use super::super::tempo::at_tempo;
use super::*;

/// Quiet after a speech before another one that nobody has just asked for: the listener's turn. People leave each
/// other some 0.2 s (Stivers et al., PNAS 106(26), 2009, doi 10.1073/pnas.0903616106); somebody with both hands
/// busy, and ears that want a word to be over, need more.
const OFFER: Duration = Duration::from_millis(750);
/// Silence between speech and a beat.
const SPARE: Duration = Duration::from_millis(80);
/// Silence around one of the talk's own sounds.
const SOUND_SPARE: Duration = Duration::from_millis(20);
/// How long before it sounds something other than a beat is handed over: later means freer to change.
const AHEAD: Duration = Duration::from_millis(100);
/// A sound that finds no gap for this long is left out: late, it would mislead.
const STALE: Duration = Duration::from_millis(400);

/// A sentence without a clip that is not rendered by then is given up: a chime, and the screen.
const RENDERING: Duration = Duration::from_secs(3);

/// When a speech has its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// After everything that is being said and still to be said.
    After,
    /// At once, in place of all that. It cannot wait: the last numbers of a count give way to it, too.
    Instead,
    /// At once; what it interrupts is taken up again at its sentence. It replaces an earlier aside.
    Aside,
}

impl Voice {
    /// Says these sentences as the speech `id` when it is its `turn`.
    pub fn say(&mut self, id: u64, sentences: &[String], turn: Turn, now: Moment) {
        let without_clip = sentences.iter().filter(|text| !self.bank.has(text));
        self.renderer.expect(without_clip.map(String::as_str));
        let speech = Speech::new(id, sentences, turn, now);
        match turn {
            Turn::After => self.speeches.push_back(speech),
            Turn::Instead => {
                self.hush(now);
                self.speeches.push_back(speech);
            }
            Turn::Aside => {
                let is_aside = |speech: &Speech| speech.turn == Turn::Aside;
                if let Some(earlier) = self.speeches.iter().position(is_aside)
                    && let Some(earlier) = self.speeches.remove(earlier)
                {
                    self.end_cut(&earlier, now);
                }
                if let Some(sentence) = self.speeches.front_mut().and_then(|it| it.placed.take()) {
                    self.remove(sentence, now);
                }
                self.speeches.push_front(speech);
            }
        }
    }

    /// Has those of `texts` that have no clip rendered ahead, in this order, for they may be said some time.
    pub fn prepare(&mut self, texts: &[String]) {
        let without_clip = texts.iter().filter(|text| !self.bank.has(text));
        self.renderer.prepare(without_clip.map(String::as_str));
    }

    /// Stops speaking and forgets what was still to be said; a running count goes on.
    pub fn hush(&mut self, now: Moment) {
        for speech in std::mem::take(&mut self.speeches) {
            self.end_cut(&speech, now);
        }
    }

    fn end_cut(&mut self, speech: &Speech, now: Moment) {
        if let Some(id) = speech.placed {
            self.remove(id, now);
        }
        self.events.push_back(VoiceEvent::Ended {
            id: speech.id,
            at: now,
            cut: true,
            unsaid: speech.sentences.iter().cloned().collect(),
        });
    }

    /// Makes one of the talk's own sounds in the next gap; left out where there is none for 0.4 s.
    /// The end tone cuts what is being said.
    pub fn sound(&mut self, sound: Sound, now: Moment) {
        if sound == Sound::EndTone {
            self.hush(now);
        }
        self.sounds.push_back((sound, now));
    }

    pub(super) fn place_sounds(&mut self, now: Moment) {
        for (sound, asked) in std::mem::take(&mut self.sounds) {
            let clip = self.bank.sound(sound);
            let start = self
                .placements
                .gap(now + self.lead, clip.duration(), SOUND_SPARE, |_| true);
            if start <= now + self.lead + AHEAD {
                self.place(
                    Kind::Sound,
                    String::new(),
                    Arc::clone(&clip.samples),
                    start,
                    !self.placements.is_idle(),
                );
            } else if now - asked < STALE {
                self.sounds.push_back((sound, asked));
            }
        }
    }

    pub(super) fn place_speech(&mut self, now: Moment) {
        while let Some(speech) = self
            .speeches
            .front_mut()
            .filter(|speech| speech.placed.is_none())
        {
            let Some(text) = speech.sentences.front().cloned() else {
                self.events.push_back(VoiceEvent::Ended {
                    id: speech.id,
                    at: speech.end,
                    cut: false,
                    unsaid: Vec::new(),
                });
                self.offered = Some(speech.end);
                self.speeches.pop_front();
                continue;
            };
            let id = speech.id;
            if speech.ready.is_none() {
                let shaping = self.clear.then_some(in_noise as Shaping);
                match rendering(&self.bank, &mut self.renderer, &text, shaping) {
                    Rendering::Ready(clip) => speech.ready = Some(at_tempo(&clip, self.tempo)),
                    Rendering::Pending if now - *speech.asked.get_or_insert(now) < RENDERING => {
                        return;
                    }
                    Rendering::Pending | Rendering::Unavailable => {
                        self.events
                            .push_back(VoiceEvent::NoVoice { text: text.clone() });
                    }
                }
            }
            if speech.ready.is_none() && speech.chimed {
                self.events.push_back(VoiceEvent::Started {
                    id,
                    text,
                    start: now,
                    end: now,
                });
                speech.next(now);
                continue;
            }
            let clip = match &speech.ready {
                Some(clip) => Arc::clone(clip),
                None => {
                    speech.chimed = true;
                    let chime = self.bank.sound(Sound::Chime);
                    speech.ready = Some(Arc::clone(&chime));
                    chime
                }
            };
            let Some(start) = self.place_for(&clip, now) else {
                return;
            };
            self.give_way(
                start.saturating_sub(SPARE),
                start + clip.duration() + SPARE,
                now,
            );
            // With nothing to be kept clear of, it need not wait for the lead to pass.
            let exact = start > now + self.lead || !self.placements.is_idle();
            let placed = self.place(
                Kind::Sentence { speech: id },
                text,
                Arc::clone(&clip.samples),
                start,
                exact,
            );
            if let Some(speech) = self.speeches.front_mut() {
                speech.placed = Some(placed);
            }
        }
    }

    /// When the next sentence can begin, if that is soon: between the words of a count, else in the place of
    /// those that give way to it.
    fn place_for(&self, clip: &Clip, now: Moment) -> Option<Moment> {
        let speech = self.speeches.front();
        let cannot_wait = speech.is_some_and(|speech| speech.turn == Turn::Instead);
        let mut from = self.earliest.max(now + self.lead);
        if let Some(offered) = self.offered
            && speech.is_some_and(|speech| speech.leaves_the_turn(offered))
        {
            from = from.max(offered + OFFER);
        }
        let soon = now + self.lead + AHEAD;
        let gap = |blocks: &dyn Fn(&Placement) -> bool| {
            self.placements
                .gap(from, clip.duration(), SPARE, |it| blocks(it))
        };
        let between = gap(&|it| !it.is_tick());
        let instead = || gap(&|it| !it.is_tick() && !it.gives_way(cannot_wait, now + self.lead));
        [between]
            .into_iter()
            .chain(std::iter::once_with(instead))
            .find(|start| *start <= soon)
    }
}
