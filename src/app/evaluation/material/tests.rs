use super::*;

/// A word of 0.4 s in quiet low noise, one second in all.
fn recording() -> Recording {
    let mut dice = Dice::new(7);
    let (mut low, mut samples) = (0.0_f32, Vec::new());
    for n in 0..16_000 {
        low = 0.9 * low + 0.001 * dice.between_minus_one_and_one();
        let word = (4_800..11_200).contains(&n);
        let tone = (n as f32 * 0.2).sin() * 0.2;
        samples.push(low + if word { tone } else { 0.0 });
    }
    Recording::of(samples)
}

#[test]
fn the_word_is_found_by_its_energy() {
    let (start, end) = recording().word;
    assert!(
        start.abs_diff(4_800) <= 320 && end.abs_diff(11_200) <= 320,
        "{start} {end}"
    );
}

#[test]
fn the_background_has_the_level_and_the_colour_of_the_recording() {
    let recording = recording();
    let embedded = recording.embedded(16_000, 16_000, &Conditions::default(), 1);
    assert_eq!(embedded.samples.len(), 48_000);
    assert_eq!(embedded.file, (16_000, 32_000));
    let own = &recording.samples[..4_000];
    let made = &embedded.samples[4_000..12_000];
    let level = |samples: &[f32]| 20.0 * rms(samples).log10();
    assert!(
        (level(own) - level(made)).abs() < 2.0,
        "{} {}",
        level(own),
        level(made)
    );
    // Low noise changes little from one sample to the next.
    let change = |samples: &[f32]| {
        let steps: Vec<f32> = samples.windows(2).map(|pair| pair[1] - pair[0]).collect();
        rms(&steps) / rms(samples)
    };
    assert!(
        (change(own) - change(made)).abs() < 0.1,
        "{} {}",
        change(own),
        change(made)
    );
    // The recording itself is not changed, but at its edges.
    assert_eq!(
        embedded.samples[20_000..30_000],
        recording.samples[4_000..14_000]
    );
    assert_eq!(
        embedded.samples,
        recording
            .embedded(16_000, 16_000, &Conditions::default(), 1)
            .samples
    );
}

#[test]
fn digital_silence_becomes_the_noise_of_the_last_bit() {
    let mut samples = vec![0.0; 16_000];
    samples[8_000..9_000].fill(0.3);
    let embedded = Recording::of(samples).embedded(8_000, 8_000, &Conditions::default(), 1);
    let level = rms(&embedded.samples[..8_000]);
    assert!(level > 0.0 && level < 2e-5, "{level}");
}

#[test]
fn noise_lies_as_far_below_the_speech_as_asked() {
    let recording = recording();
    let mut dice = Dice::new(3);
    let noise: Vec<f32> = (0..8_000)
        .map(|_| dice.between_minus_one_and_one())
        .collect();
    let conditions = Conditions {
        noise: Some((noise, 12.0)),
        ..Conditions::default()
    };
    let embedded = recording.embedded(16_000, 16_000, &conditions, 1);
    let level = 20.0 * rms(&embedded.samples[..16_000]).log10();
    assert!((recording.level - 12.0 - level).abs() < 0.5, "{level}");
}

#[test]
fn a_room_adds_its_tail_and_leaves_the_word_where_it_is() {
    let recording = recording();
    let mut rir = vec![0.0; 4_000];
    (rir[100], rir[3_100]) = (0.5, 0.25);
    let conditions = Conditions {
        rir: Some(rir),
        ..Conditions::default()
    };
    let embedded = recording.embedded(16_000, 16_000, &conditions, 1);
    assert_eq!(embedded.samples.len(), 48_000);
    let dry = recording.embedded(16_000, 16_000, &Conditions::default(), 1);
    let power = |e: &Embedded, from: usize, to: usize| rms(&e.samples[from..to]);
    // Its beginning is as it was, its end is followed by an echo.
    assert!(power(&embedded, 16_000, 20_700) < 0.02);
    assert!(power(&embedded, 27_400, 30_000) > 10.0 * power(&dry, 27_400, 30_000));
}
