"""The acoustic network: a time-delay network with CTC outputs, and its checkpoints.

Forty log-mel energies every 10 ms go in; the first layer sees nine frames and moves on by three, so all that follows
runs 33 times a second. Each layer is affine, ReLU, batch normalisation. There is no padding inside: the input is
extended at both ends by repeating its first and last frame, as Kaldi does at the edges of an utterance.
"""

import json
import os
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

from lexicon import OUTPUTS

MELS = 40
STRIDE = 3
# Where each layer looks, layer 0 in input frames, the others in its own (three times longer) ones.
OFFSETS = [[-4, -3, -2, -1, 0, 1, 2, 3, 4], [-1, 0, 1], [-1, 0, 1], [-2, 0, 2], [-2, 0, 2]]
NORM_FLOOR = 1e-3


def context(offsets=OFFSETS):
    """Input frames needed left and right of an output frame."""
    left = -min(offsets[0]) - STRIDE * sum(min(o) for o in offsets[1:])
    right = max(offsets[0]) + STRIDE * sum(max(o) for o in offsets[1:])
    return left, right


def initial(width, seed=0, offsets=OFFSETS):
    """Random weights. (parameters, running statistics of the batch normalisation)"""
    rng = np.random.default_rng(seed)
    parameters, statistics = [], []
    inputs = MELS
    for layer in offsets:
        fan_in = inputs * len(layer)
        parameters.append(
            {
                "weight": rng.normal(0, np.sqrt(2 / fan_in), (fan_in, width)).astype(np.float32),
                "bias": np.zeros(width, np.float32),
                "scale": np.ones(width, np.float32),
                "shift": np.zeros(width, np.float32),
            }
        )
        statistics.append({"mean": np.zeros(width, np.float32), "variance": np.ones(width, np.float32)})
        inputs = width
    weight = rng.normal(0, 0.05, (width, OUTPUTS)).astype(np.float32)
    parameters.append({"weight": weight, "bias": np.zeros(OUTPUTS, np.float32)})
    return parameters, statistics


def _splice(x, offsets, stride, steps):
    reach = -min(offsets)
    parts = [
        jax.lax.slice_in_dim(x, reach + o, reach + o + (steps - 1) * stride + 1, stride, 1) for o in offsets
    ]
    return jnp.concatenate(parts, -1)


def log_probabilities(parameters, statistics, x, training=False, dropout=0.0, key=None, offsets=OFFSETS):
    """x[batch, frames + context, mels], normalised, to (log p[batch, frames / 3, outputs], new statistics)."""
    updated = []
    for number, layer_offsets in enumerate(offsets):
        layer = parameters[number]
        stride = STRIDE if number == 0 else 1
        steps = (x.shape[1] - (max(layer_offsets) - min(layer_offsets)) - 1) // stride + 1
        x = jax.nn.relu(_splice(x, layer_offsets, stride, steps) @ layer["weight"] + layer["bias"])
        if training:
            mean = x.mean((0, 1))
            variance = jnp.square(x).mean((0, 1)) - jnp.square(mean)
            kept = statistics[number]
            updated.append(
                {
                    "mean": 0.98 * kept["mean"] + 0.02 * mean,
                    "variance": 0.98 * kept["variance"] + 0.02 * variance,
                }
            )
        else:
            mean, variance = statistics[number]["mean"], statistics[number]["variance"]
        gain = layer["scale"] * jax.lax.rsqrt(variance + NORM_FLOOR)
        x = x * gain + (layer["shift"] - mean * gain)
        if training and dropout > 0:
            # Whole channels of an utterance at a time: neighbouring frames would give the value away.
            key, draw = jax.random.split(key)
            x = x * (jax.random.bernoulli(draw, 1 - dropout, (x.shape[0], 1, x.shape[2])) / (1 - dropout))
    last = parameters[-1]
    return jax.nn.log_softmax(x @ last["weight"] + last["bias"]), updated


# -- checkpoints ----------------------------------------------------------------------------------------------------------


def save(path, groups, facts):
    """Writes nested dicts and lists of arrays, and a dict of plain facts, so that a stop cannot leave half a file."""
    path = pathlib.Path(path)
    arrays = {"facts": np.array(json.dumps(facts))}
    for name, tree in groups.items():
        for keys, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
            where = "/".join(str(getattr(k, "key", getattr(k, "idx", k))) for k in keys)
            arrays[f"{name}/{where}"] = np.asarray(leaf)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **arrays)
    os.replace(partial, path)


def load(path):
    """({group: list or dict of arrays}, facts); inverse of `save`."""
    with np.load(path) as stored:
        facts = json.loads(str(stored["facts"]))
        tree = {}
        for name in stored.files:
            if name == "facts":
                continue
            *parents, leaf = name.split("/")
            at = tree
            for parent in parents:
                at = at.setdefault(parent, {})
            at[leaf] = stored[name]
    return {name: _lists(group) for name, group in tree.items()}, facts


def _lists(tree):
    """Dicts keyed 0, 1, 2, ... were lists."""
    if not isinstance(tree, dict):
        return tree
    tree = {key: _lists(value) for key, value in tree.items()}
    if tree and all(key.isdigit() for key in tree):
        return [tree[str(i)] for i in range(len(tree))]
    return tree
