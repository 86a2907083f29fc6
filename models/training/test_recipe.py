"""Checks of the parts that fail silently: `python -m unittest test_recipe` (no speech and no training needed)."""

import itertools
import pathlib
import shutil
import tempfile
import unittest

import jax
import jax.numpy as jnp
import numpy as np

import ctc
import embedding
import export
import features
import kaldi_model
import letter_rules
import network
import verifier
import vocabulary
from lexicon import PHONES, pronunciations

SHIPPED = pathlib.Path(__file__).parent.parent / "talkthrough-en"


def likelihood_by_enumeration(p, labels):
    """Adds up every path of outputs that reads as `labels`."""
    total = 0.0
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        read = [k for k, _ in itertools.groupby(path) if k != 0]
        if read == list(labels):
            total += np.prod([p[t, k] for t, k in enumerate(path)])
    return total


class Loss(unittest.TestCase):
    def setUp(self):
        scores = np.random.default_rng(1).normal(0, 1, (4, 5, 3))
        self.log_p = jnp.asarray(jax.nn.log_softmax(scores), jnp.float32)
        self.frames = np.array([5, 4, 5, 5])
        self.labels = np.array([[1, 1], [1, 2], [2, 0], [0, 0]])
        self.counts = np.array([2, 2, 1, 0])

    def test_every_path_is_counted(self):
        loss = ctc.loss(self.log_p, self.frames, self.labels, self.counts)
        for i, (n, count) in enumerate(zip(self.frames, self.counts)):
            expected = likelihood_by_enumeration(np.exp(self.log_p[i, :n]), self.labels[i, :count])
            self.assertAlmostEqual(float(loss[i]), -np.log(expected), places=4)

    def test_gradient_is_the_slope(self):
        total = lambda log_p: ctc.loss(log_p, self.frames, self.labels, self.counts).sum()
        gradient = jax.grad(total)(self.log_p)
        for at in [(0, 0, 1), (0, 3, 0), (1, 2, 2), (1, 4, 0), (3, 1, 0)]:
            nudge = jnp.zeros_like(self.log_p).at[at].set(0.01)
            slope = (total(self.log_p + nudge) - total(self.log_p - nudge)) / 0.02
            self.assertAlmostEqual(float(gradient[at]), float(slope), places=2)


class Embedding(unittest.TestCase):
    def test_it_is_what_the_package_computes(self):
        samples = np.random.default_rng(1).normal(0, 3000, 28_000)
        for difference in embedding.check(samples):
            self.assertLess(difference, 1e-3)

    def test_what_is_tuned_begins_as_what_the_package_computes(self):
        weights = embedding.weights()
        energies = embedding.energies(np.random.default_rng(2).normal(0, 3000, 23_000), weights)
        theirs = embedding.embed(energies, embedding.session())
        ours = embedding.through(embedding.layers(weights), energies[None])[0]
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


class Export(unittest.TestCase):
    def test_cepstra_hold_all_of_the_energies(self):
        there = export.cepstra_from_energies()
        np.testing.assert_allclose(np.linalg.inv(there) @ there, np.eye(network.MELS), atol=1e-9)

    def test_folding_changes_nothing(self):
        rng = np.random.default_rng(2)
        parameters, statistics = network.initial(8)
        for layer in statistics:
            layer["mean"] = rng.normal(0, 1, 8).astype(np.float32)
            layer["variance"] = rng.uniform(0.5, 2, 8).astype(np.float32)
        mean, deviation = rng.normal(5, 1, 40).astype(np.float32), rng.uniform(1, 2, 40).astype(np.float32)
        groups = {
            "average": {"parameters": parameters, "statistics": statistics},
            "input": {"mean": mean, "deviation": deviation},
        }
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "checkpoint.npz")
            network.save(path, groups, {"offsets": network.OFFSETS})
            layers = export.folded_layers(path)
        energies = rng.normal(5, 2, (1, sum(network.context()) + 9, 40)).astype(np.float32)
        expected, _ = network.log_probabilities(parameters, statistics, (energies - mean) / deviation)
        # As libvosk computes it: cepstra in, offsets in frames, one output in three.
        values = energies[0] @ export.cepstra_from_energies().T
        left = network.context()[0]
        frame = {left + t: None for t in (0, 3, 6)}

        def at(number, t):
            if number < 0:
                return values[t]
            offsets, weight, bias = layers[number]
            out = weight @ np.concatenate([at(number - 1, t + o) for o in offsets]) + bias
            return out if number == len(layers) - 1 else np.maximum(out, 0)

        got = np.stack([at(len(layers) - 1, t) for t in frame])
        got = jax.nn.log_softmax(got)
        np.testing.assert_allclose(got, expected[0][: len(frame)], atol=2e-3)


