//! The catalogue: which models can be fetched, from where, and what exactly has to come.

use crate::limits;
use serde::Deserialize;
use std::path::PathBuf;
use ureq::http::Uri;

/// Environment variable that names another catalogue than the built-in one. Whoever sets it decides where
/// the program connects to and what it takes for right; nothing else does, no guide and no file.
pub const CATALOGUE_VARIABLE: &str = "TALKTHROUGH_CATALOGUE";

/// The catalogue that comes with the program.
const BUILT_IN: &str = include_str!("../../models/catalogue.toml");

/// Longest name of a model, in characters.
const LONGEST_NAME: usize = 80;

/// A model that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its maker's name for it: lower-case letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// BCP 47 tag of the language it hears.
    pub language: String,
    /// SPDX expression of its licence.
    pub licence: String,
    /// What it is good for, in a few words.
    pub about: String,
    /// Size of the archive, in bytes.
    pub bytes: u64,
    /// The archive may unpack to this many bytes and no more.
    pub unpacked_at_most: u64,
    /// SHA-256 of the archive, in hexadecimal.
    pub sha256: String,
    /// Where the archive is: `https`, or `http` on this machine itself.
    pub address: String,
}

/// The models that can be fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// In the order of the file.
    #[serde(default, rename = "model")]
    pub models: Vec<Model>,
}

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file cannot be read.
    #[error("cannot read the catalogue {} ({source}): unset {CATALOGUE_VARIABLE} to use the built-in one", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is not the TOML of a catalogue.
    #[error("the catalogue of models is not in the right form (see models/catalogue.toml):\n{0}")]
    Malformed(#[from] toml::de::Error),
    /// A model in it is described in a way that cannot be trusted.
    #[error("the catalogue's model {name:?}: {problem}")]
    Model {
        /// Its name.
        name: String,
        /// What is wrong and what to write instead.
        problem: &'static str,
    },
}

impl Catalogue {
    /// The catalogue that [`CATALOGUE_VARIABLE`] names, else the built-in one.
    ///
    /// # Errors
    ///
    /// The named file cannot be read or is no catalogue.
    pub fn load() -> Result<Self, CatalogueError> {
        let Some(path) = std::env::var_os(CATALOGUE_VARIABLE).map(PathBuf::from) else {
            return Self::parse(BUILT_IN);
        };
        let text = limits::read_text(&path, limits::CATALOGUE_BYTES)
            .map_err(|source| CatalogueError::Unreadable { path, source })?;
        Self::parse(&text)
    }

    /// Reads a catalogue from its text.
    ///
    /// # Errors
    ///
    /// The text is no catalogue.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let catalogue: Self = toml::from_str(text)?;
        for (nth, model) in catalogue.models.iter().enumerate() {
            let twice = catalogue
                .models
                .iter()
                .take(nth)
                .any(|other| other.name == model.name);
            let problem = if twice {
                Some("it is in the catalogue twice: remove one")
            } else {
                model.problem()
            };
            if let Some(problem) = problem {
                return Err(CatalogueError::Model {
                    name: model.name.clone(),
                    problem,
                });
            }
        }
        Ok(catalogue)
    }

    /// Finds a model by its name.
    pub fn find(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }
}

impl Model {
    fn problem(&self) -> Option<&'static str> {
        if !is_name(&self.name) {
            return Some("its name may have lower-case letters, digits, `.`, `_` and `-`");
        }
        if self.sha256.len() != 64 || !self.sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Some("sha256 must be 64 hexadecimal digits");
        }
        if self.bytes == 0 || self.unpacked_at_most == 0 {
            return Some("bytes and unpacked_at_most must be more than zero");
        }
        match self.address.parse::<Uri>() {
            Ok(address) if Reach::of(&address).is_some() => None,
            _ => Some("its address must begin with https:// (or http:// on this machine itself)"),
        }
    }
}

/// Whether `name` can be the name of a model, and so of a directory beside others.
pub fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(allowed)
}

/// How far a connection may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Anywhere, encrypted and with the server's certificate checked.
    Encrypted,
    /// Not off this machine.
    ThisMachine,
}

impl Reach {
    /// How far a connection to `address` goes; `None` where it is not to be made at all.
    pub(super) fn of(address: &Uri) -> Option<Self> {
        match (address.scheme_str(), address.host()) {
            (Some("https"), Some(host)) if !host.is_empty() => Some(Self::Encrypted),
            (Some("http"), Some("127.0.0.1" | "[::1]" | "localhost")) => Some(Self::ThisMachine),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, address: &str) -> String {
        format!(
            "[[model]]\nname = {name:?}\nlanguage = 'en'\nlicence = 'MIT'\nabout = ''\nbytes = 1\n\
             unpacked_at_most = 2\nsha256 = '{}'\naddress = {address:?}\n",
            "0a".repeat(32)
        )
    }

    #[test]
    fn the_built_in_catalogue_is_sound_and_reaches_the_maker_only() {
        let catalogue = Catalogue::parse(BUILT_IN).unwrap();
        let small = catalogue.find("vosk-model-small-en-us-0.15").unwrap();
        assert_eq!(small.bytes, 41_205_931);
        assert_eq!(
            small.sha256,
            "30f26242c4eb449f948e42cb302dd7a686cb29a3423a8367f99ff41780942498"
        );
        for model in &catalogue.models {
            let maker = "https://alphacephei.com/vosk/models/";
            assert_eq!(model.address, format!("{maker}{}.zip", model.name));
            assert!(model.unpacked_at_most > model.bytes);
        }
    }

    #[test]
    fn a_model_that_cannot_be_trusted_is_refused() {
        let there = "https://example.org/a.zip";
        for (name, address) in [
            ("a", "http://example.org/a.zip"),
            ("a", "http://127.0.0.1.example.org/a.zip"),
            ("a", "http://127.0.0.1@example.org/a.zip"),
            ("a", "file:///etc/passwd"),
            ("a", "ftp://example.org/a.zip"),
            ("a", "/etc/passwd"),
            ("..", there),
            ("../a", there),
            (".a", there),
            ("a/b", there),
            ("", there),
            ("A", there),
        ] {
            assert!(
                matches!(
                    Catalogue::parse(&entry(name, address)),
                    Err(CatalogueError::Model { .. })
                ),
                "{name} {address}"
            );
        }
        let twice = entry("a", there) + &entry("a", there);
        assert!(Catalogue::parse(&twice).is_err());
        assert!(Catalogue::parse(&(entry("a", there) + "mirror = 'x'\n")).is_err());
        assert!(Catalogue::parse(&entry("a", "http://[::1]:80/a.zip")).is_ok());
        assert!(Catalogue::parse(&entry("a", there)).is_ok());
    }
}
