//! The talk: a deterministic state machine without clocks, threads, audio or files.
//!
//! # The contract
//!
//! > One mutation, then drain. After every call to [`Session::handle`], call [`Session::poll`] until
//! > it gives `None`; then wait for the next input or for [`Session::poll_timeout`], whichever is first.
//!
//! 1. something happened at moment `now` (a word, a key, speech ended, the timeout came);
//! 2. `session.handle(input, now)`;
//! 3. `while let Some(output) = session.poll() { carry it out }`;
//! 4. sleep until `session.poll_timeout()` or the next input, go to 1.
//!
//! The shape is that of quinn-proto and str0m. Spurious timeouts do nothing.
//!
//! # Where to find what
//!
//! | file | holds |
//! |---|---|
//! | [`vocabulary`] | the one table of what may be said |
//! | `listen` | which part of it is valid now |
//! | `lines` | every stock sentence |
//! | `count` | which word belongs on which second of a hold |
//! | `rhythm` | the same before a press that is counted in, and in cycles |
//! | `speaking` | what is said, when it is over, the last words |
//! | `steps` | entering and leaving a step, what is said there |
//! | [`states`] | the states that differ in that, each by a name |
//! | `io` | what goes in and what comes out |
//! | `interruptions` | pause, stop, continue, louder, faster |
//! | `returning` | the place that is kept, and going on there; news from around the talk |
//! | `noise` | that it is loud |
//! | `silence` | reminders, and help after words that were refused |
//! | `holding` | a hold: begun, carried on, let go, slipped |
//! | `stalled` | a talk that stood still: why, and what becomes of a hold |
//! | `answers` | say again, how long, where am I, why, help |
//! | `timer` | every reason the talk wants to be woken |
//!
//! # What can be relied on
//!
//! - A release is only ever announced on the last beat of a hold, at `zero + max(target, minimum)`.
//! - An irreversible step is left forwards only by its own phrase, or by its key pressed twice.
//! - A talk that stood still makes a hold longer or begins it again; it is never shorter for it.
//! - Silence does nothing: two gentle reminders, then quiet for ever.
//! - `stop` twice ends the talk from anywhere.
//! - A talk taken up again never counts a hold from its middle, nor takes up an irreversible step's "yes"
//!   that nothing was done upon.

mod answers;
mod catalogue;
mod count;
mod holding;
mod interruptions;
mod io;
pub(crate) mod lines;
mod listen;
mod noise;
mod returning;
mod rhythm;
mod silence;
mod speaking;
mod stalled;
pub mod states;
mod steps;
mod timer;
mod view;
pub mod vocabulary;

pub use catalogue::{beat_texts, catalogue, phrases, said_around};
pub use count::{Beat, Role};
pub use io::{Input, Outcome, Output, Speech, SpeechId, Urgency};
pub use lines::{RELEASE_CUE, number as spoken_number};
pub use listen::{Meaning, Sayable};
pub use returning::{Bookmark, News};
pub use view::View;

use crate::guide::{Count, Guide};
use crate::record::{Event, seconds};
use crate::time::Moment;
use lines::{Line, words};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use timer::{Timer, TimerTable};
use vocabulary::{Care, Command};

/// Where in the guide the talk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// `None` on the main way, else the index of the way.
    way: Option<usize>,
    /// Index of the step on that way.
    index: usize,
}

impl Place {
    /// Where every talk begins.
    const FIRST: Self = Self {
        way: None,
        index: 0,
    };
}

/// What is going on at the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// Nothing has been said yet.
    Asleep,
    /// A kept place is offered: shall the talk go on there?
    Offered,
    /// The listener does something, or thinks.
    Instructed,
    /// A hold is about to begin; `phase` is the phase to come. From phase 2 on the button is pressed.
    Pressing { phase: u32 },
    /// A hold is counted.
    Holding {
        phase: u32,
        zero: Moment,
        end: Moment,
    },
    /// Something boots, and did while the machine `slept`: session time knows nothing of that.
    Waiting { since: Moment, slept: Duration },
    /// The last words are being spoken.
    Leaving { outcome: Outcome, last: SpeechId },
    /// Nothing is left to do.
    Over,
}

/// What lies over the place for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overlay {
    /// Nothing.
    Clear,
    /// The listener asked for quiet.
    Paused,
    /// "Shall I stop?" is open.
    StopAsked,
}

/// The second press of the confirming key has to come within this time.
const KEY_CONFIRM_WINDOW: Duration = Duration::from_secs(10);
/// A word can have ended at most this long before it is understood; an older one is held to be a fault.
const OLDEST_WORD: Duration = Duration::from_secs(3);

/// How the listener wants a talk, beside what its guide says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Which way the numbers of every hold run; `None`: as the guide says.
    pub count: Option<Count>,
    /// Phrases that cannot be heard, because the recognition model does not know their words: they are
    /// never listened for.
    pub unheard: Vec<String>,
    /// Whether somebody keeps the place, so that the talk says where it is.
    pub keeps_place: bool,
}

