"""What is learnt from: human recordings with a transcript, and the synthetic speech of `synthesise`."""

import collections
import csv
import dataclasses
import pathlib
import re

import numpy as np
import soundfile

from lexicon import PDF_OF, phones_of, pronunciations
from vocabulary import DIGITS

RATE = 16000
LONGEST = 6.9  # seconds

# Sources whose transcript is not what is said (slots of a coffee order) or missing (audio books).
UNTRANSCRIBED = {"barista", "librispeech"}

# Spelled letters say their name; `a` is the only one the dictionary gives another first pronunciation.
LETTER_A = ("EY",)


@dataclasses.dataclass
class Utterance:
    source: str
    samples: np.ndarray  # int16, 16 kHz
    labels: list  # network outputs


def manifest(folder):
    with open(folder / "manifest.tsv", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t")


def source_of(row):
    return row["path"].split("/")[0]


def read(path):
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE, f"{path}: {rate} Hz"
    return samples if samples.ndim == 1 else samples[:, 0]


def _spoken_words(source, transcript):
    """The words of a transcript, or None where one cannot be sure what was said."""
    if source == "asterisk":
        if re.search(r"[\[(<*]|\d\d|--|\.\.\. *\w", transcript):
            return None
        transcript = transcript.replace("#", "pound")
        transcript = re.sub(r"\d", lambda digit: f" {DIGITS[int(digit.group())]} ", transcript)
        # Acronyms nobody can pronounce are spelled.
        spell = lambda caps: caps.group() if pronunciations(caps.group().lower()) else " ".join(caps.group())
        transcript = re.sub(r"\b[A-Z]{2,5}\b", spell, transcript)
    return re.findall(r"[a-z']+", transcript.lower())


def recordings(folder, report=print):
    """Human speech with a usable transcript. What is dropped is counted, by reason."""
    kept, dropped = [], collections.Counter()
    for row in manifest(folder):
        source, seconds = source_of(row), float(row["seconds"])
        if row["kind"] not in ("command", "other") or source in UNTRANSCRIBED:
            continue
        if seconds > LONGEST:
            dropped["too long"] += 1
            continue
        words = _spoken_words(source, row["transcript"])
        if not words or (source == "gcompris" and row["contains_command"] == "unknown" and len(words) > 2):
            dropped["unsure transcript"] += 1
            continue
        phones = []
        for word in words:
            if source == "an4" and word == "a":
                phones += LETTER_A
            else:
                phones += phones_of(word) or [None]
        if None in phones:
            dropped["no pronunciation"] += 1
            continue
        # A phone rate no person has: the transcript says more, or less, than the recording.
        rate = len(phones) / seconds
        padded = source in ("wakewords", "gsc", "hymel")
        if rate > 19 or rate < (1.2 if padded else 2.0):
            dropped["implausible phone rate"] += 1
            continue
        samples = read(folder / row["path"])
        if np.abs(samples).max() < 33:
            dropped["silent"] += 1
            continue
        kept.append(Utterance(source, samples, [PDF_OF[p] for p in phones]))
    report("human recordings:", dict(collections.Counter(u.source for u in kept)), "dropped:", dict(dropped))
    return kept


def untranscribed(folder):
    """Human speech of which the words are not known: it serves as background chatter."""
    return [read(folder / r["path"]) for r in manifest(folder) if source_of(r) in UNTRANSCRIBED]


def noises(folder):
    return [read(folder / r["path"]) for r in manifest(folder) if r["kind"] == "noise"]


def synthetic(shard):
    """The utterances of one speech shard."""
    with np.load(shard) as stored:
        audio, ends, texts = stored["audio"], stored["ends"], stored["texts"]
        voice = str(stored["voice"])
    starts = np.concatenate([[0], ends[:-1]])
    for text, start, end in zip(texts, starts, ends):
        labels = [PDF_OF[p] for p in phones_of(str(text))]
        yield Utterance(voice, audio[start:end], labels)


def speech_shards(work_dir):
    return sorted(pathlib.Path(work_dir, "speech").glob("train-*-[0-9][0-9].npz"))
