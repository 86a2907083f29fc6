//! The audio clock: which moment of the talk an instant of the machine's clock is.
//!
//! Session time is played time, so only the loudspeaker knows it, and it speaks rarely and
//! inexactly: once per buffer, "frame `k` will be heard at instant `t`", where `t` is off by a
//! millisecond or two now and then, and by tens of them while the sound server is busy.
//!
//! Both clocks run at very nearly the same speed (sound cards are within some 100 ppm), so what has
//! to be known is one number, the *offset* between session time and the monotonic clock, and it
//! moves slowly. [`Feed`] follows it:
//!
//! * each timestamp moves the offset by 1/64 of its error (the first 64 by their mean), and an error
//!   counts for at most 3 ms.
//!   Noise of ±2 ms ends up as about ±0.1 ms; a drift of 100 ppm is followed 0.13 ms behind; a single
//!   wild timestamp moves the clock by at most 0.05 ms;
//! * eight timestamps in a row that agree on more than 5 ms (an underrun, a buffer grown) are no
//!   noise: the clock runs up to 10 % faster or slower until they are caught up with;
//! * a loudspeaker that goes on being too fast puts the clock forward by 100 ms and 2000 ppm at the most: a
//!   hold is not shorter for it. What more it is ahead by the *timeline* waits, as soon as that is 20 ms;
//! * above 100 ms (the machine slept, the device moved) the clock stays right and the *timeline* is
//!   told to jump: a count must not wait for a loudspeaker.
//!
//! The offset is one atomic number: reading the clock never waits, and neither does feeding it from
//! the audio callback. While nothing feeds it, it stays, and the monotonic clock carries time on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::RATE;
use crate::time::Moment;

/// Most that one timestamp's error counts for, in nanoseconds.
const NOISE: i64 = 3_000_000;
/// The share of an error that is corrected at once.
const GAIN: i64 = 64;
/// Errors above this that persist are a step, not noise.
const STEP: i64 = 5_000_000;
/// How many timestamps in a row have to agree on a step.
const AGREE: u32 = 8;
/// While catching up with a step the clock is at most this fraction fast or slow.
const SLEW: i64 = 10;
/// A step above this is not the clock's to catch up with.
const JUMP: i64 = 100_000_000;
/// A loudspeaker that takes sound too fast must not shorten a hold: it may put the clock forward by so much,
const CREDIT: i64 = 100_000_000;
/// and by this fraction of the time that passes (2000 ppm: sound cards are within some hundred).
const EARNED: i64 = 500;
/// What it is ahead by beyond that is waited for by the timeline.
const AHEAD: i64 = 20_000_000;

