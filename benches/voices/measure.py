"""How well the voices are understood by a recogniser that knows nothing of them, and how lively they are.

usage: measure.py [--every N] [--noise FILE] DIR...

DIR is what `examples/measure_voice.rs --export` wrote: 16 kHz WAV files and texts.tsv. For each voice and
each of clean and 10 dB SNR: the numbers 0 to 60 in a grammar of them, and word errors on the sentences, with
pocketsphinx's own acoustic model and dictionary and one of two language models:

talk     word pairs of the *other* sentences of the talk (ten folds, so that no sentence is in its own model):
         somebody who knows what the talk is about
general  pocketsphinx's own, of general English: somebody who expects anything, newspapers most

Of the word errors, "homophones" is the share that no voice can help: what was understood sounds the same.

The noise is a fan's (see fan()), or FILE (WAV, 16 kHz, mono). SNR: power of the speech while it sounds over the
power of the noise.
"""

import argparse
import math
import os
import re
import sys
import tempfile
import wave
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache

import numpy as np
from pocketsphinx import Decoder

RATE = 16_000
SNR_DB = 10.0
# Up to so many words are a count or a cue, which nobody hears as a sentence.
CUE_WORDS = 3
# The bars: word errors in percent, numbers wrong; clean and in noise.
BARS = {"clean": (5.0, 0), "10 dB": (10.0, 3)}
ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty".split()


def number(n):
    if n < 20:
        return ONES[n]
    tens, ones = divmod(n, 10)
    return TENS[tens - 2] + (" " + ONES[ones] if ones else "")


NUMBERS = [number(n) for n in range(61)]
GRAMMAR = "#JSGF V1.0;\ngrammar numbers;\npublic <number> = " + " | ".join(NUMBERS) + ";\n"


FOLDS = 10
# Words of the talk that its dictionary lacks.
PRONUNCIATIONS = {"wisenet": "W AY Z N EH T"}


def words(text):
    return re.sub(r"[^a-z' ]", " ", text.lower().replace("-", " ")).split()


def read(path):
    with wave.open(path) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2), path
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 32_768


def fan(count, rng):
    """A fan: noise that falls by 3 dB an octave from 100 Hz on, with the hum of its blades and of the mains."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum *= np.where(hertz < 100, (hertz / 100) ** 2, (100 / np.maximum(hertz, 1)) ** 0.5)
    noise = np.fft.irfft(spectrum, count)
    noise /= np.sqrt(np.mean(noise**2))
    time = np.arange(count) / RATE
    for tone, level in ((100, 0.2), (290, 0.25), (580, 0.12)):
        noise += level * np.sin(2 * np.pi * (tone * time + rng.uniform()))
    return noise / np.sqrt(np.mean(noise**2))


def speech_power(samples):
    """Mean power of the 20 ms within 40 dB of the loudest."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    power = np.mean(frames**2, axis=1)
    return np.mean(power[power > power.max() * 1e-4])


def heard(samples, noise, seed):
    """The clip with half a second around it, in quiet or in the noise; 16-bit PCM."""
    rng = np.random.default_rng(seed)
    around = RATE // 2
    padded = np.concatenate([np.zeros(around), samples, np.zeros(around)])
    if noise is None:
        # No room is digitally silent: -65 dB of full scale.
        padded = padded + rng.standard_normal(len(padded)) * 10 ** (-65 / 20)
    else:
        if isinstance(noise, str):
            recorded = read(noise)
            recorded = np.tile(recorded, len(padded) // len(recorded) + 2)
            at = rng.integers(len(recorded) - len(padded))
            chosen = recorded[at : at + len(padded)]
            chosen = chosen / np.sqrt(np.mean(chosen**2))
        else:
            chosen = fan(len(padded), rng)
        padded = padded + chosen * np.sqrt(speech_power(samples)) * 10 ** (-SNR_DB / 20)
        # As loud as before: nothing clips.
        padded *= 0.5
    return (np.clip(padded, -1, 32_767 / 32_768) * 32_768).astype("<i2").tobytes()


def distance(said, understood, alike=lambda said, understood: False):
    """Words put in, left out or changed; one or two for one or two that are `alike` are neither."""
    blocks = [(a, b) for a in (1, 2) for b in (1, 2)]
    rows = [list(range(len(understood) + 1))]
    for i in range(1, len(said) + 1):
        row = [i]
        rows.append(row)
        for j in range(1, len(understood) + 1):
            least = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (said[i - 1] != understood[j - 1]))
            for a, b in blocks:
                # Only what would make a difference is looked up.
                if a <= i and b <= j and rows[i - a][j - b] < least and alike(tuple(said[i - a : i]), tuple(understood[j - b : j])):
                    least = rows[i - a][j - b]
            row.append(least)
    return rows[-1][-1]


