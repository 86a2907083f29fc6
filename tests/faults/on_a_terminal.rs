//! The built program on a terminal, without sound and led by keys: killed at any moment and started again, with a
//! disk that is full, with the time of day set back in a hold.
//!
//! A key is pressed only once the record shows what it answers, and a killed talk is judged by the whole record it
//! left: the place that is offered has to be the last one in it.
#![cfg(unix)]

use crate::row::{HEAD, Injected, Row};
use crate::support::tree;
use crate::terminal::{Home, Talk};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use talkthrough::app::place;
use talkthrough::record::{Event, Line};

/// Seconds of the holds of `two-holds.toml`.
const HOLDS: [(&str, f64); 2] = [("press", 3.0), ("plug-in", 2.0)];
/// The record is to the 0.1 ms.
const SLACK: f64 = 0.001;
/// A place that was entered this short a time ago may not have reached the disk: the one before is right, too.
const UNDER_WAY: Duration = Duration::from_millis(250);
/// A talk takes ten seconds; on a busy machine some more.
const NEVER: Duration = Duration::from_secs(120);
/// Talks at a time.
const SIDE_BY_SIDE: usize = 10;
const NOT_KEPT: &str = "I cannot keep your place. If this breaks off, we begin at the start.";
/// The state directory is a file system of one page, which is taken: mounted where only this process sees it.
const FULL: &str = "mount -t tmpfs -o size=4k none \"$XDG_STATE_HOME\" && \
    { head -c 65536 /dev/zero >\"$XDG_STATE_HOME/full\"; exec \"$0\" \"$@\"; } 2>/dev/null";
const HOUR: u64 = 3_600;

#[derive(Clone, Copy, Debug)]
enum Fault {
    Killed,
    DiskFull,
    ClockSetBack,
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::Killed => {
                "kill -9 at any moment of a whole talk, started again (time until its place is offered)"
            }
            Self::DiskFull => "disk full (time from the first place until it is said, once)",
            Self::ClockSetBack => {
                "time of day set back an hour in a hold (nothing to recover from)"
            }
        }
    }
}

/// A place as it is kept, and none before the first and after the last.
type Place = Option<(String, bool)>;

/// The places that a record shows were kept, in order.
fn places(lines: &[Line]) -> Vec<Place> {
    let mut places = vec![None];
    for line in lines {
        let place = match &line.event {
            Event::Step { id } if id == "agree" => continue,
            // The first hold goes on in the second step: the button is still down.
            Event::Step { id } => Some((id.clone(), id == "plug-in")),
            Event::Hold { step, .. } => Some((step.clone(), true)),
            Event::End { .. } => None,
            _ => continue,
        };
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
    places
}

/// The places of a whole talk.
fn all_places() -> Vec<Place> {
    let at = |step: &str, holding| Some((step.to_owned(), holding));
    vec![
        None,
        at("press", false),
        at("press", true),
        at("plug-in", true),
        at("look", false),
        None,
    ]
}

/// The steps of a talk that was offered `place`.
fn steps_from(place: Option<(&str, bool)>) -> &'static [&'static str] {
    match place {
        // The irreversible step is asked for again where nothing came of it yet.
        None | Some(("press", false)) => &["agree", "press", "plug-in", "look"],
        Some(("press" | "plug-in", _)) => &["press", "plug-in", "look"],
        Some(_) => &["look"],
    }
}

fn steps(lines: &[Line]) -> Vec<&str> {
    let steps = lines.iter().filter_map(|line| match &line.event {
        Event::Step { id } => Some(id.as_str()),
        _ => None,
    });
    steps.collect()
}

