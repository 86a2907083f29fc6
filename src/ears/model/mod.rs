//! Checks a model directory before libvosk sees it.
//!
//! libvosk ends its process on several faults (a missing endpoint option, a cut file) and says little
//! about the others. Here each becomes an error that names the file and what to do. Both layouts of the
//! official models are known, and graphs with and without run-time grammars.
//!
//! ```text
//! am/final.mdl                              acoustic model
//! conf/model.conf                           decoder options; must set endpoint.silence-phones
//! conf/mfcc.conf | conf/fbank.conf          features
//! graph/HCLG.fst                            a fixed graph, or else, for run-time grammars:
//! graph/HCLr.fst graph/Gr.fst graph/disambig_tid.int
//! graph/words.txt                           the words; may be left out where Gr.fst carries them
//! ivector/…                                 speaker adaptation, optional
//! SHA256SUMS                                what the files have to be to the bit, optional: [`seal`](fn@seal)
//! ```
//!
//! The older layout has the same files at the top, `conf/model.conf` left out.
//!
//! A model of our own has a recipe beside that ([`super::graph`]), and can be given more words ([`extend`]).

mod extend;
pub(super) mod fst;
mod seal;

use crate::limits;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

pub use extend::{ExtendError, cache_directory, extend, write};
pub use seal::{SEAL, seal};

use super::graph::Recipe;

/// Files that speaker adaptation needs, all or none.
const IVECTOR: [&str; 6] = [
    "final.ie",
    "final.dubm",
    "final.mat",
    "global_cmvn.stats",
    "online_cmvn.conf",
    "splice.conf",
];

/// How much of the end of the acoustic model is searched for its last field, in bytes.
const TAIL: u64 = 1 << 20;

/// What is wrong with a model directory.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is no such directory.
    #[error("there is no model directory {}: `make install` puts one beside the program, or choose one with --model", .0.display())]
    NoDirectory(PathBuf),
    /// A file that every such model has is not there.
    #[error("the model lacks {}: fetch it again, or choose another with --model", .0.display())]
    Missing(PathBuf),
    /// A file cannot be read.
    #[error("{} cannot be read ({error}): check its permissions, or fetch the model again", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} {what}: fetch the model again, or choose another with --model", file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, as the rest of a sentence.
        what: String,
    },
}

/// What is known of a model that passed.
#[derive(Clone, Debug)]
pub struct ModelInfo {
    /// Its directory.
    pub directory: PathBuf,
    /// Every word it can hear, as written in its word list.
    pub words: HashSet<String>,
    /// Whether the words listened for can be chosen at run time. Without, it hears all of them always.
    pub grammars: bool,
    /// Whether it has `[unk]`, for whatever is not listened for.
    pub rejects: bool,
    /// Whether words can be added to it: it is of our family.
    pub extensible: bool,
    /// Size of all its files that were looked at, in bytes.
    pub bytes: u64,
}

/// Where a layout keeps its directories.
struct Layout {
    acoustic: &'static str,
    conf: &'static str,
    graph: &'static str,
    /// The older layout has its decoder options in libvosk itself.
    options: Option<&'static str>,
}

const LAYOUTS: [Layout; 2] = [
    Layout {
        acoustic: "am/final.mdl",
        conf: "conf",
        graph: "graph",
        options: Some("conf/model.conf"),
    },
    Layout {
        acoustic: "final.mdl",
        conf: ".",
        graph: ".",
        options: None,
    },
];

