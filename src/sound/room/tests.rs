use super::*;

/// No echo, no noise but the floor.
fn bare() -> RoomConfig {
    RoomConfig {
        echo_db: f32::NEG_INFINITY,
        ..RoomConfig::default()
    }
}

/// Echo by the direct path alone.
fn dry() -> RoomConfig {
    RoomConfig {
        echo_db: 0.0,
        rt60: Duration::ZERO,
        ..RoomConfig::default()
    }
}

fn run(room: &mut Room, loudspeaker: &[f32], block: usize) -> Vec<f32> {
    let mut microphone = Vec::new();
    for block in loudspeaker.chunks(block) {
        room.step(block, &mut microphone);
    }
    microphone
}

fn tone(hertz: f64, seconds: f64) -> Vec<f32> {
    let step = std::f64::consts::TAU * hertz / f64::from(RATE);
    (0..(seconds * f64::from(RATE)) as usize)
        .map(|k| 0.5 * (step * k as f64).sin() as f32)
        .collect()
}

fn db(level: f32) -> f32 {
    20.0 * level.log10()
}

#[test]
fn a_word_is_heard_from_exactly_its_sample() {
    let mut room = Room::new(bare()).unwrap();
    let word: Arc<[f32]> = vec![0.5; 700].into();
    let at = Moment::from_micros(1_234_567);
    assert_eq!(
        room.talk(word, at, 0.0),
        Moment::from_frame(at.frame(EAR_RATE), EAR_RATE)
    );
    let heard = run(&mut room, &vec![0.0; 96_000], 480);
    let start = at.frame(EAR_RATE) as usize;
    for (m, &sample) in heard.iter().enumerate() {
        let expected = if (start..start + 700).contains(&m) {
            0.5
        } else {
            0.0
        };
        assert!((sample - expected).abs() < 0.002, "sample {m}: {sample}");
    }
}

#[test]
fn a_word_too_late_begins_at_once() {
    let mut room = Room::new(bare()).unwrap();
    run(&mut room, &[0.0; 4_800], 480);
    let begun = room.talk(vec![0.5; 10].into(), Moment::ZERO, -6.0);
    assert_eq!(begun, Moment::from_micros(100_000));
    let heard = run(&mut room, &[0.0; 480], 480);
    assert!((heard[0] - 0.25).abs() < 0.004, "{}", heard[0]);
}

#[test]
fn the_loudspeaker_is_heard_exactly_its_delay_later_and_as_loud_as_said() {
    let mut room = Room::new(RoomConfig {
        delay: Duration::from_millis(5),
        ..dry()
    })
    .unwrap();
    let mut loudspeaker = vec![0.0; 9_600];
    loudspeaker.extend(tone(1_000.0, 0.5));
    let heard = run(&mut room, &loudspeaker, 480);
    // 80 samples after sample 3200, the tone's sine begins; compare sample by sample.
    let step = std::f32::consts::TAU * 1_000.0 / 16_000.0;
    for k in 100..7_000 {
        let expected = 0.5 * (step * k as f32).sin();
        let sample = heard[3_200 + 80 + k];
        assert!(
            (sample - expected).abs() < 0.006,
            "sample {k}: {sample} for {expected}"
        );
    }
    assert!(
        heard[..3_200 + 80 - 16]
            .iter()
            .all(|sample| sample.abs() < 0.002)
    );
}

#[test]
fn echo_has_the_level_asked_for_and_decays() {
    let config = RoomConfig {
        echo_db: -10.0,
        ..RoomConfig::default()
    };
    let mut room = Room::new(config).unwrap();
    let mut dice = Dice(9);
    let mut loudspeaker: Vec<f32> = Vec::new();
    // Noise below the low-pass: every value held for twelve frames.
    for _ in 0..16_000 {
        let value = 0.3 * dice.between_minus_one_and_one();
        loudspeaker.extend([value; 12]);
    }
    let level = rms(&loudspeaker);
    loudspeaker.extend(vec![0.0; 48_000]);
    let heard = run(&mut room, &loudspeaker, 1_000);
    let echo = db(rms(&heard[16_000..64_000]) / level);
    assert!((echo + 10.0).abs() < 1.5, "{echo} dB");
    let after = |from: usize| rms(&heard[64_000 + from..64_000 + from + 800]);
    assert!(
        after(400) > 5.0 * after(2_400),
        "{} {}",
        after(400),
        after(2_400)
    );
    assert!(after(8_000) < from_db(FLOOR_DBFS + 1.0));
}

#[test]
fn what_the_microphone_cannot_hear_does_not_fold_back() {
    let level = |hertz| {
        let mut room = Room::new(dry()).unwrap();
        rms(&run(&mut room, &tone(hertz, 0.5), 480)[2_000..]) / (0.5 / 2.0_f32.sqrt())
    };
    assert!(db(level(6_000.0)).abs() < 0.5, "{}", db(level(6_000.0)));
    assert!(db(level(9_500.0)) < -50.0, "{}", db(level(9_500.0)));
    assert!(db(level(15_000.0)) < -50.0, "{}", db(level(15_000.0)));
}

#[test]
fn noise_lies_below_speech_by_the_ratio_given() {
    let mut dice = Dice(3);
    let samples = (0..22_050)
        .map(|_| dice.between_minus_one_and_one())
        .collect();
    let noise = Some(Pcm {
        rate: 22_050,
        samples,
    });
    let mut room = Room::new(RoomConfig {
        noise,
        snr_db: 12.0,
        ..bare()
    })
    .unwrap();
    let heard = run(&mut room, &vec![0.0; 240_000], 480);
    assert!(
        (db(rms(&heard)) + 26.0 + 12.0).abs() < 0.3,
        "{}",
        db(rms(&heard))
    );
}

#[test]
fn it_is_never_digitally_silent() {
    let mut room = Room::new(bare()).unwrap();
    let heard = run(&mut room, &vec![0.0; 96_000], 480);
    assert!((db(rms(&heard)) - FLOOR_DBFS).abs() < 0.2);
}

#[test]
fn the_block_size_changes_nothing_and_the_seed_everything() {
    let loudspeaker = tone(440.0, 0.7);
    let heard = |seed, block| {
        let mut room = Room::new(RoomConfig {
            seed,
            ..RoomConfig::default()
        })
        .unwrap();
        run(&mut room, &loudspeaker, block)
    };
    assert_eq!(heard(1, 480), heard(1, 480));
    let (small, large) = (heard(1, 7), heard(1, 48_000));
    assert_eq!(small.len(), large.len());
    assert!(small.iter().zip(&large).all(|(a, b)| (a - b).abs() < 1e-6));
    assert_ne!(heard(1, 480), heard(2, 480));
}

#[test]
fn the_level_of_speech_does_not_count_pauses() {
    let mut speech: Vec<f32> = tone(300.0, 1.0);
    let alone = speech_dbfs(&speech, RATE);
    speech.extend(vec![0.0; 96_000]);
    assert!((speech_dbfs(&speech, RATE) - alone).abs() < 0.1);
    assert!((alone - db(0.5 / 2.0_f32.sqrt())).abs() < 0.1, "{alone}");
    assert_eq!(speech_dbfs(&[0.0; 100], RATE), f32::NEG_INFINITY);
}
