"""Other recognisers on the very samples that `talkthrough eval --export` wrote, judged as it judges its own.

    python peers.py EXPORT_DIR MODEL_DIR PEER

Prints one JSON object with the fields of `talkthrough eval --json` that a peer has. Peers:

    pocketsphinx-jsgf   PocketSphinx's own model, a JSGF grammar of the vocabulary, its endpointer
    pocketsphinx-kws    the same model, keyword spotting, one threshold for every phrase (--threshold)
    vosk                our model, a grammar with [unk], whole final results that are a phrase
    vosk-without-unk    the same without [unk]

Nothing here is tuned: each is used as its documentation shows.
"""

import argparse
import collections
import json
import math
import pathlib
import tempfile
import time
import wave

RATE = 16_000
CHUNK = 320  # samples, 20 ms, as the ears get them
AFTERWARDS = 0.3  # seconds after a recording in which a verdict still answers it

Verdict = collections.namedtuple("Verdict", "phrase start end decided took")


def samples_of(path):
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2), path
        return file.readframes(file.getnframes())


def chunks(data, samples):
    for at in range(0, len(data), 2 * samples):
        yield data[at : at + 2 * samples]


class Vosk:
    """Final results only; a result counts when all of it is a phrase."""

    def __init__(self, model, phrases, unknown):
        import vosk

        vosk.SetLogLevel(-1)
        self.vosk, self.phrases = vosk, set(phrases)
        self.model = vosk.Model(str(model))
        self.grammar = json.dumps(phrases + (["[unk]"] if unknown else []))

    def hear(self, data):
        recognizer = self.vosk.KaldiRecognizer(self.model, RATE, self.grammar)
        recognizer.SetWords(True)
        heard = 0
        for chunk in chunks(data, CHUNK):
            began = time.perf_counter()
            over = recognizer.AcceptWaveform(chunk)
            result = recognizer.Result() if over else None
            took = time.perf_counter() - began
            heard += len(chunk) // 2
            if result:
                yield from self.verdicts(result, heard / RATE, took)
        yield from self.verdicts(recognizer.FinalResult(), heard / RATE, 0.0)

    def verdicts(self, result, decided, took):
        result = json.loads(result)
        if result["text"] in self.phrases:
            words = result["result"]
            yield Verdict(result["text"], words[0]["start"], words[-1]["end"], decided, took)


