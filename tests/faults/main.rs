//! Faults that need real parts: the built program on a virtual sound card, led by a voice in the room, while the
//! sound server is killed, the loudspeaker unplugged, the program stopped, the recogniser killed or hung; and on a
//! terminal, led by keys, killed, without room for its place, and with the time of day set back.
//!
//! `make faults` runs them; what it printed is in `tests/faults/README.md`.

#[path = "../card/card.rs"]
mod card;
mod on_a_terminal;
mod row;
#[path = "../support/mod.rs"]
mod support;
#[path = "../interrupted/terminal.rs"]
mod terminal;

use card::Card;
use row::{HEAD, Injected, Row};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::{talkthrough, tree};
use talkthrough::record::{Event, Line};
use talkthrough::sound::file::Pcm;
use talkthrough::voice::Bank;

/// Seconds of the hold in `tests/card/short.toml`.
const HOLD: f64 = 8.0;
/// The end of a hold falls due at the next turn of the loop at the latest; the record is to the 0.1 ms.
const SLACK: f64 = 0.001;
/// Talks that are held at the same time.
const AT_ONCE: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Fault {
    ServerKilled,
    SpeakerPulled,
    SpeakerAsleep,
    OtherDefault,
    Stopped,
    RecogniserKilled,
    RecogniserHung,
}

impl Fault {
    const ALL: [Self; 7] = [
        Self::ServerKilled,
        Self::SpeakerPulled,
        Self::SpeakerAsleep,
        Self::OtherDefault,
        Self::Stopped,
        Self::RecogniserKilled,
        Self::RecogniserHung,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::ServerKilled => "sound server killed in a hold, started again after 2 s",
            Self::SpeakerPulled => {
                "loudspeaker unloaded in a hold, loaded again after 2 s (0: the server moved the stream)"
            }
            Self::SpeakerAsleep => {
                "loudspeaker asleep (suspended) in a hold, awake after 2 s (time until it plays)"
            }
            Self::OtherDefault => {
                "another default loudspeaker and microphone in a hold (time until both streams are there)"
            }
            Self::Stopped => "SIGSTOP in a hold, SIGCONT after 5 s (time until it is said)",
            Self::RecogniserKilled => "recogniser killed (time until the word said next is obeyed)",
            Self::RecogniserHung => "recogniser hung, by SIGSTOP (likewise)",
        }
    }
}

/// The running program, ended with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Scene {
    card: Card,
    log: PathBuf,
    words: PathBuf,
}

impl Scene {
    fn lines(&self) -> Vec<Line> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines = text.lines();
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    fn events(&self) -> Vec<Event> {
        self.lines().into_iter().map(|line| line.event).collect()
    }

