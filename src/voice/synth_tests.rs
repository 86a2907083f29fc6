use super::super::engine::tests::program;
use super::*;

const SPEAK: &str = "cat >> asked; cp tone.wav \"$1\"";

fn synth(engines: Vec<Engine>) -> SystemSynth {
    SystemSynth::with(engines, None).unwrap()
}

#[test]
fn a_text_is_rendered_once_and_then_read_from_disk() {
    let dir = tempfile::tempdir().unwrap();
    let engine = program(dir.path(), "speak", SPEAK);
    let cache = Cache::new(dir.path().join("cache"));
    let made = || {
        let mut synth = SystemSynth::with(vec![engine.clone()], Some(cache.clone())).unwrap();
        synth.render("hello").unwrap()
    };
    let clip = made();
    assert!(
        (clip.duration().as_secs_f64() - 1.06).abs() < 0.01,
        "{:?}",
        clip.duration()
    );
    assert_eq!(clip, made(), "what comes from disk is the same to the bit");
    let asked = || std::fs::read_to_string(dir.path().join("asked")).unwrap();
    assert_eq!(asked(), "hello\n");
    for file in std::fs::read_dir(dir.path().join("cache")).unwrap() {
        std::fs::write(file.unwrap().path(), "tts1, but not really").unwrap();
    }
    assert_eq!(clip, made());
    assert_eq!(asked(), "hello\nhello\n");
}

#[test]
fn a_text_is_never_a_command() {
    let dir = tempfile::tempdir().unwrap();
    let mut synth = synth(vec![program(dir.path(), "speak", SPEAK)]);
    synth
        .render("--help; `touch owned` $(touch owned)\u{1b}[2J\nnext\0")
        .unwrap();
    let asked = std::fs::read_to_string(dir.path().join("asked")).unwrap();
    assert_eq!(asked, "--help; `touch owned` $(touch owned) [2J next\n");
    assert!(!dir.path().join("owned").exists());
    synth.render(&"long ".repeat(1_000)).unwrap();
    assert!(std::fs::metadata(dir.path().join("asked")).unwrap().len() < 600);
    assert!(matches!(synth.render(" \n…"), Err(SynthError::Nothing(_))));
}

#[test]
fn when_one_program_fails_the_next_is_tried() {
    let dir = tempfile::tempdir().unwrap();
    let failing = program(dir.path(), "failing", "exit 3");
    let silent = program(dir.path(), "silent", "exit 0");
    let mut missing = silent.clone();
    missing.program = dir.path().join("missing");
    let speaking = program(dir.path(), "speaking", SPEAK);
    assert!(
        synth(vec![failing.clone(), silent, missing, speaking])
            .render("hello")
            .is_ok()
    );
    let error = synth(vec![failing]).render("hello").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("plain-failing failed (exit status: 3)"),
        "{error}"
    );
}

#[test]
fn only_programs_on_the_search_path_are_found_and_the_nearest_voice_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().as_os_str();
    let names = |name: &str, sex, piper: Option<&str>| {
        let engines = installed(path, name, sex, piper.map(str::to_owned));
        engines.iter().map(Engine::name).collect::<Vec<_>>()
    };
    assert!(names("bdl", Sex::Male, None).is_empty());
    program(dir.path(), "flite", SPEAK);
    std::fs::write(dir.path().join("RHVoice-test"), "not a program").unwrap();
    assert_eq!(
        names("bdl", Sex::Male, Some("v.onnx")),
        ["flite-rms", "flite-slt"]
    );
    assert_eq!(names("clb", Sex::Female, None), ["flite-slt", "flite-rms"]);
    program(dir.path(), "RHVoice-test", SPEAK);
    program(dir.path(), "piper", SPEAK);
    assert_eq!(
        names("clb", Sex::Female, Some("v.onnx"))[..4],
        ["piper-v.onnx", "rhvoice-clb", "rhvoice-slt", "flite-slt"]
    );
    assert_eq!(names("bdl", Sex::Male, None)[0], "rhvoice-bdl");
}

#[test]
fn what_is_chosen_speaks_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let here = || {
        vec![
            program(dir.path(), "first", SPEAK),
            program(dir.path(), "second", SPEAK),
        ]
    };
    let chosen = |name: &str| SystemSynth::choose(&SynthChoice::from(name), here(), None);
    let names = |name: &str| {
        let synth = chosen(name).unwrap().unwrap();
        synth.engines().iter().map(Engine::name).collect::<Vec<_>>()
    };
    assert_eq!(names("auto"), ["plain-first", "plain-second"]);
    assert_eq!(names("Plain"), ["plain-first", "plain-second"]);
    assert_eq!(names("plain-second"), ["plain-second"]);
    assert!(chosen("none").unwrap().is_none());
    assert_eq!(
        chosen("festival").unwrap_err().to_string(),
        "no speech program \"festival\" is here; choose auto, none or one of plain-first, plain-second"
    );
}
