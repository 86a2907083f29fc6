//! Samples out of files, and from one rate to another.

use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::limits::CLIP_SECONDS;
use rodio::Source;
use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Fft, FixedSync, Resampler};

/// Mono samples and their rate.
#[derive(Clone, Debug)]
pub(super) struct Pcm {
    /// Frames a second.
    pub(super) rate: u32,
    /// Within ±1.
    pub(super) samples: Vec<f32>,
}

/// Decodes a whole clip; more than one channel is mixed down. What goes on beyond the longest clip is
/// left out, so that it is not as long as its index says.
pub(super) fn decode(data: impl Read + Seek + Send + Sync + 'static) -> Result<Pcm, String> {
    // The decoders panic on some damaged files; nothing of theirs is used after that.
    catch_unwind(AssertUnwindSafe(|| decoded(data))).unwrap_or_else(|_| Err("it is damaged".into()))
}

fn decoded(data: impl Read + Seek + Send + Sync + 'static) -> Result<Pcm, String> {
    let decoder = rodio::Decoder::new(data).map_err(|error| error.to_string())?;
    let rate = decoder.sample_rate().get();
    let channels = usize::from(decoder.channels().get());
    let most = CLIP_SECONDS as usize * rate as usize * channels.min(8);
    let samples: Vec<f32> = decoder.take(most).collect();
    Ok(Pcm {
        rate,
        samples: mixed_down(samples, channels),
    })
}

/// The mean of the channels of interleaved samples.
pub(super) fn mixed_down(samples: Vec<f32>, channels: usize) -> Vec<f32> {
    match channels {
        0 | 1 => samples,
        _ => samples
            .chunks_exact(channels)
            .map(|frame| frame.iter().sum::<f32>() / channels as f32)
            .collect(),
    }
}

/// The same sound at another rate, without delay: sample `k` of the input lies at `k * to / from`.
pub(super) fn resampled(samples: Vec<f32>, from: u32, to: u32) -> Result<Vec<f32>, String> {
    if from == to || samples.is_empty() {
        return Ok(samples);
    }
    let length = samples.len();
    let mut resampler = Fft::<f32>::new(from as usize, to as usize, 1024, 1, FixedSync::Input)
        .map_err(|error| error.to_string())?;
    let input =
        InterleavedOwned::new_from(samples, 1, length).map_err(|error| error.to_string())?;
    let output = resampler
        .process_all(&input, length, None)
        .map_err(|error| error.to_string())?;
    Ok(output.take_data())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resampling_neither_delays_nor_shortens() {
        for (from, to) in [(24_000, 48_000), (16_000, 48_000), (22_050, 48_000)] {
            let mut samples = vec![0.0; 12_000];
            samples[6_000] = 1.0;
            let out = resampled(samples, from, to).unwrap();
            let loudest = (0..out.len())
                .max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs()))
                .unwrap();
            let expected = 6_000.0 * f64::from(to) / f64::from(from);
            assert!(
                (loudest as f64 - expected).abs() <= 1.0,
                "{from}: at {loudest}, not {expected}"
            );
            assert_eq!(
                out.len(),
                (12_000.0 * f64::from(to) / f64::from(from)).ceil() as usize
            );
        }
    }
}