def listener(decoder):
    """Whether words sound like others by the decoder's dictionary, in one of their pronunciations each: no voice can
    tell "hole" from "whole", "camera's" from "cameras" or "log in" from "login"."""

    @lru_cache(None)
    def sounds(words):
        if not words:
            return frozenset({()})
        ways = [decoder.lookup_word(way) for way in (words[0], *(f"{words[0]}({n})" for n in range(2, 6)))]
        return frozenset(tuple(way.split()) + rest for way in ways if way for rest in sounds(words[1:]))

    return lambda said, understood: not sounds(said).isdisjoint(sounds(understood))


def arpa(sentences, vocabulary):
    """Word pairs of `sentences`, smoothed after Witten and Bell, over `vocabulary`, in ARPA's format."""
    after, single = defaultdict(Counter), Counter()
    for sentence in sentences:
        for a, b in zip(["<s>"] + sentence, sentence + ["</s>"]):
            after[a][b] += 1
            single[b] += 1
    every = sorted(set(vocabulary) | {"</s>"})
    total = sum(single.values()) + len(every)
    alone = {word: (single[word] + 1) / total for word in every}
    share = {a: len(b) / (sum(b.values()) + len(b)) for a, b in after.items()}
    lines = [f"-99 <s> {math.log10(share['<s>']):.4f}"]
    lines += [f"{math.log10(alone[w]):.4f} {w} {math.log10(share.get(w, 1)):.4f}" for w in every]
    pairs = [
        f"{math.log10(n / (sum(b.values()) + len(b)) + share[a] * alone[w]):.4f} {a} {w}"
        for a, b in sorted(after.items())
        for w, n in sorted(b.items())
    ]
    head = f"\\data\\\nngram 1={len(lines)}\nngram 2={len(pairs)}\n"
    return head + "\n\\1-grams:\n" + "\n".join(lines) + "\n\n\\2-grams:\n" + "\n".join(pairs) + "\n\n\\end\\\n"


def prepare(decoder, all_sentences, model):
    """Gives the decoder its language models; returns the name of the one for the nth sentence."""
    if model == "general":
        return lambda n: "_default"
    for word, phones in PRONUNCIATIONS.items():
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, phones, True)
    vocabulary = {word for sentence in all_sentences for word in sentence}
    with tempfile.TemporaryDirectory() as scratch:
        for fold in range(FOLDS):
            path = os.path.join(scratch, f"{fold}.arpa")
            others = [s for n, s in enumerate(all_sentences) if n % FOLDS != fold]
            with open(path, "w", encoding="utf-8") as file:
                file.write(arpa(others, vocabulary))
            decoder.add_lm_file(f"fold{fold}", path)
    return lambda n: f"fold{n % FOLDS}"


def decoded(decoder, data):
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""


def semitones(samples):
    """Pitch of the voiced 40 ms, by autocorrelation, in semitones; 70 to 350 Hz."""
    pitch = []
    width, low, high = 640, RATE // 350, RATE // 70
    for start in range(0, len(samples) - width, 160):
        frame = samples[start : start + width]
        if np.mean(frame**2) < 1e-4:
            continue
        frame = frame - frame.mean()
        spectrum = np.abs(np.fft.rfft(frame, 2 * width)) ** 2
        lags = np.fft.irfft(spectrum)[: high + 1]
        # Longer lags overlap less.
        lags = lags / lags[0] * width / (width - np.arange(high + 1))
        best = low + int(np.argmax(lags[low:]))
        if lags[best] > 0.6:
            pitch.append(12 * np.log2(RATE / best))
    return pitch


