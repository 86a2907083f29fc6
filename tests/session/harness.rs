//! A talk in virtual time: the test says what is heard, time jumps to whatever is due next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use talkthrough::guide::{
    Begin, ChoiceOption, Count, Guide, Hold, Kind, Source, SourceKind, Step, Target, Wait, Way,
};
use talkthrough::record::Event;
use talkthrough::session::{
    Beat, Bookmark, Input, Meaning, Outcome, Output, Role, Session, Settings, SpeechId, Urgency,
};
use talkthrough::time::Moment;

/// What the voice takes for a word.
const WORD: Duration = Duration::from_millis(350);
/// More steps than this in one drive is a talk that never comes to rest.
const BOUND: usize = 10_000;

/// A talk, its clock and everything it has done.
pub(crate) struct Talk {
    pub(crate) session: Session,
    pub(crate) now: Moment,
    /// Sentences said, with the moment each utterance was asked for.
    pub(crate) said: Vec<(Moment, String)>,
    pub(crate) events: Vec<(Moment, Event)>,
    /// The count that is placed now.
    pub(crate) beats: Vec<Beat>,
    /// Beats that have sounded.
    pub(crate) sounded: Vec<Beat>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) outputs: Vec<Output>,
    /// The place that was kept last.
    pub(crate) kept: Option<Bookmark>,
    speech: VecDeque<Spoken>,
    /// When the first of them is over.
    speech_ends: Option<Moment>,
}

/// An utterance that is being spoken, or waits to be.
struct Spoken {
    id: SpeechId,
    /// What is left of it.
    sentences: VecDeque<String>,
}

impl Spoken {
    fn length(&self) -> Duration {
        self.sentences.iter().map(|text| length(text)).sum()
    }
}

fn length(sentence: &str) -> Duration {
    WORD * sentence.split_whitespace().count() as u32
}

impl Talk {
    /// A talk that has begun.
    pub(crate) fn begin(guide: Guide) -> Self {
        let mut talk = Self::asleep(guide);
        talk.input(Input::Start);
        talk
    }

    /// A talk whose place is kept, that has not begun.
    pub(crate) fn keeping(guide: Guide) -> Self {
        let settings = Settings {
            keeps_place: true,
            ..Settings::default()
        };
        Self::with(guide, settings)
    }

    /// The talk that follows one that broke off here.
    pub(crate) fn after_a_crash(&self, guide: Guide) -> Self {
        let mut next = Self::keeping(guide);
        next.kept.clone_from(&self.kept);
        match &self.kept {
            Some(place) => next.input(Input::Resume(place.clone())),
            None => next.input(Input::Start),
        }
        next
    }

    pub(crate) fn asleep(guide: Guide) -> Self {
        Self::with(guide, Settings::default())
    }

    pub(crate) fn with(guide: Guide, settings: Settings) -> Self {
        Self {
            session: Session::new(Arc::new(guide), settings),
            now: Moment::ZERO,
            said: Vec::new(),
            events: Vec::new(),
            beats: Vec::new(),
            sounded: Vec::new(),
            outcome: None,
            outputs: Vec::new(),
            kept: None,
            speech: VecDeque::new(),
            speech_ends: None,
        }
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.session.handle(input, self.now);
        self.drain();
    }

    /// Says `phrase`, understood the moment it ends. Panics if nobody listens for it.
    pub(crate) fn hear(&mut self, phrase: &str) {
        assert!(self.can_say(phrase), "nobody listens for {phrase:?} now");
        self.input(Input::Heard {
            phrase: phrase.into(),
            end: self.now,
        });
    }

    /// Says `phrase`, which ended `late` seconds before it is understood.
    pub(crate) fn hear_late(&mut self, phrase: &str, late: f64) {
        assert!(self.can_say(phrase), "nobody listens for {phrase:?} now");
        let end = self.now.saturating_sub(Duration::from_secs_f64(late));
        self.input(Input::Heard {
            phrase: phrase.into(),
            end,
        });
    }

    pub(crate) fn can_say(&self, phrase: &str) -> bool {
        self.session
            .vocabulary()
            .iter()
            .any(|sayable| sayable.phrase == phrase)
    }

