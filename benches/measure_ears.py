"""The figures of the ears on real speech, each with its N and what is asked of it, and peers beside them.

    python3 benches/measure_ears.py SPEECH_DIR [--half b] [--program target/release/talkthrough] [--no-peers]

SPEECH_DIR holds dev/manifest.tsv, or is a directory with a manifest.tsv. Half a of the speakers is for tuning, half b for
reporting. Every figure is that of `talkthrough eval`; the tables of recordings it is given are written to target/measure.
The peers (benches/peers) are installed from PyPI into target/peers.
"""

import argparse
import csv
import json
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "target" / "measure"
VENV = HERE.parent / "target" / "peers"
MODEL = HERE.parent / "models" / "talkthrough-en"
EVERYDAY = ("yes", "no", "stop", "go")
# Vocabularies of six: the one the model's card uses, and one in which people say more than "stop".
SIX = "six"
SIX_EVERYDAY = "yes,no,stop,go,next,ready"
RUNNING = ("librispeech", "barista")  # people who read or talk, where nobody wrote down every word


def folder(row):
    return row["path"].split("/")[0]


class Measure:
    def __init__(self, options):
        self.options = options
        speech = options.speech / "dev" if (options.speech / "dev").is_dir() else options.speech
        with open(speech / "manifest.tsv", newline="") as lines:
            self.rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        self.speech = speech
        OUT.mkdir(parents=True, exist_ok=True)
        self.irreversible = 0

    def table(self, name, wanted):
        """A manifest of the rows that are wanted, beside a link to the recordings: paths stay as they are."""
        place = OUT / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        rows = [row for row in self.rows if wanted(row)]
        for top in {folder(row) for row in rows}:
            (place / top).symlink_to((self.speech / top).resolve())
        columns = list(self.rows[0])
        lines = ["\t".join(columns)] + ["\t".join(row[c] or "" for c in columns) for row in rows]
        (place / "manifest.tsv").write_text("\n".join(lines) + "\n")
        return place

    def eval(self, table, *args):
        command = [str(self.options.program), "eval", str(table), "--speakers", self.options.half, "--json", *args]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")
        report = json.loads(done.stdout)
        self.irreversible += report["irreversible_false"]
        return report


def print_row(what, figure, asked):
    print(f"| {what} | {figure} | {asked} |", flush=True)


def recall(report):
    if not report["positives"]:
        return "nobody said any"
    low, high = report["interval95"]
    return (
        f"{100 * report['recall']:.1f} % ({report['recalled']} of {report['positives']}; "
        f"95 %: {100 * low:.0f}–{100 * high:.0f}), {report['confused']} wrong"
    )


def false_rate(report):
    if not report["negative_hours"]:
        return "no other speech"
    return f"{report['false_per_hour']:.1f} an hour ({report['false_commands']} in {report['negative_hours']:.2f} h)"


def span(latency):
    return f"p50 {latency['p50']:.0f}, p95 {latency['p95']:.0f} ms (N = {latency['n']})" if latency["n"] else "none"


