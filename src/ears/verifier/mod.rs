//! The verifier: a second opinion on a phrase that the recogniser believes to have heard.
//!
//! libvosk compares the phrases of its grammar with a model of everything else that is made of the same
//! phones, so a short command can never beat it by much, and what sounds alike ("down", "go") now and
//! then passes. The verifier is trained for the one question that matters here: does the sound up to here
//! end with this phrase and nothing else before it? It is asked when the recogniser has an utterance, and while there is
//! sound in which a word may just have ended (`watch`); it then follows the sound, so that nothing is computed twice.
//! A cascade of this kind is what small keyword spotters use (A. Gruenstein
//! et al., "A Cascade Architecture for Keyword Spotting on Mobile Devices", 2017).
//!
//! It is three networks that are believed alike: `network`, which has the acoustic model's layers, and the two of `spotter`,
//! which hear through an `embedding` that was trained on very many people. Each fails on some speakers, seldom on the same.
//!
//! It knows a fixed list of phrases, the commands and numbers. Of others, such as those of a guide of
//! your own, it has no opinion. `models/training/verifier.py` trains it and writes
//! [`FILE`] into the model's directory; a model without that file has no verifier.

mod embedding;
mod energies;
mod features;
mod layers;
mod map;
mod network;
mod spotter;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::limits::{VERIFIER_BYTES, read_file};
use features::LogMel;
use network::Network;
use safetensors::SafeTensors;
pub(super) use spotter::Following;
use spotter::Spotters;

/// Name of its file in a model's directory.
pub const FILE: &str = "verifier.safetensors";

/// What it looks at ends this long after the word, in samples (0.2 s), or where the sound so far does.
const AFTER: u64 = 3_200;

/// Where a word ends is uncertain in noise, so it also looks at what was heard since, up to here (0.5 s after), if that
/// is later by more than a few samples (40 ms).
const LATEST: u64 = 8_000;
const LATER: u64 = 640;

/// Samples that [`Verifier::follow`] looks at, up to which it can first look, and in steps of which it goes on (80 ms).
pub(super) const FOLLOWED: u64 = Network::SAMPLES;
pub(super) const FIRST: u64 = Spotters::FIRST;
pub(super) const STEP: u64 = Spotters::STEP;

/// Where a sound is followed, what the two spotters give no more than these log odds the third network is not asked about.
const WORTH_ASKING: f32 = -2.0;

/// The verifier cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be used ({reason}): fetch the model again", path.display())]
pub struct VerifierError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// A loaded verifier.
pub struct Verifier {
    /// What is told apart; the first is anything else.
    phrases: Arc<[String]>,
    log_mel: LogMel,
    network: Network,
    spotters: Spotters,
}

