//! Callback and thread, without a device: instants are passed in.

use super::*;

struct Rig {
    intake: Intake,
    listener: Listener,
    receiver: mpsc::Receiver<Chunk>,
    origin: Instant,
}

fn rig(rate: u32) -> Rig {
    let origin = Instant::now();
    let clock = Clock::starting_at(origin);
    let health = Health::new("microphone".into(), origin);
    let (intake, mut listener, receiver) = sides(&clock, &health, rate, 2, 1_000).unwrap();
    listener.timing.origin = origin;
    Rig {
        intake,
        listener,
        receiver,
        origin,
    }
}

impl Rig {
    /// Delivers the buffer of 20 ms that was spoken from `spoken` seconds on, `late` seconds after
    /// its end, its timestamp wrong by `noise` seconds.
    fn deliver(&mut self, signal: &dyn Fn(f64) -> f32, spoken: f64, late: f64, noise: f64) {
        let rate = f64::from(self.listener.timing.rate);
        let frames = (rate / 50.0) as usize;
        let data: Vec<f32> = (0..frames)
            .flat_map(|k| [signal(spoken + k as f64 / rate), 0.0])
            .collect();
        let now = self.origin + Duration::from_secs_f64(spoken + 0.02 + late);
        self.intake
            .take(&data, now, Duration::from_secs_f64(0.02 + late - noise));
        self.listener.look().unwrap();
    }

    fn chunks(&mut self) -> Vec<Chunk> {
        std::iter::from_fn(|| self.receiver.try_recv().ok()).collect()
    }
}

/// Silence, and from `begin` seconds on a tone.
fn tone_from(begin: f64) -> impl Fn(f64) -> f32 {
    move |t| {
        if t < begin {
            0.0
        } else {
            (0.8 * (t - begin) * 5_000.0).cos() as f32 * 0.8
        }
    }
}

#[test]
fn a_sound_is_dated_to_when_it_was_spoken_however_late_it_arrives() {
    for rate in [48_000, 44_100, 16_000] {
        let mut rig = rig(rate);
        let signal = tone_from(2.345);
        for n in 0..200_u32 {
            let late = if n % 7 == 0 { 0.03 } else { 0.004 };
            rig.deliver(&signal, f64::from(n) * 0.02, late, 0.0);
        }
        let onset = rig.chunks().iter().find_map(|chunk| {
            let k = chunk.samples.iter().position(|&sample| sample > 0.2)?;
            Some(chunk.first.secs() + k as f64 / 16_000.0)
        });
        let onset = onset.unwrap();
        assert!((onset - 2.345).abs() < 0.000_2, "{rate}: {onset}");
    }
}

#[test]
fn chunk_times_do_not_jitter_with_the_timestamps() {
    let mut rig = rig(48_000);
    for n in 0..500_u32 {
        let noise = f64::from(n * 37 % 9) * 0.000_5 - 0.002;
        rig.deliver(&|_| 0.0, f64::from(n) * 0.02, 0.01, noise);
    }
    let chunks = rig.chunks();
    assert!(chunks.len() > 480, "{}", chunks.len());
    // The first are still finding the mean.
    for pair in chunks.windows(2).skip(64) {
        let step = pair[1].first.since(pair[0].first).as_secs_f64();
        assert!((step - 0.02).abs() < 0.000_1, "{step}");
    }
    for (n, chunk) in chunks.iter().enumerate().skip(64) {
        let error = chunk.first.secs() - 0.1 - n as f64 * 0.02;
        // The least age claimed is taken, so what noise takes off it stays off.
        assert!(error.abs() < 0.002_1, "chunk {n}: {error}");
    }
}

#[test]
fn after_lost_samples_the_time_jumps_to_where_it_belongs() {
    let mut rig = rig(48_000);
    for n in (0..100_u32).chain(150..250) {
        rig.deliver(&|_| 0.0, f64::from(n) * 0.02, 0.01, 0.0);
    }
    let chunks = rig.chunks();
    let last = chunks.last().unwrap();
    assert!(
        (last.first.secs() - 249.0 * 0.02).abs() < 0.025,
        "{}",
        last.first
    );
}

#[test]
fn the_channels_are_averaged() {
    let mut rig = rig(16_000);
    for n in 0..20_u32 {
        rig.deliver(&|_| 0.6, f64::from(n) * 0.02, 0.01, 0.0);
    }
    let chunk = &rig.chunks()[5];
    assert_eq!(chunk.samples.len(), CHUNK);
    assert!(
        chunk
            .samples
            .iter()
            .all(|&sample| (sample - 0.3).abs() < 1e-6)
    );
}

#[test]
fn a_listener_that_sleeps_loses_sound_and_it_is_counted() {
    let mut rig = rig(16_000);
    let data = vec![0.1_f32; 2 * 16_000];
    for second in 0..4 {
        let now = rig.origin + Duration::from_secs(second + 1);
        rig.intake.take(&data, now, Duration::from_secs(1));
    }
    assert!(rig.intake.lost.load(Ordering::Relaxed) > 0);
    assert!(rig.listener.look().is_ok());
}

#[test]
fn the_callback_does_not_allocate() {
    let mut rig = rig(48_000);
    let data = [0.1_f32; 2 * 960];
    let before = assert_no_alloc::violation_count();
    for nth in 0..500_u32 {
        // From the 400th on nobody takes what is heard.
        let now = rig.origin + Duration::from_millis(20) * nth;
        assert_no_alloc::assert_no_alloc(|| {
            rig.intake.take(&data, now, Duration::from_millis(25));
        });
        if nth < 400 {
            rig.listener.look().unwrap();
        }
    }
    assert_eq!(assert_no_alloc::violation_count(), before);
}
