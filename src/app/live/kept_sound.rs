//! `--keep-audio`: what the microphone hears, written to a file.
//!
//! Only on request, and said aloud when the talk begins. The file is written by a thread of its own,
//! as the microphone delivers (16 kHz mono, before the echo canceller): a slow or full disk neither
//! delays the ears nor ends the talk.

use crate::sound::capture::Chunk;
use crate::sound::file::WavWriter;
use crate::sound::{EAR_RATE, SoundError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc as threads;
use std::time::Duration;
use tokio::sync::mpsc;

/// Chunks that may wait for the disk: 30 s of 20 ms each. What comes on top is left out.
const WAITING: usize = 1_500;
/// The header is brought up to date this often, in samples, so that a crash leaves a file that can be
/// read: every 5 s.
const UP_TO_DATE: usize = 5 * EAR_RATE as usize;
/// Most recordings in one directory.
const MOST_FILES: u32 = 10_000;
/// The end of the program waits this long for the last samples to be written: a disk may hang.
const PATIENCE: Duration = Duration::from_secs(3);

/// A file that was made to keep sound in.
pub struct SoundFile {
    path: PathBuf,
    writer: WavWriter,
}

impl SoundFile {
    /// Makes the file `at`, if that ends in `.wav`, else the next `microphone-N.wav` in the directory
    /// `at`. Nothing is overwritten, and nobody else may read it.
    ///
    /// # Errors
    ///
    /// [`crate::sound::ErrorKind::File`]: it is there already, or cannot be written.
    pub fn create(at: &Path) -> Result<Self, SoundError> {
        let named = at
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("wav"));
        if named && !at.is_dir() {
            let writer = WavWriter::create_new(at, EAR_RATE)?;
            return Ok(Self {
                path: at.to_owned(),
                writer,
            });
        }
        std::fs::create_dir_all(at).map_err(|error| SoundError::from_io(at, "make", &error))?;
        let name = |n: u32| at.join(format!("microphone-{n}.wav"));
        let free = (1..MOST_FILES).find(|n| !name(*n).exists());
        let path = name(free.unwrap_or(MOST_FILES));
        let writer = WavWriter::create_new(&path, EAR_RATE)?;
        Ok(Self { path, writer })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins to keep sound in it.
    pub(super) fn keep(self) -> KeptSound {
        let (samples, arriving) = threads::sync_channel(WAITING);
        let (trouble, troubles) = threads::channel();
        let (finish, finished) = threads::channel();
        let not_started = trouble.clone();
        let writer = self.writer;
        let work = move || {
            if let Err(error) = write(writer, &arriving) {
                let _ = trouble.send(error.to_string());
            }
            let _ = finish.send(());
        };
        let thread = std::thread::Builder::new().name("kept sound".into());
        if let Err(error) = thread.spawn(work) {
            let _ = not_started.send(error.to_string());
        }
        KeptSound {
            samples: Some(Arc::new(samples)),
            troubles,
            finished,
        }
    }
}

fn write(mut writer: WavWriter, arriving: &threads::Receiver<Vec<f32>>) -> Result<(), SoundError> {
    let mut since = 0;
    while let Ok(samples) = arriving.recv() {
        writer.push(&samples)?;
        since += samples.len();
        if since >= UP_TO_DATE {
            since = 0;
            writer.flush()?;
        }
    }
    writer.finish()
}

/// Sound that is being kept.
pub(super) struct KeptSound {
    /// The only one that lasts: without it the file is completed.
    samples: Option<Arc<threads::SyncSender<Vec<f32>>>>,
    troubles: threads::Receiver<String>,
    finished: threads::Receiver<()>,
}

impl KeptSound {
    /// Keeps what comes through `chunks` and hands it on. Within a runtime.
    pub(super) fn tap(&self, mut chunks: mpsc::Receiver<Chunk>) -> mpsc::Receiver<Chunk> {
        let kept = self.samples.as_ref().map(Arc::downgrade);
        let kept = kept.unwrap_or_default();
        let (hand_on, handed_on) = mpsc::channel(chunks.max_capacity());
        tokio::spawn(async move {
            while let Some(chunk) = chunks.recv().await {
                // A disk that cannot follow must not deafen the talk.
                if let Some(kept) = kept.upgrade() {
                    let _ = kept.try_send(chunk.samples.clone());
                }
                if hand_on.send(chunk).await.is_err() {
                    return;
                }
            }
        });
        handed_on
    }

    /// Why no more is kept, once that is so.
    pub(super) fn trouble(&self) -> Option<String> {
        self.troubles.try_recv().ok()
    }
}

impl Drop for KeptSound {
    fn drop(&mut self) {
        self.samples = None;
        let _ = self.finished.recv_timeout(PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::file::read;
    use crate::time::Moment;

    fn chunk(level: f32) -> Chunk {
        Chunk {
            first: Moment::ZERO,
            samples: vec![level; 320],
        }
    }

    /// Waits for as long as it takes.
    fn finish(mut kept: KeptSound) {
        kept.samples = None;
        kept.finished.recv().unwrap();
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    }

    #[test]
    fn what_the_microphone_delivers_is_kept_and_handed_on() {
        let dir = tempfile::tempdir().unwrap();
        let file = SoundFile::create(dir.path()).unwrap();
        let path = file.path().to_owned();
        assert!(path.ends_with("microphone-1.wav"));
        let second = SoundFile::create(dir.path()).unwrap();
        assert!(second.path().ends_with("microphone-2.wav"));
        let kept = file.keep();
        runtime().block_on(async {
            let (microphone, chunks) = mpsc::channel(4);
            let mut ears = kept.tap(chunks);
            for level in [0.25, -0.25] {
                microphone.send(chunk(level)).await.unwrap();
                assert_eq!(ears.recv().await.unwrap(), chunk(level));
            }
            drop(microphone);
            assert!(ears.recv().await.is_none());
        });
        assert!(kept.trouble().is_none());
        finish(kept);
        let pcm = read(&path).unwrap();
        assert_eq!((pcm.rate, pcm.samples.len()), (EAR_RATE, 640));
        assert!((pcm.samples[0] - 0.25).abs() < 1e-3 && (pcm.samples[639] + 0.25).abs() < 1e-3);
    }

    /// `/dev/full` takes nothing, as a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_and_the_ears_go_on_hearing() {
        let path = Path::new("/dev/full");
        let kept = SoundFile {
            path: path.to_owned(),
            writer: WavWriter::create(path, EAR_RATE).unwrap(),
        }
        .keep();
        runtime().block_on(async {
            let (microphone, chunks) = mpsc::channel(4);
            let mut ears = kept.tap(chunks);
            for _ in 0..600 {
                microphone.send(chunk(0.1)).await.unwrap();
                assert!(ears.recv().await.is_some());
            }
        });
        let why = kept.troubles.recv().unwrap();
        assert!(why.contains("free some space"), "{why}");
        finish(kept);
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.WAV");
        std::fs::write(&path, "precious").unwrap();
        let error = SoundFile::create(&path).err().unwrap().to_string();
        assert!(error.contains("name another file"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    }
}