/// Whether a hold ended before its length had passed, was counted from its middle, or was broken.
fn cut_short(lines: &[Line]) -> bool {
    let mut holding: Option<(f64, f64)> = None;
    let mut counted = true;
    for line in lines {
        match &line.event {
            Event::Hold { step, zero, .. } => {
                let length = HOLDS.iter().find(|(id, _)| id == step);
                holding = length.map(|(_, length)| (*zero, *length));
                counted = false;
            }
            Event::Count { n, .. } if !counted => {
                counted = true;
                if *n != 1 {
                    return true;
                }
            }
            Event::Slip { .. } => return true,
            Event::Step { .. } | Event::End { .. } => {
                if let Some((zero, length)) = holding.take()
                    && line.t - zero < length - SLACK
                {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// A talk that is led by keys, each once the record shows what it answers.
struct Led {
    talk: Talk,
    answered: Option<usize>,
    /// When each of the places was first seen.
    seen: Vec<Instant>,
    lines: Vec<Line>,
}

impl Led {
    fn new(talk: Talk) -> Self {
        Self {
            talk,
            answered: None,
            seen: Vec::new(),
            lines: Vec::new(),
        }
    }

    fn look(&mut self) {
        self.lines = self.talk.lines();
        self.seen
            .resize_with(places(&self.lines).len(), Instant::now);
    }

    /// Presses the next key, where there is one to be pressed.
    fn answer(&mut self) {
        let mut next = None;
        for (nth, line) in self.lines.iter().enumerate() {
            match &line.event {
                Event::Step { id } if id == "agree" => next = Some((nth, "ee")),
                Event::Step { .. } | Event::Offer { .. } => next = Some((nth, "\r")),
                Event::Hold { .. } => next = None,
                _ => {}
            }
        }
        if let Some((nth, key)) = next
            && self.answered != Some(nth)
            && self.talk.is_raw()
        {
            self.talk.press(key);
            self.answered = Some(nth);
        }
    }

    /// Leads on until `enough`, its end, or `moment`; whether it was enough.
    fn on(&mut self, moment: Instant, mut enough: impl FnMut(&mut Self) -> bool) -> bool {
        loop {
            let ended = self.talk.ended().is_some();
            self.look();
            if enough(self) {
                return true;
            }
            let left = moment.saturating_duration_since(Instant::now());
            if ended || left.is_zero() {
                return false;
            }
            self.answer();
            std::thread::sleep(left.min(Duration::from_millis(20)));
        }
    }

    /// Leads it to its end, and judges it; the place it was offered.
    fn finish(&mut self, injected: &mut Injected) -> Place {
        self.on(Instant::now() + NEVER, |_| false);
        let status = self.talk.ended();
        self.look();
        let offered = self.lines.iter().find_map(|line| match &line.event {
            Event::Offer { step, holding } => Some((step.clone(), *holding)),
            _ => None,
        });
        injected.crashed |= status.is_some_and(|status| !status.success());
        injected.lost |= status.is_none();
        injected.cut_short |= cut_short(&self.lines);
        let from = offered.as_ref().map(|(step, held)| (step.as_str(), *held));
        injected.skipped |= steps(&self.lines) != steps_from(from);
        offered
    }

    fn explain(&self, fault: Fault, injected: &Injected) {
        eprintln!("{fault:?}: {injected:?}\n{:?}", self.lines);
    }
}

fn home(through: &[&str]) -> Home {
    let guide = tree().join("tests/faults/two-holds.toml");
    Home::with_guide(guide.to_str().expect("a path"), through)
}

/// How long a talk takes that nothing happens to.
fn undisturbed() -> Duration {
    let begun = Instant::now();
    let home = home(&[]);
    let mut injected = Injected::default();
    Led::new(home.talk(&[])).finish(&mut injected);
    assert_eq!(injected.harm(), [false; 4], "{injected:?}");
    begun.elapsed()
}

/// Killed after `moment`, and started again.
fn killed(moment: Duration) -> Injected {
    let home = home(&[]);
    let mut injected = Injected::default();
    let mut first = Led::new(home.talk(&[]));
    first.on(Instant::now() + moment, |_| false);
    let known = first.seen.len();
    first.talk.cut_off();
    let gone = Instant::now();
    first.look();
    injected.cut_short |= cut_short(&first.lines);
    let all = all_places();
    let kept = places(&first.lines);
    injected.skipped |= !all.starts_with(&kept);
    let last = kept.len() - 1;
    let fresh = |at: &Instant| gone - *at < UNDER_WAY;
    let under_way = last > 0 && (kept.len() > known || first.seen.last().is_some_and(fresh));
    // It is written on a thread of its own, and may be there before the record's line is.
    let right = all
        .get(last - usize::from(under_way)..all.len().min(last + 2))
        .unwrap_or_default();

    let begun = Instant::now();
    let mut second = Led::new(home.talk(&[]));
    let offers = |line: &Line| matches!(line.event, Event::Offer { .. });
    let is_offered = second.on(begun + NEVER, |led| {
        led.lines.iter().any(offers) || !steps(&led.lines).is_empty()
    });
    let took = begun.elapsed().as_secs_f64();
    let offered = second.finish(&mut injected);
    injected.recovered = offered.as_ref().filter(|_| is_offered).map(|_| took);
    injected.lost |= !right.contains(&offered);
    if injected.harm().contains(&true) {
        eprintln!("left: {:?}", first.lines);
        eprintln!("offered: {offered:?}, right: {right:?}");
        second.explain(Fault::Killed, &injected);
    }
    injected
}

/// No place can be kept.
fn disk_full() -> Injected {
    let home = home(&["unshare", "--mount", "sh", "-c", FULL]);
    std::fs::create_dir(home.path().join("state")).expect("made");
    let mut injected = Injected::default();
    let mut led = Led::new(home.talk(&[]));
    let says = |line: &Line| matches!(&line.event, Event::Say { text, .. } if text == NOT_KEPT);
    // The next key would cut it off, and it would be told again: it is listened to.
    led.on(Instant::now() + NEVER, |led| {
        steps(&led.lines).contains(&"press")
    });
    let entered = Instant::now();
    led.talk.wait_until("that no place is kept", |talk| {
        talk.lines().iter().any(says)
    });
    let took = entered.elapsed().as_secs_f64();
    let length = led.talk.lines().iter().find_map(|line| match line.event {
        Event::Say { start, end, .. } if says(line) => Some(end - start),
        _ => None,
    });
    std::thread::sleep(Duration::from_secs_f64(length.unwrap_or(0.0) + 0.5));
    led.finish(&mut injected);
    // The file system is this process's own: nothing of it is seen from here.
    assert!(!home.place().exists(), "the disk was not full");
    injected.recovered = (led.talk.said(NOT_KEPT) == 1).then_some(took);
    if injected.harm().contains(&true) || injected.recovered.is_none() {
        led.explain(Fault::DiskFull, &injected);
    }
    injected
}

/// Debian's libfaketime, if it is there.
fn libfaketime() -> Option<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib").ok()?;
    libraries
        .flatten()
        .map(|entry| entry.path().join("faketime/libfaketime.so.1"))
        .find(|path| path.exists())
}

/// The time of day is an hour earlier from a moment of the first hold on.
fn clock_set_back(library: &Path, into: Duration) -> Injected {
    let home = home(&[]);
    let clock = home.path().join("clock");
    std::fs::write(&clock, "+0").expect("written");
    let mut injected = Injected::default();
    let talk = home.talk_with(&["--keyboard"], |command| {
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", &clock)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1");
    });
    let mut led = Led::new(talk);
    let holds = |line: &Line| matches!(line.event, Event::Hold { .. });
    led.on(Instant::now() + NEVER, |led| led.lines.iter().any(holds));
    led.on(Instant::now() + into, |_| false);
    std::fs::write(&clock, format!("-{HOUR}")).expect("written");
    // The next place bears the time as it is now: only then it was set back for the program, too.
    let dir = home.place();
    let dir = dir.parent().expect("it has one");
    let set_back = led.on(Instant::now() + NEVER, |_| {
        let kept = place::read(dir).ok().flatten();
        kept.is_some_and(|kept| {
            kept.place.step == "plug-in" && kept.written + HOUR / 2 < place::wall_clock()
        })
    });
    led.finish(&mut injected);
    injected.recovered = set_back.then_some(0.0);
    if injected.harm().contains(&true) || !set_back {
        led.explain(Fault::ClockSetBack, &injected);
    }
    injected
}

/// A share of one, different for each `nth`, evenly spread (the golden ratio's multiples).
fn share(nth: usize) -> f64 {
    (nth as f64 * 0.618_034 + 0.37).fract()
}

/// Injects the fault `times` times; `None` where it cannot be injected here.
fn inject(fault: Fault, times: usize) -> Option<Row> {
    let length = match fault {
        Fault::Killed => undisturbed(),
        _ => Duration::from_secs_f64(HOLDS[0].1 - 0.3),
    };
    let library = libfaketime();
    let possible = match fault {
        Fault::Killed => true,
        Fault::DiskFull => may_mount(),
        Fault::ClockSetBack => library.is_some(),
    };
    if !possible {
        return None;
    }
    let (row, next) = (Mutex::new(Row::default()), Mutex::new(0..times));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE.min(times) {
            scope.spawn(|| {
                loop {
                    let Some(nth) = next.lock().expect("nobody panics here").next() else {
                        return;
                    };
                    let moment = length.mul_f64(share(nth));
                    let injected = match (fault, &library) {
                        (Fault::Killed, _) => killed(moment),
                        (Fault::ClockSetBack, Some(library)) => clock_set_back(library, moment),
                        _ => disk_full(),
                    };
                    row.lock().expect("nobody panics here").add(&injected);
                }
            });
        }
    });
    Some(row.into_inner().expect("nobody panicked"))
}

/// Whether a file system can be mounted where nobody else sees it.
fn may_mount() -> bool {
    let mut command = std::process::Command::new("unshare");
    command.args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]);
    command.output().is_ok_and(|output| output.status.success())
}