def ears(measure):
    said = lambda row: row["transcript"].lower().strip()
    commands = lambda row: row["kind"] == "command"
    noises = lambda row: row["kind"] == "noise"
    everything = measure.table("everything", lambda row: True)
    often = lambda row: commands(row) and said(row) in EVERYDAY and folder(row) != "an4"
    everyday = measure.table("everyday", often)
    in_noise = measure.table("in-noise", lambda row: often(row) or noises(row))
    in_rooms = measure.table("in-rooms", lambda row: often(row) or row["kind"] == "rir")
    an4 = measure.table("an4", lambda row: commands(row) and folder(row) == "an4")
    digits = measure.table("digits", lambda row: commands(row))
    running = measure.table("running", lambda row: row["kind"] == "other" and folder(row) in RUNNING)

    print(f"half {measure.options.half} of the speakers in {measure.speech.name}; "
          f"nobody in it says next, ready, holding or slipped\n\n| measure | figure | asked |\n|---|---|---|")
    clean = measure.eval(everyday)
    print_row("yes, no, stop, go among all commands", recall(clean), "≥ 95 %, wrong ≤ 0.5 %")
    print_row("commands of AN4 among all", recall(measure.eval(an4)), "≥ 95 %")
    for snr, asked in (20, 94), (10, 88), (5, 75):
        noisy = measure.eval(in_noise, "--noise", "manifest", "--snr", str(snr))
        print_row(f"yes, no, stop, go, noise at {snr} dB", recall(noisy), f"≥ {asked} %")
    print_row("yes, no, stop, go in a room", recall(measure.eval(in_rooms, "--rir", "manifest")), "–")
    print_row("the same in a vocabulary of six", recall(measure.eval(everyday, "--vocabulary", SIX_EVERYDAY)), "≥ 97 %")
    print_row("digits", recall(measure.eval(digits, "--vocabulary", "digits")), "≥ 95 %")
    # The numbers below come from one run over everything that was checked.
    export = OUT / "streams"
    shutil.rmtree(export, ignore_errors=True)
    full = measure.eval(everything, "--export", str(export))
    small = measure.eval(everything, "--vocabulary", SIX)
    print_row("false commands, all commands", false_rate(full), "≤ 5 an hour")
    print_row("false commands, vocabulary of six", false_rate(small), "≤ 1 an hour")
    books = measure.eval(running, "--vocabulary", SIX, "--unchecked")
    print_row("of those, running speech (may hold real commands)", false_rate(books), "≤ 0.5 an hour")
    print_row("in noise alone, all commands / six",
              f"{full['noise_false']} / {small['noise_false']} in {full['noise_hours']:.2f} h", "0")
    ours = measure.eval(everyday, "--own-voice", "10")
    kept = 100 * ours["recall"] / clean["recall"] if clean["recall"] else 0
    print_row("own voice 10 dB above the talker", f"{recall(ours)}: {kept:.0f} % of that without", "≥ 90 % of that without")
    print_row("our own speech alone",
              f"{ours['own_voice_commands']} commands in {ours['own_voice_hours']:.2f} h", "0 in 1 h")
    print_row("irreversible phrases, in all these runs", str(measure.irreversible), "0")
    lanes = full["latency_by_lane"]
    none = {"n": 0}
    print_row("end of word to verdict: stop, slipped, wait", span(lanes.get("fast", none)), "p95 ≤ 250 ms")
    print_row("the others", span(lanes.get("normal", none)), "p50 ≤ 300, p95 ≤ 500 ms")
    print_row("real-time factor (processor time)", f"{full['real_time_factor']:.4f}", "≤ 0.02")
    print_row("peak memory, ears and recogniser", f"{full['peak_rss_mb']:.0f} MB", "≤ 40 MB")
    print_row("model load", load(measure.options.program), "≤ 30 ms")
    print("\nCommands nobody recorded are measured on synthetic voices: make -C models/training SPEECH=DIR evaluate")
    return export, full


def load(program):
    """As `check` finds it, which may fail for want of a sound card."""
    text = subprocess.run([str(program), "check"], capture_output=True, text=True).stdout
    found = re.search(r"ready in (\d+) ms", text)
    return f"{found[1]} ms (N = 1)" if found else "not measured"


def peers(export, ours):
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    requirements = HERE / "peers" / "requirements.txt"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)], check=True)
    print("\nThe same samples, the same vocabulary (all commands), the same judge:\n")
    print("| recogniser | recall | wrong | false an hour | noise alone | end of word to verdict | real-time factor |")
    print("|---|---|---|---|---|---|---|")

    def row(name, report):
        print(
            f"| {name} | {100 * report['recall']:.1f} % of {report['positives']} | {report['confused']} | "
            f"{report['false_per_hour']:.0f} ({report['negative_hours']:.2f} h) | {report['noise_false']} in "
            f"{report['noise_hours']:.2f} h | {span(report['latency_ms'])} | {report['real_time_factor']:.3f} |",
            flush=True,
        )

    row("talkthrough", ours)
    for name, peer, *args in (
        ("Vosk, our model, grammar with [unk], final results", "vosk"),
        ("the same without [unk]", "vosk-without-unk"),
        ("PocketSphinx, JSGF, its endpointer", "pocketsphinx-jsgf"),
        ("PocketSphinx, keyword spotting, 1e-1", "pocketsphinx-kws", "--threshold", "1e-1"),
        ("PocketSphinx, keyword spotting, 1e-5", "pocketsphinx-kws", "--threshold", "1e-5"),
    ):
        command = [str(python), str(HERE / "peers" / "peers.py"), str(export), str(MODEL), peer, *args]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            print(f"| {name} | did not run: {done.stderr.strip().splitlines()[-1]} |")
        else:
            row(name, json.loads(done.stdout))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("speech", type=pathlib.Path)
    options.add_argument("--half", choices=["a", "b", "all"], default="b")
    options.add_argument("--program", type=pathlib.Path, default=HERE.parent / "target/release/talkthrough")
    options.add_argument("--no-peers", action="store_true")
    options = options.parse_args()
    export, full = ears(Measure(options))
    if not options.no_peers:
        peers(export, full)


if __name__ == "__main__":
    main()
