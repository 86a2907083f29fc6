//! The ears with the real libvosk and the shipped model. The words in `tests/words` are synthetic (flite).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use talkthrough::ears::protocol::{Reply, Request};
use talkthrough::ears::recogniser::{Decoder, PATIENCE, Recogniser, RecogniserError};
use talkthrough::ears::verifier::Verifier;
use talkthrough::ears::{Ears, Lane, Phrase, RATE, Reason, Spoken, Verdict};
use talkthrough::time::Moment;

const PROGRAM: &str = env!("CARGO_BIN_EXE_talkthrough-recogniser");

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/talkthrough-en")
}

fn ears() -> Ears {
    listening(Ears::open(&model(), PATIENCE).unwrap())
}

fn listening(mut ears: Ears) -> Ears {
    let phrase = |text: &str, lane| Phrase {
        text: text.into(),
        lane,
    };
    ears.listen_for(&[
        phrase("next", Lane::Normal),
        phrase("again", Lane::Normal),
        phrase("ready", Lane::Normal),
        phrase("holding", Lane::Normal),
        phrase("go back", Lane::Normal),
        phrase("stop", Lane::Fast),
        phrase("slipped", Lane::Fast),
        phrase("erase it", Lane::Strict),
    ]);
    ears
}

/// A microphone in a quiet room: faint noise, and words put into it.
struct Microphone {
    samples: Vec<f32>,
}

impl Microphone {
    fn on() -> Self {
        Self {
            samples: Vec::new(),
        }
        .wait(1.0)
    }

    fn wait(mut self, secs: f64) -> Self {
        self.samples
            .resize(self.samples.len() + (secs * f64::from(RATE)) as usize, 0.0);
        self
    }

    /// The word, and the moments at which it begins and ends.
    fn say(mut self, name: &str, gain: f32) -> (Self, Moment, Moment) {
        let file = File::open(format!(
            "{}/tests/words/{name}.flac",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap();
        let word: Vec<f32> = rodio::Decoder::try_from(file)
            .unwrap()
            .map(|sample| sample * gain)
            .collect();
        let peak = word
            .iter()
            .fold(0f32, |peak, sample| peak.max(sample.abs()));
        let loud = |sample: &f32| sample.abs() > peak * 0.02;
        let moment =
            |position: usize| Moment::from_frame((self.samples.len() + position) as u64, RATE);
        let (start, end) = (
            moment(word.iter().position(loud).unwrap()),
            moment(word.iter().rposition(loud).unwrap()),
        );
        self.samples.extend(word);
        (self, start, end)
    }

    fn heard_by(self, ears: &mut Ears) -> Vec<Verdict> {
        let mut state = 1u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * 0.001
        };
        let samples: Vec<f32> = self.samples.iter().map(|sample| sample + noise()).collect();
        let chunks = samples.chunks(400).enumerate();
        chunks
            .flat_map(|(nth, chunk)| {
                ears.push(chunk, Moment::from_frame(400 * nth as u64, RATE))
                    .unwrap()
            })
            .collect()
    }
}

#[test]
fn words_are_obeyed_in_time_and_carry_the_moment_they_ended() {
    for (name, limit) in [
        ("next", 260),
        ("ready", 260),
        ("holding", 260),
        ("go_back", 260),
        ("erase_it", 650),
    ] {
        let (microphone, start, end) = Microphone::on().say(name, 0.5);
        let verdicts = microphone.wait(1.5).heard_by(&mut ears());
        let [verdict] = verdicts.as_slice() else {
            panic!("{name}: {verdicts:?}")
        };
        assert_eq!(
            (verdict.phrase.as_str(), verdict.reason),
            (name.replace('_', " ").as_str(), Reason::Accepted)
        );
        let off =
            |heard: Moment, said: Moment| heard.since(said).max(said.since(heard)).as_millis();
        assert!(
            off(verdict.end, end) <= 30,
            "{name}: end {} instead of {end}",
            verdict.end
        );
        assert!(
            off(verdict.start, start) <= 30,
            "{name}: start {} instead of {start}",
            verdict.start
        );
        let late = verdict.decided.since(end).as_millis();
        assert!(late <= limit, "{name}: decided {late} ms after its end");
    }
}

#[test]
fn a_command_inside_another_sentence_is_not_one() {
    for name in [
        "not_ready_yet",
        "whats_next_then",
        "im_not_holding_it",
        "dont_stop",
        "is_it_ready",
        "do_not_erase_it",
    ] {
        let (microphone, _, _) = Microphone::on().say(&format!("sentences/{name}"), 0.5);
        let verdicts = microphone.wait(1.5).heard_by(&mut ears());
        let obeyed: Vec<_> = verdicts.iter().filter(|v| v.accepted).collect();
        assert!(obeyed.is_empty(), "{name}: {obeyed:?}");
    }
}

#[test]
fn what_costs_nothing_is_obeyed_almost_at_once() {
    for name in ["stop", "slipped"] {
        let (microphone, _, end) = Microphone::on().say(name, 0.5);
        let verdicts = microphone.wait(1.5).heard_by(&mut ears());
        let [verdict] = verdicts.as_slice() else {
            panic!("{name}: {verdicts:?}")
        };
        assert!(verdict.accepted, "{verdict:?}");
        let late = verdict.decided.since(end).as_millis();
        assert!(late <= 150, "{name}: decided {late} ms after its end");
    }
}

#[test]
fn other_speech_and_recombined_words_are_not_obeyed() {
    for name in ["what_a_lovely_morning", "next_again"] {
        let (microphone, ..) = Microphone::on().say(name, 0.5);
        let verdicts = microphone.wait(1.5).heard_by(&mut ears());
        assert!(
            verdicts.iter().all(|verdict| !verdict.accepted),
            "{name}: {verdicts:?}"
        );
    }
    assert_eq!(Microphone::on().wait(20.0).heard_by(&mut ears()), []);
}

#[test]
fn it_does_not_obey_its_own_prompt_but_the_answer_given_right_after_it() {
    let (microphone, start, end) = Microphone::on().say("prompt", 0.3);
    let (microphone, ..) = microphone.wait(0.15).say("next", 0.5);
    let mut ears = ears();
    ears.speaking(
        &[Spoken {
            text: "Say next when it is unplugged.".into(),
            start,
            end,
        }],
        Moment::ZERO,
    );
    let verdicts = microphone.wait(1.5).heard_by(&mut ears);
    let obeyed: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.accepted).collect();
    assert_eq!(obeyed.len(), 1, "{verdicts:?}");
    assert!(
        obeyed[0].phrase == "next" && obeyed[0].start > end,
        "{verdicts:?}"
    );
}

