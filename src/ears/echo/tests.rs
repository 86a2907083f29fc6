use super::super::decimator::Decimator;
use super::*;
use crate::sound::file::Pcm;
use crate::sound::room::{Room, RoomConfig};
use crate::voice::Bank;
use std::path::Path;

/// The shipped voice, clip after clip, 48 kHz, `secs` of it.
fn voice(secs: usize) -> Vec<f32> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/bdl");
    let bank = Bank::load(&dir).unwrap();
    let mut voice = Vec::new();
    for text in bank.texts() {
        if voice.len() > secs * 48_000 {
            break;
        }
        voice.extend_from_slice(&bank.clip(text).unwrap().samples);
        voice.extend([0.0; 4_800]);
    }
    voice.truncate(secs * 48_000);
    voice
}

fn talker(secs: usize) -> Vec<f32> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/technician");
    let bank = Bank::load(&dir).unwrap();
    let mut voice = Vec::new();
    for text in bank.texts() {
        let samples = bank.clip(text).unwrap().samples.to_vec();
        let pcm = Pcm {
            rate: 48_000,
            samples,
        };
        voice.extend(pcm.resampled(RATE).unwrap().samples);
        if voice.len() > secs * 16_000 {
            break;
        }
    }
    voice.truncate(secs * 16_000);
    voice
}

fn room(echo_db: f32, seed: u64) -> Room {
    Room::new(RoomConfig {
        echo_db,
        seed,
        ..RoomConfig::default()
    })
    .unwrap()
}

/// The same room, the loudspeaker farther away and the reverberation longer.
fn changed_room(seed: u64) -> Room {
    Room::new(RoomConfig {
        echo_db: -2.0,
        seed,
        rt60: std::time::Duration::from_millis(400),
        ..RoomConfig::default()
    })
    .unwrap()
}

/// What the canceller makes of the far end `voice` in `rooms`, each of which lasts until a second.
struct Run {
    far: Vec<f32>,
    echo: Vec<f32>,
    near: Vec<f32>,
    left: Vec<f32>,
}

impl Run {
    fn new(voice: &[f32], rooms: &mut [(f32, Room)], talker: Option<&[f32]>) -> Self {
        let (mut far, mut echo) = (Vec::new(), Vec::new());
        let mut decimator = Decimator::default();
        for (n, block) in voice.chunks(480).enumerate() {
            decimator.push(block, &mut far);
            let now = n as f32 / 100.0;
            let mut heard = Vec::new();
            let mut said = false;
            for (until, room) in rooms.iter_mut() {
                let mut sound = Vec::new();
                room.step(block, &mut sound);
                if now < *until && !said {
                    said = true;
                    heard = sound;
                }
            }
            echo.extend(heard);
        }
        let mut near = echo.clone();
        for (near, talker) in near.iter_mut().zip(talker.unwrap_or_default()) {
            *near += talker;
        }
        let mut canceller = Canceller::new();
        let mut left = Vec::new();
        for (n, (far, near)) in far.chunks(320).zip(near.chunks(320)).enumerate() {
            let now = Moment::from_frame(320 * n as u64, RATE);
            canceller.far_end(far, now);
            canceller.cancel(near, now, &mut left, |_| ());
        }
        Self {
            far,
            echo,
            near,
            left,
        }
    }

    /// How much weaker the echo has become between two seconds, in dB.
    fn erle(&self, from: f32, to: f32) -> f32 {
        let range = (from * 16_000.0) as usize..(to * 16_000.0) as usize;
        let cancelled: Vec<f32> = self.left[range.clone()]
            .iter()
            .zip(&self.near[range.clone()])
            .zip(&self.echo[range.clone()])
            .map(|((left, near), echo)| left - (near - echo))
            .collect();
        10.0 * (power(&self.echo[range]) / power(&cancelled)).log10()
    }
}

#[test]
fn the_echo_is_learnt_in_seconds_however_loud_it_is() {
    let voice = voice(14);
    for (echo_db, seed) in [(-20.0, 1), (0.0, 3), (6.0, 4)] {
        let run = Run::new(&voice, &mut [(99.0, room(echo_db, seed))], None);
        let (soon, later) = (run.erle(4.0, 7.0), run.erle(9.0, 14.0));
        assert!(soon > 15.0 && later > 20.0, "{echo_db} dB: {soon}, {later}");
    }
}

