"""Measures a model with the stock libvosk: what it recalls, what it mistakes for a command, in noise and by voice.

    python evaluate.py MODEL_DIR --speech DIR --half B [--work-dir DIR]

`dev/` holds other people than `train/`. Its speakers are split in two by a hash of their names: half A is for choosing
graph costs, priors and thresholds, half B for reporting. Nothing is trained on either.

A command counts as recognised if some segment between two endpoints is exactly that phrase, without `[unk]`, every word
at or above the confidence; as wrong if it is another phrase. A false action is such a segment in speech that holds no command.
Isolated words are set into 0.3 s and 0.8 s of background at the recording's own noise floor, as a microphone would hear.

With --work-dir the synthetic voices that took no part in training are measured too.
"""

import argparse
import collections
import concurrent.futures
import csv
import hashlib
import json
import os
import pathlib
import time

import numpy as np
import soundfile
import vosk

import vocabulary
from augment import own_background, rms
from lexicon import phones_of

RATE = 16000
BEFORE, AFTER = 0.3, 0.8
# The commands people say in the recordings often enough to count.
EVERYDAY = ("yes", "no", "stop", "go")
THRESHOLDS = (0.0, 0.6, 0.7, 0.8, 0.9)
# What a person chooses between at one moment of a talk.
ONE_STEP = ["ready", "next", "go back", "repeat", "stop", "help"]
ALL = json.dumps(vocabulary.COMMANDS + ["[unk]"])
SMALL = json.dumps(ONE_STEP + ["[unk]"])
DIGITS = json.dumps(vocabulary.DIGITS + ["[unk]"])
ONLY_DIGITS = json.dumps(vocabulary.DIGITS)


def half_of(row, source):
    """A or B, by speaker; recordings of unknown speakers each count as a speaker."""
    if source == "fsdd":
        return "B"  # one speaker
    speaker = row["speaker"]
    key = row["path"] if speaker.startswith("unknown") else speaker
    return "AB"[int(hashlib.md5(key.encode()).hexdigest(), 16) % 2]


def speech_extent(samples):
    """Where the word begins and ends, in samples, by energy."""
    size = 160
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    level = 20 * np.log10(np.sqrt((frames**2).mean(1)) + 1e-3)
    level = np.convolve(level, np.ones(3) / 3, "same")
    floor, peak = np.percentile(level, 10), level.max()
    loud = np.flatnonzero(level > max(floor + 0.35 * (peak - floor), peak - 30))
    return loud[0] * size, (loud[-1] + 1) * size


def read(path):
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE, path
    return (samples if samples.ndim == 1 else samples[:, 0]).astype(np.float32)


def dev_set(folder, half):
    """(commands, digits, others, noises); each item a dict."""
    commands, digits, others, noises = [], [], [], []
    with open(folder / "manifest.tsv", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, delimiter="\t")):
            source = row["path"].split("/")[0]
            if row["kind"] == "noise":
                noises.append(read(folder / row["path"]))
                continue
            if row["kind"] == "rir" or half_of(row, source) != half:
                continue
            text = row["transcript"].lower().strip()
            isolated = source in ("gsc", "an4", "fsdd")
            if isolated and text in vocabulary.COMMANDS:
                into = commands
            elif source in ("gsc", "fsdd") and text in vocabulary.DIGITS:
                into = digits
            elif row["contains_command"] != "yes":
                into = others
            else:
                continue
            samples = read(folder / row["path"])
            begin, end = speech_extent(samples)
            rng = np.random.default_rng(number)
            around = [own_background(samples, int(RATE * s), rng) for s in (BEFORE, AFTER)]
            lead = len(around[0])
            into.append(
                {
                    "source": source,
                    "text": text,
                    "speaker": row["speaker"],
                    "seconds": len(samples) / RATE,
                    "samples": np.concatenate([around[0], samples, around[1]]),
                    "speech": (lead + begin, lead + end),
                }
            )
    return commands, digits, others, noises


def with_noise(item, noises, snr, seed):
    """The item with dev noise, `snr` dB below its speech."""
    rng = np.random.default_rng(seed)
    samples = item["samples"]
    noise = noises[int(rng.integers(len(noises)))]
    if len(noise) < len(samples):
        noise = np.resize(noise, len(samples))
    at = int(rng.integers(0, len(noise) - len(samples) + 1))
    noise = noise[at : at + len(samples)]
    begin, end = item["speech"]
    mixed = samples + noise * rms(samples[begin:end]) / rms(noise) * 10 ** (-snr / 20)
    return mixed * min(1.0, 32767 / np.abs(mixed).max())


# -- decoding, in processes of their own ----------------------------------------------------------------------------------

_model = None


def _load(path):
    global _model
    vosk.SetLogLevel(-1)
    _model = vosk.Model(str(path))


