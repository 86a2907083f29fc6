//! How a clip becomes a file.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};

use flacenc::component::BitRepr;
use flacenc::error::Verify;

/// Bits a sample of a FLAC file. Speech at -19 LUFS lies 58 dB above the noise of 12 bits, far more than the
/// quietest room gives. At 16 kHz these bits take 40 % of what 24 kHz and 16 bits take.
const BITS: usize = 12;

/// How a clip's file is coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coding {
    /// FLAC, 12 bits: nothing is lost but what no room lets through.
    #[default]
    Flac,
    /// MP3, by the program `lame`: a third of the size.
    Mp3,
}

impl Coding {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Flac, Self::Mp3];

    /// How the files' names end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Flac => ".flac",
            Self::Mp3 => ".mp3",
        }
    }

    /// Silence that coding puts before the sound, in frames. An MP3 file at this rate is too small for the
    /// header that would tell a decoder: these are the filters of encoder (576) and decoder (529).
    pub(super) fn delay(self) -> usize {
        match self {
            Self::Flac => 0,
            Self::Mp3 => 1_105,
        }
    }

    /// Mono `samples` at `rate` as a file; `path` is the search path for the program, as in `$PATH`.
    pub(super) fn encoded(
        self,
        samples: &[f32],
        rate: u32,
        path: &OsStr,
    ) -> Result<Vec<u8>, String> {
        match self {
            Self::Flac => flac(samples, rate),
            Self::Mp3 => mp3(samples, rate, path),
        }
    }
}

/// Constant 32 kbit/s: two bits a sample.
const LAME: [&str; 13] = [
    "--quiet",
    "-r",
    "-m",
    "m",
    "--bitwidth",
    "16",
    "--little-endian",
    "--signed",
    "--cbr",
    "-b",
    "32",
    "-q",
    "0",
];

/// Mono samples as an MP3 file.
fn mp3(samples: &[f32], rate: u32, path: &OsStr) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("cannot run lame: {error}; install lame");
    let pcm: Vec<u8> = samples
        .iter()
        .flat_map(|x| ((x * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes())
        .collect();
    let dir = tempfile::tempdir().map_err(failed)?;
    let file = dir.path().join("clip.mp3");
    let mut child = Command::new("lame")
        .args(LAME)
        .args(["-s", &format!("{}", f64::from(rate) / 1_000.0), "-"])
        .arg(&file)
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let fed = child.stdin.take().map(|mut input| input.write_all(&pcm));
    let status = child.wait().map_err(failed)?;
    if !status.success() || !matches!(fed, Some(Ok(()))) {
        return Err(format!("lame failed ({status})"));
    }
    std::fs::read(&file).map_err(failed)
}

/// Mono samples as a FLAC file of [`BITS`] bits.
fn flac(samples: &[f32], rate: u32) -> Result<Vec<u8>, String> {
    let config = flacenc::config::Encoder::default()
        .into_verified()
        .map_err(|(_, error)| error.to_string())?;
    let full = (1_i32 << (BITS - 1)) as f32;
    let step = |x: &f32| (x * full).round().clamp(-full, full - 1.0) as i32;
    let steps: Vec<i32> = samples.iter().map(step).collect();
    let source = flacenc::source::MemSource::from_samples(&steps, 1, BITS, rate as usize);
    let mut stream = flacenc::encode_with_fixed_block_size(&config, source, config.block_size)
        .map_err(|error| error.to_string())?;
    // flacenc counts the shorter last block as the smallest; by the format it does not count, and
    // Symphonia takes a file with two block sizes for one of variable blocks and finds no frame in it.
    let (block, info) = (config.block_size, stream.stream_info_mut());
    info.set_block_sizes(block, block)
        .map_err(|error| error.to_string())?;
    let mut sink = flacenc::bitsink::ByteSink::new();
    stream.write(&mut sink).map_err(|error| error.to_string())?;
    Ok(sink.as_slice().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flac_gives_back_every_sample_to_half_a_step() {
        let samples: Vec<f32> = (0..10_007).map(|k| (k as f32 * 0.05).sin() * 0.7).collect();
        let data = flac(&samples, 24_000).unwrap();
        let back = crate::voice::pcm::decode(std::io::Cursor::new(data)).unwrap();
        assert_eq!((back.rate, back.samples.len()), (24_000, samples.len()));
        for (a, b) in samples.iter().zip(&back.samples) {
            assert!((a - b).abs() < 0.51 / 2_048.0);
        }
    }
}
