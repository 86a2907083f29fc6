//! How loud the talk is: as loud as the room asks for, and as the listener has asked for on top of that.
//!
//! People raise their voice by about half a decibel for each decibel of noise (the Lombard effect); so does the
//! talk, up to the level its clips were made for, at which no true peak comes near full scale. It rises as soon
//! as the room is louder and falls slowly, so that it does not pump. What the microphone hears of the talk
//! itself is no noise: the room is heeded only where the talk has been silent for long enough.

use crate::time::Moment;
use std::time::Duration;

/// From this noise floor on, in dB of the microphone's full scale, the talk is as loud as it goes.
const LOUD_ROOM_DB: f32 = -40.0;
/// Decibels for each decibel of noise.
const LOMBARD: f32 = 0.5;
/// In the quietest room it is this much softer than its clips, in dB.
const SOFTEST_DB: f32 = -10.0;
/// It rises by at most so much at a time, in dB: about once a second the room is heard.
const RISE_DB: f32 = 3.0;
/// And falls by at most so much.
const FALL_DB: f32 = 0.25;
/// From this loudness on the room is loud, in dB relative to the clips: they can become no louder, so words are
/// shaped to be understood in noise ...
const CLEAR_FROM_DB: f32 = -0.5;
/// ... until it is this quiet again.
const CLEAR_TO_DB: f32 = -4.0;
/// The noise floor is that of the last three seconds, and a room needs a moment to fall silent.
const SILENCE: Duration = Duration::from_millis(3_500);
/// The clips' own level is the highest: above it their peaks would be bent.
const HIGHEST_DB: f32 = 0.0;

/// How loud to be in a room with this noise floor (dB of the microphone's full scale), in dB relative to the
/// clips as they are.
pub fn level_in_noise(floor_db: f32) -> f32 {
    ((floor_db - LOUD_ROOM_DB) * LOMBARD).clamp(SOFTEST_DB, HIGHEST_DB)
}

/// The talk's loudness.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Volume {
    /// What the room asks for; the clips' own level where nothing is known of it.
    room_db: f32,
    asked_db: f32,
    /// Whether words are to be shaped for a loud room.
    clear: bool,
    /// When the talk was last making a sound.
    sounded: Option<Moment>,
}

impl Volume {
    /// The talk makes a sound at `now`, or is about to.
    pub(super) fn sounding(&mut self, now: Moment) {
        self.sounded = Some(now);
    }

    /// The room had this noise floor before the talk began; returns the level to begin with.
    pub(super) fn begin(&mut self, floor_db: f32) -> f32 {
        self.room_db = level_in_noise(floor_db);
        self.judge(floor_db);
        self.level()
    }

    /// Whether the room is so loud that words have to be shaped to be understood.
    pub(super) fn wants_clear_words(&self) -> bool {
        self.clear
    }

    /// The loudness alone does not tell: it is the highest before anything is known of the room.
    fn judge(&mut self, floor_db: f32) {
        let loud = level_in_noise(floor_db) > CLEAR_FROM_DB && self.room_db > CLEAR_FROM_DB;
        self.clear = loud || (self.clear && self.room_db > CLEAR_TO_DB);
    }

    /// Whether the microphone's noise floor up to `now` is the room's, and not the talk's own voice.
    pub(super) fn hears_the_room(&self, now: Moment) -> bool {
        self.sounded.is_none_or(|last| now >= last + SILENCE)
    }

    /// The microphone's noise floor up to `now`; returns the new level, if it changes.
    pub(super) fn noise(&mut self, floor_db: f32, now: Moment) -> Option<f32> {
        if !self.hears_the_room(now) {
            return None;
        }
        let before = self.level();
        self.room_db += (level_in_noise(floor_db) - self.room_db).clamp(-FALL_DB, RISE_DB);
        self.judge(floor_db);
        Some(self.level()).filter(|level| *level != before)
    }

    /// The listener wants it this much louder than the room does; returns the new level.
    pub(super) fn asked(&mut self, db: f32) -> f32 {
        self.asked_db = db;
        self.level()
    }

    fn level(&self) -> f32 {
        (self.room_db + self.asked_db).min(HIGHEST_DB)
    }
}

#[cfg(test)]
mod tests {
    use super::super::App;
    use super::*;
    use crate::guide::library;
    use crate::session::{Input, Settings};
    use crate::sound::RATE;
    use crate::sound::timeline::{Timeline, timeline};
    use crate::voice::{Bank, Voice};
    use std::sync::Arc;