impl Verifier {
    /// Loads the verifier of the model in `directory`; `None` where it has none.
    ///
    /// # Errors
    ///
    /// The file is there but damaged, or of another kind.
    pub fn load(directory: &Path) -> Result<Option<Arc<Self>>, VerifierError> {
        let path = directory.join(FILE);
        let unusable = |reason: String| VerifierError {
            path: path.clone(),
            reason,
        };
        let bytes = match read_file(&path, VERIFIER_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(error.to_string())),
        };
        Self::read(&bytes).map(Arc::new).map(Some).map_err(unusable)
    }

    /// Reads the networks; the error says what is wrong with them.
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let stored = &SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let phrases = header
            .metadata()
            .as_ref()
            .and_then(|facts| facts.get("phrases"))
            .ok_or("it names no phrases")?;
        let phrases: Vec<String> =
            serde_json::from_str(phrases).map_err(|error| error.to_string())?;
        Ok(Self {
            network: Network::read(stored, phrases.len())?,
            spotters: Spotters::read(stored, phrases.len())?,
            log_mel: LogMel::default(),
            phrases: phrases.into(),
        })
    }

    /// The ranges of positions it looks at for a word that ends at `end`, with `heard` samples so far.
    pub(super) fn windows(end: u64, heard: u64) -> impl Iterator<Item = (u64, u64)> {
        let first = (end + AFTER).min(heard);
        let last = (end + LATEST).min(heard);
        let until = [Some(first), (last > first + LATER).then_some(last)];
        let length = Network::SAMPLES.max(Spotters::SAMPLES);
        until
            .into_iter()
            .flatten()
            .map(move |until| (until.saturating_sub(length), until))
    }

    /// What a sound ends with that is followed, so many [`STEP`]s after it was asked last; a new `following` begins anew.
    /// `samples` are its last, [`FOLLOWED`] of them, or [`FIRST`] of them if there are no more.
    pub(super) fn follow(
        &self,
        following: &mut Following,
        samples: &[f32],
        steps: usize,
    ) -> Opinion {
        let [spotter, tuned] = self.spotters.follow(following, samples, steps);
        let opinion = |shares| Opinion {
            phrases: Arc::clone(&self.phrases),
            shares,
        };
        let two = opinion(together([&spotter, &tuned]));
        if two.most() < WORTH_ASKING {
            return two;
        }
        let network = self.network.shares(&self.log_mel.frames(samples));
        opinion(together([&network, &spotter, &tuned]))
    }

    /// What `samples` (16 kHz, full scale 1.0, see [`Verifier::windows`]) hold.
    pub(super) fn listen(&self, samples: &[f32]) -> Opinion {
        let network = self.network.shares(&self.log_mel.frames(samples));
        let [spotter, tuned] = self.spotters.shares(samples);
        Opinion {
            phrases: Arc::clone(&self.phrases),
            shares: together([&network, &spotter, &tuned]),
        }
    }
}

/// What networks believe together: the geometric mean of their probabilities.
fn together<const N: usize>(shares: [&[f32]; N]) -> Vec<f32> {
    let phrases = shares.first().map_or(0, |shares| shares.len());
    let mean = |phrase: usize| {
        let each = shares.map(|shares| shares.get(phrase).map_or(0.0, |share| share.ln()));
        (each.iter().sum::<f32>() / N as f32).exp()
    };
    let means: Vec<f32> = (0..phrases).map(mean).collect();
    let sum: f32 = means.iter().sum();
    means
        .into_iter()
        .map(|share| share / sum.max(f32::MIN_POSITIVE))
        .collect()
}

/// What the verifier makes of some sound.
#[derive(Clone)]
pub(super) struct Opinion {
    pub(super) phrases: Arc<[String]>,
    /// The probability of each phrase.
    pub(super) shares: Vec<f32>,
}

impl Opinion {
    /// What either believes: a word is in one of two windows.
    pub(super) fn or(mut self, other: &Self) -> Self {
        for (share, other) in self.shares.iter_mut().zip(&other.shares) {
            *share = share.max(*other);
        }
        self
    }

    /// The log odds of the likeliest phrase.
    fn most(&self) -> f32 {
        // The first is none of them.
        let shares = self.shares.iter().skip(1);
        log_odds(shares.copied().fold(0.0, f32::max))
    }

    /// The natural logarithm of the odds that it was `phrase` and nothing else; `None` of a phrase that
    /// it was not taught.
    pub(super) fn log_odds(&self, phrase: &str) -> Option<f32> {
        let index = self.phrases.iter().position(|known| known == phrase)?;
        self.shares.get(index).copied().map(log_odds)
    }
}