/// Checks the model in `directory`.
///
/// # Errors
///
/// The first fault found, by file.
pub fn check(directory: &Path) -> Result<ModelInfo, ModelError> {
    if !directory.is_dir() {
        return Err(ModelError::NoDirectory(directory.into()));
    }
    let [new, old] = &LAYOUTS;
    let layout = if !directory.join(new.acoustic).exists() && directory.join(old.acoustic).exists()
    {
        old
    } else {
        new
    };
    let mut check = Check {
        directory,
        bytes: 0,
    };

    let acoustic = check.file(layout.acoustic)?;
    acoustic_model(&acoustic)?;
    let conf = Path::new(layout.conf);
    let features = ["mfcc.conf", "fbank.conf"].map(|name| conf.join(name));
    let present = features
        .iter()
        .find(|name| directory.join(name).exists())
        .unwrap_or(&features[0]);
    options(&check.file(present)?)?;
    if let Some(name) = layout.options {
        let file = check.file(name)?;
        endpointing(&file, &options(&file)?)?;
    }
    if directory.join("ivector/final.ie").exists() {
        for name in IVECTOR {
            check.file(Path::new("ivector").join(name))?;
        }
    }

    let graph = Path::new(layout.graph);
    let fixed = graph.join("HCLG.fst");
    let grammars = !directory.join(&fixed).exists();
    let mut words = Vec::new();
    if grammars {
        check.graph(&graph.join("HCLr.fst"))?;
        words = check.graph(&graph.join("Gr.fst"))?;
        // May be empty, but has to be there.
        let disambiguation = directory.join(graph.join("disambig_tid.int"));
        if !disambiguation.is_file() {
            return Err(ModelError::Missing(disambiguation));
        }
    } else {
        check.graph(&fixed)?;
    }
    let list = graph.join("words.txt");
    if words.is_empty() || directory.join(&list).exists() {
        words = word_list(&check.file(&list)?)?;
    }
    let words: HashSet<String> = words.into_iter().filter(|word| word != "<eps>").collect();
    seal::unbroken(directory)?;
    let rejects = words.contains("[unk]");
    Ok(ModelInfo {
        directory: directory.into(),
        words,
        grammars,
        rejects,
        extensible: grammars && Recipe::is_in(directory),
        bytes: check.bytes,
    })
}

/// The words of `phrases` that the model cannot hear, each once, in order. libvosk itself would leave
/// them out without a word, and the phrase could never be recognised.
pub fn missing_words<'a>(
    model: &ModelInfo,
    phrases: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for word in phrases.into_iter().flat_map(str::split_whitespace) {
        if !model.words.contains(word) && !missing.iter().any(|known| known == word) {
            missing.push(word.to_owned());
        }
    }
    missing
}

struct Check<'a> {
    directory: &'a Path,
    bytes: u64,
}

impl Check<'_> {
    /// A file that must be there and must not be empty.
    fn file(&mut self, name: impl AsRef<Path>) -> Result<PathBuf, ModelError> {
        let file = self.directory.join(name);
        match fs::metadata(&file) {
            Ok(found) if found.is_file() && found.len() > 0 => {
                self.bytes += found.len();
                Ok(file)
            }
            Ok(found) if found.is_file() => Err(broken(&file, "is empty")),
            Ok(_) => Err(broken(&file, "is not a file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ModelError::Missing(file)),
            Err(error) => Err(ModelError::Unreadable { file, error }),
        }
    }

    /// A graph, and the words it carries.
    fn graph(&mut self, name: &Path) -> Result<Vec<String>, ModelError> {
        let file = self.file(name)?;
        let size = fs::metadata(&file).map_err(unreadable(&file))?.len();
        let mut input = BufReader::new(File::open(&file).map_err(unreadable(&file))?);
        let head = fst::read_head(&mut input, true).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => broken(&file, &error.to_string()),
            io::ErrorKind::UnexpectedEof => broken(&file, "is cut short"),
            _ => ModelError::Unreadable {
                file: file.clone(),
                error,
            },
        })?;
        if size < head.least_size {
            return Err(broken(
                &file,
                &format!(
                    "is cut short: {size} bytes, a {} graph of its size has {} or more",
                    head.kind, head.least_size
                ),
            ));
        }
        Ok(head.words)
    }
}

