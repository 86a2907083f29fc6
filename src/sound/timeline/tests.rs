use super::*;
use crate::time::Moment;

fn clip(length: usize, value: f32) -> Arc<[f32]> {
    vec![value; length].into()
}

fn place(id: u64, at: Option<u64>, samples: &Arc<[f32]>) -> Command {
    let at = at.map(|frame| Moment::from_frame(frame, RATE));
    Command::Place {
        id,
        at,
        samples: Arc::clone(samples),
        gain: 1.0,
    }
}

fn pull(timeline: &mut Timeline, frames: usize) -> Vec<f32> {
    let mut block = vec![f32::NAN; frames];
    timeline.pull(&mut block);
    block
}

#[test]
fn a_clip_sounds_from_its_frame_to_its_end_and_not_one_sample_beside() {
    let (mut control, mut timeline) = timeline(0);
    control
        .send(place(7, Some(1_201), &clip(100, 0.5)))
        .unwrap();
    let out = pull(&mut timeline, 2_000);
    for (frame, &sample) in out.iter().enumerate() {
        let expected = if (1_201..1_301).contains(&frame) {
            0.5
        } else {
            0.0
        };
        assert_eq!(sample, expected, "frame {frame}");
    }
    let reports: Vec<_> = control.reports().collect();
    assert_eq!(
        reports,
        [
            Report::Started {
                id: 7,
                frame: 1_201
            },
            Report::Finished {
                id: 7,
                frame: 1_301,
                cut: false
            }
        ]
    );
}

#[test]
fn a_count_of_a_minute_lies_on_the_second_to_the_sample() {
    let (mut control, mut timeline) = timeline(0);
    let tick = clip(48, 0.25);
    for n in 1..=60 {
        control
            .send(place(n, Some(n * 48_000 - 5_760), &tick))
            .unwrap();
    }
    let out = pull(&mut timeline, 61 * 48_000);
    let onsets: Vec<_> = (1..out.len())
        .filter(|&k| out[k] != 0.0 && out[k - 1] == 0.0)
        .collect();
    let expected: Vec<_> = (1..=60).map(|n| n * 48_000 - 5_760).collect();
    assert_eq!(onsets, expected);
}

#[test]
fn overlapping_clips_are_summed() {
    let (mut control, mut timeline) = timeline(0);
    control.send(place(1, Some(10), &clip(20, 0.25))).unwrap();
    control.send(place(2, Some(20), &clip(20, 0.5))).unwrap();
    let out = pull(&mut timeline, 50);
    assert_eq!(
        [out[9], out[10], out[20], out[29], out[30], out[40]],
        [0., 0.25, 0.75, 0.75, 0.5, 0.]
    );
}

#[test]
fn a_clip_placed_in_the_past_starts_at_once_and_says_so() {
    let (mut control, mut timeline) = timeline(96_000);
    control
        .send(place(1, Some(95_000), &clip(10, 0.5)))
        .unwrap();
    control.send(place(2, None, &clip(10, 0.25))).unwrap();
    assert_eq!(pull(&mut timeline, 1), [0.75]);
    let started: Vec<_> = control.reports().collect();
    assert!(started.contains(&Report::Started {
        id: 1,
        frame: 96_000
    }));
    assert!(started.contains(&Report::Started {
        id: 2,
        frame: 96_000
    }));
}

#[test]
fn a_removed_clip_fades_in_ten_milliseconds() {
    let (mut control, mut timeline) = timeline(0);
    control.send(place(1, Some(0), &clip(48_000, 0.5))).unwrap();
    pull(&mut timeline, 1_000);
    control.send(Command::Remove { id: 1 }).unwrap();
    let out = pull(&mut timeline, 600);
    assert!(
        out.windows(2)
            .all(|pair| (pair[0] - pair[1]).abs() <= 0.5 / 479.0)
    );
    assert!(out[240] > 0.2 && out[240] < 0.3);
    assert!(out[480..].iter().all(|&sample| sample == 0.0));
    assert_eq!(
        control.reports().last(),
        Some(Report::Finished {
            id: 1,
            frame: 1_480,
            cut: true
        })
    );
}

#[test]
fn a_clip_removed_before_it_began_never_sounds() {
    let (mut control, mut timeline) = timeline(0);
    control.send(place(1, Some(100), &clip(10, 0.5))).unwrap();
    control.send(Command::Remove { id: 1 }).unwrap();
    assert!(pull(&mut timeline, 200).iter().all(|&sample| sample == 0.0));
    let reports: Vec<_> = control.reports().collect();
    assert_eq!(
        reports,
        [Report::Finished {
            id: 1,
            frame: 0,
            cut: true
        }]
    );
}

#[test]
fn the_level_changes_over_ten_milliseconds() {
    let (mut control, mut timeline) = timeline(0);
    control.send(place(1, Some(0), &clip(2_000, 0.8))).unwrap();
    pull(&mut timeline, 10);
    control.send(Command::Level(0.5)).unwrap();
    let out = pull(&mut timeline, 1_000);
    assert!(out.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.001));
    assert!((out[240] - 0.6).abs() < 0.01);
    assert_eq!(out[480], 0.4);
    assert!(control.send(Command::Level(f32::NAN)).is_ok());
    assert_eq!(pull(&mut timeline, 1), [0.4]);
}

