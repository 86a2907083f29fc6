//! How loud loudspeaker and microphone were, ten times a second, for the record: levels, never sound.

use crate::record::Event;
use crate::sound::EAR_RATE;
use crate::time::Moment;
use std::collections::BTreeMap;

/// Parts of a second that get a level of their own.
const PARTS: u64 = 10;
/// The lowest level that is told, in dB of full scale: digital silence has none.
const LOWEST_DB: f32 = -90.0;
/// What lies further ahead than this is a device's confusion about time: it is left out.
const AHEAD: u64 = 10 * PARTS;

/// The levels of both channels, second by second of session time.
///
/// The microphone leads: a second is told when the microphone has been heard past it. What is played is
/// known before it sounds, so it is there by then.
#[derive(Debug, Default)]
pub(super) struct Meter {
    speaker: Channel,
    microphone: Channel,
    /// The second that is told next.
    second: u64,
}

/// Energy and samples of each part of a second, by its number from the session's zero.
#[derive(Debug, Default)]
struct Channel(BTreeMap<u64, (f32, u32)>);

impl Channel {
    fn push(&mut self, samples: &[f32], first: Moment, parts: std::ops::Range<u64>) {
        let rate = u64::from(EAR_RATE);
        let first = first.frame(EAR_RATE);
        let mut rest = samples;
        let mut at = first;
        while !rest.is_empty() {
            let part = at * PARTS / rate;
            let until = ((part + 1) * rate).div_ceil(PARTS);
            let (now, later) = rest.split_at(rest.len().min((until - at) as usize));
            if parts.contains(&part) {
                let (energy, count) = self.0.entry(part).or_default();
                *energy += now.iter().map(|x| x * x).sum::<f32>();
                *count += now.len() as u32;
            }
            at += now.len() as u64;
            rest = later;
        }
    }

    /// Takes the levels of a second, in whole dB of full scale.
    fn take(&mut self, second: u64) -> Vec<i8> {
        let later = self.0.split_off(&((second + 1) * PARTS));
        let parts = std::mem::replace(&mut self.0, later);
        (second * PARTS..(second + 1) * PARTS)
            .map(|part| match parts.get(&part) {
                Some((energy, count)) if *count > 0 => {
                    // -90 to +127 is what fits; nothing is louder than some decibels over full scale.
                    (10.0 * (energy / *count as f32).log10()).clamp(LOWEST_DB, 100.0) as i8
                }
                _ => LOWEST_DB as i8,
            })
            .collect()
    }
}

impl Meter {
    /// Takes in what the loudspeaker plays from `first` on, at [`EAR_RATE`].
    pub(super) fn speaker(&mut self, samples: &[f32], first: Moment) {
        let parts = self.parts();
        self.speaker.push(samples, first, parts);
    }

    /// Takes in what the microphone heard from `first` on, at [`EAR_RATE`]; returns the levels of a second
    /// that is over with it.
    pub(super) fn microphone(&mut self, samples: &[f32], first: Moment) -> Option<Event> {
        let second = first.frame(EAR_RATE) / u64::from(EAR_RATE);
        let mut told = None;
        if second > self.second {
            told = Some(Event::Levels {
                start: self.second as f64,
                speaker: self.speaker.take(self.second),
                microphone: self.microphone.take(self.second),
            });
            // A microphone that was away for a while left nothing to tell.
            self.second = second;
        }
        let parts = self.parts();
        self.microphone.push(samples, first, parts);
        told
    }

    fn parts(&self) -> std::ops::Range<u64> {
        let first = self.second * PARTS;
        first..first + AHEAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_told_when_it_is_over_and_each_part_has_its_own_level() {
        let mut meter = Meter::default();
        let mut told = Vec::new();
        for block in 0..110_u32 {
            let first = Moment::from_frame(u64::from(block) * 160, EAR_RATE);
            let loud = if block < 50 { 0.1 } else { 0.01 };
            meter.speaker(&[loud; 160], first);
            told.extend(meter.microphone(&[0.0; 160], first));
        }
        let Some(Event::Levels {
            start,
            speaker,
            microphone,
        }) = told.pop()
        else {
            panic!("nothing is told");
        };
        assert_eq!((start, told.len()), (0.0, 0));
        assert_eq!(speaker, [-20, -20, -20, -20, -20, -40, -40, -40, -40, -40]);
        assert_eq!(microphone, [-90; 10]);
    }

    #[test]
    fn a_confused_clock_fills_no_memory() {
        let mut meter = Meter::default();
        for second in 0..100_000 {
            meter.speaker(&[0.5; 160], Moment::from_secs(f64::from(second)));
        }
        assert!(meter.speaker.0.len() <= AHEAD as usize);
        let late = Moment::from_secs(1e6);
        assert!(meter.microphone(&[f32::NAN; 160], late).is_some());
        assert!(meter.microphone(&[0.0; 160], Moment::ZERO).is_none());
    }
}
