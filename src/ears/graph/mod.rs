//! Builds the decoding graph of a model from phones: words can be added without training.
//!
//! The network of our models hears phones, not words. What words it can hear is in the graph, and
//! that is made here, of three files in the model's directory:
//!
//! ```text
//! talkthrough.toml       the phones of the network, costs, pronunciations: what may be tuned by hand
//! graph/vocabulary.txt   the words to recognise; * after one that is said alone
//! graph/fillers.txt      other words, to be told from those
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `spoken` | a written word → how it is said |
//! | `dictionary`, `letters` | the shipped dictionary, and letter-to-sound rules for the rest |
//! | `numbers` | digits → words |
//! | `settings` | `talkthrough.toml` |
//! | `topology` | phones → Kaldi's transition-ids |
//! | `hclr` | the graph, state by state |
//! | `openfst` | the graph as a file |

mod dictionary;
mod hclr;
mod letters;
mod numbers;
pub(super) mod openfst;
mod settings;
mod spoken;
mod topology;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use hclr::{Builder, Outputs, Word};
pub use settings::Settings;
pub use spoken::{Origin, pronounce};
use topology::Topology;

use super::UNKNOWN;
use crate::limits::{MODEL_TEXT_BYTES, read_text};
use crate::phone::{Phone, Pronunciation};

/// The file that tells a model of ours from others, in the model's directory.
pub const MARKER: &str = "talkthrough.toml";
/// The words to recognise.
const VOCABULARY: &str = "graph/vocabulary.txt";
/// Other words.
const FILLERS: &str = "graph/fillers.txt";
/// Of a filler no more ways are in the graph.
const FILLER_WAYS: usize = 2;
/// Changes whenever the same recipe gives another graph, so that kept graphs are built anew.
pub(super) const BUILDER_VERSION: u32 = 1;

/// Why a graph cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// A file of the recipe cannot be read.
    #[error("{} cannot be read ({error}): check its permissions, or fetch the model again", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The model has no recipe: it is not one of ours.
    #[error("the model {} has no {MARKER}: words cannot be added to it, and its graph cannot be built again", .0.display())]
    NoRecipe(PathBuf),
    /// The settings are wrong.
    #[error("{}: {what}", file.display())]
    Settings {
        /// The file.
        file: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
    /// A line of a word list is none.
    #[error("{}, line {line}: write one word a line, in lower case, with * after a word said alone", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// A word has no pronunciation in English.
    #[error(
        "`{0}` cannot be said in English letters: give its pronunciation in the guide, such as [pronunciations] {0:?} = \"W AY F AY\""
    )]
    Unsayable(String),
    /// The model's network does not know a phone.
    #[error(
        "`{word}` has the phone {phone}, which this model cannot hear: give another pronunciation"
    )]
    UnknownPhone {
        /// The word.
        word: String,
        /// The phone's name.
        phone: &'static str,
    },
}

/// A word to add to a model, and how it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedWord {
    /// The word, as it stands in phrases.
    pub word: String,
    /// The ways to say it, one at least.
    pub ways: Vec<Pronunciation>,
    /// Where they come from.
    pub origin: Origin,
}

impl AddedWord {
    /// One word, said as `given` or else as the dictionary or its rules have it.
    ///
    /// # Errors
    ///
    /// [`GraphError::Unsayable`].
    pub fn new(word: &str, given: Option<&[Pronunciation]>) -> Result<Self, GraphError> {
        if word.is_empty() || word.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(GraphError::Unsayable(word.to_owned()));
        }
        let (ways, origin) = match given {
            Some(ways) if !ways.is_empty() => (ways.to_vec(), Origin::Given),
            _ => pronounce(word).ok_or_else(|| GraphError::Unsayable(word.to_owned()))?,
        };
        Ok(Self {
            word: word.to_owned(),
            ways,
            origin,
        })
    }
}

/// What a model's graph is made of.
#[derive(Clone, Debug)]
pub struct Recipe {
    settings: Settings,
    vocabulary: Vec<Listed>,
    fillers: Vec<String>,
}

