"""Trains the spotter: the half of the verifier that hears words through a speech embedding (`embedding.py`).

    python spotter.py windows --speech DIR --work-dir DIR --count 240000
    python spotter.py train --work-dir DIR

What the acoustic network learns from few people fails on others in its own way, and the embedding, which was trained on very
many, in another: together they are right more often than either. The embedding stays as it is; learned is a small network on
the last NINE of its outputs, which end shortly after the word.

`windows` draws augmented utterances as `prepare.py` does and keeps the embeddings of a piece of each; `train` learns from
them which phrase it was, or none. The examples are those of `verifier.py`: an utterance is one of a phrase if its phones are
exactly those of the phrase, and of none otherwise; speech cut off in the middle is of none, too.
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads=2")

import numpy as np

import corpus
import embedding
from augment import own_background
from verifier import NONE, classes

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
    weights, session = embedding.weights(), embedding.session()
    x, y = np.empty((WINDOWS_PER_SHARD, NINE, embedding.SIZE), np.float16), np.zeros(WINDOWS_PER_SHARD, np.int16)
    for at, (piece, wanted) in zip(range(WINDOWS_PER_SHARD), pieces(source, class_of, rng)):
        x[at] = embedding.embed(embedding.energies(piece, weights), session)
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


def train(options):
    import jax
    import jax.numpy as jnp
    import optax

    import network

    phrases, _ = classes()
    shards = [np.load(path) for path in sorted((options.work_dir / "windows").glob("[0-9][0-9][0-9][0-9].npz"))]
    x, y = np.concatenate([s["x"] for s in shards]), np.concatenate([s["y"] for s in shards])
    mean, deviation = x[::7].astype(np.float32).mean((0, 1)), x[::7].astype(np.float32).std((0, 1))
    print(f"{len(x)} windows, {np.count_nonzero(y)} of phrases", flush=True)
    known = [c for c in np.unique(y) if c]
    by_class = {c: np.flatnonzero(y == c) for c in [0, *known]}
    # Between equal shares and what there is, so that what people recorded counts.
    shares = np.array([len(by_class[c]) for c in known], float) ** 0.5
    shares /= shares.sum()
    rng = np.random.default_rng(options.seed)
    model = jax.tree.map(jnp.asarray, initial(len(phrases), options.seed))
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.add_decayed_weights(options.decay))
    state, average = optimiser.init(model), model

    def objective(model, x, y, key):
        out = jax.nn.log_softmax(logits(model, x, key, options.dropout))
        smooth = 0.97 * jnp.take_along_axis(out, y[:, None], -1)[:, 0] + 0.03 * out.mean(-1)
        return -smooth.mean(), (out.argmax(-1) == y).mean()

    @jax.jit
    def advance(model, state, average, x, y, key, rate, decay):
        (loss, right), gradient = jax.value_and_grad(objective, has_aux=True)(model, x, y, key)
        change, state = optimiser.update(gradient, state, model)
        model = jax.tree.map(lambda p, c: p - rate * c, model, change)
        return model, state, jax.tree.map(lambda a, n: decay * a + (1 - decay) * n, average, model), loss, right

    seen, began, key = [], time.time(), jax.random.PRNGKey(options.seed)
    for step in range(options.steps):
        count = options.batch * 55 // 100
        chosen = [by_class[c][rng.integers(len(by_class[c]))] for c in rng.choice(known, count, p=shares)]
        chosen += list(by_class[0][rng.integers(len(by_class[0]), size=options.batch - count)])
        batch = (x[chosen].astype(np.float32) - mean) / deviation
        # One level and tone of voice or another.
        batch += rng.normal(0, 0.15, (len(batch), 1, embedding.SIZE)).astype(np.float32)
        rate = options.peak_rate * min(1.0, (step + 1) / 200) * 0.01 ** max(0.0, (step / options.steps - 0.2) / 0.8)
        key, draw = jax.random.split(key)
        decay = min(0.999, (1 + step) / (10 + step))
        model, state, average, loss, right = advance(model, state, average, batch, y[chosen], draw, rate, decay)
        seen.append((float(loss), float(right)))
        if (step + 1) % 500 == 0:
            loss, right = np.mean(seen, 0)
            print(f"step {step + 1} {(time.time() - began) / 60:.1f} min loss {loss:.3f} right {right:.3f} rate {rate:.1e}", flush=True)
            seen = []
    groups = {"model": average, "input": {"mean": mean, "deviation": deviation}}
    network.save(options.work_dir / "spotter.npz", groups, {"phrases": phrases, "steps": options.steps, "windows": len(x)})


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
    training.add_argument("--steps", type=int, default=16_000)
    training.add_argument("--batch", type=int, default=256)
    training.add_argument("--peak-rate", type=float, default=1e-3)
    training.add_argument("--dropout", type=float, default=0.15)
    training.add_argument("--seed", type=int, default=1)
    training.add_argument("--decay", type=float, default=5e-3)
    options = options.parse_args()
    windows(options) if options.what == "windows" else train(options)


if __name__ == "__main__":
    main()