#[test]
fn the_same_audio_is_heard_the_same_every_time() {
    let hear = || {
        let (microphone, ..) = Microphone::on().say("next", 0.5);
        let (microphone, ..) = microphone.wait(0.7).say("stop", 0.5);
        microphone.wait(1.0).heard_by(&mut ears())
    };
    assert_eq!(hear(), hear());
}

/// A recogniser that is given what it is asked about in two parts: up to its last piece, and that.
struct InTwo {
    recogniser: Recogniser,
    partial: String,
    changes: Arc<AtomicUsize>,
}

impl Decoder for InTwo {
    fn ask(&mut self, request: &Request) -> Result<Reply, RecogniserError> {
        let Request::Audio(samples) = request else {
            self.partial.clear();
            return self.recogniser.ask(request);
        };
        let (waited, last) = samples.split_at(samples.len().saturating_sub(320));
        if !waited.is_empty() {
            let reply = self.recogniser.ask(&Request::Audio(waited.to_vec()))?;
            let text = self.partial.clone();
            assert_eq!(reply, Reply::Partial { text }, "this waited");
        }
        let reply = self.recogniser.ask(&Request::Audio(last.to_vec()))?;
        let before = std::mem::take(&mut self.partial);
        if let Reply::Partial { text } = &reply {
            self.partial.clone_from(text);
        }
        let changed = usize::from(self.partial != before);
        self.changes.fetch_add(changed, Ordering::Relaxed);
        Ok(reply)
    }

    fn restart(&mut self) -> Result<(), RecogniserError> {
        self.recogniser.restart()
    }
}

#[test]
fn nothing_new_is_to_be_had_of_the_recogniser_before_it_is_asked() {
    let changes = Arc::new(AtomicUsize::new(0));
    let decoder = InTwo {
        recogniser: Recogniser::start(&model()).unwrap(),
        partial: String::new(),
        changes: Arc::clone(&changes),
    };
    let verifier = Verifier::load(&model()).unwrap();
    let mut ears = listening(Ears::new(decoder).verified_by(verifier));
    let mut microphone = Microphone::on();
    for name in ["next", "what_a_lovely_morning", "stop", "go_back", "ready"] {
        microphone = microphone.say(name, 0.3).0.wait(0.73);
    }
    microphone.heard_by(&mut ears);
    let changes = changes.load(Ordering::Relaxed);
    assert!(changes >= 6, "{changes}");
}

#[test]
fn a_recogniser_that_dies_is_told_and_begins_again() {
    let mut recogniser = Recogniser::start(&model()).unwrap();
    recogniser
        .ask(&Request::Grammar(vec!["next".into(), "[unk]".into()]))
        .unwrap();
    signal("KILL", &recogniser);
    let error = recogniser.ask(&Request::Audio(vec![0; 320])).unwrap_err();
    assert!(matches!(error, RecogniserError::Died { .. }), "{error}");
    recogniser.restart().unwrap();
    assert_eq!(
        recogniser
            .missing_words(&["next".into(), "xylophone".into()])
            .unwrap(),
        ["xylophone"]
    );
}

