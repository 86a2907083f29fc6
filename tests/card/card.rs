//! A virtual sound card.
#![allow(dead_code, reason = "each test program uses a part")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Waits until no other test of this program needs the machine's time.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A PulseAudio server of its own: what is played into the sink `speaker` also reaches the sink `room`
/// after 40 ms, 14 dB softer; the source `mic` hears the room.
pub(crate) struct Card {
    dir: tempfile::TempDir,
    server: Child,
    recorder: Option<Child>,
    /// Sound is in real time: two cards at once on a small machine would disturb what is timed.
    _alone: Option<MutexGuard<'static, ()>>,
}

static ALONE: Mutex<()> = Mutex::new(());

impl Card {
    /// Starts one, while no other is there; `None` where PulseAudio is not installed.
    pub(crate) fn start() -> Option<Self> {
        Self::start_holding(Some(alone()))
    }

    /// Starts one where there may be others.
    pub(crate) fn start_beside_others() -> Option<Self> {
        Self::start_holding(None)
    }

    fn start_holding(alone: Option<MutexGuard<'static, ()>>) -> Option<Self> {
        let installed = |program: &str| {
            let found = Command::new(program)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            found.is_ok_and(|status| status.success())
        };
        if !["pulseaudio", "pactl", "paplay", "parec"]
            .into_iter()
            .all(installed)
        {
            eprintln!("skipped: PulseAudio is not installed (pulseaudio, pulseaudio-utils)");
            return None;
        }
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir_all(dir.path().join("home")).expect("a directory");
        let mut card = Self {
            server: server(dir.path()).spawn().ok()?,
            dir,
            recorder: None,
            _alone: alone,
        };
        card.settle();
        Some(card)
    }

    /// Waits until the server answers, and sets it up.
    fn settle(&mut self) {
        let begun = Instant::now();
        while !self
            .pactl(&["info"])
            .is_some_and(|text| text.contains("Server Name"))
        {
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "PulseAudio does not start"
            );
            assert!(
                self.server.try_wait().ok().flatten().is_none(),
                "PulseAudio ends at once"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        self.pactl(&["set-default-sink", "speaker"]);
        self.pactl(&["set-default-source", "mic"]);
        let inputs = self
            .pactl(&["list", "short", "sink-inputs"])
            .unwrap_or_default();
        let number = |line: &str| line.split_whitespace().next().map(str::to_owned);
        let mut lines = inputs.lines().filter_map(number);
        for (input, volume) in lines.by_ref().zip(["-14dB", "-70dB"]) {
            self.pactl(&["set-sink-input-volume", &input, volume]);
        }
    }

    /// The server is killed, as by a fault of its own.
    pub(crate) fn kill_server(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_file(self.dir.path().join("native"));
    }

    /// And is started again.
    pub(crate) fn start_server(&mut self) {
        self.server = server(self.dir.path()).spawn().expect("PulseAudio starts");
        self.settle();
    }

    /// The loudspeaker is pulled out.
    pub(crate) fn pull_speaker(&self) {
        let modules = self
            .pactl(&["list", "short", "modules"])
            .unwrap_or_default();
        for line in modules.lines().filter(|line| line.contains("speaker")) {
            let number = line.split_whitespace().next().unwrap_or_default();
            self.pactl(&["unload-module", number]);
        }
    }

    /// And plugged in again.
    pub(crate) fn plug_speaker(&self) {
        self.pactl(&[
            "load-module",
            "module-null-sink",
            "sink_name=speaker",
            "rate=48000",
            "channels=2",
        ]);
        self.pactl(&[
            "load-module",
            "module-loopback",
            "source=speaker.monitor",
            "sink=room",
            "latency_msec=40",
        ]);
        self.pactl(&["set-default-sink", "speaker"]);
    }

    /// The loudspeaker falls asleep, as a headset does, or wakes up.
    pub(crate) fn sleep_speaker(&self, asleep: bool) {
        self.pactl(&["suspend-sink", "speaker", if asleep { "1" } else { "0" }]);
    }

    /// A headset is plugged in, "headset" with the microphone "boom", and the server makes it the default.
    pub(crate) fn other_defaults(&self) {
        self.pactl(&["load-module", "module-null-sink", "sink_name=headset"]);
        let boom = "source_name=boom";
        self.pactl(&[
            "load-module",
            "module-remap-source",
            "master=room.monitor",
            boom,
        ]);
        self.pactl(&["set-default-sink", "headset"]);
        self.pactl(&["set-default-source", "boom"]);
    }

    /// Whether a program plays on this sink, and the sink runs.
    pub(crate) fn is_played_on(&self, sink: &str) -> bool {
        self.is_used("sinks", "sink-inputs", sink)
    }

    /// Whether a program listens to this source, and the source runs.
    pub(crate) fn is_heard_from(&self, source: &str) -> bool {
        self.is_used("sources", "source-outputs", source)
    }

    /// Whether the device called `name`, one of `devices`, runs, and is among those that a program's `streams` go to.
    fn is_used(&self, devices: &str, streams: &str, name: &str) -> bool {
        let list = |what: &str| self.pactl(&["list", "short", what]).unwrap_or_default();
        let devices = list(devices);
        let device = devices
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|fields| fields.get(1) == Some(&name));
        let Some(fields) = device.filter(|fields| fields.last() == Some(&"RUNNING")) else {
            return false;
        };
        list(streams).lines().any(|line| {
            let goes: Vec<_> = line.split_whitespace().collect();
            // A stream of the server's own has no client.
            goes.get(1) == fields.first() && goes.get(2) != Some(&"-")
        })
    }

