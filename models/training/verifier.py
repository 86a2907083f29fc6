"""Trains the verifier: the second opinion on a phrase that the recogniser believes to have heard.

    python verifier.py train --work-dir DIR --minutes 30
    python verifier.py export DIR/verifier.npz DIR/spotter.npz DIR/tuned.npz ../talkthrough-en

A cascade, as small keyword spotters have it (Gruenstein et al. 2017, "A Cascade Architecture for Keyword Spotting on
Mobile Devices"): the recogniser proposes, and a network that was trained to tell whole phrases apart disposes. It looks at
the 1.5 s that end shortly after the word, so it also sees what was said before. Its trunk begins as the acoustic network
(`train.py`), its head says which phrase of a fixed list this is, or none.

What it learns from are the feature shards of `prepare.py`: an utterance is an example of a phrase if its phones are exactly
those of the phrase, and of none otherwise. Speech cut off in the middle is an example of none, too.

Beside it stand the two of `spotter.py`, which hear the same through a network trained by others.
"""

import argparse
import json
import os
import pathlib
import threading
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads=2")

import jax
import jax.numpy as jnp
import numpy as np
import optax
import safetensors
import safetensors.numpy

import embedding
import features
import network
import vocabulary
from lexicon import PDF_OF, phones_of, pronunciations
from train import Supply, prefetched, varied

FRAMES = 150
NONE = "[none]"
BATCH = 96
HIDDEN = 128


def classes():
    """The phrases told apart, and the class of each sequence of network outputs that says one."""
    phrases = []
    for phrase in vocabulary.COMMANDS + vocabulary.NUMBER_WORDS:
        if phrase not in phrases:
            phrases.append(phrase)
    class_of = {}
    for index, phrase in enumerate(phrases, start=1):
        words = phrase.split()
        said = pronunciations(words[0]) if len(words) == 1 else [phones_of(phrase)]
        for phones in said:
            class_of.setdefault(tuple(PDF_OF[p] for p in phones), index)
    return [NONE, *phrases], class_of


def initial_head(width, count, seed=1):
    rng = np.random.default_rng(seed)
    normal = lambda *shape: rng.normal(0, np.sqrt(2 / shape[0]), shape).astype(np.float32)
    return {
        "wide": {"weight": normal(3 * width, width), "bias": np.zeros(width, np.float32)},
        "pooled": {"weight": normal(2 * width, HIDDEN), "bias": np.zeros(HIDDEN, np.float32)},
        "last": {"weight": 0.1 * normal(HIDDEN, count), "bias": np.zeros(count, np.float32)},
    }


def trunk(layers, x):
    """The acoustic network without its last layer; normalisation folded into gain and shift."""
    for number, offsets in enumerate(network.OFFSETS):
        layer = layers[number]
        stride = network.STRIDE if number == 0 else 1
        steps = (x.shape[1] - (max(offsets) - min(offsets)) - 1) // stride + 1
        x = jax.nn.relu(network._splice(x, offsets, stride, steps) @ layer["weight"] + layer["bias"])
        x = x * layer["gain"] + layer["shift"]
    return x


def logits(model, x, key=None, dropout=0.0):
    x = trunk(model["trunk"], x)
    if key is not None and dropout > 0:
        key, draw = jax.random.split(key)
        x = x * (jax.random.bernoulli(draw, 1 - dropout, (x.shape[0], 1, x.shape[2])) / (1 - dropout))
    head = model["head"]
    x = network._splice(x, [-3, 0, 3], 1, x.shape[1] - 6)
    x = jax.nn.relu(x @ head["wide"]["weight"] + head["wide"]["bias"])
    x = jnp.concatenate([x.mean(1), x.max(1)], -1)
    if key is not None and dropout > 0:
        key, draw = jax.random.split(key)
        x = x * (jax.random.bernoulli(draw, 1 - 2 * dropout, x.shape) / (1 - 2 * dropout))
    x = jax.nn.relu(x @ head["pooled"]["weight"] + head["pooled"]["bias"])
    return x @ head["last"]["weight"] + head["last"]["bias"]