#[test]
fn a_recogniser_that_hangs_is_ended() {
    let mut recogniser = Recogniser::start(&model()).unwrap();
    recogniser.set_limit(Duration::from_millis(50));
    signal("STOP", &recogniser);
    let error = recogniser.ask(&Request::Reset).unwrap_err();
    assert!(matches!(error, RecogniserError::Hung { .. }), "{error}");
    assert_eq!(recogniser.process(), None);
    recogniser.restart().unwrap();
}

#[test]
fn an_abort_of_libvosk_is_an_error_with_its_last_words() {
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("model");
    copy_model(&copy);
    let options = fs::read_to_string(copy.join("conf/model.conf")).unwrap();
    let options: String = options
        .lines()
        .filter(|line| !line.contains("silence-phones"))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(copy.join("conf/model.conf"), options).unwrap();
    assert!(
        talkthrough::ears::model::check(&copy).is_err(),
        "found before libvosk sees it"
    );
    let mut recogniser = Recogniser::start_program(Path::new(PROGRAM), &copy).unwrap();
    recogniser
        .ask(&Request::Grammar(vec!["next".into(), "[unk]".into()]))
        .unwrap();
    let ended = (0..100)
        .find_map(|_| recogniser.ask(&Request::Audio(vec![0; 1600])).err())
        .unwrap();
    assert!(
        matches!(&ended, RecogniserError::Died { how } if how.contains("signal")),
        "{ended}"
    );
}

#[test]
fn a_cut_model_a_missing_libvosk_and_a_missing_program_say_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("model");
    copy_model(&copy);
    let whole = fs::read(copy.join("am/final.mdl")).unwrap();
    fs::write(copy.join("am/final.mdl"), &whole[..whole.len() / 2]).unwrap();
    let error = Recogniser::start_program(Path::new(PROGRAM), &copy).unwrap_err();
    assert!(
        matches!(error, RecogniserError::Model { .. }) && error.to_string().contains("--model"),
        "{error}"
    );

    // Alone in a directory it finds no libvosk; cargo's own search path must not help it.
    fs::copy(PROGRAM, directory.path().join("alone")).unwrap();
    let script = directory.path().join("start.sh");
    fs::write(
        &script,
        "#!/bin/sh\nunset LD_LIBRARY_PATH\nexec \"$(dirname \"$0\")/alone\" \"$@\"\n",
    )
    .unwrap();
    Command::new("chmod")
        .arg("+x")
        .arg(&script)
        .status()
        .unwrap();
    let error = Recogniser::start_program(&script, &model()).unwrap_err();
    assert!(
        matches!(error, RecogniserError::LibvoskMissing)
            && error.to_string().contains("make setup"),
        "{error}"
    );

    let error = Recogniser::start_program(&directory.path().join("nothing"), &model()).unwrap_err();
    assert!(
        matches!(error, RecogniserError::ProgramMissing(_)),
        "{error}"
    );
}

#[test]
fn the_talk_itself_starts_without_libvosk() {
    let directory = tempfile::tempdir().unwrap();
    let alone = directory.path().join("talkthrough");
    fs::copy(env!("CARGO_BIN_EXE_talkthrough"), &alone).unwrap();
    let output = Command::new(&alone)
        .arg("--help")
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_phrase_that_would_break_the_grammar_is_refused() {
    let mut recogniser = Recogniser::start(&model()).unwrap();
    let error = recogniser
        .ask(&Request::Grammar(vec!["ne\"xt".into()]))
        .unwrap_err();
    assert!(matches!(error, RecogniserError::Refused(_)), "{error}");
    assert_eq!(
        recogniser
            .ask(&Request::Grammar(vec!["next".into()]))
            .unwrap(),
        Reply::Done
    );
}

fn signal(name: &str, recogniser: &Recogniser) {
    let process = recogniser.process().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", name, &process])
            .status()
            .unwrap()
            .success()
    );
}

fn copy_model(to: &Path) {
    for directory in ["am", "conf", "graph/phones"] {
        fs::create_dir_all(to.join(directory)).unwrap();
        for entry in fs::read_dir(model().join(directory))
            .unwrap()
            .map(Result::unwrap)
        {
            fs::copy(entry.path(), to.join(directory).join(entry.file_name())).unwrap();
        }
    }
    for entry in fs::read_dir(model().join("graph"))
        .unwrap()
        .map(Result::unwrap)
    {
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join("graph").join(entry.file_name())).unwrap();
        }
    }
}