/// A word of `vocabulary.txt`.
#[derive(Clone, Debug)]
struct Listed {
    word: String,
    /// Whether it is said alone: what sounds like it is then dearer.
    alone: bool,
}

/// A graph directory, ready to be written.
pub struct Built {
    /// Content of each file, by its path in the model's directory.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// How many words it knows, without `[unk]`.
    pub words: usize,
    /// How many pronunciations they have.
    pub ways: usize,
    /// How many states `HCLr.fst` has.
    pub states: usize,
    /// How many arcs.
    pub arcs: usize,
}

impl Recipe {
    /// Whether the model in `directory` has a recipe.
    pub fn is_in(directory: &Path) -> bool {
        directory.join(MARKER).is_file()
    }

    /// Reads the recipe of the model in `directory`, with `settings` in the place of its own.
    ///
    /// # Errors
    ///
    /// It has none, or a file of it cannot be read or is wrong.
    pub fn read(directory: &Path, settings: Option<&Path>) -> Result<Self, GraphError> {
        if !Self::is_in(directory) {
            return Err(GraphError::NoRecipe(directory.into()));
        }
        let file = settings.map_or_else(|| directory.join(MARKER), Path::to_owned);
        let settings = Settings::parse(&text(&file)?).map_err(|what| GraphError::Settings {
            file: file.clone(),
            what,
        })?;
        let mut vocabulary: Vec<Listed> = Vec::new();
        let file = directory.join(VOCABULARY);
        for line in lines(&file, &text(&file)?) {
            let listed = line?;
            if !vocabulary.iter().any(|known| known.word == listed.word) {
                vocabulary.push(listed);
            }
        }
        let file = directory.join(FILLERS);
        let fillers = lines(&file, &text(&file)?)
            .map(|line| line.map(|listed| listed.word))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            settings,
            vocabulary,
            fillers,
        })
    }

    /// Builds the graph. `added` words are said alone; one that is in the vocabulary keeps its place and
    /// is said as given here.
    ///
    /// # Errors
    ///
    /// A word cannot be said, or not with the phones of this model.
    pub fn build(&self, added: &[AddedWord]) -> Result<Built, GraphError> {
        let mut names: Vec<&str> = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut commands: HashSet<Outputs> = HashSet::new();
        let listed = self
            .vocabulary
            .iter()
            .map(|listed| (listed.word.as_str(), listed.alone, 0.0));
        let costs = &self.settings.costs;
        let new = added
            .iter()
            .map(|added| (added.word.as_str(), true, costs.added_word));
        for (word, alone, cost) in listed.chain(new) {
            if word == UNKNOWN || names.contains(&word) {
                continue;
            }
            let given = added.iter().find(|added| added.word == word);
            let ways = match given {
                Some(given) => self.outputs(word, &given.ways)?,
                None => self.ways(word)?,
            };
            if alone || given.is_some() {
                commands.extend(ways.iter().cloned());
            }
            let own = self.settings.word_costs.get(word).copied().unwrap_or(0.0);
            names.push(word);
            words.push(Word {
                ways,
                cost: cost + own,
            });
        }
        let fillers = self.fillers(&words, &commands)?;
        let topology = Topology {
            outputs: self.settings.phones.len() + 1,
        };
        let lexicon = Builder { topology, costs }.lexicon(&words, &fillers);
        let grammar = hclr::word_loop(words.len(), costs.unknown_share);
        let symbols: String = ["<eps>"]
            .into_iter()
            .chain(names.iter().copied())
            .chain([UNKNOWN])
            .enumerate()
            .map(|(number, word)| format!("{word} {number}\n"))
            .collect();
        Ok(Built {
            words: words.len(),
            ways: words.iter().map(|word| word.ways.len()).sum(),
            states: lexicon.states,
            arcs: lexicon.arcs,
            files: vec![
                ("graph/HCLr.fst", lexicon.bytes),
                ("graph/Gr.fst", grammar.bytes),
                ("graph/words.txt", symbols.into_bytes()),
                // Nothing is to be told apart; libvosk wants the file all the same.
                ("graph/disambig_tid.int", Vec::new()),
                (
                    "graph/phones/word_boundary.int",
                    topology.word_boundaries().into_bytes(),
                ),
            ],
        })
    }

    /// How a word of the recipe itself is said.
    fn ways(&self, word: &str) -> Result<Vec<Outputs>, GraphError> {
        let given = self.settings.pronunciations.get(word).map(Vec::as_slice);
        self.outputs(word, &AddedWord::new(word, given)?.ways)
    }

    /// The same in outputs of the network, which are counted from 1: 0 is the blank.
    fn outputs(&self, word: &str, ways: &[Pronunciation]) -> Result<Vec<Outputs>, GraphError> {
        let output = |phone: &Phone| {
            let nth = self.settings.phones.iter().position(|known| known == phone);
            nth.map(|nth| nth + 1)
                .ok_or_else(|| GraphError::UnknownPhone {
                    word: word.to_owned(),
                    phone: phone.name(),
                })
        };
        ways.iter()
            .map(|way| way.phones().iter().map(output).collect())
            .collect()
    }

    /// What each way to say a filler costs, by the way: the more it sounds like what has to be
    /// recognised, the more.
    fn fillers(
        &self,
        words: &[Word],
        commands: &HashSet<Outputs>,
    ) -> Result<BTreeMap<Outputs, f64>, GraphError> {
        let costs = &self.settings.costs;
        let known: HashSet<&Outputs> = words.iter().flat_map(|word| &word.ways).collect();
        let own = &self.settings.filler_costs;
        let more = own.keys().filter(|word| !self.fillers.contains(word));
        let mut found: BTreeMap<Outputs, f64> = BTreeMap::new();
        for filler in self.fillers.iter().chain(more) {
            let own = own.get(filler).copied().unwrap_or(0.0);
            for way in self.ways(filler)?.into_iter().take(FILLER_WAYS) {
                let alike = if commands.contains(&way) {
                    costs.filler_equals_command
                } else if known.contains(&way) {
                    costs.filler_equals_word
                } else if commands.iter().any(|command| are_one_apart(command, &way)) {
                    costs.filler_near_command
                } else {
                    0.0
                };
                let cost = costs.filler + alike + own;
                if cost.is_finite() {
                    let least = found.entry(way).or_insert(f64::INFINITY);
                    *least = least.min(cost);
                }
            }
        }
        Ok(found)
    }
}