/// Session time. Clones are handles on the same clock; any thread may ask.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The instant the clock was made: instants are counted from here.
    origin: Instant,
    /// Session time less monotonic time since `origin`, in nanoseconds.
    offset: AtomicI64,
    /// The latest moment told to anyone, in microseconds.
    told: AtomicU64,
    /// Nanoseconds since `origin` that it is now, where a test moves time.
    by_hand: Option<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock at [`Moment::ZERO`], running.
    pub fn new() -> Self {
        Self::starting_at(Instant::now())
    }

    /// A clock that stands at [`Moment::ZERO`] at the instant `origin`.
    pub fn starting_at(origin: Instant) -> Self {
        Self::made(origin, None)
    }

    /// A clock that stands at [`Moment::ZERO`] and only moves by [`step`](Self::step): for tests, in which
    /// devices run in virtual time.
    pub fn by_hand() -> Self {
        Self::made(Instant::now(), Some(AtomicU64::new(0)))
    }

    fn made(origin: Instant, by_hand: Option<AtomicU64>) -> Self {
        let shared = Shared {
            origin,
            offset: AtomicI64::new(0),
            told: AtomicU64::new(0),
            by_hand,
        };
        Self(Arc::new(shared))
    }

    /// Lets `span` pass on a clock that is moved by hand; does nothing to any other.
    pub fn step(&self, span: Duration) {
        if let Some(by_hand) = &self.0.by_hand {
            by_hand.fetch_add(span.as_nanos() as u64, Ordering::Relaxed);
        }
    }

    /// The instant it is: the machine's, or the one a test has moved it to.
    pub fn instant(&self) -> Instant {
        match &self.0.by_hand {
            Some(nanos) => self.0.origin + Duration::from_nanos(nanos.load(Ordering::Relaxed)),
            None => Instant::now(),
        }
    }

    /// The moment it is. Never smaller than any moment this clock told before.
    pub fn now(&self) -> Moment {
        self.now_at(self.instant())
    }

    /// [`now`](Self::now), with the instant passed in.
    pub fn now_at(&self, instant: Instant) -> Moment {
        let micros = self.moment_at(instant).micros();
        let before = self.0.told.fetch_max(micros, Ordering::Relaxed);
        Moment::from_micros(micros.max(before))
    }

    /// The moment that `instant` was or will be, as far as is known now.
    ///
    /// For timestamps: unlike [`now`](Self::now), two answers may differ slightly in either
    /// direction when the clock was corrected between them.
    pub fn moment_at(&self, instant: Instant) -> Moment {
        let nanos = self.since_origin(instant) + self.0.offset.load(Ordering::Relaxed);
        Moment::from_micros(nanos.max(0) as u64 / 1_000)
    }

    /// The instant at which `moment` was or will be, as far as is known now.
    pub fn instant_of(&self, moment: Moment) -> Instant {
        let nanos = moment.micros() as i64 * 1_000 - self.0.offset.load(Ordering::Relaxed);
        let span = Duration::from_nanos(nanos.unsigned_abs());
        let instant = if nanos >= 0 {
            self.0.origin.checked_add(span)
        } else {
            self.0.origin.checked_sub(span)
        };
        instant.unwrap_or(self.0.origin)
    }

    /// What an output stream uses to keep the clock right. One at a time; the latest counts.
    pub fn feed(&self) -> Feed {
        Feed {
            clock: self.clone(),
            follow: Follow::new(AGREE, GAIN),
            last: None,
            credit: CREDIT,
        }
    }

    fn since_origin(&self, instant: Instant) -> i64 {
        signed_nanos(instant, self.0.origin)
    }
}

/// `instant` less `origin`, in nanoseconds, negative where it lies before.
pub(crate) fn signed_nanos(instant: Instant, origin: Instant) -> i64 {
    let nanos = |span: Duration| span.as_nanos().min(i64::MAX as u128) as i64;
    match instant.checked_duration_since(origin) {
        Some(after) => nanos(after),
        None => -nanos(origin.duration_since(instant)),
    }
}

/// The loudspeaker's side of a [`Clock`].
#[derive(Debug)]
pub struct Feed {
    clock: Clock,
    follow: Follow,
    last: Option<Instant>,
    /// By how much the clock may still be put forward, in nanoseconds.
    credit: i64,
}

impl Feed {
    /// Tells the clock that `frame` will be heard at the instant `heard`.
    ///
    /// Returns by how many frames the timeline has to jump to be on time again: 0 unless the
    /// loudspeaker is persistently more than 100 ms off; positive where it has to skip forward.
    ///
    /// Neither locks nor allocates.
    pub fn played(&mut self, frame: u64, heard: Instant) -> i64 {
        let shared = &self.clock.0;
        let session = (u128::from(frame) * 1_000_000_000 / u128::from(RATE)) as i64;
        let measured = session - self.clock.since_origin(heard);
        let offset = shared.offset.load(Ordering::Relaxed);
        let error = measured - offset;
        let elapsed = self.last.map_or(0, |last| signed_nanos(heard, last).max(0));
        self.credit = (self.credit + elapsed / EARNED).min(CREDIT);
        let correction = match self.follow.judge(error) {
            Judged::Noise(share) => share,
            Judged::Step(step) if step.abs() > JUMP || (step > AHEAD && self.credit <= 0) => {
                self.follow.settled();
                return (-step as i128 * i128::from(RATE) / 1_000_000_000) as i64;
            }
            Judged::Step(step) => step.clamp(-elapsed / SLEW, elapsed / SLEW),
        };
        let correction = correction.min(self.credit.max(0));
        self.credit = (self.credit - correction).min(CREDIT);
        self.last = Some(heard);
        shared.offset.store(offset + correction, Ordering::Relaxed);
        0
    }

