//! Recordings: reading WAV, FLAC and Ogg Vorbis, writing WAV.

use std::fs::File;
use std::io::{BufReader, BufWriter, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rodio::Source;

use super::resample::{RATES, Resampler};
use super::{ErrorKind, SoundError};
use crate::limits::{RECORDING_SAMPLES, RECORDING_SECONDS};

/// A mono recording in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Pcm {
    /// Samples a second.
    pub rate: u32,
    /// Full scale is ±1.
    pub samples: Vec<f32>,
}

impl Pcm {
    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate.max(1))
    }

    /// The same recording at another rate; what was at `t` seconds still is, to the sample.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] for rates outside [`RATES`].
    pub fn resampled(&self, rate: u32) -> Result<Self, SoundError> {
        if rate == self.rate {
            return Ok(self.clone());
        }
        let mut resampler = Resampler::new(self.rate, rate)?;
        let mut samples = Vec::new();
        resampler.push(&self.samples, &mut samples)?;
        resampler.finish(&mut samples)?;
        Ok(Self { rate, samples })
    }

    /// Decodes a whole file in memory: WAV, FLAC or Ogg Vorbis. Several channels are averaged.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Undecodable`] or [`ErrorKind::TooLong`].
    pub fn decode(bytes: Vec<u8>) -> Result<Self, SoundError> {
        let length = bytes.len() as u64;
        decode(Cursor::new(bytes), length, "the sound")
    }

    /// Writes it as a 16-bit WAV file; what lies beyond full scale is clamped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`].
    pub fn write(&self, path: &Path) -> Result<(), SoundError> {
        let mut writer = WavWriter::create(path, self.rate)?;
        writer.push(&self.samples)?;
        writer.finish()
    }
}

/// Reads a recording: WAV, FLAC or Ogg Vorbis, of at most an hour. Several channels are averaged.
///
/// The length a header claims is not believed; what can be decoded counts.
///
/// # Errors
///
/// [`ErrorKind::File`] if it cannot be read, [`ErrorKind::Undecodable`] if it is no recording,
/// [`ErrorKind::TooLong`].
pub fn read(path: &Path) -> Result<Pcm, SoundError> {
    let failed = |error| SoundError::from_io(path, "read", &error);
    // Asked before opening: opening a pipe that nobody writes to never returns.
    let facts = std::fs::metadata(path).map_err(failed)?;
    if !facts.is_file() {
        return Err(SoundError::new(
            ErrorKind::File,
            format!(
                "cannot read {}: it is not a file: name a WAV, FLAC or Ogg file",
                path.display()
            ),
        ));
    }
    let file = File::open(path).map_err(failed)?;
    decode(
        BufReader::new(file),
        facts.len(),
        &path.display().to_string(),
    )
}

/// Decodes `data`. The decoders panic on some damaged files, such as a WAV file of zero samples a second;
/// nothing of theirs is used after that.
fn decode<R>(data: R, length: u64, name: &str) -> Result<Pcm, SoundError>
where
    R: Read + Seek + Send + Sync + 'static,
{
    catch_unwind(AssertUnwindSafe(|| decoded(data, length, name)))
        .unwrap_or_else(|_| Err(undecodable(name, "it is damaged")))
}

fn undecodable(name: &str, cause: &str) -> SoundError {
    SoundError::new(
        ErrorKind::Undecodable,
        format!("cannot decode {name}: {cause}: use WAV, FLAC or Ogg Vorbis"),
    )
}

fn decoded<R>(data: R, length: u64, name: &str) -> Result<Pcm, SoundError>
where
    R: Read + Seek + Send + Sync + 'static,
{
    let undecodable = |cause: &str| undecodable(name, cause);
    let mut decoder = rodio::Decoder::builder()
        .with_data(data)
        .with_byte_len(length)
        .with_seekable(true)
        .build()
        .map_err(|error| undecodable(&error.to_string()))?;
    let rate = decoder.sample_rate().get();
    let channels = decoder.channels().get();
    if !RATES.contains(&rate) {
        return Err(undecodable(&format!("it claims {rate} samples a second")));
    }
    let longest = (RECORDING_SECONDS as usize * rate as usize).min(RECORDING_SAMPLES);
    let mut samples = Vec::new();
    'file: loop {
        let mut sum = 0.0;
        for _ in 0..channels {
            match decoder.next() {
                Some(sample) => sum += sample,
                None => break 'file,
            }
        }
        if samples.len() == longest {
            return Err(SoundError::new(
                ErrorKind::TooLong,
                format!("{name} is longer than an hour, or {RECORDING_SAMPLES} samples: cut it"),
            ));
        }
        // Chained Ogg files may change their format half-way.
        if samples.len() % 1_024 == 0
            && (decoder.sample_rate().get(), decoder.channels().get()) != (rate, channels)
        {
            return Err(undecodable("its format changes half-way"));
        }
        let mean = sum / f32::from(channels);
        samples.push(if mean.is_finite() { mean } else { 0.0 });
    }
    if samples.is_empty() {
        return Err(undecodable("there is no sound in it"));
    }
    Ok(Pcm { rate, samples })
}