fn a_few_do_no_harm(fault: Fault, times: usize) {
    let Some(row) = inject(fault, times) else {
        eprintln!("skipped: {fault:?} wants root and unshare, or libfaketime");
        return;
    };
    assert_eq!(row.harm, [0; 4], "{row:?}");
    assert!(!row.recovered.is_empty(), "{row:?}");
}

#[test]
fn a_killed_talk_goes_on_at_its_place() {
    a_few_do_no_harm(Fault::Killed, 3);
}

#[test]
fn a_full_disk_is_said_once_and_ends_nothing() {
    a_few_do_no_harm(Fault::DiskFull, 1);
}

#[test]
fn the_time_of_day_cuts_no_hold_short() {
    a_few_do_no_harm(Fault::ClockSetBack, 1);
}

#[test]
#[ignore = "a measurement; `make faults` runs it"]
fn a_table_of_faults_on_a_terminal() {
    let times = std::env::var("TALKTHROUGH_FAULTS").ok();
    let times = times.and_then(|text| text.parse().ok()).unwrap_or(100);
    println!("{HEAD}");
    for fault in [Fault::DiskFull, Fault::ClockSetBack, Fault::Killed] {
        match inject(fault, times) {
            Some(row) => println!("{}", row.line(fault.name(), times)),
            None => println!("| {} | not possible here | | | | | |", fault.name()),
        }
    }
}