    /// Lets `secs` pass.
    pub(crate) fn pass(&mut self, secs: f64) {
        let until = self.now + Duration::from_secs_f64(secs);
        for _ in 0..BOUND {
            let beat = self.beats.first().map(|beat| beat.due);
            let next = [self.session.poll_timeout(), self.speech_ends, beat]
                .into_iter()
                .flatten()
                .min();
            let Some(next) = next.filter(|next| *next <= until) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(next);
            if beat.is_some_and(|due| due <= self.now) {
                self.sounded.push(self.beats.remove(0));
            } else if self.speech_ends.is_some_and(|end| end <= self.now) {
                self.end_of_speech();
            } else {
                self.input(Input::Timeout);
            }
        }
        panic!("the talk never comes to rest");
    }

    /// The program is stopped for `stood` seconds, after `slept` more in which the whole machine is.
    pub(crate) fn stall(&mut self, stood: f64, slept: f64) {
        let [stood, slept] = [stood, slept].map(Duration::from_secs_f64);
        self.now = self.now + stood;
        let told = self.sounded.last().map_or(Moment::ZERO, |beat| beat.due);
        self.input(Input::Stalled { stood, slept, told });
    }

    /// Lets the voice finish what it is saying.
    pub(crate) fn listen_to_the_end(&mut self) {
        for _ in 0..BOUND {
            let Some(end) = self.speech_ends else { return };
            self.pass((end - self.now).as_secs_f64());
        }
        panic!("the voice never stops");
    }

    /// Everything said since the last call, in one string.
    pub(crate) fn heard_back(&mut self) -> String {
        let text: Vec<String> = self.said.drain(..).map(|(_, sentence)| sentence).collect();
        text.join(" ")
    }

    /// Id of the step entered last.
    pub(crate) fn step(&self) -> &str {
        let entered = self.events.iter().rev().find_map(|(_, event)| match event {
            Event::Step { id } => Some(id.as_str()),
            _ => None,
        });
        entered.unwrap_or("")
    }

    /// When the button was said to be free.
    pub(crate) fn releases(&self) -> Vec<Moment> {
        self.sounded
            .iter()
            .filter(|beat| beat.role == Role::Release)
            .map(|beat| beat.due)
            .collect()
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            self.note(&output);
            match output {
                Output::Say(speech) => {
                    let spoken = Spoken {
                        id: speech.id,
                        sentences: speech.sentences.iter().cloned().collect(),
                    };
                    self.said
                        .extend(speech.sentences.into_iter().map(|text| (self.now, text)));
                    match speech.urgency {
                        Urgency::Now => {
                            self.cut();
                            self.speech.push_back(spoken);
                        }
                        Urgency::Next => self.speech.push_back(spoken),
                        // What it interrupts is taken up again at its sentence.
                        Urgency::Aside => {
                            self.interrupt();
                            self.speech.push_front(spoken);
                        }
                    }
                    self.start_speech();
                }
                Output::Hush => self.cut(),
                Output::Count(beats) => self.beats = beats,
                Output::StopCount => self.beats.clear(),
                Output::Record(event) => self.events.push((self.now, event)),
                Output::Keep(place) => self.kept = place,
                Output::End(outcome) => self.outcome = Some(outcome),
                Output::Blip | Output::Listen(_) | Output::Level(_) | Output::Rate(_) => {}
            }
        }
    }

    /// Keeps what tests look at; a vocabulary is read from the session itself.
    fn note(&mut self, output: &Output) {
        if !matches!(output, Output::Listen(_) | Output::Record(_)) {
            self.outputs.push(output.clone());
        }
    }

    fn start_speech(&mut self) {
        if self.speech_ends.is_none() {
            self.speech_ends = self.speech.front().map(|it| self.now + it.length());
        }
    }

    fn end_of_speech(&mut self) {
        self.speech_ends = None;
        if let Some(spoken) = self.speech.pop_front() {
            self.start_speech();
            self.input(Input::SpeechEnded(spoken.id));
        }
    }

    /// Stops what is being said; the sentences of it that were said to their end are done.
    fn interrupt(&mut self) {
        let ends = self.speech_ends.take();
        let (Some(end), Some(spoken)) = (ends, self.speech.front_mut()) else {
            return;
        };
        while spoken.sentences.len() > 1 {
            let later: Duration = spoken.sentences.iter().skip(1).map(|it| length(it)).sum();
            if self.now + later < end {
                return;
            }
            spoken.sentences.pop_front();
        }
    }

    /// Cut speech reports what was left of it, as the real voice does.
    fn cut(&mut self) {
        self.interrupt();
        for spoken in std::mem::take(&mut self.speech) {
            let unsaid = spoken.sentences.into();
            let id = spoken.id;
            self.session
                .handle(Input::SpeechCut { id, unsaid }, self.now);
        }
    }
}