/// Writes a mono 16-bit WAV file piece by piece.
pub struct WavWriter {
    path: std::path::PathBuf,
    file: hound::WavWriter<BufWriter<File>>,
}

impl WavWriter {
    /// Makes the file, replacing what is there; `rate` in samples a second.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`].
    pub fn create(path: &Path, rate: u32) -> Result<Self, SoundError> {
        let file =
            File::create(path).map_err(|error| SoundError::from_io(path, "write", &error))?;
        Self::begin(path, file, rate)
    }

    /// Makes a file that is not there yet and that nobody else may read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`], also where it is there already.
    pub fn create_new(path: &Path, rate: u32) -> Result<Self, SoundError> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(path)
            .map_err(|error| SoundError::from_io(path, "make", &error))?;
        Self::begin(path, file, rate)
    }

    fn begin(path: &Path, file: File, rate: u32) -> Result<Self, SoundError> {
        let format = hound::WavSpec {
            channels: 1,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let file = hound::WavWriter::new(BufWriter::new(file), format)
            .map_err(|error| write_failed(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Brings the file and its header up to date.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`].
    pub fn flush(&mut self) -> Result<(), SoundError> {
        self.file
            .flush()
            .map_err(|error| write_failed(&self.path, error))
    }

    /// Appends samples; what lies beyond full scale is clamped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`].
    pub fn push(&mut self, samples: &[f32]) -> Result<(), SoundError> {
        for &sample in samples {
            let level = (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16;
            self.file
                .write_sample(level)
                .map_err(|error| write_failed(&self.path, error))?;
        }
        Ok(())
    }

    /// Completes the header. Without this call it is done on drop, and errors are lost.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`].
    pub fn finish(self) -> Result<(), SoundError> {
        let path = self.path;
        self.file
            .finalize()
            .map_err(|error| write_failed(&path, error))
    }
}

fn write_failed(path: &Path, error: hound::Error) -> SoundError {
    match error {
        hound::Error::IoError(error) => SoundError::from_io(path, "write", &error),
        error => SoundError::new(
            ErrorKind::File,
            format!("cannot write {}: {error}: check the disk", path.display()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(length: usize) -> Vec<f32> {
        (0..length).map(|k| 0.5 * (k as f32 * 0.05).sin()).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let pcm = Pcm {
            rate: 24_000,
            samples: wave(5_000),
        };
        pcm.write(&path).unwrap();
        let again = read(&path).unwrap();
        assert_eq!((again.rate, again.samples.len()), (24_000, 5_000));
        for (a, b) in pcm.samples.iter().zip(&again.samples) {
            assert!((a - b).abs() < 1e-4);
        }
    }

    #[test]
    fn too_loud_samples_are_clamped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        Pcm {
            rate: 16_000,
            samples: vec![3.0, -3.0, f32::NAN],
        }
        .write(&path)
        .unwrap();
        let again = read(&path).unwrap().samples;
        assert!(
            again[0] > 0.99 && again[1] < -0.99 && again[2] == 0.0,
            "{again:?}"
        );
    }

    #[test]
    fn two_channels_are_averaged_and_a_lying_header_is_not_believed() {
        let mut bytes = Vec::new();
        let format = hound::WavSpec {
            channels: 2,
            sample_rate: 48_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(Cursor::new(&mut bytes), format).unwrap();
        for _ in 0..1_000 {
            writer.write_sample(16_384_i16).unwrap();
            writer.write_sample(0_i16).unwrap();
        }
        writer.finalize().unwrap();
        // A program that writes to a pipe does not know the length: it claims the largest.
        bytes[4..8].copy_from_slice(&0x7fff_f024_u32.to_le_bytes());
        bytes[40..44].copy_from_slice(&0x7fff_f000_u32.to_le_bytes());
        let pcm = Pcm::decode(bytes).unwrap();
        assert_eq!(pcm.samples.len(), 1_000);
        assert!((pcm.samples[500] - 0.25).abs() < 1e-4);
    }

    #[test]
    fn errors_name_the_file_and_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("noise.ogg");
        let missing = read(&path).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::File);
        assert!(missing.to_string().ends_with("check the path"), "{missing}");
        std::fs::write(&path, b"this is not sound, whatever its name says").unwrap();
        let undecodable = read(&path).unwrap_err();
        assert_eq!(undecodable.kind(), ErrorKind::Undecodable);
        assert!(
            undecodable.to_string().contains("noise.ogg"),
            "{undecodable}"
        );
        assert_eq!(read(dir.path()).unwrap_err().kind(), ErrorKind::File);
        assert_eq!(
            Pcm::decode(Vec::new()).unwrap_err().kind(),
            ErrorKind::Undecodable
        );
    }
}
