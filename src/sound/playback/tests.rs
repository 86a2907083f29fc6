//! The callback, without a device: instants are passed in.

use super::*;
use crate::sound::timeline::{Command, Control, Report, timeline};
use crate::time::Moment;

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
    let (give_back, home) = RingBuffer::new(1);
    let cue = timeline.cue();
    let (mixer, source) = rodio::mixer::mixer(NonZero::<u16>::MIN, NonZero::new(rate).unwrap());
    mixer.add(Lent {
        timeline: Some(timeline),
        home: give_back,
    });
    let pump = Pump {
        source,
        cue,
        feed: clock.feed(),
        health: Health::new("loudspeaker".into()),
        lead: Arc::default(),
        rate,
        channels: 2,
        first_callback: None,
        running: false,
        silence: 0,
    };
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
