"""Trains the acoustic model from random weights, on whatever `prepare` supplies, for a given number of steps.

    python train.py --work-dir DIR --steps 50000

Killed and started again with the same work directory it goes on from its last checkpoint: steps made, optimiser and
learning rate included. A log line a minute says where it is; `dev` is the phone error rate on a fixed sample of augmented
training material, good for a trend only.
"""

import argparse
import os
import pathlib
import queue
import threading
import time

# Two threads at most; this must be said before JAX starts.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads=2")

import jax
import jax.numpy as jnp
import numpy as np
import optax

import ctc
import features
import network

# Sizes utterances are padded to: frames, labels. Every size is compiled once, for a minute, so there are few; each makes
# batches of about the same work.
SIZES = [(126, 16), (150, 20), (186, 24), (240, 32), (330, 48), (690, 96)]
FRAMES_PER_BATCH = 64 * 150

# Until CTC takes off by itself, a share of the loss is plain cross-entropy against the labels spread evenly over the speech.
BOOTSTRAP_STEPS = 300
AVERAGE_DECAY = 0.999


class Supply:
    """The newest feature shards, in memory as 16-bit floats."""

    def __init__(self, folder):
        self.folder = folder
        self.shards = {}

    def refresh(self):
        names = {p.name for p in self.folder.glob("[0-9]*.npz") if not p.name.endswith(".partial.npz")}
        for name in names - set(self.shards):
            try:
                with np.load(self.folder / name) as stored:
                    self.shards[name] = _utterances(stored)
            except (OSError, ValueError):
                continue  # replaced meanwhile
        for gone in set(self.shards) - names:
            del self.shards[gone]

    def everything(self):
        return [utterance for name in sorted(self.shards) for utterance in self.shards[name]]


def _utterances(stored):
    ends = np.cumsum(stored["lengths"])
    label_ends = np.cumsum(stored["label_counts"])
    frames, labels = stored["features"], stored["labels"]
    cut = lambda array, ends: np.split(array, ends[:-1])
    return list(zip(cut(frames, ends), cut(labels, label_ends)))


# -- batches --------------------------------------------------------------------------------------------------------------

_LOW, _STEP = features.mel(features.LOWEST), None
_STEP = (features.mel(features.HIGHEST) - _LOW) / (features.MELS + 1)
_CENTRES = 700 * np.expm1((_LOW + _STEP * np.arange(1, features.MELS + 1)) / 1127)


def _other_voice(frames, rng):
    """Shorter or longer vocal tract: the mel axis stretched."""
    at = np.clip((features.mel(_CENTRES * np.exp(rng.normal(0, 0.09))) - _LOW) / _STEP - 1, 0, features.MELS - 1.001)
    left = at.astype(int)
    share = (at - left).astype(np.float32)
    return frames[:, left] * (1 - share) + frames[:, left + 1] * share


def _other_tempo(frames, label_count, longest, rng):
    at = np.arange(0, len(frames) - 1.001, np.exp(rng.normal(0, 0.15)))
    if not 8 + 6 * label_count < len(at) <= longest:
        return frames
    left = at.astype(int)
    share = (at - left).astype(np.float32)[:, None]
    return frames[left] * (1 - share) + frames[left + 1] * share


def varied(frames, label_count, longest, rng):
    """What can be varied cheaply on normalised features, anew each time an utterance is seen."""
    if rng.random() < 0.6:
        frames = _other_voice(frames, rng)
    if rng.random() < 0.5:
        frames = _other_tempo(frames, label_count, longest, rng)
    frames = frames + (rng.normal(0, 0.15) + rng.normal(0, 0.1) * np.linspace(-1, 1, features.MELS)).astype(np.float32)
    for _ in range(2):
        width = int(rng.integers(1, 7))
        low = int(rng.integers(0, features.MELS - width))
        frames[:, low : low + width] = frames[:, low : low + width].mean()
    if rng.random() < 0.4:
        width = int(rng.integers(1, 10))
        start = int(rng.integers(0, max(1, len(frames) - width)))
        frames[start : start + width] = frames.mean(0)
    # Which of three frames the network's stride falls on.
    return frames[int(rng.integers(0, network.STRIDE)) :]


def _spread_evenly(frames, labels, steps):
    """A guess which label each output frame belongs to: the speech, found by its energy, in equal parts."""
    guess = np.zeros(steps, np.int32)
    energy = np.convolve(frames.mean(1), np.ones(5) / 5, "same")
    low, high = np.percentile(energy, [5, 97])
    speech = np.flatnonzero(energy > low + 0.4 * (high - low))
    if len(speech) > 3 and len(labels):
        first, last = speech[0] / network.STRIDE, speech[-1] / network.STRIDE + 1
        edges = (first + (last - first) * np.arange(len(labels) + 1) / len(labels)).astype(int)
        for label, start, end in zip(labels, edges, edges[1:]):
            guess[start:end] = label
    return guess


