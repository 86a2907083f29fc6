"""A checkpoint to a model directory that libvosk loads.

    python export.py CHECKPOINT MODEL_DIR

Weights, options and word lists are written here; the graph is built of them, and of the costs in the model's
`talkthrough.toml`, by `talkthrough build-graph`, which is called last.

Batch normalisation and the normalisation of the input are folded into the affine layers. The network was trained on
log-mel energies; 40 cepstra of 40 energies are the same numbers multiplied by an invertible matrix (cosine transform
and lifter), so the inverse goes into the first layer and the model takes Kaldi's ordinary MFCC.
"""

import argparse
import pathlib
import shutil
import subprocess

import numpy as np

import kaldi_model
import network
import vocabulary
from lexicon import OUTPUTS, pronunciations

MFCC_CONF = """\
--use-energy=false
--num-mel-bins=40
--num-ceps=40
--low-freq=20
--high-freq=7600
--dither=0
--sample-frequency=16000
"""

SETTINGS = "talkthrough.toml"
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = REPOSITORY / "models/talkthrough-en"

# Six frames a chunk: a result comes some 80 ms sooner than with 21, at the same cost. `endpoint.silence-phones` must be
# there: libvosk aborts the process without it.
MODEL_CONF = f"""\
--min-active=200
--max-active=500
--beam=12.0
--lattice-beam=4.0
--acoustic-scale=1.0
--frame-subsampling-factor={network.STRIDE}
--frames-per-chunk=6
--endpoint.silence-phones={kaldi_model.SILENCE}
--endpoint.rule2.min-trailing-silence=0.3
--endpoint.rule3.min-trailing-silence=0.3
--endpoint.rule4.min-trailing-silence=0.4
"""

# Chosen, like the costs of `talkthrough.toml`, on half A of the measuring set: CTC without it hears short human words as silence.
BLANK_PRIOR = 6.0


def cepstra_from_energies(count=network.MELS, lifter=22.0):
    """The matrix Kaldi multiplies log-mel energies with."""
    index = np.arange(count)
    cosines = np.sqrt(2 / count) * np.cos(np.pi / count * index[:, None] * (index[None, :] + 0.5))
    cosines[0] = np.sqrt(1 / count)
    return (1 + 0.5 * lifter * np.sin(np.pi * index / lifter))[:, None] * cosines


def folded_layers(checkpoint):
    """(offsets, weight[out, in], bias) of every layer, as `kaldi_model.acoustic_model` takes them."""
    groups, facts = network.load(checkpoint)
    model = groups["average"]
    offsets = facts["offsets"]
    scale = 1 / groups["input"]["deviation"].astype(np.float64)
    shift = -groups["input"]["mean"].astype(np.float64) * scale
    layers = []
    for number, layer in enumerate(model["parameters"]):
        last = number == len(offsets)
        where = [0] if last else offsets[number]
        weight = layer["weight"].astype(np.float64)
        bias = layer["bias"] + np.tile(shift, len(where)) @ weight
        weight = np.tile(scale, len(where))[:, None] * weight
        if number == 0:
            energies_from_cepstra = np.linalg.inv(cepstra_from_energies())
            parts = weight.reshape(len(where), network.MELS, -1)
            weight = np.concatenate([energies_from_cepstra.T @ part for part in parts])
        frames = [o * (1 if number == 0 else network.STRIDE) for o in where]
        layers.append((frames, weight.T.astype(np.float32), bias.astype(np.float32)))
        if not last:
            statistics = model["statistics"][number]
            scale = layer["scale"] / np.sqrt(statistics["variance"].astype(np.float64) + network.NORM_FLOOR)
            shift = layer["shift"] - statistics["mean"] * scale
    return layers


def write_list(path, comment, lines):
    path.write_text("".join(f"{line}\n" for line in [f"# {comment} Made by models/training/export.py.", *lines]))


def write_model(checkpoint, folder, blank_prior):
    for part in ("am", "conf", "graph"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    priors = np.ones(OUTPUTS)
    priors[0] = blank_prior
    words = vocabulary.graph_words()
    unknown = [w for w in words if not pronunciations(w)]
    if unknown:
        raise SystemExit(f"no pronunciation for {unknown}: add them to lexicon.SUPPLEMENT")
    (folder / "am/final.mdl").write_bytes(kaldi_model.acoustic_model(folded_layers(checkpoint), priors=priors))
    (folder / "conf/mfcc.conf").write_text(MFCC_CONF)
    (folder / "conf/model.conf").write_text(MODEL_CONF)
    alone = vocabulary.said_alone()
    write_list(
        folder / "graph/vocabulary.txt",
        "What a runtime grammar may use, in the order of words.txt; * after a word that is said alone.",
        [word + " *" * (word in alone) for word in words],
    )
    write_list(
        folder / "graph/fillers.txt", "Other words, to be told from those of vocabulary.txt.", vocabulary.fillers()
    )
    # Tuned by hand: the model's own stays as it is.
    if not (folder / SETTINGS).exists():
        shutil.copy(SHIPPED / SETTINGS, folder)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("checkpoint", type=pathlib.Path)
    options.add_argument("model_dir", type=pathlib.Path)
    options.add_argument("--keep", type=pathlib.Path, help="also write the averaged weights alone, to train on from")
    options.add_argument("--blank-prior", type=float, default=BLANK_PRIOR)
    options.add_argument("--talkthrough", type=pathlib.Path, default=REPOSITORY / "target/release/talkthrough")
    options = options.parse_args()
    if not options.talkthrough.exists():
        raise SystemExit(f"{options.talkthrough} is missing, and it builds the graph: run `make build` at the top first")
    if options.keep:
        groups, facts = network.load(options.checkpoint)
        network.save(options.keep, {name: groups[name] for name in ("average", "input")}, facts)
    write_model(options.checkpoint, options.model_dir, options.blank_prior)
    subprocess.run([options.talkthrough, "build-graph", options.model_dir], check=True)


if __name__ == "__main__":
    main()