def window(frames, end, rng):
    """The FRAMES frames that end at `end`, and the network's context. What the recording lacks is filled with noise like
    that of its quietest frames: a microphone hears some room before a word."""
    left, right = network.context()
    at = np.arange(end - FRAMES - left, end + right)
    out = frames[np.clip(at, 0, len(frames) - 1)]
    lacking = np.flatnonzero((at < 0) | (at >= min(len(frames), end + right)))
    if len(lacking) and rng.random() < 0.9:
        quiet = frames[np.argsort(frames.mean(1))[: max(6, len(frames) // 10)]]
        spread = quiet.std(0) * rng.uniform(0.8, 1.6) + 0.02
        out[lacking] = quiet.mean(0) + spread * rng.standard_normal((len(lacking), frames.shape[1])).astype(np.float32)
    return out


def fold(average):
    """The layers below the last, batch normalisation as gain and shift."""
    layers = []
    for layer, kept in zip(average["parameters"], average["statistics"]):
        gain = layer["scale"] / np.sqrt(kept["variance"] + network.NORM_FLOOR)
        layers.append(
            {"weight": layer["weight"], "bias": layer["bias"], "gain": gain, "shift": layer["shift"] - kept["mean"] * gain}
        )
    return layers


def drawn(utterances, by_class, normalisation, rng):
    """One batch: half of it phrases, each as often as any other; half of it anything else."""
    mean, deviation = normalisation
    left, right = network.context()
    x = np.empty((BATCH, left + FRAMES + right, features.MELS), np.float32)
    y = np.zeros(BATCH, np.int32)
    known = [c for c in by_class if c != 0]
    for i in range(BATCH):
        wanted = 0
        if rng.random() < 0.55:
            # Between equal shares and what there is, so that what people recorded counts.
            sizes = np.array([len(by_class[c]) for c in known], float) ** 0.5
            wanted = known[int(rng.choice(len(known), p=sizes / sizes.sum()))]
        pool = by_class[wanted]
        frames, labels = utterances[pool[int(rng.integers(len(pool)))]]
        frames = (frames.astype(np.float32) - mean) / deviation
        frames = varied(frames, len(labels), 690, rng)
        end = len(frames) + int(rng.integers(-10, 7))
        if wanted == 0 and len(labels) > 5 and rng.random() < 0.5:
            end = int(rng.integers(40, len(frames) + 1))
        x[i] = window(frames, end, rng)
        y[i] = wanted
    return x, y


def batches(supply, class_of, normalisation, rng):
    """Endless batches; now and then from what the supply has got since."""
    while True:
        supply.refresh()
        utterances, by_class = supply.everything(), {}
        for index, (_, labels) in enumerate(utterances):
            by_class.setdefault(class_of.get(tuple(int(label) for label in labels), 0), []).append(index)
        for _ in range(1000):
            yield drawn(utterances, by_class, normalisation, rng)


def export(checkpoint, spotter_checkpoint, tuned_checkpoint, model_dir, kept=0.0):
    """Writes what `src/ears/verifier/` reads: half precision is as good and half as large.

    Networks that were trained on (`--onward`) may keep a share of what they were: weights between the old and the new are
    better than the new on what the old knew, and nearly as good on the rest (M. Wortsman et al., "Robust fine-tuning of
    zero-shot models", CVPR 2022)."""
    groups, facts = shipped(checkpoint) if checkpoint.is_dir() else network.load(checkpoint)
    model, half = groups["model"], lambda array: np.ascontiguousarray(array, np.float16)
    tensors = {"mean": groups["input"]["mean"].astype(np.float32), "deviation": groups["input"]["deviation"].astype(np.float32)}
    for number, layer in enumerate(model["trunk"]):
        tensors |= {f"trunk.{number}.{name}": half(array) for name, array in layer.items()}
    for part, layer in model["head"].items():
        tensors |= {f"{part}.{name}": half(array) for name, array in layer.items()}
    for prefix, path in ("spotter", spotter_checkpoint), ("tuned", tuned_checkpoint):
        spotter, spotter_facts = network.load(path)
        if spotter_facts["phrases"] != facts["phrases"]:
            raise SystemExit("the parts of the verifier know other phrases: train them anew")
        tensors |= {f"{prefix}.{name}": array.astype(np.float32) for name, array in spotter["input"].items()}
        for part, layer in spotter["model"].items():
            tensors |= {f"{prefix}.{part}.{name}": half(array) for name, array in layer.items()}
        for number, layer in enumerate(spotter.get("upper", []), start=embedding.UPPER):
            tensors |= {f"{prefix}.{number}.{name}": half(array) for name, array in layer.items()}
    tensors |= {f"embedding.{name}": half(array) for name, array in embedding.weights().items()}
    path = pathlib.Path(model_dir, "verifier.safetensors")
    if kept > 0:
        with safetensors.safe_open(path, "numpy") as stored:
            mixed = lambda name, array: kept * stored.get_tensor(name).astype(np.float32) + (1 - kept) * array.astype(np.float32)
            tensors = {name: mixed(name, array).astype(array.dtype) for name, array in tensors.items()}
    facts = {"phrases": json.dumps(facts["phrases"]), "steps": str(facts["steps"])}
    path.write_bytes(safetensors.numpy.save(tensors, facts))


def shipped(model_dir, which="verifier"):
    """What `export` wrote of the first network ("verifier") or of one of the others ("spotter", "tuned"), to train on from
    there: (groups, facts). Half precision loses nothing that training would notice."""
    with safetensors.safe_open(pathlib.Path(model_dir, "verifier.safetensors"), "numpy") as stored:
        facts = stored.metadata()
        tensors = {name: stored.get_tensor(name).astype(np.float32) for name in stored.keys()}
    facts = {"steps": int(facts["steps"]), "phrases": json.loads(facts["phrases"])}
    if which != "verifier":
        return _shipped_spotter({name.removeprefix(f"{which}."): a for name, a in tensors.items() if name.startswith(f"{which}.")}), facts
    trunk, head = [{} for _ in network.OFFSETS], {}
    for name, array in tensors.items():
        match name.split("."):
            case ["embedding" | "spotter" | "tuned", *_]:
                pass
            case ["trunk", number, part]:
                trunk[int(number)][part] = array
            case [layer, part]:
                head.setdefault(layer, {})[part] = array
    width = trunk[0]["bias"].size
    groups = {"model": {"trunk": trunk, "head": head}, "input": {"mean": tensors["mean"], "deviation": tensors["deviation"]}}
    return groups, facts | {"width": width}


def _shipped_spotter(tensors):
    groups = {"model": {}, "input": {}}
    upper = {}
    for name, array in tensors.items():
        match name.split("."):
            case [part]:
                groups["input"][part] = array
            case [layer, part] if layer.isdigit():
                upper.setdefault(int(layer), {})[part] = array
            case [layer, part]:
                groups["model"].setdefault(layer, {})[part] = array
    return groups | ({"upper": [upper[number] for number in sorted(upper)]} if upper else {})


def train(options):
    jax.config.update("jax_compilation_cache_dir", str(options.work_dir / "compiled"))
    out = options.work_dir / "verifier.npz"
    onward = options.onward is not None and not out.exists()
    if onward:
        groups, facts = shipped(options.onward)
    else:
        groups, facts = network.load(out if out.exists() else options.acoustic or options.work_dir / "checkpoint.npz")
    normalisation = (groups["input"]["mean"], groups["input"]["deviation"])
    phrases, class_of = classes()
    if onward and facts["phrases"] != phrases:
        raise SystemExit("the shipped verifier knows other phrases: train it without --onward")
    if "model" in groups:
        model, step = groups["model"], facts["steps"]
    else:
        model, step = {"trunk": fold(groups["average"]), "head": initial_head(facts["width"], len(phrases))}, 0
    model = jax.tree.map(jnp.asarray, model)
    supply = Supply(options.work_dir / "features")
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.add_decayed_weights(1e-3))
    state, average = optimiser.init(model), model

    def objective(model, x, y, key):
        out = jax.nn.log_softmax(logits(model, x, key, 0.1))
        smooth = 0.98 * jnp.take_along_axis(out, y[:, None], -1)[:, 0] + 0.02 * out.mean(-1)
        return -smooth.mean(), (out.argmax(-1) == y).mean()

    @jax.jit
    def advance(model, state, average, x, y, key, rate):
        (loss, right), gradient = jax.value_and_grad(objective, has_aux=True)(model, x, y, key)
        change, state = optimiser.update(gradient, state, model)
        model = jax.tree.map(lambda p, c: p - rate * c, model, change)
        average = jax.tree.map(lambda a, n: 0.998 * a + 0.002 * n, average, model)
        return model, state, average, loss, right

    key, began, spoken, stored = jax.random.PRNGKey(step), time.time(), time.time(), time.time()
    seen, first_step = [], step
    stop = threading.Event()
    source = batches(supply, class_of, normalisation, np.random.default_rng(step))

    def store():
        network.save(out, {"model": average, "input": groups["input"]}, {"phrases": phrases, "steps": step, **{"width": facts["width"]}})

    for x, y in prefetched(source, 4, stop):
        if (done := (time.time() - began) / 60 / options.minutes) >= 1:
            break
        rate = options.peak_rate * min(1.0, (step - first_step + 1) / 200) * 0.02 ** max(0.0, (done - 0.3) / 0.7)
        key, draw = jax.random.split(key)
        model, state, average, loss, right = advance(model, state, average, x, y, draw, jnp.float32(rate))
        seen.append((float(loss), float(right)))
        step += 1
        if time.time() - spoken > 30:
            loss, right = np.mean(seen, 0)
            print(f"step {step} {(time.time() - began) / 60:.1f} min loss {loss:.3f} right {right:.3f} rate {rate:.1e}", flush=True)
            spoken, seen = time.time(), []
        if time.time() - stored > 120:
            store()
            stored = time.time()
    stop.set()
    store()
    print(f"end: step {step}", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = options.add_subparsers(required=True, dest="what")
    training = what.add_parser("train")
    training.add_argument("--work-dir", type=pathlib.Path, required=True)
    training.add_argument("--from", dest="acoustic", type=pathlib.Path, help="checkpoint the trunk begins as")
    training.add_argument("--onward", type=pathlib.Path, help="model directory with a verifier to train on, if there is no checkpoint")
    training.add_argument("--minutes", type=float, default=30)
    training.add_argument("--peak-rate", type=float, default=1e-3)
    exporting = what.add_parser("export")
    exporting.add_argument("checkpoint", type=pathlib.Path, help="of this, or a model directory whose first network is kept")
    exporting.add_argument("spotter", type=pathlib.Path, help="checkpoint of spotter.py")
    exporting.add_argument("tuned", type=pathlib.Path, help="checkpoint of spotter.py tune")
    exporting.add_argument("model_dir", type=pathlib.Path)
    exporting.add_argument("--kept", type=float, default=0.0, help="share of the weights in model_dir that is kept")
    options = options.parse_args()
    if options.what == "train":
        train(options)
    else:
        export(options.checkpoint, options.spotter, options.tuned, options.model_dir, options.kept)


if __name__ == "__main__":
    main()