fn log_odds(share: f32) -> f32 {
    let share = share.clamp(1e-6, 1.0 - 1e-6);
    (share / (1.0 - share)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::file::read;

    fn root() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
    }

    /// The log odds of `phrase` at the end of a recording.
    fn odds(verifier: &Verifier, recording: &str, phrase: &str) -> Option<f32> {
        let pcm = read(&root().join("tests/words").join(recording)).unwrap();
        let samples = pcm.resampled(16_000).unwrap().samples;
        let end = samples.iter().rposition(|x| x.abs() > 0.02).unwrap() as u64;
        let (from, until) = Verifier::windows(end, samples.len() as u64).next().unwrap();
        verifier
            .listen(&samples[from as usize..until as usize])
            .log_odds(phrase)
    }

    #[test]
    fn it_tells_phrases_apart_and_has_no_opinion_on_others() {
        let verifier = Verifier::load(&root().join("models/talkthrough-en"))
            .unwrap()
            .unwrap();
        for (recording, phrase, another) in [
            ("next.flac", "next", "slipped"),
            ("stop.flac", "stop", "next"),
            ("go_back.flac", "go back", "back"),
            ("erase_it.flac", "erase it", "yes"),
        ] {
            let said = odds(&verifier, recording, phrase).unwrap();
            let other = odds(&verifier, recording, another).unwrap();
            println!("{recording}: {phrase} {said}, {another} {other}");
            assert!(said > 0.0 && other < 0.0, "{recording}: {said} {other}");
        }
        let said = odds(&verifier, "what_a_lovely_morning.flac", "next").unwrap();
        assert!(said < 0.0, "{said}");
        assert_eq!(odds(&verifier, "next.flac", "chartreuse"), None);
    }

    #[test]
    fn what_was_heard_since_is_looked_at_too_if_there_is_more_of_it() {
        let ends = |end, heard| {
            let windows = Verifier::windows(end, heard);
            windows.map(|(_, until)| until).collect::<Vec<_>>()
        };
        assert_eq!(ends(50_000, 51_000), [51_000]);
        assert_eq!(ends(50_000, 53_600), [53_200]);
        assert_eq!(ends(50_000, 56_000), [53_200, 56_000]);
        assert_eq!(ends(50_000, 90_000), [53_200, 58_000]);
        assert_eq!(Verifier::windows(0, 100).next(), Some((0, 100)));
    }

    #[test]
    fn each_network_counts_alike() {
        let doubted = together([&[0.5, 0.5], &[0.5, 0.5], &[0.9, 0.1]]);
        // The odds are multiplied, and of the product the cube root is taken.
        assert!((doubted[0] / doubted[1] - 9.0_f32.cbrt()).abs() < 1e-4);
        assert!((doubted.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        // What one holds for impossible is.
        assert_eq!(together([&[1.0, 0.0], &[0.1, 0.9]]), [1.0, 0.0]);
    }

    #[test]
    fn of_two_windows_the_one_counts_in_which_a_phrase_is() {
        let phrases = ["[none]", "next", "stop"].map(str::to_owned);
        let opinion = |shares: [f32; 3]| Opinion {
            phrases: phrases.clone().into(),
            shares: shares.to_vec(),
        };
        let either = opinion([0.7, 0.1, 0.2]).or(&opinion([0.05, 0.9, 0.05]));
        assert!((either.log_odds("next").unwrap() - 9_f32.ln()).abs() < 1e-4);
        assert!((either.log_odds("stop").unwrap() + 4_f32.ln()).abs() < 1e-4);
    }

    #[test]
    fn a_verifier_without_one_of_its_networks_is_an_error() {
        let path = root().join("models/talkthrough-en").join(FILE);
        let mut bytes = std::fs::read(path).unwrap();
        let name = b"\"tuned.wide.weight\"";
        let at = bytes
            .windows(name.len())
            .position(|part| part == name)
            .unwrap();
        bytes[at + 1] = b'T';
        let error = Verifier::read(&bytes).err().unwrap();
        assert!(error.contains("tuned.wide"), "{error}");
    }

    #[test]
    fn a_damaged_file_is_an_error_and_a_missing_one_is_none() {
        let whole = std::fs::read(root().join("models/talkthrough-en").join(FILE)).unwrap();
        let directory = tempfile::tempdir().unwrap();
        assert!(Verifier::load(directory.path()).unwrap().is_none());
        let path = directory.path().join(FILE);
        for length in [0, 7, 8, 100, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(Verifier::load(directory.path()).is_err(), "{length} bytes");
        }
    }
}
