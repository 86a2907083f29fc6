//! The callback, without a device: instants are passed in.

use super::*;
use crate::sound::timeline::{Command, Control, Report, timeline};
use crate::time::Moment;
use std::num::NonZero;

struct Rig {
    pump: Pump,
    control: Control,
    home: Consumer<Timeline>,
    clock: Clock,
    origin: Instant,
    played: u64,
}

/// A device of `rate` and two channels whose timeline stands at `first`.
fn rig(rate: u32, first: u64) -> Rig {
    let origin = Instant::now();
    let clock = Clock::starting_at(origin);
    let (control, timeline) = timeline(first);
    let health = Health::new("loudspeaker".into(), origin);
    let (pump, home) = Pump::new(timeline, &clock, health, NonZero::new(rate).unwrap(), 2);
    Rig {
        pump,
        control,
        home,
        clock,
        origin,
        played: 0,
    }
}

impl Rig {
    /// Plays buffers of 20 ms until `seconds`, each heard when its turn is; gives back the left
    /// channel, whose sample `n` is heard at `n / rate` seconds.
    fn play(&mut self, seconds: f64) -> Vec<f32> {
        let mut out = Vec::new();
        let rate = self.pump.rate;
        while (self.played as f64) < seconds * f64::from(rate) {
            let mut data = vec![f32::NAN; 2 * rate as usize / 50];
            let heard = self.origin + Duration::from_secs_f64(self.played as f64 / f64::from(rate));
            self.pump.fill(&mut data, heard, true);
            out.extend(data.chunks(2).map(|frame| {
                assert_eq!(frame[0], frame[1]);
                frame[0]
            }));
            self.played += (data.len() / 2) as u64;
        }
        out
    }

    fn place(&mut self, id: u64, at: f64) {
        let at = Some(Moment::from_secs(at));
        let samples = vec![0.5; 4_800].into();
        self.control
            .send(Command::Place {
                id,
                at,
                samples,
                gain: 1.0,
            })
            .unwrap();
    }
}

fn onset(samples: &[f32]) -> usize {
    samples.iter().position(|&sample| sample > 0.25).unwrap()
}

#[test]
fn a_clip_is_heard_at_its_moment_on_a_stream_opened_late() {
    let mut rig = rig(48_000, 0);
    rig.place(1, 2.0);
    // The stream is opened when the talk is 1.5 s old.
    rig.played = 72_000;
    let out = rig.play(3.0);
    assert_eq!(onset(&out) + 72_000, 96_000);
}

#[test]
fn a_timeline_that_stands_ahead_waits_for_its_time() {
    let mut rig = rig(48_000, 48_000);
    rig.place(1, 1.25);
    assert_eq!(onset(&rig.play(2.0)), 60_000);
}

#[test]
fn a_device_at_another_rate_keeps_the_time() {
    let mut rig = rig(44_100, 0);
    rig.place(1, 1.0);
    rig.place(2, 30.0);
    let out = rig.play(31.0);
    assert!(onset(&out).abs_diff(44_100) <= 3, "{}", onset(&out));
    let second = onset(&out[60_000..]) + 60_000;
    assert!(second.abs_diff(30 * 44_100) <= 3, "{second}");
}

#[test]
fn after_a_long_gap_the_count_goes_on_with_the_right_number() {
    let mut rig = rig(48_000, 0);
    for n in 1..=6 {
        rig.place(n, n as f64);
    }
    rig.play(1.5);
    // The machine sleeps for two seconds.
    rig.played += 96_000;
    let begin = rig.played;
    let out = rig.play(6.5);
    let late: Vec<_> = (1..out.len())
        .filter(|&k| out[k] > 0.25 && out[k - 1] <= 0.25)
        .map(|k| k as u64 + begin)
        .collect();
    assert_eq!(late.len(), 3, "four, five and six: {late:?}");
    for (onset, n) in late.iter().zip(4..) {
        assert!(onset.abs_diff(n * 48_000) < 24, "{onset} for {n}");
    }
    let cut = |report: &Report| matches!(report, Report::Finished { cut: true, .. });
    assert_eq!(
        rig.control.reports().filter(cut).count(),
        2,
        "two and three"
    );
}

#[test]
fn the_timeline_comes_home_when_the_stream_dies_and_goes_on_elsewhere() {
    let mut rig = rig(48_000, 0);
    rig.place(1, 5.0);
    rig.play(1.0);
    drop(rig.pump);
    let mut timeline = come_home(&mut rig.home).unwrap();
    assert_eq!(timeline.position(), 48_000);
    // Two seconds without a loudspeaker.
    let now = rig.clock.now_at(rig.origin + Duration::from_secs(3));
    timeline.skip_to(now.frame(RATE));
    let mut block = vec![0.0; 3 * 48_000];
    timeline.pull(&mut block);
    assert_eq!(onset(&block), 2 * 48_000);
}