def condition(job):
    voice, noise, every, label, model = job
    with open(os.path.join(voice, "texts.tsv"), encoding="utf-8") as file:
        clips = [line.rstrip("\n").split("\t") for line in file]
    sentences = [(n, text) for n, text in clips if len(words(text)) > CUE_WORDS]
    numbers = [(n, text) for n, text in clips if text in NUMBERS]
    decoder = Decoder(samprate=RATE, loglevel="FATAL")
    errors = homophones = total = unknown = 0
    alike = listener(decoder)
    pitch, worst = [], []
    search = prepare(decoder, [words(text) for _, text in sentences], model)
    for at, (n, text) in list(enumerate(sentences))[::every]:
        decoder.activate_search(search(at))
        samples = read(os.path.join(voice, n + ".wav"))
        said = words(text)
        understood = words(decoded(decoder, heard(samples, noise, int(n))))
        wrong = distance(said, understood)
        errors, total = errors + wrong, total + len(said)
        homophones += wrong - distance(said, understood, alike)
        unknown += sum(decoder.lookup_word(word) is None for word in said)
        if wrong:
            worst.append((wrong, " ".join(said), " ".join(understood)))
        pitch.append(semitones(samples))
    decoder.add_jsgf_string("numbers", GRAMMAR)
    decoder.activate_search("numbers")
    mistaken = []
    for n, text in numbers:
        got = decoded(decoder, heard(read(os.path.join(voice, n + ".wav")), noise, int(n)))
        if got != text:
            mistaken.append(f"{text} as {got or 'nothing'}")
    spread = np.mean([np.std(p) for p in pitch if len(p) > 20])
    return voice, label, len(sentences[::every]), total, errors, homophones, unknown, len(numbers), mistaken, spread, sorted(worst)[::-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voices", nargs="+", metavar="DIR")
    parser.add_argument("--every", type=int, default=1, help="only every so manyth sentence")
    parser.add_argument("--noise", default=True, help="a recording of noise instead of the fan")
    parser.add_argument("--general", action="store_true", help="the language model of general English")
    parser.add_argument("--mistakes", type=int, default=0, help="print so many of the worst sentences")
    parser.add_argument("--bars", action="store_true", help="exit with 1 where a bar is missed")
    args = parser.parse_args()
    jobs = [(v.rstrip("/"), n, args.every, label, "general" if args.general else "talk") for v in args.voices for label, n in (("clean", None), ("10 dB", args.noise))]
    print(f"{'voice':<32} {'noise':<6} {'sentences':>9} {'words':>6} {'word errors':>12} {'homophones':>10} {'numbers wrong':>14} {'pitch st':>9}")
    missed = 0
    with ProcessPoolExecutor(2) as pool:
        for voice, label, n, total, errors, homophones, unknown, numbers, mistaken, spread, worst in pool.map(condition, jobs):
            share = 100 * errors / max(total, 1)
            # Two standard errors, as if every word were on its own: the least that chance does.
            chance = 200 * (share / 100 * (1 - share / 100) / max(total, 1)) ** 0.5
            few, wrong = BARS[label]
            short = share > few or len(mistaken) > wrong
            missed += short
            print(f"{os.path.basename(voice):<32} {label:<6} {n:>9} {total:>6} {share:>5.1f} ± {chance:.1f} % {100 * homophones / max(total, 1):>8.1f} % {len(mistaken):>9}/{numbers} {spread:>9.2f}{'  misses the bar' if short else ''}", flush=True)
            if unknown and label == "clean":
                print(f"  {unknown} words are not in its dictionary and count as errors")
            for mistake in mistaken:
                print(f"  {mistake}")
            for wrong, said, understood in worst[: args.mistakes]:
                print(f"  {wrong} in: {said}\n        {understood}")
    sys.exit(bool(missed and args.bars))


if __name__ == "__main__":
    main()