    /// The frame that is due at the instant `heard`: where a stream's first frame belongs.
    pub fn due(&self, heard: Instant) -> u64 {
        self.clock.moment_at(heard).frame(RATE)
    }
}

/// Tells noise from steps in a series of timing errors.
#[derive(Debug)]
pub(crate) struct Follow {
    /// How many in a row have to agree on a step.
    agree: u32,
    /// The share of an error that counts is 1 / `gain`.
    gain: i64,
    /// How many errors were judged, up to `gain`: the first ones count for more, as in a mean.
    seen: i64,
    /// The smallest of the run of large errors of one sign, and how many there were.
    run: i64,
    length: u32,
}

/// What an error turned out to be, in nanoseconds to correct by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Noise: this small part of it is worth following.
    Noise(i64),
    /// The last few errors agree on at least this much.
    Step(i64),
}

impl Follow {
    pub(crate) fn new(agree: u32, gain: i64) -> Self {
        Self {
            agree,
            gain,
            seen: 0,
            run: 0,
            length: 0,
        }
    }

    /// Judges the next error: measured less believed, in nanoseconds.
    pub(crate) fn judge(&mut self, error: i64) -> Judged {
        if error.abs() <= STEP {
            self.length = 0;
        } else if self.length > 0 && error.signum() == self.run.signum() {
            self.length = self.length.saturating_add(1);
            if error.abs() < self.run.abs() {
                self.run = error;
            }
        } else {
            self.run = error;
            self.length = 1;
        }
        if self.length >= self.agree {
            let step = self.run;
            // The next judgement rests on new evidence, except that one more of the same is enough.
            self.run = error;
            return Judged::Step(step);
        }
        self.seen = (self.seen + 1).min(self.gain);
        Judged::Noise(error.clamp(-NOISE, NOISE) / self.seen)
    }

