"""One clean utterance in, one as a microphone in some room might hear it out.

Every draw is different: speed, words before or after, silence, tone, room, bandwidth, noise, level. Three kinds of copy are
made. *Clean* ones matter: a model that never heard a quiet close recording does not understand one.
"""

import numpy as np
import scipy.fft
import scipy.signal

RATE = 16000
KINDS = {"clean": 0.28, "mild": 0.32, "noisy": 0.40}
SNR = {"clean": (35, 75), "mild": (15, 40), "noisy": (-1, 20)}
FULL_SCALE = 32767.0


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))) + 1e-9)


def at_speed(samples, speed):
    """Faster and higher (or slower and lower), as a tape would."""
    n = scipy.fft.next_fast_len(len(samples), real=True)
    m = scipy.fft.next_fast_len(max(64, round(n / speed)), real=True)
    spectrum = scipy.fft.rfft(samples, n)
    bins = m // 2 + 1
    spectrum = spectrum[:bins] if bins <= len(spectrum) else np.pad(spectrum, (0, bins - len(spectrum)))
    return (scipy.fft.irfft(spectrum, m) * (m / n)).astype(np.float32)[: max(1, round(len(samples) * m / n))]


def own_background(samples, count, rng):
    """Noise with the spectrum and level of the quietest frames of a recording, to go before and after it.

    White noise or digital silence there would be a cue that real recordings lack.
    """
    size = 400
    frames = len(samples) // size
    if count <= 0:
        return np.zeros(0, np.float32)
    if frames < 4:
        return (rng.standard_normal(count) * 0.3).astype(np.float32)
    cut = samples[: frames * size].reshape(frames, size)
    level = cut.std(1)
    quiet = np.argsort(level)[: max(2, frames // 8)]
    power = np.mean(np.abs(np.fft.rfft(cut[quiet] * np.hanning(size), axis=1)) ** 2, 0) / np.sum(np.hanning(size) ** 2)
    n = scipy.fft.next_fast_len(count, real=True)
    shape = np.interp(np.linspace(0, 1, n // 2 + 1), np.linspace(0, 1, len(power)), np.sqrt(power))
    noise = scipy.fft.irfft(scipy.fft.rfft(rng.standard_normal(n)) * shape, n)[:count].astype(np.float32)
    return noise * min(1.0, float(np.median(level[quiet])) / rms(noise))


# -- noises ---------------------------------------------------------------------------------------------------------------


def coloured(count, rng):
    """From white to brown, sometimes swelling and fading."""
    n = scipy.fft.next_fast_len(count, real=True)
    frequency = np.maximum(np.arange(n // 2 + 1) * RATE / n, 30)
    spectrum = scipy.fft.rfft(rng.standard_normal(n)) * frequency ** (-rng.uniform(-0.3, 2.0) / 2)
    noise = scipy.fft.irfft(spectrum, n)[:count]
    if rng.random() < 0.35:
        points = max(3, count // 4000)
        noise = noise * np.interp(np.arange(count), np.linspace(0, count, points), np.exp(rng.normal(0, 0.8, points)))
    return (noise / rms(noise)).astype(np.float32)


def hum(count, rng):
    """Mains, fans and motors: a tone with its harmonics."""
    tone = rng.choice([50, 60, 100, 120]) * rng.uniform(0.98, 1.02) if rng.random() < 0.6 else rng.uniform(60, 900)
    time = np.arange(count) / RATE
    noise = np.zeros(count)
    for harmonic in range(1, 12):
        if tone * harmonic < 7500:
            gain = rng.uniform(0.1, 1) / harmonic ** rng.uniform(0.3, 1.5)
            noise += np.sin(2 * np.pi * tone * harmonic * time + rng.uniform(0, 6.28)) * gain
    return (noise / rms(noise) + coloured(count, rng) * rng.uniform(0, 0.3)).astype(np.float32)


def clicks(count, rng):
    """Clatter: short decaying bursts."""
    noise = np.zeros(count, np.float32)
    for _ in range(int(rng.integers(2, 12))):
        size = int(rng.integers(80, 3000))
        burst = rng.standard_normal(size) * np.exp(-np.arange(size) / size * rng.uniform(3, 9))
        if rng.random() < 0.5:
            band = [rng.uniform(0.03, 0.3), rng.uniform(0.4, 0.9)]
            burst = scipy.signal.sosfilt(scipy.signal.butter(2, band, "band", output="sos"), burst)
        at = int(rng.integers(0, max(1, count - size)))
        part = noise[at : at + size]
        part += (burst * rng.uniform(0.2, 1))[: len(part)]
    return noise + coloured(count, rng) * 0.01


def stretch_of(recording, count, rng):
    """Some stretch of a recording, repeated where it is too short."""
    recording = recording.astype(np.float32)
    if len(recording) < count:
        return np.roll(np.resize(recording, count), int(rng.integers(count)))
    at = int(rng.integers(0, len(recording) - count + 1))
    return recording[at : at + count]


class Augmenter:
    """Draws copies. `noises` are recorded noises, `chatter` recordings of people talking, `own` what the program says
    itself; all int16."""

    def __init__(self, utterances, weights, noises, chatter, own, short):
        self.utterances = utterances
        self.cumulative = np.cumsum(weights) / np.sum(weights)
        self.noises = noises
        self.chatter = chatter
        self.own = own
        self.short = short  # indices of utterances fit to be chained

    def babble(self, count, rng):
        noise = np.zeros(count, np.float32)
        for _ in range(int(rng.integers(2, 8))):
            talker = stretch_of(self.chatter[int(rng.integers(len(self.chatter)))], count, rng)
            noise += talker / rms(talker) * rng.uniform(0.3, 1)
        return noise

    def residue(self, count, rng):
        """What an echo canceller leaves of the program's own voice: coloured anew, and more of it now and less then."""
        voice = np.concatenate([self.own[int(rng.integers(len(self.own)))] for _ in range(4)])
        voice = shaped(stretch_of(voice, count, rng), random_tone(rng, 6.0))
        if rng.random() < 0.6:
            voice = in_room(voice, rng)
        points = max(3, count // 4000)
        voice = voice * np.interp(np.arange(count), np.linspace(0, count, points), np.exp(rng.normal(0, 0.7, points)))
        voice = voice / rms(voice)
        return (voice + coloured(count, rng) * rng.uniform(0.03, 0.5)).astype(np.float32)

    def noise(self, count, rng, with_babble=True):
        if with_babble and self.own and rng.random() < 0.15:
            return self.residue(count, rng)
        kind = rng.random()
        if kind < 0.18 and with_babble:
            return self.babble(count, rng)
        if kind < 0.60:
            noise = stretch_of(self.noises[int(rng.integers(len(self.noises)))], count, rng)
            if rms(noise) > 1:
                if rng.random() < 0.5:
                    noise = shaped(noise, random_tone(rng, 5.0))
                return noise
        if kind < 0.68:
            return hum(count, rng)
        if kind < 0.74:
            return clicks(count, rng)
        noise = coloured(count, rng)
        if rng.random() < 0.3:
            noise += hum(count, rng) * rng.uniform(0.1, 0.6)
        return noise

    def draw(self, rng):
        """(samples, labels)"""
        if rng.random() < 0.05:
            return self._noise_only(rng), []
        utterance = self.utterances[int(np.searchsorted(self.cumulative, rng.random()))]
        samples, labels = utterance.samples.astype(np.float32), list(utterance.labels)
        kind = rng.choice(list(KINDS), p=list(KINDS.values()))
        if rng.random() < (0.3 if kind == "clean" else 0.8):
            samples = at_speed(samples, float(np.clip(np.exp(rng.normal(0, 0.1)), 0.78, 1.28)))
        if len(labels) <= 14 and len(samples) < 2 * RATE and rng.random() < 0.2:
            samples, labels = self._chained(samples, labels, rng)
        samples = self._embedded(samples, rng)
        samples = self._as_heard(samples, kind, rng)
        level = FULL_SCALE * 10 ** (-rng.uniform(0, 34) / 20)
        samples = samples / max(1e-9, np.abs(samples).max()) * level
        if kind == "noisy" and rng.random() < 0.07:
            samples = samples * rng.uniform(1, 3)
        return np.clip(np.round(samples), -FULL_SCALE, FULL_SCALE), labels

    def _noise_only(self, rng):
        count = int(RATE * rng.uniform(0.8, 2.5))
        noise = self.noise(count, rng, with_babble=False)
        level = FULL_SCALE * 10 ** (-rng.uniform(0, 60) / 20)
        return np.round(noise / max(1e-9, np.abs(noise).max()) * level)

    def _chained(self, samples, labels, rng):
        """Another short utterance before or after, a pause between them."""
        other = self.utterances[int(rng.choice(self.short))]
        more = other.samples.astype(np.float32)
        more *= rms(samples) / rms(more) * np.exp(rng.normal(0, 0.3))
        pause = own_background(samples, int(RATE * rng.uniform(0.02, 0.6)), rng)
        if rng.random() < 0.5:
            return np.concatenate([samples, pause, more]), labels + other.labels
        return np.concatenate([more, pause, samples]), other.labels + labels

    def _embedded(self, samples, rng):
        """Silence around; one time in six speech sets in at the very start."""
        before = 0.0 if rng.random() < 0.16 else rng.uniform(0.02, 0.4)
        around = [own_background(samples, int(RATE * s), rng) for s in (before, rng.uniform(0.1, 0.35))]
        return np.concatenate([around[0], samples, around[1]])

    def _as_heard(self, samples, kind, rng):
        hard = kind == "noisy"
        response = None
        if kind != "clean":
            if rng.random() < (0.6 if hard else 0.45):
                response = random_tone(rng, 3.5)
            if rng.random() < (0.4 if hard else 0.25):
                samples = in_room(samples, rng)
        elif rng.random() < 0.3:
            response = random_tone(rng, 2.0)
        if response is not None:
            samples = shaped(samples, response)
        if kind == "clean" and rng.random() < 0.15:
            return samples  # not even the noise of a microphone
        samples = samples / rms(samples)
        low, high = SNR[kind]
        noise = coloured(len(samples), rng) if kind == "clean" else self.noise(len(samples), rng)
        samples = samples + noise / rms(noise) * 10 ** (-rng.uniform(low, high) / 20)
        if rng.random() < 0.15:
            # A telephone's bandwidth, and what noise comes after it.
            telephone = scipy.signal.butter(8, rng.uniform(3300, 3950) / (RATE / 2), output="sos")
            samples = scipy.signal.sosfilt(telephone, samples).astype(np.float32)
            if rng.random() < 0.7:
                samples += rng.standard_normal(len(samples)) * 10 ** (-rng.uniform(55, 90) / 20) * rms(samples)
        return samples


def random_tone(rng, spread):
    """A random smooth frequency response: (hertz, gain in dB)."""
    at = np.array([0, 150, 400, 1000, 2000, 3500, 5500, 8000])
    gain = rng.normal(0, spread, len(at))
    if rng.random() < 0.35:
        gain[0] -= rng.uniform(5, 30)
        gain[1] -= rng.uniform(0, 8)
    return at, gain + rng.uniform(-6, 3) * np.linspace(0, 1, len(at))


def shaped(samples, response):
    n = scipy.fft.next_fast_len(len(samples), real=True)
    at, gain = response
    filter_ = 10 ** (np.interp(np.linspace(0, RATE / 2, n // 2 + 1), at, gain) / 20)
    return scipy.fft.irfft(scipy.fft.rfft(samples, n) * filter_, n)[: len(samples)].astype(np.float32)


def in_room(samples, rng):
    """A room of 0.08 to 0.7 s reverberation: the direct sound, a gap, a decaying tail."""
    size = int(rng.uniform(0.08, 0.7) * RATE)
    tail = rng.standard_normal(size) * 10 ** (-3 * np.arange(size) / size)
    if rng.random() < 0.6:
        tail = scipy.signal.lfilter([rng.uniform(0.3, 1)], [1, -rng.uniform(0, 0.7)], tail)
    tail *= rng.uniform(0.1, 1.1) / np.sqrt(np.sum(tail**2))
    tail[: int(rng.integers(1, 80))] = 0
    tail[0] = 1
    return scipy.signal.oaconvolve(samples, tail)[: len(samples)].astype(np.float32)