def size_for(frames, labels):
    return next(i for i, (most_frames, most_labels) in enumerate(SIZES) if frames <= most_frames and labels <= most_labels)


def batch(utterances, size, mean, deviation, rng, bootstrap=False):
    """(x, frame counts, labels, label counts, guessed frame labels); with `rng`, of varied utterances."""
    left, right = network.context()
    length, most = SIZES[size]
    count = len(utterances)
    x = np.empty((count, left + length + right, features.MELS), np.float32)
    frame_counts, label_counts = np.zeros(count, np.int32), np.zeros(count, np.int32)
    targets = np.zeros((count, most), np.int32)
    guess = np.zeros((count, length // network.STRIDE), np.int32)
    for i, (frames, labels) in enumerate(utterances):
        frames = (frames.astype(np.float32) - mean) / deviation
        if rng is not None:
            frames = varied(frames, len(labels), length, rng)
        n = len(frames)
        x[i, :left] = frames[0]
        x[i, left : left + n] = frames
        x[i, left + n :] = frames[-1]
        frame_counts[i], label_counts[i] = (n + 2) // network.STRIDE, len(labels)
        targets[i, : len(labels)] = labels
        if bootstrap:
            guess[i, : frame_counts[i]] = _spread_evenly(frames, labels, frame_counts[i])
    return x, frame_counts, targets, label_counts, guess


def grouped(utterances, order):
    """Full batches of one size each: [(size, indices)]. What is left over is left out."""
    waiting, groups = [[] for _ in SIZES], []
    for i in order:
        size = size_for(len(utterances[i][0]), len(utterances[i][1]))
        waiting[size].append(i)
        if len(waiting[size]) == FRAMES_PER_BATCH // SIZES[size][0]:
            groups.append((size, waiting[size]))
            waiting[size] = []
    return groups


def batches(supply, normalisation, seed, bootstrap, stop):
    """Endless batches of utterances of like length."""
    rng = np.random.default_rng(seed)
    while not stop.is_set():
        # Some of the supply, then look for new shards again.
        supply.refresh()
        everything = supply.everything()
        drawn = rng.permutation(len(everything))[: max(8000, len(everything) // 4)]
        groups = grouped(everything, drawn)
        for g in rng.permutation(len(groups)):
            if stop.is_set():
                return
            size, chosen = groups[g]
            yield batch([everything[i] for i in chosen], size, *normalisation, rng, bootstrap())


# -- training -------------------------------------------------------------------------------------------------------------


def objective(parameters, statistics, data, bootstrap, key, dropout):
    x, frames, labels, label_counts, guess = data
    log_p, updated = network.log_probabilities(parameters, statistics, x, True, dropout, key)
    per_utterance = ctc.loss(log_p, frames, labels, label_counts)
    inside = jnp.arange(log_p.shape[1])[None] < frames[:, None]
    guessed = -jnp.take_along_axis(log_p, guess[..., None], -1)[..., 0]
    guessed = (guessed * inside).sum() / inside.sum()
    return bootstrap * guessed + (1 - bootstrap) * per_utterance.mean() / 8, updated


def learning_rate(done, peak):
    """Warm, level, then down to a fiftieth. `done` is the share of the planned steps."""
    return peak * 0.02 ** max(0.0, (done - 0.35) / 0.65)


def phone_error_rate(evaluate, model, sample, normalisation):
    errors = total = 0
    for size, chosen in grouped(sample, range(len(sample))):
        x, frames, labels, label_counts, _ = batch([sample[i] for i in chosen], size, *normalisation, None)
        log_p = np.asarray(evaluate(model["parameters"], model["statistics"], x))
        for row, n, target, count in zip(log_p, frames, labels, label_counts):
            errors += _edits(list(target[:count]), ctc.greedy(row[:n]))
            total += count
    return errors / max(1, total)


def _edits(a, b):
    row = np.arange(len(b) + 1)
    for x in a:
        diagonal, row[0] = row[0], row[0] + 1
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return int(row[-1])


def prefetched(source, ahead, stop):
    """Batches made by a thread while the processor multiplies."""
    waiting = queue.Queue(ahead)

    def fill():
        for item in source:
            while not stop.is_set():
                try:
                    waiting.put(item, timeout=1)
                    break
                except queue.Full:
                    continue

    threading.Thread(target=fill, daemon=True).start()
    while True:
        yield waiting.get()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work-dir", type=pathlib.Path, required=True)
    options.add_argument("--steps", type=int, default=50_000, help="in all, resumed parts included")
    options.add_argument("--width", type=int, default=160)
    options.add_argument("--peak-rate", type=float, default=2e-3)
    options.add_argument("--dropout", type=float, default=0.05)
    options.add_argument("--wait-for-shards", type=int, default=6)
    options.add_argument("--checkpoint-seconds", type=float, default=180)
    options = options.parse_args()
    checkpoint = options.work_dir / "checkpoint.npz"
    jax.config.update("jax_compilation_cache_dir", str(options.work_dir / "compiled"))
    supply = Supply(options.work_dir / "features")
    while True:
        supply.refresh()
        if len(supply.shards) >= options.wait_for_shards:
            break
        time.sleep(5)

    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.add_decayed_weights(1e-3))
    if checkpoint.exists():
        groups, facts = network.load(checkpoint)
        average = groups["average"]
        # The checkpoint kept beside the model has the averaged weights only.
        state = dict(groups.get("state", average))
        state["optimiser"] = optimiser.init(state["parameters"])
        if "optimiser" in groups:
            state["optimiser"] = jax.tree.unflatten(jax.tree.structure(state["optimiser"]), groups["optimiser"])
        mean, deviation = groups["input"]["mean"], groups["input"]["deviation"]
        step, trained = facts["steps"], facts["seconds"]
    else:
        parameters, statistics = network.initial(options.width)
        state = {"parameters": parameters, "statistics": statistics, "optimiser": optimiser.init(parameters)}
        average = {"parameters": parameters, "statistics": statistics}
        seen = np.concatenate([frames for frames, _ in supply.everything()[::5]]).astype(np.float32)
        mean, deviation = seen.mean(0), seen.std(0)
        step, trained = 0, 0.0
    state, average = jax.tree.map(jnp.asarray, (state, average))
    normalisation = (mean, deviation)
    sample = [u for u in supply.everything() if len(u[1])][:700]

    @jax.jit
    def advance(state, average, data, bootstrap, rate, decay, key):
        (loss, statistics), gradient = jax.value_and_grad(objective, has_aux=True)(
            state["parameters"], state["statistics"], data, bootstrap, key, options.dropout
        )
        change, kept = optimiser.update(gradient, state["optimiser"], state["parameters"])
        parameters = jax.tree.map(lambda p, c: p - rate * c, state["parameters"], change)
        now = {"parameters": parameters, "statistics": statistics}
        average = jax.tree.map(lambda a, n: decay * a + (1 - decay) * n, average, now)
        return dict(now, optimiser=kept), average, loss

    evaluate = jax.jit(lambda parameters, statistics, x: network.log_probabilities(parameters, statistics, x)[0])

    def store():
        groups = {
            "average": average,
            "state": {"parameters": state["parameters"], "statistics": state["statistics"]},
            "optimiser": jax.tree.leaves(state["optimiser"]),
            "input": {"mean": mean, "deviation": deviation},
        }
        facts = {"offsets": network.OFFSETS, "width": options.width, "steps": step, "seconds": trained}
        network.save(checkpoint, groups, facts)

    print(f"start at step {step}, {trained / 60:.1f} min trained, width {options.width}", flush=True)
    stop = threading.Event()
    source = batches(supply, normalisation, 1000 + step, lambda: step < BOOTSTRAP_STEPS, stop)
    began, stored, spoken, losses, key = time.time(), time.time(), time.time(), [], jax.random.PRNGKey(step)
    earlier, first_step, utterances = trained, step, 0
    for data in prefetched(source, 6, stop):
        trained = earlier + time.time() - began
        if step >= options.steps:
            break
        rate = learning_rate(step / options.steps, options.peak_rate) * min(1.0, (step + 1) / 200)
        bootstrap = max(0.0, 1 - step / BOOTSTRAP_STEPS)
        # The average follows closely at first, or the random start would linger in it.
        decay = min(AVERAGE_DECAY, (1 + step) / (10 + step))
        key, draw = jax.random.split(key)
        state, average, loss = advance(
            state, average, data, jnp.float32(bootstrap), jnp.float32(rate), jnp.float32(decay), draw
        )
        losses.append(float(loss))
        utterances += len(data[0])
        step += 1
        if time.time() - spoken > 60:
            pace = (step - first_step) / (time.time() - began)
            print(
                f"step {step} {trained / 60:.1f} min loss {np.mean(losses):.4f} rate {rate:.2e} "
                f"{pace:.2f} steps/s {utterances / (step - first_step):.0f} utterances each, newest shard {max(supply.shards)}",
                flush=True,
            )
            spoken, losses = time.time(), []
        if time.time() - stored > options.checkpoint_seconds:
            store()
            errors = phone_error_rate(evaluate, average, sample, normalisation)
            print(f"step {step} {trained / 60:.1f} min dev {errors:.4f}", flush=True)
            stored = time.time()
    stop.set()
    store()
    errors = phone_error_rate(evaluate, average, sample, normalisation)
    print(f"end: step {step} {trained / 60:.1f} min dev {errors:.4f}", flush=True)


if __name__ == "__main__":
    main()