#[test]
fn a_stream_is_silent_until_its_timestamps_can_be_believed() {
    let mut rig = rig(48_000, 0);
    let samples = vec![0.5; 48_000].into();
    rig.control
        .send(Command::Place {
            id: 1,
            at: None,
            samples,
            gain: 1.0,
        })
        .unwrap();
    assert_eq!(onset(&rig.play(1.0)), 4_800);
    let started = rig.control.reports().next();
    assert_eq!(
        started,
        Some(Report::Started {
            id: 1,
            frame: 4_800
        })
    );
}

/// Ten minutes of a count, a number every second, on a loudspeaker whose clock is `ppm` parts in a million fast,
/// whose timestamps are up to 2 ms wrong, and which falls behind by 50 ms after 305.3 s. For each number that was
/// heard, in order: the session's time when it was, and the real time.
fn count_of_ten_minutes(ppm: f64) -> Vec<(f64, f64)> {
    const LEAD: f64 = 0.06;
    let mut rig = rig(48_000, 0);
    rig.pump.channels = 1;
    let at = |frame: u64| {
        let secs = frame as f64 / (48_000.0 * (1.0 + ppm * 1e-6));
        LEAD + secs + if secs > 305.3 { 0.05 } else { 0.0 }
    };
    let (mut placed, mut frame, mut loud) = (1, 0, false);
    let mut heard = Vec::new();
    while placed < 600 || frame < 603 * 48_000 {
        let now = rig.origin + Duration::from_secs_f64(at(frame) - LEAD);
        let soon = rig.clock.moment_at(now) + Duration::from_secs(2);
        while placed <= 600 && Moment::from_secs(placed as f64) < soon {
            rig.place(placed, placed as f64);
            placed += 1;
        }
        assert!(rig.control.reports().count() < 100);
        let noise = (frame / 960 * 37 % 9) as f64 * 0.000_5 - 0.002;
        let mut data = [0.0_f32; 960];
        rig.pump
            .answer(&mut data, now, Duration::from_secs_f64(LEAD + noise));
        for sample in data {
            if sample > 0.25 && !loud {
                let real = at(frame);
                let session = rig
                    .clock
                    .moment_at(rig.origin + Duration::from_secs_f64(real));
                heard.push((session.secs(), real));
            }
            loud = sample > 0.25;
            frame += 1;
        }
    }
    heard
}

#[test]
fn a_drifting_loudspeaker_that_stumbles_loses_no_number_and_is_within_20_ms_of_the_session() {
    for ppm in [-200.0, 0.0, 200.0] {
        let heard = count_of_ten_minutes(ppm);
        assert_eq!(heard.len(), 600, "{ppm} ppm: each once");
        let mut late = 0;
        for ((session, real), n) in heard.iter().zip(1..) {
            let off = (session - f64::from(n)).abs();
            // In the second after it stumbled the session's time is catching up with it.
            late += usize::from(off > 0.02);
            assert!(off < 0.055, "{ppm} ppm: {n} at {session}, {real}");
        }
        assert!(late <= 1, "{ppm} ppm: {late} numbers more than 20 ms off");
        // Half a minute of a hold, against the machine's own clock.
        for pair in heard.windows(31) {
            let lasted = pair[30].1 - pair[0].1;
            assert!((lasted - 30.0).abs() < 0.062, "{ppm} ppm: {lasted}");
            assert!(
                lasted > 30.0 - 0.01,
                "{ppm} ppm: it is never shorter: {lasted}"
            );
        }
    }
}

#[test]
fn the_callback_does_not_allocate() {
    for rate in [48_000, 44_100] {
        let mut rig = rig(rate, 0);
        let mut data = [0.0_f32; 1_920];
        let lead = Duration::from_millis(60);
        let before = assert_no_alloc::violation_count();
        let mut real = 0.0;
        for nth in 0..600_u64 {
            // Clips that begin, meet, end, are removed or come too late; changes of level.
            for id in [nth * 3, nth * 3 + 1] {
                rig.place(id, real + (id % 7) as f64 * 0.05);
            }
            let _ = rig.control.send(Command::Remove { id: nth * 2 });
            let _ = rig
                .control
                .send(Command::Level(1.0 - (nth % 3) as f32 * 0.2));
            // A stumble, and a pause in which the device is not called.
            real += 0.02
                + if nth == 300 {
                    0.15
                } else if nth == 400 {
                    2.0
                } else {
                    0.0
                };
            let now = rig.origin + Duration::from_secs_f64(real);
            if nth < 20 {
                // The mixer takes its source in with the first sound.
                rig.pump.answer(&mut data, now, lead);
            } else {
                assert_no_alloc::assert_no_alloc(|| rig.pump.answer(&mut data, now, lead));
            }
            let _ = rig.control.reports().count();
        }
        assert_eq!(assert_no_alloc::violation_count(), before, "at {rate} Hz");
    }
}

#[test]
fn the_guard_against_allocating_would_tell() {
    let before = assert_no_alloc::violation_count();
    let kept = assert_no_alloc::assert_no_alloc(|| vec![1_u8; 100]);
    assert!(
        assert_no_alloc::violation_count() > before,
        "{}",
        kept.len()
    );
}