/// The acoustic model: Kaldi's binary or text form, whole to its last field.
fn acoustic_model(file: &Path) -> Result<(), ModelError> {
    let mut input = File::open(file).map_err(unreadable(file))?;
    let mut head = Vec::new();
    (&mut input)
        .take(20)
        .read_to_end(&mut head)
        .map_err(unreadable(file))?;
    let binary = head.starts_with(b"\0B<TransitionModel>");
    if !binary && !head.starts_with(b"<TransitionModel>") {
        return Err(broken(file, "is not a Kaldi acoustic model"));
    }
    let size = input.metadata().map_err(unreadable(file))?.len();
    input
        .seek(SeekFrom::Start(size.saturating_sub(TAIL)))
        .map_err(unreadable(file))?;
    let mut tail = Vec::new();
    input.read_to_end(&mut tail).map_err(unreadable(file))?;
    // The last field: "<Priors> ", then a vector that ends the file.
    let name = b"<Priors> ";
    let priors = tail
        .windows(name.len())
        .rposition(|window| window == name)
        .and_then(|at| tail.get(at + name.len()..));
    let whole = priors.is_some_and(|priors| {
        if binary {
            whole_vector(priors)
        } else {
            priors.trim_ascii_end().ends_with(b"]")
        }
    });
    if whole {
        Ok(())
    } else {
        Err(broken(file, "is cut short"))
    }
}

/// A binary Kaldi vector and nothing after it: `FV `, 4, the count, floats; or `DV ` and doubles.
fn whole_vector(bytes: &[u8]) -> bool {
    let size = match bytes.get(..3) {
        Some(b"FV ") => 4,
        Some(b"DV ") => 8,
        _ => return false,
    };
    let Some(Ok(count)) = bytes.get(4..8).map(<[u8; 4]>::try_from) else {
        return false;
    };
    (bytes.len() as u64).checked_sub(8) == Some(u64::from(u32::from_le_bytes(count)) * size)
}

/// Kaldi's option files: lines of `--name=value`, with comments after `#`.
fn options(file: &Path) -> Result<Vec<(String, String)>, ModelError> {
    let text = limits::read_text(file, limits::MODEL_TEXT_BYTES).map_err(unreadable(file))?;
    let mut options = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let Some(option) = line.strip_prefix("--") else {
            return Err(broken(
                file,
                &format!(
                    "has a line that is no option ({line:?}, line {})",
                    number + 1
                ),
            ));
        };
        let (name, value) = option.split_once('=').unwrap_or((option, "true"));
        options.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(options)
}

/// Without this option libvosk ends its process at the first pause.
fn endpointing(file: &Path, options: &[(String, String)]) -> Result<(), ModelError> {
    let name = "endpoint.silence-phones";
    let phones = options
        .iter()
        .rev()
        .find(|option| option.0 == name)
        .map(|option| option.1.as_str());
    match phones {
        Some(phones)
            if phones
                .split(':')
                .all(|phone| phone.parse::<u32>().is_ok_and(|phone| phone > 0)) =>
        {
            Ok(())
        }
        Some(phones) => Err(broken(
            file,
            &format!("sets {name} to {phones:?}, which are not phone numbers"),
        )),
        None => Err(broken(file, &format!("does not set {name}"))),
    }
}

/// Lines of a word and its number.
fn word_list(file: &Path) -> Result<Vec<String>, ModelError> {
    let text = limits::read_text(file, limits::MODEL_TEXT_BYTES).map_err(unreadable(file))?;
    let mut words = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut fields = line.split_whitespace();
        match (
            fields.next(),
            fields.next().map(str::parse::<u32>),
            fields.next(),
        ) {
            (Some(word), Some(Ok(_)), None) => words.push(word.to_owned()),
            (None, _, _) => {}
            _ => {
                return Err(broken(
                    file,
                    &format!(
                        "has a line that is not a word and its number (line {})",
                        number + 1
                    ),
                ));
            }
        }
    }
    Ok(words)
}

fn broken(file: &Path, what: &str) -> ModelError {
    ModelError::Broken {
        file: file.into(),
        what: what.into(),
    }
}

fn unreadable(file: &Path) -> impl FnOnce(io::Error) -> ModelError {
    let file = file.to_owned();
    move |error| match error.kind() {
        io::ErrorKind::InvalidData => broken(&file, "is not text"),
        io::ErrorKind::FileTooLarge => broken(&file, "is larger than such a file can be"),
        _ => ModelError::Unreadable { file, error },
    }
}

#[cfg(test)]
mod tests;
