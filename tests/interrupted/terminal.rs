//! A terminal with the program on it.
#![allow(dead_code, reason = "each test program uses a part")]

use crate::support::{record, talkthrough};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use talkthrough::record::{Event, Line};

/// What has not come by then never will.
const NEVER: Duration = Duration::from_secs(120);

/// A home directory for the talks of one test.
pub(crate) struct Home {
    dir: tempfile::TempDir,
    guide: String,
    /// The command that runs the program, if any.
    through: Vec<String>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self::with_guide("wisenet-dvr", &[])
    }

    /// Talks through another guide, run by the command `through`.
    pub(crate) fn with_guide(guide: &str, through: &[&str]) -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
            guide: guide.into(),
            through: through.iter().map(|&word| word.into()).collect(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The file of the kept place.
    pub(crate) fn place(&self) -> PathBuf {
        self.path().join("state/talkthrough/place.json")
    }

    /// The program, away from the devices and the settings of whoever runs the tests.
    pub(crate) fn program(&self, args: &[&str]) -> Command {
        let mut command = match self.through.split_first() {
            Some((first, more)) => {
                let mut command = Command::new(first);
                command.args(more).arg(talkthrough().get_program());
                command
            }
            None => talkthrough(),
        };
        command
            .args(["run", &self.guide, "--synth", "none"])
            .args(args)
            .env("HOME", self.path())
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .env("XDG_RUNTIME_DIR", self.path())
            .env("PULSE_SERVER", "unix:/nonexistent")
            .env("ALSA_CONFIG_PATH", "/nonexistent")
            .env("TERM", "xterm")
            .env_remove("DISPLAY");
        command
    }

    /// Starts a talk with keys alone.
    pub(crate) fn talk(&self, args: &[&str]) -> Talk {
        let args: Vec<&str> = ["--keyboard"].iter().chain(args).copied().collect();
        self.talk_with(&args, |_| ())
    }

    pub(crate) fn talk_with(&self, args: &[&str], change: impl FnOnce(&mut Command)) -> Talk {
        static TALKS: Mutex<u32> = Mutex::new(0);
        let number = {
            let mut talks = TALKS.lock().expect("nobody panics here");
            *talks += 1;
            *talks
        };
        let log = self.path().join(format!("talk-{number}.jsonl"));
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let name = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let open = || {
            File::options()
                .read(true)
                .write(true)
                .open(name)
                .expect("the terminal opens")
        };
        let held_open = open();
        let cooked = tcgetattr(&held_open).expect("it is a terminal").local_modes;
        let mut command = self.program(args);
        command
            .arg("--log")
            .arg(&log)
            .stdin(Stdio::from(open()))
            .stdout(Stdio::from(open()))
            .stderr(Stdio::from(open()));
        change(&mut command);
        let child = command.spawn().expect("the program starts");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let master = File::from(master);
        let mut reader = master.try_clone().expect("a second handle");
        let seen = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut block = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut block) {
                seen.lock()
                    .expect("nobody panics here")
                    .extend(&block[..count]);
            }
        });
        Talk {
            child,
            master,
            held_open,
            cooked,
            log,
            shown,
        }
    }
}

/// A program that runs on a terminal.
pub(crate) struct Talk {
    child: Child,
    master: File,
    held_open: File,
    cooked: LocalModes,
    log: PathBuf,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Talk {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the screen was given so far.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("nobody panics here")).into_owned()
    }

    /// Every event so far. The last line may still be on its way.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.lines().into_iter().map(|line| line.event).collect()
    }

    /// The same with their moments.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let copy = self.log.with_extension("whole");
        std::fs::write(&copy, whole).expect("written");
        record(&copy)
    }

    /// Waits until `wanted` is true of an event.
    pub(crate) fn wait_for(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) {
        self.wait_until(what, |talk| talk.events().iter().any(&wanted));
    }

    pub(crate) fn wait_until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !wanted(self) {
            let ended = self.child.try_wait().expect("it can be asked");
            assert!(
                ended.is_none() && begun.elapsed() < NEVER,
                "{what} never comes ({ended:?}):\n{}\n{:?}",
                self.shown(),
                self.events()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn wait_for_step(&mut self, id: &str) {
        self.wait_for(
            id,
            |event| matches!(event, Event::Step { id: step } if step == id),
        );
    }

    pub(crate) fn wait_for_words(&mut self, words: &str) {
        self.wait_for(
            words,
            |event| matches!(event, Event::Say { text, .. } if text == words),
        );
    }

    /// How often a sentence was said. One without a clip is written down twice in a row: shown, and
    /// with the sound that stands for it.
    pub(crate) fn said(&self, words: &str) -> usize {
        let mut said: Vec<String> = self
            .events()
            .into_iter()
            .filter_map(|event| match event {
                Event::Say { text, .. } => Some(text),
                _ => None,
            })
            .collect();
        said.dedup();
        said.iter().filter(|text| *text == words).count()
    }

    /// The place that was offered, once the talk has begun.
    pub(crate) fn offered(&mut self) -> Option<(String, bool)> {
        self.wait_for("the beginning", |event| {
            matches!(event, Event::Offer { .. } | Event::Step { .. })
        });
        self.events().into_iter().find_map(|event| match event {
            Event::Offer { step, holding } => Some((step, holding)),
            _ => None,
        })
    }

    /// Presses keys. Before the terminal is in raw mode they would be lost.
    pub(crate) fn press(&mut self, keys: &str) {
        self.wait_until("raw mode", Self::is_raw);
        self.master.write_all(keys.as_bytes()).expect("pressed");
    }

    pub(crate) fn is_raw(&self) -> bool {
        !self.modes().contains(LocalModes::ICANON)
    }

    /// Whether the terminal is as it was before.
    pub(crate) fn is_restored(&self) -> bool {
        self.modes() == self.cooked
    }

    fn modes(&self) -> LocalModes {
        tcgetattr(&self.held_open)
            .expect("it is a terminal")
            .local_modes
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.id() as i32).expect("an id");
        kill_process(id, signal).expect("signalled");
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it can be asked")
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.cut_off();
    }

    /// The same, and it can still be looked at.
    pub(crate) fn cut_off(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                return status;
            }
            assert!(begun.elapsed() < NEVER, "it never ends:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Processes that it started and that still run.
    pub(crate) fn children(&self) -> Vec<u32> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.id()));
        let tasks = tasks.into_iter().flatten().flatten();
        let children =
            tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        children
            .flat_map(|ids| {
                ids.split_whitespace()
                    .filter_map(|id| id.parse().ok())
                    .collect::<Vec<u32>>()
            })
            .collect()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the process is gone, or only its entry is left.
pub(crate) fn wait_until_gone(id: u32) {
    let begun = Instant::now();
    loop {
        let status = std::fs::read_to_string(format!("/proc/{id}/status"));
        if !status.is_ok_and(|status| !status.contains("State:\tZ")) {
            return;
        }
        assert!(begun.elapsed() < NEVER, "process {id} stays");
        std::thread::sleep(Duration::from_millis(10));
    }
}