#[test]
fn what_is_too_loud_bends_below_full_scale_and_is_counted() {
    let (mut control, mut timeline) = timeline(0);
    control.send(place(1, Some(0), &clip(10, 0.9))).unwrap();
    assert_eq!(pull(&mut timeline, 10), [0.9; 10]);
    assert_eq!(control.limited(), 0);
    control.send(place(2, None, &clip(10, -0.9))).unwrap();
    control.send(place(3, None, &clip(10, -7.0))).unwrap();
    let out = pull(&mut timeline, 10);
    assert!(
        out.iter().all(|&sample| sample < -0.99 && sample > -1.0),
        "{out:?}"
    );
    assert_eq!(control.limited(), 10);
    control.send(place(4, None, &clip(1, f32::NAN))).unwrap();
    assert_eq!(pull(&mut timeline, 1), [0.0]);
}

#[test]
fn spent_clips_are_freed_where_the_reports_are_read() {
    let (mut control, mut timeline) = timeline(0);
    let samples = clip(10, 0.1);
    for id in 0..50 {
        control.send(place(id, None, &samples)).unwrap();
        pull(&mut timeline, 20);
    }
    assert_eq!(Arc::strong_count(&samples), 51);
    assert_eq!(control.reports().count(), 100);
    assert_eq!(Arc::strong_count(&samples), 1);
}

#[test]
fn thousands_of_clips_are_each_reported_once_even_if_nobody_reads_for_long() {
    let (mut control, mut timeline) = timeline(0);
    let samples = clip(30, 0.01);
    let mut finished = vec![0; 10_000];
    let mut sent = 0;
    let mut rounds = 0;
    while finished.contains(&0) {
        // Send as many as go in; read the reports only now and then.
        while sent < 10_000 && control.send(place(sent, None, &samples)).is_ok() {
            sent += 1;
        }
        pull(&mut timeline, 100);
        rounds += 1;
        if rounds % 17 == 0 {
            for report in control.reports() {
                if let Report::Finished { id, .. } = report {
                    finished[id as usize] += 1;
                }
            }
        }
        assert!(rounds < 100_000);
    }
    assert!(finished.iter().all(|&n| n == 1));
    assert_eq!(Arc::strong_count(&samples), 1);
}

#[test]
fn a_skip_cuts_what_it_passes_and_keeps_what_is_to_come() {
    let (mut control, mut timeline) = timeline(0);
    let tick = clip(100, 0.5);
    control.send(place(1, Some(0), &clip(3_000, 0.1))).unwrap();
    for n in 2..=5 {
        control.send(place(n, Some(n * 1_000), &tick)).unwrap();
    }
    pull(&mut timeline, 10);
    timeline.skip_to(3_500);
    let cut: Vec<_> = control
        .reports()
        .filter(|report| {
            matches!(
                report,
                Report::Finished {
                    cut: true,
                    frame: 3_500,
                    ..
                }
            )
        })
        .collect();
    assert_eq!(
        cut.len(),
        3,
        "the one that is over by then, and those at 2000 and 3000"
    );
    let out = pull(&mut timeline, 2_000);
    let onsets: Vec<_> = (1..out.len())
        .filter(|&k| out[k] > 0.0 && out[k - 1] == 0.0)
        .collect();
    assert_eq!(onsets, [500, 1_500]);
}

#[test]
fn a_clip_for_as_soon_as_possible_survives_a_skip_that_comes_before_it() {
    let (mut control, mut timeline) = timeline(0);
    let cue = timeline.cue();
    control.send(place(1, None, &clip(10, 0.5))).unwrap();
    cue.skip_to(4_800);
    assert_eq!(pull(&mut timeline, 1), [0.5]);
    assert_eq!(
        control.reports().next(),
        Some(Report::Started {
            id: 1,
            frame: 4_800
        })
    );
    assert_eq!(control.position(), 4_801);
}

#[test]
fn what_was_sounding_goes_on_after_a_short_jump_where_it_would_be_by_then() {
    let (mut control, mut timeline) = timeline(0);
    let ramp: Arc<[f32]> = (0..60_000).map(|k| k as f32 / 100_000.0).collect();
    let clip = Command::Place {
        id: 1,
        at: None,
        samples: ramp,
        gain: 1.0,
    };
    control.send(clip).unwrap();
    pull(&mut timeline, 100);
    timeline.skip_to(20_000);
    assert_eq!(pull(&mut timeline, 1), [0.2]);
    timeline.skip_to(50_000);
    assert_eq!(pull(&mut timeline, 1), [0.0], "too far");
    assert!(matches!(
        control.reports().last(),
        Some(Report::Finished {
            id: 1,
            cut: true,
            ..
        })
    ));
}

#[test]
fn the_tap_gives_exactly_what_was_sent_out() {
    let (mut control, mut timeline) = timeline(1_000);
    let mut tap = timeline.tap();
    control
        .send(place(1, Some(1_100), &clip(700, 0.5)))
        .unwrap();
    let mut sent = pull(&mut timeline, 1_000);
    timeline.skip_to(9_000);
    sent.extend(pull(&mut timeline, 480));
    let mut heard = Vec::new();
    let mut firsts = Vec::new();
    while let Ok(block) = tap.pop() {
        firsts.push(block.first);
        heard.extend_from_slice(block.samples());
    }
    assert_eq!(firsts, [1_000, 1_480, 1_960, 9_000]);
    assert_eq!(heard, sent);
}

#[test]
fn rodio_s_mixer_passes_it_on_unchanged() {
    let (mut control, timeline) = timeline(0);
    let one = NonZero::<u16>::MIN;
    let (mixer, mut out) = rodio::mixer::mixer(one, NonZero::new(RATE).unwrap());
    mixer.add(timeline);
    control.send(place(1, Some(77), &clip(3, 0.3))).unwrap();
    let out: Vec<_> = (0..100).filter_map(|_| out.next()).collect();
    assert_eq!(out[76..81], [0.0, 0.3, 0.3, 0.3, 0.0]);
}