pub(crate) fn step(id: &str, kind: Kind) -> Step {
    Step {
        id: id.into(),
        title: format!("Title of {id}"),
        warning: vec![],
        say: vec![format!("Do {id}.")],
        ask: None,
        more: vec![format!("More about {id}.")],
        expect: vec![],
        if_not: vec![format!("If {id} fails.")],
        kind,
    }
}

fn hold(
    minimum: u64,
    target: u64,
    count: Count,
    begin: Begin,
    carries_on: bool,
    restart_at: Option<&str>,
) -> Kind {
    Kind::Hold(Hold {
        minimum: Duration::from_secs(minimum),
        target: Duration::from_secs(target),
        maximum: None,
        too_long: vec![],
        count,
        count_in: 0,
        milestones: target > 30,
        cycles: None,
        begin,
        carries_on,
        slipped: vec!["It slipped.".into()],
        restart_at: restart_at.map(Into::into),
    })
}

/// A guide that is one hold, and something to do after it.
pub(crate) fn one_hold(change: impl FnOnce(&mut Hold)) -> Guide {
    let Kind::Hold(mut held) = hold(5, 8, Count::Down, Begin::Holding, false, None) else {
        unreachable!("a hold is a hold")
    };
    change(&mut held);
    Guide {
        opening: vec![],
        erases: vec![],
        ways: vec![],
        steps: vec![step("press", Kind::Hold(held)), step("after", Kind::Do)],
        ..every_kind()
    }
}

/// A guide with every kind of step: erase? → unplug → press (20 s) → plug in (10 s) → boot → worked? → password.
pub(crate) fn every_kind() -> Guide {
    let option = |phrase: &str, to| ChoiceOption {
        phrase: phrase.into(),
        label: phrase.into(),
        to,
    };
    Guide {
        id: "every-kind".into(),
        title: "Every kind of step".into(),
        language: "en".into(),
        applies_to: vec!["test devices".into()],
        erases: vec!["all settings".into()],
        tools: vec!["a paper clip".into()],
        pronunciations: Default::default(),
        sources: vec![Source {
            title: "T".into(),
            address: "https://example.org".into(),
            kind: SourceKind::Community,
        }],
        opening: vec!["This erases everything.".into()],
        closing: vec!["All done.".into()],
        steps: vec![
            step(
                "erase",
                Kind::Confirm {
                    phrase: "erase it".into(),
                },
            ),
            step("unplug", Kind::Do),
            step("press", hold(15, 20, Count::Up, Begin::Holding, true, None)),
            step(
                "plug-in",
                hold(8, 10, Count::Down, Begin::PluggedIn, false, Some("press")),
            ),
            step(
                "boot",
                Kind::Wait(Wait {
                    typical: Duration::from_secs(180),
                    give_up: Duration::from_secs(600),
                    progress: Duration::from_secs(30),
                }),
            ),
            step(
                "worked",
                Kind::Choice {
                    options: vec![
                        option("yes", Target::Next),
                        option("no", Target::Way("other".into())),
                    ],
                },
            ),
            step("password", Kind::Do),
        ],
        ways: vec![Way {
            id: "other".into(),
            title: "Another way.".into(),
            steps: vec![
                step(
                    "press-five",
                    hold(5, 5, Count::Down, Begin::Holding, false, None),
                ),
                step(
                    "worked-now",
                    Kind::Choice {
                        options: vec![
                            option("yes", Target::Step("password".into())),
                            option("no", Target::GiveUp),
                        ],
                    },
                ),
            ],
        }],
    }
}

/// A talk that has come to the step `id` of [`every_kind`], nobody speaking.
pub(crate) fn at(id: &str) -> Talk {
    arrive(Talk::begin(every_kind()), id)
}

/// The same where the place is kept.
pub(crate) fn kept_at(id: &str) -> Talk {
    let mut talk = Talk::keeping(every_kind());
    talk.input(Input::Start);
    arrive(talk, id)
}

fn arrive(mut talk: Talk, id: &str) -> Talk {
    talk.listen_to_the_end();
    for _ in 0..20 {
        if talk.step() == id {
            talk.said.clear();
            return talk;
        }
        let meaning = talk
            .session
            .vocabulary()
            .first()
            .map(|sayable| (sayable.phrase.clone(), sayable.meaning));
        let (phrase, meaning) = meaning.expect("something can be said");
        talk.hear(&phrase);
        if meaning != Meaning::Confirm {
            talk.pass(21.0);
        }
        talk.listen_to_the_end();
    }
    panic!("the talk does not reach {id}");
}
