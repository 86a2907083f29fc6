"""Writes Kaldi's acoustic model file (`am/final.mdl`): a transition model and a feed-forward nnet3 network, binary.

Only what libvosk reads is written: one topology entry, a table of (phone, state, pdf) tuples, and a chain of three
kinds of component (FixedAffine, RectifiedLinear, LogSoftmax).

The phone table is arranged so that Kaldi's lattice determinisation, which works on phone sequences first, stays cheap.
A phone instance is one "forward" transition-id, then any number of self-loop transition-ids *of the same phone, whatever
their pdf*. So

* the CTC blank inside a word is a self-loop of the phone around it, on pdf 0, and
* a whole garbage word is a single instance of the phone GARBAGE, which owns a tuple for every pdf.

With a phone of its own for every blank and a loop of phones for garbage, every path through the garbage has its own phone
sequence, and two minutes of chatter take longer than two minutes to decode.
"""

import struct

import numpy as np

from lexicon import OUTPUTS, PDF_OF, PHONES

SILENCE, GARBAGE = 1, 2
# Begin, internal, end, singleton: four phones for every sound.
POSITIONS = "BIES"
KALDI_PHONES = 2 + len(POSITIONS) * len(PHONES)


def kaldi_phone(phone, position):
    """The id of a phone at a position in its word: B(egin), I(nternal), E(nd) or S(ingleton)."""
    return 3 + len(POSITIONS) * (PDF_OF[phone] - 1) + POSITIONS.index(position)


def own_pdf(phone):
    """The network output that stands for a Kaldi phone; silence is the CTC blank."""
    return 0 if phone == SILENCE else 1 + (phone - 3) // len(POSITIONS)


def _tuples():
    tuples = [(SILENCE, 0)] + [(GARBAGE, pdf) for pdf in range(OUTPUTS)]
    for phone in range(3, KALDI_PHONES + 1):
        tuples += [(phone, 0), (phone, own_pdf(phone))]
    return tuples


# Kaldi numbers transition-ids by the order of this table and wants it sorted: entry k, from 0, has the self-loop 2k + 1
# and the forward transition 2k + 2. The graph is built with the same numbers (src/ears/graph/topology.rs).
TUPLES = _tuples()


class _Writer:
    """Kaldi's binary stream: tokens followed by a space, numbers behind their size in bytes."""

    def __init__(self):
        self.bytes = bytearray(b"\0B")

    def token(self, *names):
        for name in names:
            self.bytes += name.encode() + b" "

    def integer(self, *values):
        for value in values:
            self.bytes += b"\x04" + struct.pack("<i", value)

    def real(self, value):
        self.bytes += b"\x04" + struct.pack("<f", value)

    def integers(self, values):
        self.integer(len(values))
        self.bytes += np.asarray(values, "<i4").tobytes()

    def vector(self, values):
        self.token("FV")
        self.integer(len(values))
        self.bytes += np.asarray(values, "<f4").tobytes()

    def matrix(self, values):
        self.token("FM")
        self.integer(*values.shape)
        self.bytes += np.ascontiguousarray(values, "<f4").tobytes()


def _write_transition_model(out):
    stay = 0.5
    out.token("<TransitionModel>", "<Topology>")
    out.integers(range(1, KALDI_PHONES + 1))
    out.integers([-1] + [0] * KALDI_PHONES)  # every phone has topology entry 0
    out.integer(1)  # which has two states:
    out.integer(2)
    out.integer(0)  # state 0, pdf class 0, two transitions
    out.integer(2)
    out.integer(0)
    out.real(stay)
    out.integer(1)
    out.real(1 - stay)
    out.integer(-1)  # state 1, final: no pdf, no transitions
    out.integer(0)
    out.token("</Topology>", "<Triples>")
    out.integer(len(TUPLES))
    for phone, pdf in TUPLES:
        out.integer(phone, 0, pdf)
    out.token("</Triples>", "<LogProbs>")
    out.vector([0.0] + [np.log(stay), np.log(1 - stay)] * len(TUPLES))
    out.token("</LogProbs>", "</TransitionModel>")


def _write_network(out, layers, inputs):
    config = [f"input-node name=input dim={inputs}"]
    components = []
    previous = "input"

    def add(name, source, kind, *what):
        nonlocal previous
        config.append(f"component-node name={name} component={name} input={source}")
        components.append((name, kind, *what))
        previous = name

    for number, (offsets, weight, bias) in enumerate(layers):
        spliced = [previous if offset == 0 else f"Offset({previous}, {offset})" for offset in offsets]
        source = spliced[0] if len(spliced) == 1 else f"Append({', '.join(spliced)})"
        add(f"layer{number}.affine", source, "FixedAffineComponent", weight, bias)
        last = number == len(layers) - 1
        kind = "LogSoftmaxComponent" if last else "RectifiedLinearComponent"
        add(f"layer{number}.{'logsoftmax' if last else 'relu'}", previous, kind, len(bias))
    config.append(f"output-node name=output input={previous} objective=linear")

    out.token("<Nnet3>")
    # The reader wants the end of the line after the token, and takes lines until an empty one.
    out.bytes += ("\n" + "\n".join(config) + "\n\n").encode()
    out.token("<NumComponents>")
    out.integer(len(components))
    for name, kind, *what in components:
        out.token("<ComponentName>", name, f"<{kind}>")
        if kind == "FixedAffineComponent":
            out.token("<LinearParams>")
            out.matrix(what[0])
            out.token("<BiasParams>")
            out.vector(what[1])
        else:
            out.token("<Dim>")
            out.integer(what[0])
            out.token("<ValueAvg>")
            out.vector([])
            out.token("<DerivAvg>")
            out.vector([])
            out.token("<Count>")
            out.real(0.0)
        out.token(f"</{kind}>")
    out.token("</Nnet3>")


def acoustic_model(layers, inputs=40, priors=None):
    """The bytes of final.mdl.

    `layers` are (offsets in frames, weight[out, in * len(offsets)], bias); ReLU follows each but the last, a log-softmax
    the last. libvosk subtracts the logarithm of `priors`, one per output, from the network's scores.
    """
    out = _Writer()
    _write_transition_model(out)
    _write_network(out, layers, inputs)
    out.token("<LeftContext>")
    out.integer(0)  # the reader works both contexts out itself
    out.token("<RightContext>")
    out.integer(0)
    out.token("<Priors>")
    out.vector([] if priors is None else priors)
    return bytes(out.bytes)
