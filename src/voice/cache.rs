//! What the speech programs of this machine have made, kept on disk: a text is rendered once.
//!
//! A file is one text in one manner of speaking. Nothing of it is trusted: a file that is cut, changed or
//! of another text is as good as none and is written again. Together they stay below [`LARGEST`]; what
//! was not used for longest goes first.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::SystemTime;

use etcetera::BaseStrategy;

use super::engine::wav;
use super::pcm::Pcm;

/// All files together, in bytes: some twenty minutes of speech.
pub const LARGEST: u64 = 64 * 1024 * 1024;
/// How a file begins; another number for another layout.
const MAGIC: &[u8; 4] = b"tts1";
/// How the files' names end: nothing else in the directory is touched.
const ENDING: &str = "speech";

/// A directory of rendered texts.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: PathBuf,
    largest: u64,
}

impl Cache {
    /// The cache in `dir`, which is made when something is kept.
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            largest: LARGEST,
        }
    }

    /// What was kept under `key`, if it is still whole.
    pub(super) fn get(&self, key: &str) -> Option<Pcm> {
        let path = self.path(key);
        let data = std::fs::read(&path).ok()?;
        let pcm = unpacked(&data, key)?;
        // Used now: it will be among the last to go.
        let _ = File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        Some(pcm)
    }

    /// Keeps `pcm` under `key`. A disk that is full or not writable is no fault: it is rendered again.
    pub(super) fn put(&self, key: &str, pcm: &Pcm) {
        let Some(data) = packed(key, pcm) else { return };
        let kept = std::fs::create_dir_all(&self.dir).and_then(|()| {
            // Written beside and moved there, so that nobody ever finds half of it.
            let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
            file.write_all(&data)?;
            file.persist(self.path(key)).map_err(|error| error.error)
        });
        if kept.is_ok() {
            self.shrink();
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        let hash = checksum(key.as_bytes());
        self.dir.join(format!("{hash:016x}.{ENDING}"))
    }

    /// Deletes what was not used for longest until the rest is small enough.
    fn shrink(&self) {
        let Ok(files) = std::fs::read_dir(&self.dir) else {
            return;
        };
        let ours = files
            .filter_map(Result::ok)
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == ENDING));
        let mut files: Vec<(SystemTime, u64, PathBuf)> = ours.filter_map(age).collect();
        files.sort();
        let mut size: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, bytes, path) in files {
            if size <= self.largest {
                return;
            }
            if std::fs::remove_file(path).is_ok() {
                size -= bytes;
            }
        }
    }
}

fn age(path: PathBuf) -> Option<(SystemTime, u64, PathBuf)> {
    let data = path.metadata().ok()?;
    Some((data.modified().ok()?, data.len(), path))
}

/// Magic, checksum of the rest, length of the key, key, WAV.
fn packed(key: &str, pcm: &Pcm) -> Option<Vec<u8>> {
    let mut sound = std::io::Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: pcm.rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(&mut sound, spec).ok()?;
    for sample in &pcm.samples {
        // Exactly the programs' own 16 bits: what comes back is what was put in.
        let step = (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0);
        writer.write_sample(step as i16).ok()?;
    }
    writer.finalize().ok()?;
    let length = u32::try_from(key.len()).ok()?.to_le_bytes();
    let body = [&length[..], key.as_bytes(), sound.get_ref()].concat();
    Some([&MAGIC[..], &checksum(&body).to_le_bytes(), &body].concat())
}

fn unpacked(data: &[u8], key: &str) -> Option<Pcm> {
    let rest = data.strip_prefix(MAGIC)?;
    let (sum, body) = rest.split_first_chunk::<8>()?;
    if u64::from_le_bytes(*sum) != checksum(body) {
        return None;
    }
    let (length, body) = body.split_first_chunk::<4>()?;
    let (its_key, sound) = body.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    // Two keys may share a file's name.
    (its_key == key.as_bytes()).then(|| wav(sound).ok())?
}

/// FNV-1a, 64 bits: against accidents, not against somebody who may write here anyway.
fn checksum(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Where this user's machine keeps what can be made again; `None` where there is no home.
pub fn directory() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.cache_dir().join("talkthrough"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn pcm(frames: usize) -> Pcm {
        let samples = (0..frames).map(|k| (k % 100) as f32 / 32_768.0 * 50.0);
        Pcm {
            rate: 16_000,
            samples: samples.collect(),
        }
    }

    fn cache(largest: u64) -> (tempfile::TempDir, Cache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache {
            dir: dir.path().join("speech"),
            largest,
        };
        (dir, cache)
    }

    #[test]
    fn what_was_kept_comes_back_to_the_bit() {
        let (_dir, cache) = cache(LARGEST);
        assert!(cache.get("hello").is_none());
        cache.put("hello", &pcm(1_000));
        let back = cache.get("hello").unwrap();
        assert_eq!((back.rate, back.samples), (16_000, pcm(1_000).samples));
        assert!(cache.get("hello ").is_none());
    }

    /// A file that is cut anywhere, or in which any one byte differs, is none, and is replaced.
    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let (_dir, cache) = cache(LARGEST);
        cache.put("hello", &pcm(50));
        let path = cache.path("hello");
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            assert!(cache.get("hello").is_none(), "byte {at} changed");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(cache.get("hello").is_none(), "cut at byte {at}");
        }
        cache.put("hello", &pcm(50));
        assert!(cache.get("hello").is_some());
    }

    #[test]
    fn a_file_of_another_text_under_this_name_is_not_believed() {
        let (_dir, cache) = cache(LARGEST);
        cache.put("hello", &pcm(50));
        std::fs::rename(cache.path("hello"), cache.path("good bye")).unwrap();
        assert!(cache.get("good bye").is_none());
    }

    #[test]
    fn it_stays_small_and_what_was_not_used_for_longest_goes_first() {
        let (_dir, cache) = cache(5_000);
        std::fs::create_dir_all(&cache.dir).unwrap();
        std::fs::write(cache.dir.join("somebody-else-s"), vec![0; 9_000]).unwrap();
        let earlier = |key: &str, secs| {
            let file = File::options().append(true).open(cache.path(key)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(secs))
                .unwrap();
        };
        cache.put("one", &pcm(1_000));
        earlier("one", 300);
        cache.put("two", &pcm(1_000));
        earlier("two", 200);
        assert!(cache.get("one").is_some(), "used, so young again");
        cache.put("three", &pcm(1_000));
        assert!(cache.get("two").is_none());
        assert!(cache.get("one").is_some() && cache.get("three").is_some());
        assert!(cache.dir.join("somebody-else-s").exists());
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_no_fault() {
        let (dir, _) = cache(LARGEST);
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let cache = Cache::new(file.join("speech"));
        cache.put("hello", &pcm(10));
        assert!(cache.get("hello").is_none());
    }
}