    #[test]
    fn it_is_louder_in_a_louder_room_and_never_louder_than_its_clips() {
        let levels: Vec<f32> = (-90..0).map(|db| level_in_noise(db as f32)).collect();
        assert!(levels.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!((levels[0], levels[89]), (SOFTEST_DB, HIGHEST_DB));
        assert_eq!(level_in_noise(-50.0), -5.0);
    }

    #[test]
    fn it_rises_at_once_and_falls_slowly() {
        let mut volume = Volume::default();
        assert_eq!(volume.begin(-60.0), -10.0);
        let mut second = 0;
        let mut hear = |floor_db| {
            second += 1;
            volume.noise(floor_db, Moment::from_secs(f64::from(second)))
        };
        let risen: Vec<_> = (0..5).map(|_| hear(-40.0)).collect();
        assert_eq!(risen, [Some(-7.0), Some(-4.0), Some(-1.0), Some(0.0), None]);
        assert_eq!((hear(-60.0), hear(-60.0)), (Some(-0.25), Some(-0.5)));
    }

    #[test]
    fn words_are_shaped_in_a_loud_room_until_it_is_clearly_quieter() {
        let mut volume = Volume::default();
        assert!(!volume.wants_clear_words(), "nothing is known of the room");
        volume.noise(-60.0, Moment::from_secs(1.0));
        assert!(
            !volume.wants_clear_words(),
            "still loud, but not for the room"
        );
        volume.begin(-50.0);
        assert!(!volume.wants_clear_words());
        volume.begin(-35.0);
        assert!(volume.wants_clear_words());
        let mut seconds = 0;
        while volume.wants_clear_words() {
            seconds += 1;
            volume.noise(-60.0, Moment::from_secs(f64::from(seconds)));
        }
        assert_eq!(seconds, 16, "a quarter of a decibel a second");
        volume.noise(-45.0, Moment::from_secs(100.0));
        assert!(!volume.wants_clear_words(), "no going back and forth");
    }

    #[test]
    fn louder_is_added_and_no_peak_is_ever_bent() {
        let mut volume = Volume::default();
        volume.begin(-60.0);
        assert_eq!(volume.asked(4.0), -6.0);
        assert_eq!(volume.asked(-4.0), -14.0);
        assert_eq!(volume.asked(12.0), HIGHEST_DB);
        assert_eq!(volume.asked(0.0), -10.0);
    }

    /// A loudspeaker that plays what the app places, in virtual time.
    struct Stage {
        app: App,
        timeline: Timeline,
    }

    impl Stage {
        fn now(&self) -> Moment {
            Moment::from_frame(self.timeline.position(), RATE)
        }

        /// Plays `secs` on; how loud it was at its loudest.
        fn play(&mut self, secs: u32, floor_db: Option<f32>) -> f32 {
            let mut peak = 0.0_f32;
            for block in 0..secs * 100 {
                let now = self.now();
                self.app.tick(now);
                if let Some(floor_db) = floor_db.filter(|_| block % 100 == 0) {
                    self.app.noise(floor_db, now);
                }
                let mut samples = [0.0; RATE as usize / 100];
                self.timeline.pull(&mut samples);
                peak = samples.iter().fold(peak, |peak, x| peak.max(x.abs()));
            }
            peak
        }
    }

    /// Without a voice every prompt is a chime, always the same.
    #[test]
    fn its_own_voice_does_not_make_it_louder_and_a_fan_does() {
        let guide = Arc::new(library::find("wisenet-dvr").unwrap());
        let (control, timeline) = timeline(0);
        let app = App::new(
            guide,
            Settings::default(),
            Voice::new(Bank::empty(), None),
            control,
        );
        let mut stage = Stage { app, timeline };
        stage.app.begin_in_noise(-60.0);
        stage.play(1, None);
        let begun = stage.now();
        stage.app.handle(Input::Start, begun);
        let soft = stage.play(2, Some(-20.0));
        let again = |stage: &mut Stage, floor_db| {
            let now = stage.now();
            let key = crate::session::vocabulary::Command::SayAgain;
            stage.app.handle(Input::Key(key), now);
            stage.play(2, floor_db)
        };
        let echoed = again(&mut stage, Some(-20.0));
        assert!((echoed / soft - 1.0).abs() < 0.05, "{echoed} after {soft}");
        stage.play(15, Some(-40.0));
        let in_noise = again(&mut stage, None);
        let rise_db = 20.0 * (in_noise / soft).log10();
        assert!((rise_db - 10.0).abs() < 0.5, "{rise_db} dB louder");
    }
}
