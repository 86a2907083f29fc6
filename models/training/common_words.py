"""Writes common_words.txt: everyday words, commonest first, that the dictionary can pronounce.

Counted in the running text of the machine's own documentation and manuals, so the order differs a little from
machine to machine; the list is kept in the repository and this need not be run again.
"""

import argparse
import collections
import gzip
import pathlib
import re

from lexicon import pronunciations

# A lower-case word that is not part of a path, option, name or tag.
WORD = re.compile(r"(?<![\w<>/_.@$%&-])[a-z]{2,12}(?![\w<>/_@(=:.-]\w)")


def texts(folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if not path.is_file() or path.stat().st_size > 3_000_000:
                continue
            try:
                raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
            except (OSError, EOFError):
                continue
            yield raw.decode("utf-8", "ignore")


def commonest(folders, pattern=WORD, fewest=1):
    """The words matching `pattern` in at least so many of the files, by their number."""
    in_files = collections.Counter()
    for text in texts(folders):
        # One long manual must not push its subject's words to the top.
        in_files.update(set(pattern.findall(text)))
    return [word for word, n in in_files.most_common() if n >= fewest]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folders", nargs="+")
    options.add_argument("--count", type=int, default=6000)
    options = options.parse_args()
    words = [w for w in commonest(options.folders, fewest=3) if pronunciations(w)][: options.count]
    out = pathlib.Path(__file__).with_name("common_words.txt")
    out.write_text("\n".join(words) + "\n")
    print(len(words), "words;", words[:20], words[-20:])


if __name__ == "__main__":
    main()