    /// Forgets the run at hand: the step was taken at once.
    pub(crate) fn settled(&mut self) {
        self.length = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUFFER: u64 = 960;

    /// Feeds `buffers` buffers of a loudspeaker running at `speed`, each timestamp off by
    /// `noise(n)` seconds; gives back the worst error of the clock over the last half, in seconds.
    fn listen(
        buffers: u64,
        speed: f64,
        late: impl Fn(u64) -> f64,
        noise: impl Fn(u64) -> f64,
    ) -> f64 {
        let origin = Instant::now();
        let clock = Clock::starting_at(origin);
        let mut feed = clock.feed();
        let mut worst = 0.0_f64;
        let mut told = Moment::ZERO;
        for n in 0..buffers {
            let frame = n * BUFFER;
            let truth = 0.05 + frame as f64 / 48_000.0 / speed + late(n);
            let heard = origin + Duration::from_secs_f64(truth + noise(n));
            assert_eq!(feed.played(frame, heard), 0);
            let now = clock.now_at(origin + Duration::from_secs_f64(truth - 0.02));
            assert!(now >= told, "time ran backwards at buffer {n}");
            told = now;
            if n > buffers / 2 {
                let believed = clock
                    .moment_at(origin + Duration::from_secs_f64(truth))
                    .secs();
                worst = worst.max((believed - frame as f64 / 48_000.0).abs());
            }
        }
        worst
    }

    /// Reproducible noise between -1 and 1.
    fn dice(n: u64) -> f64 {
        let x = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let x = (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((x >> 40) as f64 / (1u64 << 23) as f64) - 1.0
    }

    #[test]
    fn timestamps_two_milliseconds_wrong_move_the_clock_by_less_than_half_of_one() {
        let worst = listen(4_000, 1.0, |_| 0.0, |n| 0.002 * dice(n));
        assert!(worst < 0.000_5, "{worst}");
    }

    #[test]
    fn a_loudspeaker_a_hundred_ppm_off_is_followed() {
        for speed in [1.0 - 1e-4, 1.0 + 1e-4] {
            let worst = listen(8_000, speed, |_| 0.0, |_| 0.0);
            assert!(worst < 0.000_3, "{worst}");
        }
    }

    #[test]
    fn one_wild_timestamp_in_ten_does_no_harm() {
        let wild = |n: u64| if n.is_multiple_of(10) { 0.08 } else { 0.0 };
        let worst = listen(4_000, 1.0, |_| 0.0, wild);
        assert!(worst < 0.001, "{worst}");
    }

    #[test]
    fn an_underrun_is_caught_up_with_and_time_never_turns_back() {
        let late = |n: u64| if n >= 500 { 0.06 } else { 0.0 };
        let worst = listen(3_000, 1.0, late, |n| 0.001 * dice(n));
        assert!(worst < 0.001, "{worst}");
    }

    #[test]
    fn the_time_is_right_within_a_second_of_the_first_buffer() {
        let origin = Instant::now();
        let clock = Clock::starting_at(origin);
        let mut feed = clock.feed();
        for n in 0..50 {
            feed.played(n * BUFFER, origin + Duration::from_millis(50 + 20 * n));
        }
        let believed = clock.moment_at(origin + Duration::from_millis(1_050));
        assert!((believed.secs() - 1.0).abs() < 0.006, "{believed}");
    }

    #[test]
    fn a_sleep_makes_the_timeline_jump_and_not_the_clock() {
        let origin = Instant::now();
        let clock = Clock::starting_at(origin);
        let mut feed = clock.feed();
        let mut jump = 0;
        for n in 0..100 {
            let gap = if n < 50 { 0 } else { 3_000 };
            let heard = origin + Duration::from_millis(20 * n + gap);
            jump = feed.played(n * BUFFER, heard);
            if jump != 0 {
                break;
            }
        }
        assert!((jump - 3 * 48_000).abs() < 48, "{jump}");
        let believed = clock.moment_at(origin + Duration::from_secs(10));
        assert!((believed.secs() - 10.0).abs() < 0.001, "{believed}");
    }

    #[test]
    fn a_loudspeaker_that_takes_sound_too_fast_shortens_no_hold() {
        for speed in [1.003, 1.05, 2.0] {
            let origin = Instant::now();
            let clock = Clock::starting_at(origin);
            let mut feed = clock.feed();
            let (mut frame, mut real) = (0_u64, 0.0_f64);
            while real < 300.0 {
                let heard = origin + Duration::from_secs_f64(real);
                let jump = feed.played(frame, heard);
                assert!(jump <= 0, "nothing is left out");
                let ahead = clock.moment_at(heard).secs() - real;
                assert!(
                    ahead < 0.11 + 0.002 * real,
                    "{speed}: {ahead} s after {real}"
                );
                // What is waited for is silence at the same speed.
                real += (BUFFER + jump.unsigned_abs()) as f64 / 48_000.0 / speed;
                frame += BUFFER;
            }
        }
    }

    #[test]
    fn a_clock_moved_by_hand_stands_still_otherwise() {
        let clock = Clock::by_hand();
        assert_eq!(clock.now(), Moment::ZERO);
        clock.step(Duration::from_millis(1_500));
        assert_eq!(clock.now(), Moment::from_micros(1_500_000));
        assert_eq!(clock.now(), Moment::from_micros(1_500_000));
    }

    #[test]
    fn without_a_loudspeaker_the_monotonic_clock_goes_on() {
        let origin = Instant::now();
        let clock = Clock::starting_at(origin);
        let moment = clock.now_at(origin + Duration::from_millis(1_234));
        assert_eq!(moment, Moment::from_micros(1_234_000));
        assert_eq!(
            clock.instant_of(moment),
            origin + Duration::from_millis(1_234)
        );
    }
}