#[test]
fn a_person_speaking_all_the_time_is_not_learnt_as_echo() {
    let voice = voice(20);
    let run = Run::new(&voice, &mut [(99.0, room(0.0, 3))], Some(&talker(20)));
    let (soon, later) = (run.erle(5.0, 9.0), run.erle(12.0, 20.0));
    assert!(soon > 10.0 && later > 17.0, "{soon}, {later}");
}

/// One who speaks all the time over a path that is known, and a path that changes a little with nobody there.
#[test]
fn a_person_does_not_disturb_what_was_learnt_and_a_small_change_is_followed() {
    let voice = voice(30);
    let silent = vec![0.0; 15 * RATE as usize];
    let talker: Vec<f32> = silent.into_iter().chain(talker(15)).collect();
    let run = Run::new(&voice, &mut [(99.0, room(0.0, 3))], Some(&talker));
    let undisturbed = run.erle(17.0, 30.0);
    let mut rooms = [(15.0, room(0.0, 3)), (99.0, changed_room(3))];
    let run = Run::new(&voice, &mut rooms, None);
    let followed = run.erle(20.0, 30.0);
    assert!(
        undisturbed > 26.0 && followed > 25.0,
        "{undisturbed}, {followed}"
    );
}

#[test]
fn another_room_is_learnt_within_seconds() {
    let voice = voice(22);
    let mut rooms = [(12.0, room(0.0, 3)), (99.0, room(0.0, 9))];
    let run = Run::new(&voice, &mut rooms, None);
    let (before, after) = (run.erle(9.0, 12.0), run.erle(16.0, 22.0));
    assert!(before > 20.0 && after > 15.0, "{before}, {after}");
}

#[test]
fn it_is_never_louder_for_long_than_what_came_in() {
    let voice = voice(22);
    let mut rooms = [(12.0, room(6.0, 3)), (99.0, room(-30.0, 9))];
    let run = Run::new(&voice, &mut rooms, None);
    for (n, (near, left)) in run
        .near
        .chunks(8_000)
        .zip(run.left.chunks(8_000))
        .enumerate()
    {
        assert!(power(left) < 4.0 * power(near) + 1e-6, "half second {n}");
    }
}

#[test]
fn without_a_loudspeaker_what_is_heard_passes_unchanged() {
    let mut canceller = Canceller::new();
    let near = talker(1);
    let mut left = Vec::new();
    let mut ends = Moment::ZERO;
    for (n, chunk) in near.chunks(333).enumerate() {
        let now = Moment::from_frame(333 * n as u64, RATE);
        let before = left.len();
        let first = canceller.cancel(chunk, now, &mut left, |_| ());
        if left.len() > before {
            assert_eq!(first.frame(RATE), before as u64);
            ends = first;
        }
    }
    assert!(ends > Moment::ZERO);
    assert_eq!(left[..], near[..left.len()]);
    assert!(near.len() - left.len() < BLOCK);
}

#[test]
fn lost_sound_on_either_side_does_not_cost_what_was_learnt() {
    let voice = voice(16);
    let whole = Run::new(&voice, &mut [(99.0, room(0.0, 3))], None);
    let mut canceller = Canceller::new();
    let (mut before, mut after) = ((0.0, 0.0), (0.0, 0.0));
    for (n, (far, near)) in whole
        .far
        .chunks(320)
        .zip(whole.near.chunks(320))
        .enumerate()
    {
        let now = Moment::from_frame(320 * n as u64, RATE);
        // From the tenth second on, half a second of the microphone is lost.
        canceller.far_end(far, now);
        if (500..525).contains(&n) {
            continue;
        }
        let mut left = Vec::new();
        canceller.cancel(near, now, &mut left, |_| ());
        let sums = match n {
            400..500 => &mut before,
            525..625 => &mut after,
            _ => continue,
        };
        sums.0 += power(near);
        sums.1 += power(&left);
    }
    let erle = |sums: (f32, f32)| 10.0 * (sums.0 / sums.1).log10();
    assert!(erle(before) > 15.0, "{}", erle(before));
    assert!(erle(after) > erle(before) - 6.0, "{}", erle(after));
}