class Verifier(unittest.TestCase):
    PARTS = "verifier", "spotter", "tuned"

    def test_what_is_shipped_can_be_trained_on_and_partly_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            shutil.copy(SHIPPED / "verifier.safetensors", folder)
            paths, changed = [], []
            for part in self.PARTS:
                groups, facts = verifier.shipped(SHIPPED, part)
                groups["model"] = jax.tree.map(lambda array: array + 1, groups["model"])
                paths.append(folder / f"{part}.npz")
                network.save(paths[-1], groups, facts)
                changed.append(groups)
            verifier.export(*paths, folder, kept=0.75)
            for part, wanted in zip(self.PARTS, changed):
                got, _ = verifier.shipped(folder, part)
                self.assertEqual(got.keys(), wanted.keys())
                for ours, theirs in zip(jax.tree.leaves(got["model"]), jax.tree.leaves(wanted["model"]), strict=True):
                    np.testing.assert_allclose(ours, theirs - 0.75, atol=0.02)
                for ours, theirs in zip(jax.tree.leaves(got["input"]), jax.tree.leaves(wanted["input"]), strict=True):
                    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


class Words(unittest.TestCase):
    def test_every_word_can_be_pronounced(self):
        unspeakable = [w for w in vocabulary.graph_words() + vocabulary.NEAR_HOMOPHONES if not pronunciations(w)]
        self.assertEqual(unspeakable, [])

    def test_the_table_is_as_kaldi_and_the_graph_want_it(self):
        self.assertEqual(kaldi_model.TUPLES, sorted(kaldi_model.TUPLES))
        first = 1 + len(PHONES) + 1
        phone = kaldi_model.kaldi_phone(PHONES[0], "B")
        self.assertEqual(kaldi_model.TUPLES[first : first + 2], [(phone, 0), (phone, 1)])
        self.assertEqual(kaldi_model.TUPLES[-1], (kaldi_model.kaldi_phone(PHONES[-1], "S"), len(PHONES)))

    def test_rules_read_what_they_were_learned_from(self):
        words = {"bad": "B AE D", "bed": "B EH D", "bead": "B IY D", "lead": "L IY D", "lad": "L AE D"}
        lexicon = [(word, tuple(phones.split())) for word, phones in words.items()]
        rules = letter_rules.learn(letter_rules.aligned(lexicon), fewest=1)
        self.assertEqual([letter_rules.pronounce(word, rules) for word, _ in lexicon], [p for _, p in lexicon])


class Features(unittest.TestCase):
    def test_a_tone_lands_in_its_bin(self):
        tone = 8000 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
        energies = features.log_mel(tone)
        self.assertEqual(energies.shape, (98, features.MELS))
        edges = np.linspace(features.mel(features.LOWEST), features.mel(features.HIGHEST), features.MELS + 2)
        nearest = int(np.abs(edges[1:-1] - features.mel(1000)).argmin())
        self.assertTrue((energies.argmax(1) == nearest).all())


if __name__ == "__main__":
    unittest.main()