def _decode(job):
    """([(phrase, least confidence) of each segment], processor seconds)."""
    samples, grammar = job
    began = time.process_time()
    recognizer = vosk.KaldiRecognizer(_model, RATE, grammar)
    recognizer.SetWords(True)
    pcm = np.clip(np.round(samples), -32767, 32767).astype("<i2").tobytes()
    results = []
    for at in range(0, len(pcm), 3200):
        if recognizer.AcceptWaveform(pcm[at : at + 3200]):
            results.append(recognizer.Result())
    results.append(recognizer.FinalResult())
    segments = []
    for result in results:
        words = json.loads(result).get("result", [])
        if words:
            segments.append((" ".join(w["word"] for w in words), min(w["conf"] for w in words)))
    return segments, time.process_time() - began


class Decoder:
    def __init__(self, model, processes):
        self.pool = concurrent.futures.ProcessPoolExecutor(processes, initializer=_load, initargs=(model,))
        self.heard = self.spent = 0.0

    def __call__(self, samples, grammar):
        results = list(self.pool.map(_decode, [(s, grammar) for s in samples], chunksize=16))
        self.heard += sum(len(s) for s in samples) / RATE
        self.spent += sum(spent for _, spent in results)
        return [segments for segments, _ in results]


def accepted(segments, phrases, threshold):
    return [phrase for phrase, confidence in segments if phrase in phrases and confidence >= threshold]


def share(part, whole):
    return f"{part}/{whole} = {100 * part / whole:.1f} %" if whole else "0/0"


def recall(items, decoded, phrases, threshold):
    """(right, wrong, {text: [right, all]})"""
    right = wrong = 0
    by_text = collections.defaultdict(lambda: [0, 0])
    for item, segments in zip(items, decoded):
        said = accepted(segments, phrases, threshold)
        by_text[item["text"]][1] += 1
        if said == [item["text"]]:
            right += 1
            by_text[item["text"]][0] += 1
        elif said:
            wrong += 1
    return right, wrong, by_text


def print_recall(title, items, decoded, phrases, thresholds=THRESHOLDS):
    speakers = len({i["speaker"] for i in items})
    parts = []
    for threshold in thresholds:
        right, wrong, by_text = recall(items, decoded, phrases, threshold)
        parts.append(f"at {threshold:.1f}: {share(right, len(items))} ({wrong} wrong)")
    print(f"{title}, N={len(items)}, {speakers} speakers: " + "; ".join(parts), flush=True)


def print_by_text(items, decoded, phrases, threshold):
    _, _, by_text = recall(items, decoded, phrases, threshold)
    print(f"    by word at {threshold}:", ", ".join(f"{t} {r}/{n}" for t, (r, n) in sorted(by_text.items())))


def print_false_actions(title, items, decoded, phrases, thresholds=THRESHOLDS):
    hours = sum(i["seconds"] for i in items) / 3600
    parts = []
    for threshold in thresholds:
        by_source = collections.Counter()
        for item, segments in zip(items, decoded):
            by_source[item["source"]] += len(accepted(segments, phrases, threshold))
        total = sum(by_source.values())
        kinds = " ".join(f"{s} {n}" for s, n in sorted(by_source.items()) if n)
        parts.append(f"at {threshold:.1f}: {total} = {total / hours:.1f}/h ({kinds})")
    print(f"{title}, {len(items)} recordings, {hours:.2f} h: " + "; ".join(parts), flush=True)


def print_confusions(items, decoded, phrases, threshold):
    pairs = collections.Counter(
        (item["text"][:24] or item["source"], phrase)
        for item, segments in zip(items, decoded)
        for phrase in accepted(segments, phrases, threshold)
    )
    print(f"    most frequent at {threshold}:", ", ".join(f"{a} > {b} {n}" for (a, b), n in pairs.most_common(12)))


