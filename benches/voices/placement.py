"""How far the words of a voice's sentences lie from where their letters put them.

usage: placement.py DIR...

DIR is what `examples/measure_voice.rs --export` wrote. The ears take a command for the talk's own voice only about where
the talk says it, and estimate that place by letters (`src/ears/guard.rs`); here PocketSphinx aligns every sentence.
"""

import os
import sys

from measure import RATE, read, words
from pocketsphinx import Decoder

# As in guard.rs: this long, and so much of the whole.
MISPLACED, SHARE = 0.4, 0.1


def misplaced(clip, said, decoder):
    """Of each word how far its middle is from its letters', in seconds; None where it cannot be aligned."""
    samples = read(clip)
    length = len(samples) / RATE
    try:
        decoder.set_align_text(" ".join(said))
        decoder.start_utt()
        decoder.process_raw((samples * 32_767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
    except RuntimeError:
        # A word that its dictionary lacks.
        return None
    heard = [part for part in decoder.seg() if part.word[0] not in "<["]
    if [part.word.split("(")[0] for part in heard] != said:
        return None
    letters, before, off = sum(map(len, said)), 0, []
    for word, part in zip(said, heard):
        middle = (part.start_frame + part.end_frame) / 200
        off.append((abs(length * (before + len(word) / 2) / letters - middle), length, word))
        before += len(word)
    return off


def main():
    for voice in sys.argv[1:]:
        decoder = Decoder(loglevel="FATAL", bestpath=False, lm=None)
        with open(os.path.join(voice, "texts.tsv"), encoding="utf-8") as file:
            clips = [line.rstrip("\n").split("\t") for line in file]
        sentences = [(n, words(text)) for n, text in clips if len(words(text)) > 1]
        found = [misplaced(os.path.join(voice, n + ".wav"), said, decoder) for n, said in sentences]
        off = [word for sentence in found if sentence for word in sentence]
        worst = max(off)
        beyond = sum(by > MISPLACED + SHARE * length for by, length, _ in off)
        print(
            f"{os.path.basename(voice.rstrip('/'))}: {len(off)} words, {found.count(None)} sentences not aligned; worst "
            f"{worst[0]:.2f} s ({worst[2]}, in {worst[1]:.1f} s); {beyond} farther than the ears look for them"
        )


if __name__ == "__main__":
    main()