/// One talk through one guide. See the [module documentation](self) for the contract.
#[derive(Debug)]
pub struct Session {
    guide: Arc<Guide>,
    place: Place,
    doing: Doing,
    /// When the listener was last told what to do here: a word that ended before answers something else.
    entered: Moment,
    overlay: Overlay,
    /// The places before this one, for "go back".
    history: Vec<Place>,
    timers: TimerTable,
    out: VecDeque<Output>,
    next_speech: u64,
    /// The utterances that are being spoken or wait to be.
    speaking: Vec<SpeechId>,
    /// What was being said when the listener asked for quiet, or to stop; and what was left of it.
    interrupted: Vec<SpeechId>,
    unsaid: Vec<String>,
    /// What "say again" says.
    last_said: Vec<String>,
    /// Reminders given since the listener last did something.
    reminders: u8,
    /// When the silence began that the reminders are counted from; a reminder does not end it.
    quiet_since: Moment,
    /// The reminder that is being spoken.
    reminding: Option<SpeechId>,
    refusals: u8,
    told_of_noise: bool,
    level: i8,
    rate: i8,
    settings: Settings,
    /// The button, let go by now, would do harm if it were held any longer than this.
    free_by: Option<Moment>,
    /// The count stands still until then: why is being said.
    stands_until: Moment,
    /// How much longer than its count the running hold lasts already, for it stood still.
    extended: Duration,
    /// The state whose vocabulary was announced last.
    announced: Option<(Place, Doing, Overlay)>,
    /// The kept place that is offered.
    offered: Option<returning::Offer>,
    /// The place that was kept last: where, whether held, and how many steps came before.
    kept: Option<(Place, bool, usize)>,
    /// News that have been told or wait to be, and those that wait.
    told: Vec<News>,
    untold: Vec<News>,
}

impl Session {
    /// A talk through `guide` that has not begun.
    ///
    /// A guide from [`crate::guide::parse`] has at least one step; one without any ends at once.
    pub fn new(guide: Arc<Guide>, settings: Settings) -> Self {
        Self {
            guide,
            place: Place::FIRST,
            doing: Doing::Asleep,
            entered: Moment::ZERO,
            overlay: Overlay::Clear,
            history: Vec::new(),
            timers: TimerTable::default(),
            out: VecDeque::new(),
            next_speech: 1,
            speaking: Vec::new(),
            interrupted: Vec::new(),
            unsaid: Vec::new(),
            last_said: Vec::new(),
            reminders: 0,
            quiet_since: Moment::ZERO,
            reminding: None,
            refusals: 0,
            told_of_noise: false,
            level: 0,
            rate: 0,
            settings,
            free_by: None,
            stands_until: Moment::ZERO,
            extended: Duration::ZERO,
            announced: None,
            offered: None,
            kept: None,
            told: Vec::new(),
            untold: Vec::new(),
        }
    }

    /// Takes in what happened at `now`. Drain [`Session::poll`] afterwards.
    pub fn handle(&mut self, input: Input, now: Moment) {
        if self.doing == Doing::Over {
            return;
        }
        match input {
            Input::News(news) => self.tell(news),
            Input::Terminate => self.terminate(now),
            Input::Start if self.doing == Doing::Asleep => self.start(now),
            Input::Resume(kept) if self.doing == Doing::Asleep => self.offer(&kept, now),
            _ if self.doing == Doing::Asleep => {}
            Input::Start | Input::Resume(_) => {}
            Input::Interrupt => self.interrupt(now),
            Input::Heard { phrase, end } => self.heard(&phrase, end, now),
            Input::Refused => self.refused(now),
            Input::Key(command) => self.key(command, now),
            Input::Primary => self.primary(now),
            Input::ConfirmKey => self.confirm_key(now),
            Input::ChoiceKey(index) => self.choice_key(index, now),
            Input::SpeechEnded(id) => self.speech_ended(id, now),
            Input::SpeechCut { id, unsaid } => self.speech_cut(id, unsaid, now),
            Input::Noise { floor_db } => self.noise(floor_db),
            Input::Microphone(present) => self.microphone(present, now),
            Input::LoudspeakerBack => self.loudspeaker_back(now),
            Input::Stalled { stood, slept, told } => self.stalled(stood, slept, told, now),
            Input::Timeout => {}
        }
        while let Some(timer) = self.timers.expired(now) {
            self.timeout(timer, now);
        }
        self.announce_news();
        self.announce_vocabulary();
        self.announce_place();
    }