class Jsgf:
    """PocketSphinx with a grammar, on what its endpointer takes for speech."""

    def __init__(self, phrases):
        import pocketsphinx

        self.pocketsphinx = pocketsphinx
        with tempfile.NamedTemporaryFile("w", suffix=".gram") as grammar:
            grammar.write("#JSGF V1.0;\ngrammar commands;\npublic <command> = " + " | ".join(phrases) + " ;\n")
            grammar.flush()
            self.decoder = pocketsphinx.Decoder(samprate=RATE, jsgf=grammar.name, lm=None, loglevel="FATAL")

    def hear(self, data):
        endpointer = self.pocketsphinx.Endpointer(sample_rate=RATE)
        speaking, heard = False, 0
        for frame in chunks(data, endpointer.frame_bytes // 2):
            began = time.perf_counter()
            heard += len(frame) // 2
            last = 2 * heard == len(data)
            speech = endpointer.end_stream(frame) if last else endpointer.process(frame)
            if speech is None:
                if not (last and speaking):
                    continue
            else:
                if not speaking:
                    self.decoder.start_utt()
                    speaking = True
                self.decoder.process_raw(speech)
            if not endpointer.in_speech or last:
                self.decoder.end_utt()
                speaking = False
                hypothesis = self.decoder.hyp()
                if hypothesis is not None and hypothesis.hypstr:
                    took = time.perf_counter() - began
                    end = endpointer.speech_end or heard / RATE
                    yield Verdict(hypothesis.hypstr, endpointer.speech_start, end, heard / RATE, took)


class Spotting:
    """PocketSphinx looking for keywords in all that is heard."""

    def __init__(self, phrases, threshold):
        import pocketsphinx

        with tempfile.NamedTemporaryFile("w", suffix=".list") as words:
            words.write("".join(f"{phrase} /{threshold}/\n" for phrase in phrases))
            words.flush()
            self.decoder = pocketsphinx.Decoder(samprate=RATE, kws=words.name, lm=None, loglevel="FATAL")

    def hear(self, data):
        self.decoder.start_utt()
        heard = begin = 0
        for chunk in chunks(data, CHUNK):
            began = time.perf_counter()
            self.decoder.process_raw(chunk)
            heard += len(chunk) // 2
            hypothesis = self.decoder.hyp()
            if hypothesis is None:
                continue
            found = [(s.word.strip(), s.start_frame, s.end_frame) for s in self.decoder.seg()]
            self.decoder.end_utt()
            self.decoder.start_utt()
            took = time.perf_counter() - began
            for word, first, last in found:
                yield Verdict(word, begin / RATE + first / 100, begin / RATE + last / 100, heard / RATE, took)
            begin = heard
        self.decoder.end_utt()


def percentile(values, share):
    """By nearest rank."""
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else None


def evaluate(peer, directory):
    streams = collections.defaultdict(list)
    for line in (directory / "truth.jsonl").read_text().splitlines():
        row = json.loads(line)
        streams[row["stream"]].append(row)
    count, by_word = collections.Counter(), collections.defaultdict(collections.Counter)
    latencies, seconds, spent, silent_hours = [], 0.0, 0.0, collections.Counter()
    for name, rows in streams.items():
        data = samples_of(directory / name)
        began = time.process_time()
        verdicts = list(peer.hear(data))
        spent += time.process_time() - began
        seconds += len(data) / 2 / RATE
        kind = rows[0]["kind"]
        if kind != "positive":
            count["false " + kind] += len(verdicts)
            silent_hours[kind] += sum(row["file"][1] - row["file"][0] for row in rows) / 3600
            continue
        (row,) = rows
        begin, end = row["file"]
        answers = [v for v in verdicts if v.start < end + AFTERWARDS and v.end > begin]
        count["beside"] += len(verdicts) - len(answers[:1])
        count["positives"] += 1
        by_word[row["phrase"]]["n"] += 1
        if not answers:
            count["missed"] += 1
        elif answers[0].phrase != row["phrase"]:
            count["confused"] += 1
        else:
            count["recalled"] += 1
            by_word[row["phrase"]]["recalled"] += 1
            latencies.append(1e3 * (answers[0].decided - row["word"][1] + answers[0].took))
    hours = silent_hours["negative"]
    return {
        "positives": count["positives"],
        "recalled": count["recalled"],
        "confused": count["confused"],
        "missed": count["missed"],
        "recall": count["recalled"] / count["positives"] if count["positives"] else None,
        "negative_hours": hours,
        "false_commands": count["false negative"],
        "false_per_hour": count["false negative"] / hours if hours else None,
        "noise_hours": silent_hours["noise"],
        "noise_false": count["false noise"],
        "beside_a_word": count["beside"],
        "latency_ms": {"n": len(latencies), "p50": percentile(latencies, 0.5), "p95": percentile(latencies, 0.95)},
        "real_time_factor": spent / seconds,
        "by_word": by_word,
    }


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("export", type=pathlib.Path, help="what `talkthrough eval --export` wrote")
    options.add_argument("model", type=pathlib.Path, help="our model, for Vosk")
    options.add_argument("peer", choices=["pocketsphinx-jsgf", "pocketsphinx-kws", "vosk", "vosk-without-unk"])
    options.add_argument("--threshold", default="1e-10", help="of keyword spotting")
    options = options.parse_args()
    phrases = (options.export / "phrases.txt").read_text().splitlines()
    peer = {
        "pocketsphinx-jsgf": lambda: Jsgf(phrases),
        "pocketsphinx-kws": lambda: Spotting(phrases, options.threshold),
        "vosk": lambda: Vosk(options.model, phrases, unknown=True),
        "vosk-without-unk": lambda: Vosk(options.model, phrases, unknown=False),
    }[options.peer]()
    print(json.dumps(evaluate(peer, options.export)))


if __name__ == "__main__":
    main()
