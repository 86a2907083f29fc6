//! The head of an OpenFst file: enough to tell a whole graph from a cut or foreign one, and to read
//! the words out of a graph that carries them.
//!
//! Little-endian throughout: magic number, type, arc type (each a length and its bytes), version,
//! flags, properties, start state, number of states, number of arcs; then, where the flags say so,
//! symbol tables. (OpenFst `fst.h`, `symbol-table.cc`.)

use std::io::{self, Read};

use crate::ears::graph::openfst::MAGIC;
use crate::limits::MODEL_WORDS;

const SYMBOLS_MAGIC: u32 = 0x7eb2_fb74;
const HAS_INPUT_SYMBOLS: u32 = 1;
const HAS_OUTPUT_SYMBOLS: u32 = 2;

/// Longest name believed, in bytes.
const LONGEST_NAME: u32 = 1 << 16;

/// The head of a graph.
#[derive(Debug, PartialEq)]
pub(in crate::ears) struct Head {
    /// Storage type, such as `const` or `olabel_lookahead`.
    pub(in crate::ears) kind: String,
    /// The smallest size in bytes the file can have; zero where the type does not tell.
    pub(in crate::ears) least_size: u64,
    /// The words it carries, output side before input side; empty where it carries none.
    pub(in crate::ears) words: Vec<String>,
}

/// Reads the head of a graph, and its symbol tables when `with_words`.
///
/// # Errors
///
/// `InvalidData` with what is wrong, or the reader's own error.
pub(in crate::ears) fn read_head(input: &mut impl Read, with_words: bool) -> io::Result<Head> {
    if number::<4>(input).map(u32::from_le_bytes)? != MAGIC {
        return Err(broken("is not an OpenFst graph"));
    }
    let kind = name(input)?;
    let arc = name(input)?;
    if arc != "standard" {
        return Err(broken("has arcs of a type libvosk does not read"));
    }
    let _version = number::<4>(input)?;
    let flags = u32::from_le_bytes(number(input)?);
    let _properties = number::<8>(input)?;
    let _start = number::<8>(input)?;
    let states = i64::from_le_bytes(number(input)?);
    let arcs = i64::from_le_bytes(number(input)?);
    // Negative where the writer did not know the number beforehand.
    let (states, arcs) = (
        u64::try_from(states).unwrap_or(0),
        u64::try_from(arcs).unwrap_or(0),
    );
    let least_size = match kind.as_str() {
        "const" => states
            .saturating_mul(20)
            .saturating_add(arcs.saturating_mul(16)),
        "vector" => states
            .saturating_mul(12)
            .saturating_add(arcs.saturating_mul(16)),
        _ => 0,
    };
    let mut words = Vec::new();
    if with_words {
        for side in [HAS_INPUT_SYMBOLS, HAS_OUTPUT_SYMBOLS] {
            if flags & side != 0 {
                words = symbols(input)?;
            }
        }
    }
    Ok(Head {
        kind,
        least_size,
        words,
    })
}

fn symbols(input: &mut impl Read) -> io::Result<Vec<String>> {
    if number::<4>(input).map(u32::from_le_bytes)? != SYMBOLS_MAGIC {
        return Err(broken("has a symbol table of a kind we do not know"));
    }
    let _name = name(input)?;
    let _next_free = number::<8>(input)?;
    let count = i64::from_le_bytes(number(input)?);
    if usize::try_from(count).is_ok_and(|count| count > MODEL_WORDS) {
        return Err(broken("claims more words than there are"));
    }
    let mut words = Vec::new();
    for _ in 0..count {
        words.push(name(input)?);
        let _id = number::<8>(input)?;
    }
    Ok(words)
}

fn name(input: &mut impl Read) -> io::Result<String> {
    let length = u32::from_le_bytes(number(input)?);
    if length > LONGEST_NAME {
        return Err(broken("is not an OpenFst graph"));
    }
    let mut bytes = vec![0; length as usize];
    input.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| broken("has a name that is not UTF-8"))
}

fn number<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A graph file that holds no more than its head, with `words` as output symbols.
    pub(crate) fn graph(kind: &str, states: i64, arcs: i64, words: &[&str]) -> Vec<u8> {
        let mut file = MAGIC.to_le_bytes().to_vec();
        let text = |file: &mut Vec<u8>, text: &str| {
            file.extend((text.len() as u32).to_le_bytes());
            file.extend(text.as_bytes());
        };
        text(&mut file, kind);
        text(&mut file, "standard");
        let flags = if words.is_empty() {
            0
        } else {
            HAS_OUTPUT_SYMBOLS
        };
        file.extend([2u32, flags].iter().flat_map(|number| number.to_le_bytes()));
        file.extend(
            [0i64, 0, states, arcs]
                .iter()
                .flat_map(|number| number.to_le_bytes()),
        );
        if !words.is_empty() {
            file.extend(SYMBOLS_MAGIC.to_le_bytes());
            text(&mut file, "words");
            file.extend(
                [words.len() as i64; 2]
                    .iter()
                    .flat_map(|number| number.to_le_bytes()),
            );
            for (id, word) in words.iter().enumerate() {
                text(&mut file, word);
                file.extend((id as i64).to_le_bytes());
            }
        }
        file
    }

    #[test]
    fn the_words_a_graph_carries_are_read() {
        let file = graph("ngram", 7, 9, &["<eps>", "next", "[unk]"]);
        let head = read_head(&mut file.as_slice(), true).unwrap();
        assert_eq!(head.words, ["<eps>", "next", "[unk]"]);
        assert_eq!((head.kind.as_str(), head.least_size), ("ngram", 0));
    }

    #[test]
    fn a_cut_head_and_a_foreign_file_are_errors() {
        let file = graph("const", 7, 9, &["next"]);
        assert_eq!(
            read_head(&mut file.as_slice(), true).unwrap().least_size,
            7 * 20 + 9 * 16
        );
        let cut = read_head(&mut &file[..file.len() - 1], true).unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(
            read_head(&mut &b"<!DOCTYPE html>"[..], false)
                .unwrap_err()
                .kind(),
            io::ErrorKind::InvalidData
        );
    }
}