    /// The next thing the talk wants done, until `None`.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When the talk wants to be woken. It changes only in [`Session::handle`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        self.timers.next()
    }

    /// Whether the talk is over.
    pub fn is_over(&self) -> bool {
        self.doing == Doing::Over
    }

    fn start(&mut self, now: Moment) {
        self.record_start();
        if self.guide.steps.is_empty() {
            self.leave(Outcome::Done, Vec::new(), now);
            return;
        }
        let mut preface = self.take_news();
        preface.extend(self.opening());
        self.enter(Place::FIRST, 1, preface, now);
    }

    fn record_start(&mut self) {
        let (guide, title) = (self.guide.id.clone(), self.guide.title.clone());
        self.record(Event::Start { guide, title });
    }

    fn heard(&mut self, phrase: &str, end: Moment, now: Moment) {
        let Some(sayable) = self
            .vocabulary()
            .into_iter()
            .find(|sayable| sayable.phrase == phrase)
        else {
            return;
        };
        // A word cannot end after it was understood, nor long before: held to what can be true.
        let end = end.min(now).max(now.saturating_sub(OLDEST_WORD));
        // What was said before the step was entered answered something else: it must not skip this one.
        if end < self.entered && sayable.care != Care::Quick {
            return;
        }
        self.attend(now);
        match sayable.meaning {
            Meaning::Command(command) => self.obey(command, end, now),
            Meaning::Confirm => self.confirmed(now),
            Meaning::Option(index) => self.chosen(index, now),
        }
    }

    fn key(&mut self, command: Command, now: Moment) {
        let valid = |sayable: &Sayable| sayable.meaning == Meaning::Command(command);
        if self.valid().iter().any(valid) {
            self.attend(now);
            self.record(Event::Key {
                command: command.name().into(),
            });
            self.obey(command, now, now);
        }
    }

    fn primary(&mut self, now: Moment) {
        if let Some(command) = self.primary_command() {
            self.key(command, now);
        } else if matches!(self.doing, Doing::Instructed) && self.confirm_phrase().is_some() {
            // Enter alone must never erase anything: say what would.
            self.attend(now);
            self.say(vec![words(&Line::UseKeysToConfirm)], Urgency::Now);
        }
    }

    fn confirm_key(&mut self, now: Moment) {
        if self.overlay != Overlay::Clear || self.confirm_phrase().is_none() {
            return;
        }
        self.attend(now);
        if self
            .timers
            .get(Timer::KeyConfirm)
            .is_some_and(|until| now <= until)
        {
            self.confirmed(now);
        } else {
            self.timers.set(Timer::KeyConfirm, now + KEY_CONFIRM_WINDOW);
            self.say(vec![words(&Line::KeyConfirm)], Urgency::Now);
        }
    }

    fn choice_key(&mut self, index: usize, now: Moment) {
        if self.overlay == Overlay::Clear && index < self.options().len() {
            self.attend(now);
            self.chosen(index, now);
        }
    }

    fn obey(&mut self, command: Command, end: Moment, now: Moment) {
        match command {
            Command::Next => self.done(now),
            Command::Back => self.back(now),
            Command::Wait => self.pause(now),
            Command::Continue | Command::Yes if self.is_offered() => self.take_up(now),
            Command::No if self.is_offered() => self.start_over(now),
            Command::Continue | Command::No => self.go_on(now),
            Command::Stop | Command::Yes => self.stop(now),
            Command::Holding | Command::PluggedIn => self.begin_hold(end, now),
            Command::CountIn => self.count_in(now),
            Command::Slipped => self.slipped(now),
            Command::CountUp => self.count_way(Count::Up, now),
            Command::CountDown => self.count_way(Count::Down, now),
            Command::SayAgain => self.say_again(),
            Command::HowLong => self.how_long(now),
            Command::WhereAmI => self.where_am_i(),
            Command::Why => self.why(),
            Command::Help => self.help(),
            Command::Louder | Command::Softer | Command::Faster | Command::Slower => {
                self.adjust(command)
            }
        }
    }

    fn timeout(&mut self, timer: Timer, now: Moment) {
        match timer {
            Timer::HoldEnd => self.end_hold(now),
            Timer::Reminder => self.remind(),
            Timer::Progress => self.progress(now),
            Timer::Typical => self.typical_is_over(),
            Timer::GiveUp => self.give_up_is_over(now),
            Timer::Farewell => {
                if let Doing::Leaving { outcome, .. } = self.doing {
                    self.end(outcome);
                }
            }
            Timer::KeyConfirm => {}
        }
    }

    /// Whether the question is open if the talk shall go on at a kept place.
    fn is_offered(&self) -> bool {
        self.doing == Doing::Offered && self.overlay == Overlay::Clear
    }

    fn record(&mut self, event: Event) {
        self.out.push_back(Output::Record(event));
    }

    /// Tells what is listened for, when it may have changed.
    fn announce_vocabulary(&mut self) {
        let state = (self.place, self.doing, self.overlay);
        if self.announced != Some(state) {
            self.announced = Some(state);
            self.out.push_back(Output::Listen(self.vocabulary()));
        }
    }
}

/// Writes a hold's zero into the record.
fn hold_event(step: &str, phase: u32, zero: Moment) -> Event {
    Event::Hold {
        step: step.into(),
        phase,
        zero: seconds(zero),
    }
}
