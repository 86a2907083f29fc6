"""Writes what the voices kept out of the training say as recordings with a manifest, for `talkthrough eval`.

    python unseen_voices.py --work-dir DIR --out DIR/unseen

Commands are of kind `command`; near-homophones and everyday words without a command among them are `other`.
"""

import argparse
import csv
import pathlib

import numpy as np
import soundfile

import vocabulary
from synthesise import HELD_OUT_VOICES, RATE

COLUMNS = ["path", "kind", "transcript", "contains_command", "speaker", "seconds", "source"]


def utterances(shard):
    with np.load(shard) as stored:
        ends = stored["ends"]
        yield from zip(map(str, stored["texts"]), np.split(stored["audio"], ends[:-1]))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work-dir", type=pathlib.Path, required=True)
    options.add_argument("--out", type=pathlib.Path, required=True)
    options = options.parse_args()
    phrases = set(vocabulary.COMMANDS + vocabulary.DIGITS)
    words = {word for phrase in phrases for word in phrase.split()}
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "manifest.tsv", "w", newline="") as lines:
        table = csv.writer(lines, delimiter="\t")
        table.writerow(COLUMNS)
        for voice in HELD_OUT_VOICES:
            shard = options.work_dir / "speech" / f"test-{voice}.npz"
            for number, (text, samples) in enumerate(utterances(shard)):
                command = text in phrases
                if not command and words & set(text.split()):
                    continue  # it may be right to obey it
                name = f"{voice}-{number:03d}.flac"
                soundfile.write(options.out / name, samples, RATE)
                kind, contains = ("command", "yes") if command else ("other", "no")
                table.writerow([name, kind, text, contains, voice, f"{len(samples) / RATE:.2f}", voice])


if __name__ == "__main__":
    main()
