//! The figures of the README: `make measure` prints them, with how often each was measured.

use crate::card::Card;
use crate::support::talkthrough;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// From the start of the built program to the first sound on the virtual card.
#[test]
#[ignore = "a measurement; `make measure` runs it"]
fn cold_start_to_the_first_sound() {
    const RUNS: usize = 10;
    let Some(card) = Card::start() else { return };
    let mut took = Vec::new();
    for _ in 0..RUNS {
        let mut monitor = card
            .command("parec")
            .args([
                "-d",
                "speaker.monitor",
                "--format=s16le",
                "--rate=48000",
                "--channels=1",
                "--latency-msec=10",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .expect("parec starts");
        let mut sound = monitor.stdout.take().expect("piped");
        let mut block = [0_u8; 960];
        // The monitor is running once silence comes.
        sound.read_exact(&mut block).expect("the monitor runs");
        let began = Instant::now();
        let mut command = card.command(talkthrough().get_program());
        command
            .args(["run", "wisenet-dvr"])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut program = command.spawn().expect("the program starts");
        while began.elapsed() < Duration::from_secs(10) {
            sound.read_exact(&mut block).expect("the monitor runs");
            let loud = |pair: &[u8]| i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs() > 300;
            if block.chunks_exact(2).any(loud) {
                took.push(began.elapsed().as_secs_f64());
                break;
            }
        }
        let _ = program.kill();
        let _ = program.wait();
        let _ = monitor.kill();
        let _ = monitor.wait();
    }
    took.sort_by(f64::total_cmp);
    assert_eq!(took.len(), RUNS, "every run was heard");
    println!(
        "cold start to the first sound: median {:.0} ms, worst {:.0} ms (N = {RUNS})",
        took[RUNS / 2] * 1e3,
        took[RUNS - 1] * 1e3
    );
}

/// How much faster than real time a rehearsal of the whole talk runs, and what both processes need.
#[test]
#[ignore = "a measurement; `make measure` runs it"]
fn speed_and_memory_of_a_rehearsal() {
    const RUNS: usize = 5;
    let (mut speeds, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut command = talkthrough();
        command
            .args(["rehearse", "wisenet-dvr"])
            .stdout(Stdio::piped());
        let mut program = command.spawn().expect("the program starts");
        let mut peak = 0;
        let text = {
            let mut out = program.stdout.take().expect("piped");
            let reader = std::thread::spawn(move || {
                let mut text = String::new();
                let _ = out.read_to_string(&mut text);
                text
            });
            while program.try_wait().ok().flatten().is_none() {
                peak = peak.max(memory_of_family(program.id()));
                std::thread::sleep(Duration::from_millis(5));
            }
            reader.join().unwrap_or_default()
        };
        let speed = text.lines().find_map(|line| {
            line.split(": ")
                .nth(1)?
                .split(' ')
                .next()?
                .parse::<f64>()
                .ok()
        });
        speeds.push(speed.expect("a rehearsal says how fast it was"));
        peaks.push(peak);
    }
    speeds.sort_by(f64::total_cmp);
    println!(
        "a rehearsal of the whole talk: median {:.0}, least {:.0} times faster than real time (N = {RUNS})",
        speeds[RUNS / 2],
        speeds[0]
    );
    println!(
        "peak memory, talk and recogniser together: {} MB (N = {RUNS})",
        peaks.iter().max().unwrap_or(&0) / 1000
    );
}

/// Peak resident memory of a process and its children together, in kB.
fn memory_of_family(pid: u32) -> u64 {
    let peak = |pid: u32| -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
            .unwrap_or(0)
    };
    let children = Command::new("pgrep")
        .args(["-P", &pid.to_string()])
        .output();
    let children = children
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    peak(pid)
        + children
            .lines()
            .filter_map(|line| line.trim().parse().ok())
            .map(peak)
            .sum::<u64>()
}