/// Whether one phone changed, added or left out makes one of the other.
fn are_one_apart(a: &[usize], b: &[usize]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let rest = |of: &[usize], from: usize| of.get(from..).unwrap_or_default().to_vec();
    match long.len() - short.len() {
        0 => same < long.len() && rest(short, same + 1) == rest(long, same + 1),
        1 => rest(short, same) == rest(long, same + 1),
        _ => false,
    }
}

fn text(file: &Path) -> Result<String, GraphError> {
    let unreadable = |error| GraphError::Unreadable {
        file: file.into(),
        error,
    };
    read_text(file, MODEL_TEXT_BYTES).map_err(unreadable)
}

/// The words of a list; comments begin with #.
fn lines<'a>(
    file: &'a Path,
    text: &'a str,
) -> impl Iterator<Item = Result<Listed, GraphError>> + 'a {
    text.lines().enumerate().filter_map(|(at, line)| {
        let line = line.split('#').next().unwrap_or_default();
        let mut fields = line.split_whitespace();
        let word = fields.next()?;
        let alone = match fields.next() {
            None => Some(false),
            Some("*") => Some(true),
            Some(_) => None,
        };
        let sound = alone.filter(|_| fields.next().is_none() && word != "*");
        Some(
            sound
                .map(|alone| Listed {
                    word: word.to_owned(),
                    alone,
                })
                .ok_or_else(|| GraphError::Line {
                    file: file.into(),
                    line: at + 1,
                }),
        )
    })
}

#[cfg(test)]
mod tests;