    /// A command that finds this card and no other.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        with_home(Command::new(program), self.dir.path())
    }

    /// Records what the loudspeaker plays, from now on, as 48 kHz 16-bit mono without a header.
    pub(crate) fn record(&mut self, path: &Path) {
        let file = std::fs::File::create(path).expect("a file");
        let mut recorder = self.command("parec");
        recorder.args([
            "-d",
            "speaker.monitor",
            "--format=s16le",
            "--rate=48000",
            "--channels=1",
            "--latency-msec=20",
        ]);
        self.recorder = recorder.stdout(file).spawn().ok();
    }

    /// Ends the recording and returns it.
    pub(crate) fn recorded(&mut self, path: &Path) -> Vec<f32> {
        std::thread::sleep(Duration::from_millis(300));
        if let Some(mut recorder) = self.recorder.take() {
            let _ = recorder.kill();
            let _ = recorder.wait();
        }
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes
            .chunks_exact(2)
            .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0)
            .collect()
    }

    /// Plays a file into the room, as a person in it would speak.
    pub(crate) fn say(&self, file: &Path) {
        let status = self
            .command("paplay")
            .args(["-d", "room"])
            .arg(file)
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "{} cannot be played",
            file.display()
        );
    }

    fn pactl(&self, args: &[&str]) -> Option<String> {
        let output = self.command("pactl").args(args).output().ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        if let Some(mut recorder) = self.recorder.take() {
            let _ = recorder.kill();
            let _ = recorder.wait();
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn with_home(mut command: Command, dir: &Path) -> Command {
    command
        .env("XDG_RUNTIME_DIR", dir)
        .env("PULSE_RUNTIME_PATH", dir)
        .env(
            "PULSE_SERVER",
            format!("unix:{}", dir.join("native").display()),
        )
        .env("HOME", dir.join("home"))
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_STATE_HOME");
    command
}

/// The server of a card that keeps its things in `dir`.
fn server(dir: &Path) -> Command {
    let module = |text: &str| ["-L".to_owned(), text.to_owned()];
    let mut command = Command::new("pulseaudio");
    command
        .args([
            "-n",
            "--system=false",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--disallow-exit",
            "--log-level=error",
        ])
        .args(module(&format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            dir.join("native").display()
        )))
        .args(module(
            "module-null-sink sink_name=speaker rate=48000 channels=2",
        ))
        .args(module(
            "module-null-sink sink_name=room rate=48000 channels=1",
        ))
        .args(module(
            "module-remap-source source_name=mic master=room.monitor",
        ))
        .args(module(
            "module-loopback source=speaker.monitor sink=room latency_msec=40",
        ))
        // No room is without any sound: a microphone that delivers zeros is taken for muted.
        .args(module("module-sine sink=room frequency=100"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    with_home(command, dir)
}
