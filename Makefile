# make run       set up what is missing, build, and start the talk    (ARGS="rehearse wisenet-dvr" ...)
# make test      set up, then everything that must hold: format, lints, tests
# make install   program, recogniser, libvosk, voice, models and guides under PREFIX
# make measure   the README's figures, printed with N; an otherwise idle machine, half an hour, with SPEECH=DIR an hour
# make faults    every fault put into a talk a hundred times (N=...), and on a virtual sound card five times (REAL=..., of these only ROW=...)
# make endurance  hours of listening in the simulated room (HOURS=10 of sound, about a minute each on an idle machine): does anything grow?
# make fuzz      the parsers with a million made-up inputs each, or ten minutes; fetches cargo-fuzz, wants a C++ compiler
# make deny      licences, known faults and duplicates of the dependencies; fetches cargo-deny and its list of faults
# make measure-voice   how loud, how fast and how well understood the voices are (part of measure)
# make timeline  draw the built-in talk again (guides/wisenet-dvr.svg), after its guide has changed
# make voice     render what is missing of the shipped voices
# make setup     only fetch what is missing
# make clean     remove what was built and fetched

PREFIX ?= /usr/local
ARGS ?= run wisenet-dvr
TARGET := $(or $(CARGO_TARGET_DIR),target)
VOSK := $(or $(VOSK_LIB_DIR),vendor/libvosk)

# Neither is part of `make test`: they take long to build, and the second needs the network.
CARGO_FUZZ := 0.13.2
CARGO_DENY := 0.20.2
FUZZ ?= $(basename $(notdir $(wildcard fuzz/src/bin/*.rs)))
FUZZ_ARGS ?= -runs=1000000 -max_total_time=600

N ?= 100
REAL ?= 5
HOURS ?= 10

.PHONY: run test measure measure-voice timeline faults endurance fuzz deny voice install setup build clean

run: build
	@cargo run --release --quiet --bin talkthrough -- $(ARGS)

build: setup
	@cargo build --release --quiet

setup:
	@./setup.sh

test:
	@./setup.sh --test
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo test

measure: measure-voice
	@./setup.sh --test
	cargo test --release --test card -- --ignored --nocapture --test-threads=1
	cargo test --release --test own_voice -- --ignored --nocapture
ifdef SPEECH
	cargo build --release --quiet
	python3 benches/measure_ears.py $(SPEECH) --program $(TARGET)/release/talkthrough
else
	@echo "The ears on real speech, and other recognisers beside them, were left out: make measure SPEECH=DIR, a directory with dev/manifest.tsv"
endif

faults:
	@./setup.sh --test
	@TALKTHROUGH_FAULTS=$(N) cargo test --quiet --lib a_table_of_faults -- --ignored --nocapture
	@TALKTHROUGH_FAULTS=$(N) TALKTHROUGH_FAULTS_REAL=$(REAL) TALKTHROUGH_FAULTS_ROW='$(ROW)' cargo test --quiet --test faults -- --ignored --nocapture --test-threads=1

endurance: setup
	@TALKTHROUGH_HOURS=$(HOURS) cargo test --release --quiet --test endurance -- --ignored --nocapture

# Without a sanitiser it runs on stable Rust; the program's own checks and overflows are what is looked for.
fuzz: setup
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked --version $(CARGO_FUZZ) cargo-fuzz
	@cargo fuzz build --sanitizer none
	@set -e; for target in $(FUZZ); do \
	    mkdir -p fuzz/target/corpus/$$target; echo "--- $$target"; \
	    LD_LIBRARY_PATH=$(abspath $(VOSK)) cargo fuzz run --sanitizer none $$target fuzz/target/corpus/$$target fuzz/corpus/$$target -- \
	        $(FUZZ_ARGS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1; done

deny:
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked --version $(CARGO_DENY) cargo-deny
	cargo deny check

timeline: build
	cargo run --release --quiet --bin talkthrough -- rehearse wisenet-dvr --out $(TARGET)/timeline
	cargo run --release --quiet --bin talkthrough -- timeline $(TARGET)/timeline/session.jsonl -o guides/wisenet-dvr.svg

VOICES := $(TARGET)/voices
measure-voice: build
	@[ -x $(VOICES)/venv/bin/pip ] || python3 -m venv $(VOICES)/venv
	@$(VOICES)/venv/bin/pip install --quiet --disable-pip-version-check --requirement benches/voices/requirements.txt
	cargo run --release --quiet --example measure_voice -- --export $(VOICES) audio/bdl audio/slt
	cargo run --release --quiet --example measure_voice -- --in-noise --export $(VOICES) audio/bdl audio/slt
	$(VOICES)/venv/bin/python benches/voices/measure.py --every 4 $(VOICES)/bdl $(VOICES)/slt $(VOICES)/bdl-in-noise $(VOICES)/slt-in-noise
	$(VOICES)/venv/bin/python benches/voices/placement.py $(VOICES)/bdl $(VOICES)/slt
	$(VOICES)/venv/bin/python benches/voices/measure.py --every 20 --general $(VOICES)/bdl $(VOICES)/slt
	cargo run --release --quiet --example measure_synth

voice: build
	cargo run --release --quiet --bin talkthrough -- render-voice bdl
	cargo run --release --quiet --bin talkthrough -- render-voice slt
	cargo run --release --quiet --bin talkthrough -- render-voice rhvoice-slt --technician --out audio/technician

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/talkthrough $(DESTDIR)$(PREFIX)/share/talkthrough
	install $(TARGET)/release/talkthrough $(TARGET)/release/talkthrough-recogniser $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(VOSK)/libvosk.so $(DESTDIR)$(PREFIX)/lib/talkthrough
	cp -R audio models guides $(DESTDIR)$(PREFIX)/share/talkthrough
	rm -rf $(DESTDIR)$(PREFIX)/share/talkthrough/models/training

clean:
	cargo clean
	rm -rf vendor