def synthetic_set(shard):
    with np.load(shard) as stored:
        starts = np.concatenate([[0], stored["ends"][:-1]])
        texts, ends, audio = stored["texts"], stored["ends"], stored["audio"].astype(np.float32)
        voice = str(stored["voice"])
    known, other = [], []
    commands = [phones_of(phrase) for phrase in vocabulary.COMMANDS]
    for number, (text, start, end) in enumerate(zip(texts, starts, ends)):
        rng = np.random.default_rng(number)
        # Synthetic speech comes with digital silence; no microphone has that.
        pad = [np.zeros(int(RATE * s), np.float32) for s in (BEFORE, AFTER)]
        samples = np.concatenate([pad[0], audio[start:end], pad[1]])
        samples = samples + rng.standard_normal(len(samples)) * 3
        item = {"source": voice, "text": str(text), "speaker": voice, "seconds": len(samples) / RATE, "samples": samples}
        if str(text) in vocabulary.COMMANDS + vocabulary.DIGITS:
            known.append(item)
        elif phones_of(text) not in commands:  # "weight" is not told from "wait" by anybody
            other.append(item)
    return known, other


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("model", type=pathlib.Path)
    options.add_argument("--speech", type=pathlib.Path, required=True, help="directory with dev/manifest.tsv")
    options.add_argument("--half", choices="AB", default="B")
    options.add_argument("--work-dir", type=pathlib.Path, help="where the recipe keeps synthetic speech")
    options.add_argument("--processes", type=int, default=1)
    options.add_argument("--threshold", type=float, default=0.7, help="confidence for the details")
    options.add_argument("--quick", action="store_true", help="only recall of clean commands, digits, false actions")
    options = options.parse_args()
    decode = Decoder(options.model, options.processes)
    commands, digits, others, noises = dev_set(options.speech / "dev", options.half)
    at = options.threshold

    print(f"== {options.model.name}, half {options.half} of the speakers; real recordings")
    everyday = [i for i in commands if i["text"] in EVERYDAY]
    samples = lambda items: [i["samples"] for i in items]
    decoded = decode(samples(commands), ALL)
    pairs = list(zip(commands, decoded))
    for source in ("gsc", "an4"):
        of_source = [(i, d) for i, d in pairs if i["source"] == source and i["text"] in EVERYDAY]
        if of_source:
            print_recall(f"yes/no/stop/go among all commands, {source}", *zip(*of_source), vocabulary.COMMANDS)
    print_by_text(commands, decoded, vocabulary.COMMANDS, at)
    for source in ("gsc", "fsdd"):
        of_source = [i for i in digits if i["source"] == source]
        if of_source:
            heard = decode(samples(of_source), DIGITS)
            print_recall(f"digits with [unk], {source}", of_source, heard, vocabulary.DIGITS)
            print_by_text(of_source, heard, vocabulary.DIGITS, 0.0)
            heard = decode(samples(of_source), ONLY_DIGITS)
            print_recall(f"digits only, {source}", of_source, heard, vocabulary.DIGITS, (0.0,))
    decoded = decode(samples(others), ALL)
    print_false_actions("other speech, all commands", others, decoded, vocabulary.COMMANDS)
    print_confusions(others, decoded, vocabulary.COMMANDS, at)
    decoded = decode(samples(others), SMALL)
    print_false_actions(f"other speech, {len(ONE_STEP)} commands", others, decoded, ONE_STEP)
    if not options.quick:
        for snr in (20, 10, 5):
            noisy = [with_noise(item, noises, snr, number) for number, item in enumerate(everyday)]
            decoded = decode(noisy, ALL)
            print_recall(f"yes/no/stop/go in noise, {snr} dB", everyday, decoded, vocabulary.COMMANDS, (0.0, 0.7))
        quiet = [
            {"source": "noise", "text": "", "seconds": len(n) / RATE, "samples": n, "speaker": ""} for n in noises
        ]
        decoded = decode(noises, ALL)
        print_false_actions("noise alone, all commands", quiet, decoded, vocabulary.COMMANDS)
    if options.work_dir:
        print("== synthetic voices that took no part in training")
        shards = sorted((options.work_dir / "speech").glob("test-*.npz"))
        shards = [s for s in shards if not s.name.endswith(".partial.npz")]
        for shard in shards:
            known, other = synthetic_set(shard)
            words = [i for i in known if i["text"] in vocabulary.COMMANDS]
            decoded = decode(samples(words), ALL)
            print_recall(f"commands, {shard.stem[5:]}", words, decoded, vocabulary.COMMANDS, (0.0, 0.7))
            missed = collections.Counter(
                f"{i['text']} > {'/'.join(p for p, _ in d) or '-'}"
                for i, d in zip(words, decoded)
                if accepted(d, vocabulary.COMMANDS, 0.0) != [i["text"]]
            )
            print("    missed:", ", ".join(f"{m} {n}" for m, n in missed.most_common(14)))
            said = [i for i in known if i["text"] in vocabulary.DIGITS]
            print_recall(f"digits, {shard.stem[5:]}", said, decode(samples(said), DIGITS), vocabulary.DIGITS, (0.0, 0.7))
            decoded = decode(samples(other), ALL)
            wrong = [sum(bool(accepted(d, vocabulary.COMMANDS, t)) for d in decoded) for t in (0.0, 0.7)]
            print(f"other words taken for a command, at 0.0: {share(wrong[0], len(other))}; at 0.7: {share(wrong[1], len(other))}")
            print_confusions(other, decoded, vocabulary.COMMANDS, at)
    size = sum(f.stat().st_size for f in options.model.rglob("*") if f.is_file())
    print(f"real-time factor {decode.spent / decode.heard:.4f} over {decode.heard / 60:.0f} min; model {size / 1e6:.2f} MB")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
