//! Converting sample rates, with the delay taken out.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use super::{ErrorKind, SoundError};

/// The rates that recordings and devices may have, in samples a second.
pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// Converts a mono stream from one sample rate to another.
///
/// Output sample `k` is what the input was at `k / to` seconds: the filter's delay is taken off at
/// the beginning, so what was sample-exact before stays so. Works in blocks of about 20 ms; what
/// comes in between is kept for the next call.
pub struct Resampler {
    /// `None` where the rates are the same.
    fft: Option<Fft<f32>>,
    from: u32,
    to: u32,
    pending: Vec<f32>,
    block: Vec<f32>,
    /// Output samples still to be thrown away.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// A converter between two rates, in samples a second.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] where a rate lies outside [`RATES`].
    pub fn new(from: u32, to: u32) -> Result<Self, SoundError> {
        if let Some(rate) = [from, to].iter().find(|rate| !RATES.contains(rate)) {
            return Err(SoundError::new(
                ErrorKind::Unsupported,
                format!("cannot handle {rate} samples a second: use 16000, 44100 or 48000"),
            ));
        }
        let fft = if from == to {
            None
        } else {
            Some(filter(from, to)?)
        };
        let delay = fft.as_ref().map_or(0, |fft| fft.output_delay());
        let block = vec![0.0; fft.as_ref().map_or(0, |fft| fft.output_frames_max())];
        Ok(Self {
            fft,
            from,
            to,
            pending: Vec::new(),
            block,
            delay,
            taken: 0,
            given: 0,
        })
    }

    /// Takes `input` in and appends to `output` whatever is ready.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Other`] if the filter refuses a block, which it does not.
    pub fn push(&mut self, input: &[f32], output: &mut Vec<f32>) -> Result<(), SoundError> {
        self.taken += input.len() as u64;
        let Some(fft) = &mut self.fft else {
            self.given += input.len() as u64;
            output.extend_from_slice(input);
            return Ok(());
        };
        self.pending.extend_from_slice(input);
        let mut used = 0;
        loop {
            let need = fft.input_frames_next();
            let Some(block) = self.pending.get(used..used + need) else {
                break;
            };
            let given = convert(fft, block, &mut self.block)?;
            used += need;
            let fresh = self
                .block
                .get(self.delay.min(given)..given)
                .unwrap_or_default();
            self.delay -= self.delay.min(given);
            self.given += fresh.len() as u64;
            output.extend_from_slice(fresh);
        }
        self.pending.drain(..used);
        Ok(())
    }

    /// Appends what is still inside; the whole output is then as long as the whole input.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn finish(mut self, output: &mut Vec<f32>) -> Result<(), SoundError> {
        let total = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
        while self.given < total {
            let before = output.len();
            let missing = total - self.given;
            let need = self.fft.as_ref().map_or(0, |fft| fft.input_frames_next());
            self.push(&vec![0.0; need - self.pending.len().min(need)], output)?;
            let fresh = output.len() - before;
            output.truncate(before + fresh.min(missing.min(usize::MAX as u64) as usize));
        }
        Ok(())
    }
}

fn filter(from: u32, to: u32) -> Result<Fft<f32>, SoundError> {
    // The shortest blocks that both rates divide evenly, as many as make 20 ms. An odd block would
    // put the middle of the filter, and so every sample of the output, half a sample off.
    let unit = from / gcd(from, to);
    let units = (from / 50).div_ceil(unit);
    let block = unit
        * if unit % 2 == 1 {
            units.next_multiple_of(2)
        } else {
            units
        };
    let (from_rate, to_rate) = (from as usize, to as usize);
    let window = WindowFunction::BlackmanHarris2;
    Fft::new_custom(
        from_rate,
        to_rate,
        block as usize,
        1,
        1,
        window,
        FixedSync::Both,
    )
    .map_err(|error| refused(from, to, &error))
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn convert(fft: &mut Fft<f32>, input: &[f32], output: &mut [f32]) -> Result<usize, SoundError> {
    let frames = output.len();
    let given = (|| {
        let input = InterleavedSlice::new(input, 1, input.len()).ok()?;
        let mut output = InterleavedSlice::new_mut(output, 1, frames).ok()?;
        fft.process_into_buffer(&input, &mut output, None).ok()
    })();
    given.map(|(_, given)| given.min(frames)).ok_or_else(|| {
        SoundError::new(
            ErrorKind::Other,
            "the sample rate converter refused a block: try again",
        )
    })
}

fn refused(from: u32, to: u32, error: &dyn std::fmt::Display) -> SoundError {
    SoundError::new(
        ErrorKind::Unsupported,
        format!("cannot convert {from} to {to} samples a second: {error}: use 48000"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, hertz: f64, length: usize) -> Vec<f32> {
        let step = std::f64::consts::TAU * hertz / f64::from(rate);
        (0..length)
            .map(|k| (0.5 * (step * k as f64).sin()) as f32)
            .collect()
    }

    fn convert_in_pieces(input: &[f32], from: u32, to: u32, piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to).unwrap();
        let mut output = Vec::new();
        for piece in input.chunks(piece) {
            resampler.push(piece, &mut output).unwrap();
        }
        resampler.finish(&mut output).unwrap();
        output
    }

    #[test]
    fn a_tone_keeps_its_phase_its_level_and_its_length_at_every_rate() {
        for (from, to) in [
            (48_000, 16_000),
            (44_100, 16_000),
            (24_000, 48_000),
            (22_050, 48_000),
            (16_000, 16_000),
        ] {
            let input = tone(from, 1_000.0, from as usize);
            let output = convert_in_pieces(&input, from, to, 777);
            assert_eq!(output.len(), to as usize, "{from} to {to}");
            let expected = tone(to, 1_000.0, to as usize);
            let inner = to as usize / 10..to as usize * 9 / 10;
            let worst = output[inner.clone()]
                .iter()
                .zip(&expected[inner])
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(worst < 0.002, "{from} to {to}: {worst}");
        }
    }

    #[test]
    fn what_is_too_high_for_the_new_rate_vanishes_and_speech_does_not() {
        let level = |hertz| {
            let output = convert_in_pieces(&tone(48_000, hertz, 48_000), 48_000, 16_000, 480);
            let inner = &output[2_000..14_000];
            (inner.iter().map(|x| x * x).sum::<f32>() / inner.len() as f32).sqrt() * 2.0_f32.sqrt()
                / 0.5
        };
        assert!(level(9_000.0) < 0.001, "{}", level(9_000.0));
        assert!((level(7_000.0) - 1.0).abs() < 0.05, "{}", level(7_000.0));
    }

    #[test]
    fn impossible_rates_are_refused() {
        assert!(Resampler::new(0, 16_000).is_err());
        assert!(Resampler::new(48_000, 1_000_000).is_err());
    }
}
