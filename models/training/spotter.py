"""Trains the spotters: the part of the verifier that hears words through a speech embedding (`embedding.py`).

    python spotter.py windows --speech DIR --work-dir DIR --count 240000
    python spotter.py train --work-dir DIR
    python spotter.py tune --speech DIR --work-dir DIR --minutes 20

What the acoustic network learns from few people fails on others in its own way, and the embedding, which was trained on very
many, in another: together they are right more often than either. `train` leaves the embedding as it is and learns a small
network on the last NINE of its outputs, which end shortly after the word. `tune` makes a second spotter of that: its upper
layers learn, too, from pieces that are varied each time. They differ enough that both together are better than the second.

`windows` draws augmented utterances as `prepare.py` does and keeps the energies of a piece of each, and which phrase it was,
or none. The examples are those of `verifier.py`: an utterance is one of a phrase if its phones are exactly those of the
phrase, and of none otherwise; speech cut off in the middle is of none, too.
"""

import argparse
import json
import os
import pathlib
import threading
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads=2")

import numpy as np

import corpus
import embedding
from augment import own_background
from verifier import classes, shipped

NINE = 9
FRAMES = embedding.FRAMES + (NINE - 1) * embedding.STEP
SAMPLES = (FRAMES - 1) * embedding.SHIFT + embedding.WINDOW
HIDDEN = 384
# As `verifier.drawn` has it, in samples: where the window ends beside the end of the utterance and the quiet after it.
EARLIEST, LATEST = -1600, 1120
WINDOWS_PER_SHARD = 4000


# -- windows --------------------------------------------------------------------------------------------------------------


def window(samples, end, rng):
    """The SAMPLES samples up to `end`; what the recording lacks is filled with noise like that of its quietest frames."""
    before, after = max(0, SAMPLES - end), max(0, end - len(samples))
    fill = lambda count: own_background(samples, count, rng)
    padded = np.concatenate([fill(before), samples, fill(after)])
    return padded[before + end - SAMPLES : before + end]


