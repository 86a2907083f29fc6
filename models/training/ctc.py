"""Connectionist temporal classification: the loss, with a gradient of its own.

Letting JAX differentiate the recursion stores and replays every step of it; running the backward recursion beside the
forward one, in the same loop, is several times faster on a processor.
"""

import jax
import jax.numpy as jnp
import numpy as np

from lexicon import BLANK

# Stands for log 0: infinities would turn into NaN where two of them meet.
NEVER = -1e30


def _log_add(*terms):
    most = jnp.maximum(terms[0], terms[1]) if len(terms) == 2 else jnp.maximum(jnp.maximum(*terms[:2]), terms[2])
    return most + jnp.log(sum(jnp.exp(term - most) for term in terms))


def _shifted(x, by):
    """x moved along its last axis, `NEVER` moving in."""
    if by > 0:
        return jnp.pad(x[:, :-by], ((0, 0), (by, 0)), constant_values=NEVER)
    return jnp.pad(x[:, -by:], ((0, 0), (0, -by)), constant_values=NEVER)


def _occupation(log_p, frames, labels, label_counts):
    """(log likelihood[batch], probability of being in each state[time, batch, state])."""
    batch, time, _ = log_p.shape
    count = labels.shape[1]
    # Blank, label, blank, label, ... blank.
    states = jnp.full((batch, 2 * count + 1), BLANK).at[:, 1::2].set(labels)
    index = jnp.arange(2 * count + 1)[None]
    last = 2 * label_counts[:, None]
    # A label may be entered from the one before, skipping the blank, unless both are the same.
    may_skip = (index % 2 == 1) & (states != jnp.pad(states[:, :-2], ((0, 0), (2, 0)), constant_values=BLANK))
    one_hot = jax.nn.one_hot(states, log_p.shape[2], dtype=log_p.dtype)
    emitted = jnp.einsum("btk,bsk->tbs", log_p, one_hot)
    emitted = jnp.where(index <= last, emitted, NEVER)
    at_start = jnp.where(index <= 1, 0.0, NEVER)
    at_end = jnp.where((index == last) | (index == last - 1), 0.0, NEVER)

    def step(carry, step_input):
        before, after = carry
        t, here, t_back, here_back = step_input
        enter = _log_add(before, _shifted(before, 1), jnp.where(may_skip, _shifted(before, 2), NEVER))
        alpha = here + jnp.where(t == 0, at_start, enter)
        alpha = jnp.where((t < frames)[:, None], alpha, before)
        skipping = _shifted(jnp.where(may_skip, after, NEVER), -2)
        leave = _log_add(after, _shifted(after, -1), skipping)
        beta = jnp.where((t_back + 1 >= frames)[:, None], at_end, leave)
        return (alpha, beta + here_back), (alpha, beta)

    steps = jnp.arange(time)
    start = jnp.full(emitted.shape[1:], NEVER)
    (final, _), (alpha, beta) = jax.lax.scan(step, (start, start), (steps, emitted, steps[::-1], emitted[::-1]))
    beta = beta[::-1]
    likelihood = jax.nn.logsumexp(final + at_end, axis=1)
    inside = (steps[:, None] < frames[None])[:, :, None]
    occupied = jnp.where(inside, jnp.exp(jnp.minimum(alpha + beta - likelihood[None, :, None], 0.0)), 0.0)
    return likelihood, jnp.einsum("tbs,bsk->btk", occupied, one_hot)


@jax.custom_vjp
def loss(log_p, frames, labels, label_counts):
    """-log p(labels | log_p) of each utterance. log_p[batch, time, outputs], labels[batch, most] without blanks."""
    return -_occupation(log_p, frames, labels, label_counts)[0]


def _forward(log_p, frames, labels, label_counts):
    likelihood, occupied = _occupation(log_p, frames, labels, label_counts)
    return -likelihood, occupied


def _backward(occupied, upstream):
    return -occupied * upstream[:, None, None], *(None,) * 3


loss.defvjp(_forward, _backward)


def greedy(log_p):
    """The labels of the best output at each frame, repeats and blanks taken out."""
    best = np.asarray(log_p).argmax(-1)
    return [int(k) for k, before in zip(best, np.r_[-1, best[:-1]]) if k not in (before, BLANK)]