    /// Waits until the log holds `wanted` after its first `from` lines; when it was seen.
    fn until(&self, from: usize, limit: f64, wanted: impl Fn(&Event) -> bool) -> Option<Instant> {
        let begun = Instant::now();
        while begun.elapsed().as_secs_f64() < limit {
            if self.events().iter().skip(from).any(&wanted) {
                return Some(Instant::now());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    fn asked(&self, question: &str) {
        let said = self.until(
            0,
            60.0,
            |event| matches!(event, Event::Say { text, .. } if text.contains(question)),
        );
        assert!(
            said.is_some(),
            "{question:?} is not asked: {:?}",
            self.events()
        );
        std::thread::sleep(Duration::from_secs(4));
    }

    /// Says a word until it is obeyed: on a busy machine one may be lost.
    fn say(&self, word: &str, obeyed: impl Fn(&Event) -> bool) -> Option<Instant> {
        for _ in 0..6 {
            let from = self.events().len();
            self.card.say(&self.words.join(format!("{word}.wav")));
            if let Some(at) = self.until(from.saturating_sub(3), 4.0, &obeyed) {
                return Some(at);
            }
        }
        None
    }
}

fn inject(fault: Fault, delay: f64) -> Option<Injected> {
    let card = Card::start_beside_others()?;
    let (log, words) = (card.path("session.jsonl"), card.path("words"));
    technician(&words);
    let mut command = card.command(talkthrough().get_program());
    command
        .args(["run"])
        .arg(tree().join("tests/card/short.toml"))
        .arg("--log")
        .arg(&log)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut program = Program(command.spawn().expect("the program starts"));
    let mut scene = Scene { card, log, words };
    let mut injected = Injected::default();
    let enters =
        |step: &'static str| move |event: &Event| matches!(event, Event::Step { id } if id == step);
    let begins = |event: &Event| matches!(event, Event::Hold { .. });

    scene.asked("Say erase it");
    injected.lost |= scene.say("erase it", enters("press")).is_none();
    scene.asked("Press the button");
    if matches!(fault, Fault::RecogniserKilled | Fault::RecogniserHung) {
        let signal = if matches!(fault, Fault::RecogniserKilled) {
            "KILL"
        } else {
            "STOP"
        };
        for child in children(program.0.id()) {
            send(signal, child);
        }
        std::thread::sleep(Duration::from_secs_f64(delay));
    }
    let spoken = Instant::now();
    let pressed = scene.say("holding", begins);
    injected.lost |= pressed.is_none();
    let pressed = pressed.unwrap_or(spoken);
    if matches!(fault, Fault::RecogniserKilled | Fault::RecogniserHung) {
        injected.recovered = Some((pressed - spoken).as_secs_f64());
    } else {
        std::thread::sleep(Duration::from_secs_f64(1.0 + delay));
        let from = scene.events().len();
        let ready = |what: &'static str| move |event: &Event| matches!(event, Event::Device { what: it, state } if it == what && state.starts_with("ready"));
        match fault {
            Fault::ServerKilled => {
                scene.card.kill_server();
                std::thread::sleep(Duration::from_secs(2));
                scene.card.start_server();
                let back = Instant::now();
                let both = scene
                    .until(from, 20.0, ready("loudspeaker"))
                    .max(scene.until(from, 20.0, ready("microphone")));
                injected.recovered = both.map(|at| (at - back).as_secs_f64());
            }
            Fault::SpeakerPulled => {
                scene.card.pull_speaker();
                std::thread::sleep(Duration::from_secs(2));
                scene.card.plug_speaker();
                let back = Instant::now();
                // A server that has another loudspeaker moves the stream there: nothing is lost.
                let lost = |event: &Event| matches!(event, Event::Device { what, state } if what == "loudspeaker" && state.starts_with("lost"));
                let at = match scene.until(from, 1.0, lost) {
                    Some(_) => scene.until(from, 20.0, ready("loudspeaker")),
                    None => Some(back),
                };
                injected.recovered = at.map(|at| (at - back).as_secs_f64());
            }
            Fault::SpeakerAsleep => {
                scene.card.sleep_speaker(true);
                std::thread::sleep(Duration::from_secs(2));
                scene.card.sleep_speaker(false);
                let back = Instant::now();
                injected.recovered = within(20.0, || scene.card.is_played_on("speaker"))
                    .map(|at| (at - back).as_secs_f64());
            }
            Fault::OtherDefault => {
                scene.card.other_defaults();
                let back = Instant::now();
                let moved =
                    || scene.card.is_played_on("headset") && scene.card.is_heard_from("boom");
                injected.recovered = within(20.0, moved).map(|at| (at - back).as_secs_f64());
            }
            _ => {
                send("STOP", program.0.id());
                std::thread::sleep(Duration::from_secs(5));
                send("CONT", program.0.id());
                let back = Instant::now();
                let says = |event: &Event| matches!(event, Event::Say { text, .. } if text.starts_with("I was stopped"));
                let at = scene.until(from, 20.0, says);
                injected.recovered = at.map(|at| (at - back).as_secs_f64());
            }
        }
    }
    let carried = scene.until(0, 40.0, enters("plug-in"));
    injected.lost |= carried.is_none();
    // By the record's own time, which goes by the machine's clock: the log is seen late.
    let lines = scene.lines();
    let zero = lines.iter().find_map(|line| match line.event {
        Event::Hold { zero, .. } => Some(zero),
        _ => None,
    });
    let left = lines
        .iter()
        .find(|line| enters("plug-in")(&line.event))
        .map(|line| line.t);
    injected.cut_short = zero
        .zip(left)
        .is_some_and(|(zero, left)| left - zero < HOLD - SLACK)
        || lines
            .iter()
            .any(|line| matches!(line.event, Event::Slip { .. }));
    let steps: Vec<String> = scene
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Step { id } => Some(id),
            _ => None,
        })
        .collect();
    injected.skipped = steps != ["agree", "press", "plug-in"];
    injected.crashed = program.0.try_wait().ok().flatten().is_some();
    if injected.harm().contains(&true) {
        for line in lines {
            eprintln!("{:?} {:?}", line.t, line.event);
        }
    }
    Some(injected)
}

/// When `wanted` came true.
fn within(limit: f64, wanted: impl Fn() -> bool) -> Option<Instant> {
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < limit {
        if wanted() {
            return Some(Instant::now());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

fn technician(dir: &Path) {
    std::fs::create_dir_all(dir).expect("a directory");
    let bank = Bank::load(&tree().join("audio/technician")).expect("the technician's voice loads");
    for phrase in ["erase it", "holding"] {
        let clip = bank.clip(phrase).expect("the technician has every phrase");
        let pcm = Pcm {
            rate: 48_000,
            samples: clip.samples.to_vec(),
        };
        pcm.write(&dir.join(format!("{phrase}.wav")))
            .expect("written");
    }
}

fn send(signal: &str, process: u32) {
    let _ = Command::new("kill")
        .args(["-s", signal, &process.to_string()])
        .status();
}

/// The processes that `parent` has started.
fn children(parent: u32) -> Vec<u32> {
    let found = Command::new("pgrep")
        .args(["-P", &parent.to_string()])
        .output();
    let text = found.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect()
}

#[test]
#[ignore = "a measurement; `make faults` runs it"]
fn a_table_of_faults_of_real_parts() {
    let times = std::env::var("TALKTHROUGH_FAULTS_REAL").ok();
    let times: usize = times.and_then(|text| text.parse().ok()).unwrap_or(5);
    let wanted = std::env::var("TALKTHROUGH_FAULTS_ROW").unwrap_or_default();
    println!("{HEAD}");
    for fault in Fault::ALL {
        if !fault.name().contains(&wanted) {
            continue;
        }
        let next = AtomicUsize::new(0);
        let row = Mutex::new(Row::default());
        // A talk waits most of the time, and each has a sound card of its own.
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(times) {
                scope.spawn(|| {
                    loop {
                        let nth = next.fetch_add(1, Ordering::Relaxed);
                        if nth >= times {
                            return;
                        }
                        let Some(it) = inject(fault, nth as f64 * 0.37 % 3.0) else {
                            return;
                        };
                        if it.harm().contains(&true) {
                            eprintln!("{fault:?}, injection {nth}: {it:?}");
                        }
                        row.lock().expect("no injection panics").add(&it);
                    }
                });
            }
        });
        let row = row.into_inner().expect("no injection panics");
        println!("{}", row.line(fault.name(), times));
    }
}