def pieces(source, class_of, rng):
    """Endless windows of augmented utterances, with the class of each. Phrases are rarer than the rest: of each there are two."""
    while True:
        samples, labels = source.draw(rng)
        samples, wanted = samples.astype(np.float32), class_of.get(tuple(int(label) for label in labels), 0)
        for _ in range(2 if wanted else 1):
            end = len(samples) + int(rng.integers(EARLIEST, LATEST))
            if wanted == 0 and len(labels) > 5 and rng.random() < 0.5:
                end = int(rng.integers(embedding.RATE * 2 // 5, len(samples) + 1))
            yield window(samples, end, rng), wanted


def write_shard(path, source, class_of, rng):
    weights = embedding.weights()
    x, y = np.empty((WINDOWS_PER_SHARD, FRAMES, embedding.MELS), np.float16), np.zeros(WINDOWS_PER_SHARD, np.int16)
    for at, (piece, wanted) in zip(range(WINDOWS_PER_SHARD), pieces(source, class_of, rng)):
        x[at] = embedding.energies(piece, weights)
        y[at] = wanted
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, x=x, y=y)
    partial.rename(path)


def windows(options):
    from prepare import augmenter

    folder = options.work_dir / "windows"
    folder.mkdir(parents=True, exist_ok=True)
    phrases, class_of = classes()
    human = corpus.recordings(options.speech / "train")
    source, count = augmenter(options.speech / "train", options.work_dir, human)
    print(f"drawing on {len(human)} recordings and {count} synthetic utterances", flush=True)
    for number in range(options.first, options.count // WINDOWS_PER_SHARD, options.stride):
        path = folder / f"{number:04d}.npz"
        if not path.exists():
            began = time.time()
            write_shard(path, source, class_of, np.random.default_rng(10_000 + number))
            print(f"shard {number}: {time.time() - began:.0f} s", flush=True)


# -- the network ----------------------------------------------------------------------------------------------------------


def initial(count, seed):
    rng = np.random.default_rng(seed)
    normal = lambda *shape: rng.normal(0, np.sqrt(2 / shape[0]), shape).astype(np.float32)
    layer = lambda inputs, outputs, gain=1.0: {"weight": gain * normal(inputs, outputs), "bias": np.zeros(outputs, np.float32)}
    return {
        "wide": layer(NINE * embedding.SIZE, HIDDEN),
        "deep": layer(HIDDEN, HIDDEN),
        "last": layer(HIDDEN, count, 0.1),
    }


def logits(model, x, key=None, dropout=0.0):
    """x[batch, NINE, SIZE], normalised."""
    import jax

    def dropped(x, key):
        return x * jax.random.bernoulli(key, 1 - dropout, x.shape) / (1 - dropout) if key is not None else x

    keys = jax.random.split(key, 3) if key is not None else [None] * 3
    x = dropped(x.reshape(x.shape[0], -1), keys[0])
    x = jax.nn.relu(x @ model["wide"]["weight"] + model["wide"]["bias"])
    x = dropped(x, keys[1])
    x = x + jax.nn.relu(x @ model["deep"]["weight"] + model["deep"]["bias"])
    x = dropped(x, keys[2])
    return x @ model["last"]["weight"] + model["last"]["bias"]


def stored(work_dir):
    """The energies of all windows, and their classes."""
    shards = [np.load(path) for path in sorted((work_dir / "windows").glob("[0-9][0-9][0-9][0-9].npz"))]
    return np.concatenate([s["x"] for s in shards]), np.concatenate([s["y"] for s in shards])


class Chooser:
    """Which windows a batch is made of: 55 % phrases, drawn between equal shares and what there is, so that what people
    recorded counts; the rest anything else."""

    def __init__(self, y, batch, rng):
        self.by_class = {c: np.flatnonzero(y == c) for c in np.unique(y)}
        self.known = [c for c in self.by_class if c]
        shares = np.array([len(self.by_class[c]) for c in self.known], float) ** 0.5
        self.shares, self.batch, self.rng = shares / shares.sum(), batch, rng

    def draw(self):
        count, rng = self.batch * 55 // 100, self.rng
        any_of = lambda c: self.by_class[c][rng.integers(len(self.by_class[c]))]
        phrases = [any_of(c) for c in rng.choice(self.known, count, p=self.shares)]
        return phrases + [any_of(0) for _ in range(self.batch - count)]


def loss_of(out, y):
    """Cross-entropy, its targets smoothed, and how many are right."""
    import jax
    import jax.numpy as jnp

    out = jax.nn.log_softmax(out)
    smooth = 0.97 * jnp.take_along_axis(out, y[:, None], -1)[:, 0] + 0.03 * out.mean(-1)
    return -smooth.mean(), (out.argmax(-1) == y).mean()


def advancing(loss, decay):
    """(the optimiser's state for a model, one step): the step keeps a running average of the model, too."""
    import jax
    import optax

    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.add_decayed_weights(decay))

    @jax.jit
    def advance(model, state, average, x, y, key, rate, kept):
        (lost, right), gradient = jax.value_and_grad(loss, has_aux=True)(model, x, y, key)
        change, state = optimiser.update(gradient, state, model)
        model = jax.tree.map(lambda p, c: p - rate * c, model, change)
        return model, state, jax.tree.map(lambda a, n: kept * a + (1 - kept) * n, average, model), lost, right

    return optimiser.init, advance


def train(options):
    import jax
    import jax.numpy as jnp

    import network

    phrases, _ = classes()
    energies, y = stored(options.work_dir)
    session = embedding.session()
    x = np.stack([embedding.embed(piece.astype(np.float32), session).astype(np.float16) for piece in energies])
    del energies
    if options.onward:
        groups, _ = shipped(options.onward, "spotter")
        mean, deviation = groups["input"]["mean"], groups["input"]["deviation"]
        model = groups["model"]
    else:
        mean, deviation = x[::7].astype(np.float32).mean((0, 1)), x[::7].astype(np.float32).std((0, 1))
        model = initial(len(phrases), options.seed)
    print(f"{len(x)} windows, {np.count_nonzero(y)} of phrases", flush=True)
    rng = np.random.default_rng(options.seed)
    chooser = Chooser(y, options.batch, rng)
    model = jax.tree.map(jnp.asarray, model)
    loss = lambda model, x, y, key: loss_of(logits(model, x, key, options.dropout), y)
    begin, advance = advancing(loss, options.decay)
    state, average = begin(model), model

    seen, began, key = [], time.time(), jax.random.PRNGKey(options.seed)
    for step in range(options.steps):
        chosen = chooser.draw()
        batch = (x[chosen].astype(np.float32) - mean) / deviation
        # One level and tone of voice or another.
        batch += rng.normal(0, 0.15, (len(batch), 1, embedding.SIZE)).astype(np.float32)
        rate = options.peak_rate * min(1.0, (step + 1) / 200) * 0.01 ** max(0.0, (step / options.steps - 0.2) / 0.8)
        key, draw = jax.random.split(key)
        kept = min(0.999, (1 + step) / (10 + step))
        model, state, average, lost, right = advance(model, state, average, batch, y[chosen], draw, rate, kept)
        seen.append((float(lost), float(right)))
        if (step + 1) % 500 == 0:
            report(step, began, seen, rate)
            seen = []
    groups = {"model": average, "input": {"mean": mean, "deviation": deviation}}
    network.save(options.work_dir / "spotter.npz", groups, {"phrases": phrases, "steps": options.steps, "windows": len(x)})


def report(step, began, seen, rate):
    lost, right = np.mean(seen, 0)
    print(f"step {step + 1} {(time.time() - began) / 60:.1f} min loss {lost:.3f} right {right:.3f} rate {rate:.1e}", flush=True)


# -- tuning ---------------------------------------------------------------------------------------------------------------


def with_noise(piece, noises, rng):
    """Energies with those of some noise added, 0 to 25 dB below its loud frames. They are logarithms of powers, plus two."""
    noise = noises[rng.integers(len(noises))]
    at = rng.integers(0, len(noise) - FRAMES)
    noise = noise[at : at + FRAMES] + rng.normal(0, 0.3) * np.linspace(-1, 1, embedding.MELS)
    speech, noise = 10 ** (piece - 2), 10 ** (noise - 2)
    level = np.percentile(speech.sum(1), 90) / (noise.sum(1).mean() + 1e-9)
    return np.log10(speech + noise * level * 10 ** (-rng.uniform(0, 25) / 10)) + 2


def varied(piece, noises, rng):
    """A window as it may have been heard as well: noise, another tone, a band or a moment missing."""
    piece = piece.astype(np.float32)
    if rng.random() < 0.4:
        piece = with_noise(piece, noises, rng)
    tone = np.interp(np.arange(embedding.MELS), np.linspace(0, embedding.MELS - 1, 5), rng.normal(0, 0.25, 5))
    piece = piece + tone + rng.normal(0, 0.3)
    if rng.random() < 0.3:
        at, width = rng.integers(0, 28), rng.integers(1, 5)
        piece[:, at : at + width] = piece.min()
    if rng.random() < 0.3:
        at, width = rng.integers(0, FRAMES - 10), rng.integers(1, 9)
        piece[at : at + width] = piece[at]
    return np.maximum(piece, piece.max() - 8).astype(np.float32)


def tune(options):
    import jax
    import jax.numpy as jnp

    import network
    from train import prefetched

    out = options.work_dir / "tuned.npz"
    if options.onward and not out.exists():
        groups, facts = shipped(options.onward, "tuned")
    else:
        groups, facts = network.load(out if out.exists() else options.work_dir / "spotter.npz")
    mean, deviation = groups["input"]["mean"], groups["input"]["deviation"]
    step = facts["steps"] if out.exists() else 0
    weights = embedding.weights()
    whole = embedding.layers(weights)
    lower = jax.tree.map(jnp.asarray, whole[: embedding.UPPER])
    model = {"upper": groups.get("upper", whole[embedding.UPPER :]), "head": groups["model"]}
    model = jax.tree.map(jnp.asarray, model)
    noises = [embedding.energies(noise.astype(np.float32), weights) for noise in corpus.noises(options.speech / "train")]
    noises = [noise for noise in noises if len(noise) > FRAMES + 100]
    x, y = stored(options.work_dir)
    rng = np.random.default_rng(options.seed + step)
    chooser = Chooser(y, options.batch, rng)

    def batches():
        while True:
            chosen = chooser.draw()
            yield np.stack([varied(x[at], noises, rng) for at in chosen]), y[chosen].astype(np.int32)

    def loss(model, x, y, key):
        embedded = (embedding.through(lower + model["upper"], x) - mean) / deviation
        embedded += 0.15 * jax.random.normal(key, (len(x), 1, embedding.SIZE))
        return loss_of(logits(model["head"], embedded, key, options.dropout), y)

    begin, advance = advancing(loss, options.decay)
    state, average, key = begin(model), model, jax.random.PRNGKey(options.seed + step)
    seen, began, spoken, first, stop = [], time.time(), time.time(), step, threading.Event()

    def store():
        kept = {"model": average["head"], "upper": average["upper"], "input": groups["input"]}
        network.save(out, kept, {"phrases": facts["phrases"], "steps": step, "windows": len(x)})

    for pieces, wanted in prefetched(batches(), 4, stop):
        if (done := (time.time() - began) / 60 / options.minutes) >= 1:
            break
        rate = options.peak_rate * min(1.0, (step - first + 1) / 200) * 0.02 ** max(0.0, (done - 0.3) / 0.7)
        key, draw = jax.random.split(key)
        kept = min(0.998, (1 + step - first) / (10 + step - first))
        model, state, average, lost, right = advance(model, state, average, pieces, wanted, draw, jnp.float32(rate), kept)
        seen.append((float(lost), float(right)))
        step += 1
        if time.time() - spoken > 120:
            report(step, began, seen, rate)
            store()
            spoken, seen = time.time(), []
    stop.set()
    store()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = options.add_subparsers(required=True, dest="what")
    making = what.add_parser("windows")
    making.add_argument("--speech", type=pathlib.Path, required=True)
    making.add_argument("--work-dir", type=pathlib.Path, required=True)
    making.add_argument("--count", type=int, default=240_000)
    making.add_argument("--first", type=int, default=0, help="to share the work between processes: the first shard ...")
    making.add_argument("--stride", type=int, default=1, help="... and every so many")
    training = what.add_parser("train")
    training.add_argument("--work-dir", type=pathlib.Path, required=True)
    training.add_argument("--onward", type=pathlib.Path, help="model directory with a spotter to train on")
    training.add_argument("--steps", type=int, default=16_000)
    training.add_argument("--batch", type=int, default=256)
    training.add_argument("--peak-rate", type=float, default=1e-3)
    training.add_argument("--dropout", type=float, default=0.15)
    training.add_argument("--seed", type=int, default=1)
    training.add_argument("--decay", type=float, default=5e-3)
    tuning = what.add_parser("tune")
    tuning.add_argument("--speech", type=pathlib.Path, required=True)
    tuning.add_argument("--work-dir", type=pathlib.Path, required=True)
    tuning.add_argument("--onward", type=pathlib.Path, help="model directory with a tuned spotter to train on, if there is no checkpoint")
    tuning.add_argument("--minutes", type=float, default=20)
    tuning.add_argument("--batch", type=int, default=128)
    tuning.add_argument("--peak-rate", type=float, default=5e-4)
    tuning.add_argument("--dropout", type=float, default=0.15)
    tuning.add_argument("--seed", type=int, default=1)
    tuning.add_argument("--decay", type=float, default=5e-3)
    options = options.parse_args()
    {"windows": windows, "train": train, "tune": tune}[options.what](options)


if __name__ == "__main__":
    main()
