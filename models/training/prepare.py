"""Keeps a supply of fresh augmented features: `features/NNNNNN.npz` in the work directory.

Runs beside the training. It fills the supply first, then replaces the oldest shard at a steady pace, so that no copy of an
utterance is seen more than a few times; each new shard also draws on the synthetic speech that has come since.
"""

import argparse
import os
import pathlib
import time

import numpy as np

import corpus
from augment import Augmenter
from features import log_mel

UTTERANCES_PER_SHARD = 2000
LONGEST_FRAMES, MOST_LABELS = 690, 96

HUMAN_SHARE = 0.5
# How often a recording is drawn, relative to the others: the people who say commands most.
SOURCE_WEIGHT = {"gsc": 1.2, "an4": 1.0, "fsdd": 0.9, "gcompris": 0.9, "asterisk": 0.7, "wakewords": 0.5, "hymel": 0.5}
# The same for machines: espeak-ng's variants sound like nobody, Kokoro's speakers like many.
VOICE_WEIGHT = {"espeak": 0.7, "kokoro": 3.0, "own-bdl": 2.0, "own-slt": 2.0}
# The engines' voices that the program itself speaks with: what is left of them lies over what people say meanwhile.
OWN_VOICES = ("rhvoice-bdl", "rhvoice-slt")


def augmenter(speech, work_dir, human):
    machine = [u for shard in corpus.speech_shards(work_dir) for u in corpus.synthetic(shard)]
    human_weight = np.array([SOURCE_WEIGHT[u.source] for u in human])
    machine_weight = np.array([VOICE_WEIGHT.get(u.source, 1.0) for u in machine])
    weights = np.concatenate(
        [human_weight / human_weight.sum() * HUMAN_SHARE, machine_weight / machine_weight.sum() * (1 - HUMAN_SHARE)]
    )
    everything = human + machine
    short = [i for i, u in enumerate(everything) if len(u.samples) < 1.6 * corpus.RATE and len(u.labels) <= 12]
    # Equal parts of people and machines among the words chained on.
    people = [i for i in short if i < len(human)]
    short = people * max(1, (len(short) - len(people)) // max(1, len(people))) + [i for i in short if i >= len(human)]
    chatter = corpus.untranscribed(speech) + [u.samples for u in everything[:: max(1, len(everything) // 3000)]]
    own = [u.samples for u in machine if u.source in OWN_VOICES]
    return Augmenter(everything, weights, corpus.noises(speech), chatter, own, np.array(short)), len(machine)


def write_shard(path, source, seed):
    rng = np.random.default_rng(seed)
    features, labels = [], []
    while len(features) < UTTERANCES_PER_SHARD:
        samples, said = source.draw(rng)
        frames = log_mel(samples)
        # CTC needs a frame of output for every phone.
        if not 3 * len(said) + 9 < len(frames) <= LONGEST_FRAMES or len(said) > MOST_LABELS:
            continue
        features.append(frames.astype(np.float16))
        labels.append(said)
    partial = path.with_suffix(".partial.npz")
    np.savez(
        partial,
        features=np.concatenate(features),
        lengths=np.array([len(f) for f in features], np.int32),
        labels=np.array([label for said in labels for label in said], np.int8),
        label_counts=np.array([len(said) for said in labels], np.int32),
    )
    os.replace(partial, path)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--speech", type=pathlib.Path, required=True, help="directory with train/manifest.tsv")
    options.add_argument("--work-dir", type=pathlib.Path, required=True)
    options.add_argument("--supply", type=int, default=24, help="shards kept")
    options.add_argument("--pause", type=float, default=90, help="seconds between shards once the supply is full")
    options.add_argument("--once", action="store_true", help="fill the supply and stop")
    options = options.parse_args()
    folder = options.work_dir / "features"
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob("*.partial.npz"):
        leftover.unlink()
    human = corpus.recordings(options.speech / "train")
    present = sorted(folder.glob("*.npz"))
    number = int(present[-1].stem) + 1 if present else 0
    source, drawn_from = None, 0
    while True:
        shards = len(corpus.speech_shards(options.work_dir))
        # Taking up new synthetic speech means reading all of it again: not for every bit that comes.
        full = len(list(folder.glob("*.npz"))) >= options.supply
        if source is None or shards > (1.0 if full else 1.2) * drawn_from:
            source, count = augmenter(options.speech / "train", options.work_dir, human)
            drawn_from = shards
            print(f"drawing on {len(human)} recordings and {count} synthetic utterances", flush=True)
        began = time.time()
        write_shard(folder / f"{number:06d}.npz", source, number)
        print(f"shard {number}: {time.time() - began:.0f} s", flush=True)
        number += 1
        present = sorted(p for p in folder.glob("*.npz") if not p.name.endswith(".partial.npz"))
        for old in present[: -options.supply]:
            old.unlink()
        if len(present) >= options.supply:
            if options.once:
                break
            time.sleep(options.pause)


if __name__ == "__main__":
    main()
