use crate::support::{talkthrough, tree};
use std::path::Path;

/// Everything a terminal would act on: colours, the window's title, the clipboard, bells, a rewritten
/// line, text that runs the other way, invisible letters.
const HARMFUL: [&str; 11] = [
    "\u{1b}[31m",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]52;c;bHM=\u{7}",
    "\u{9b}2J",
    "\u{8}\u{8}\u{8}",
    "\u{7f}",
    "\u{202e}",
    "\u{200b}",
    "\u{ad}",
    "\u{feff}",
    "\u{e0041}",
];

/// What the program prints must not have any of it, but line ends.
fn printed(args: &[&str]) -> String {
    let output = talkthrough().args(args).output().expect("the program runs");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).expect("it prints text");
    let harmful = |c: char| c != '\n' && talkthrough::guide::is_forbidden(c);
    assert!(!printed.contains(harmful), "{args:?}: {printed:?}");
    printed
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[test]
fn no_text_of_a_guide_reaches_the_terminal_as_a_command() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let short = std::fs::read_to_string(tree().join("tests/card/short.toml")).expect("a guide");
    let file = dir.path().join("guide.toml");
    for harmful in HARMFUL {
        // As it is, and as TOML can spell it; in a text, a key, a comment and where TOML breaks off.
        let spelt: String = harmful
            .chars()
            .map(|c| format!("\\U{:08x}", u32::from(c)))
            .collect();
        for guide in [
            short.replace("A short talk", &format!("A {harmful} talk")),
            short.replace("A short talk", &format!("A {spelt} talk")),
            short.replace("erase it", &format!("erase {spelt}it")),
            short.replace("title =", &format!("\"{spelt}\" =")),
            short.replace(
                "https://example.org",
                &format!("https://example.org/{spelt}"),
            ),
            format!("# {harmful}\n{short}"),
            format!("{harmful}title = {short}"),
            format!("{short}\n{harmful}"),
        ] {
            std::fs::write(&file, guide).expect("written");
            for command in ["lint", "show", "rehearse", "run"] {
                let printed = printed(&[command, text(&file)]);
                assert!(printed.contains("guide.toml"), "{printed}");
            }
        }
    }
}

#[test]
fn neither_does_a_script_a_voice_a_model_or_a_name() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (nth, harmful) in HARMFUL.iter().enumerate() {
        // The name of a file that is not there, and of one that is of no use.
        let named = dir.path().join(format!("{nth}{harmful}.toml"));
        printed(&["lint", text(&named)]);
        printed(&["rehearse", "wisenet-dvr", "--script", text(&named)]);
        printed(&["rehearse", "wisenet-dvr", "--noise", text(&named)]);
        printed(&["rehearse", "wisenet-dvr", "--model", text(&named)]);
        printed(&["rehearse", "wisenet-dvr", "--voice", text(&named)]);
        let script = format!("[[say]]\nte{harmful}xt = 'a'\nat = {harmful}");
        std::fs::write(&named, script).expect("written");
        printed(&["lint", text(&named)]);
        printed(&["rehearse", "wisenet-dvr", "--script", text(&named)]);
        printed(&["rehearse", "wisenet-dvr", "--noise", text(&named)]);

        let voice = dir.path().join(format!("voice{nth}"));
        std::fs::create_dir(&voice).expect("a directory");
        std::fs::write(
            voice.join("index.json"),
            format!("{{\"voice\": \"{harmful}\", \"{harmful}\": 1}}"),
        )
        .expect("written");
        printed(&["rehearse", "wisenet-dvr", "--voice", text(&voice)]);

        let model = dir.path().join(format!("model{nth}"));
        std::fs::create_dir_all(model.join("conf")).expect("a directory");
        std::fs::create_dir_all(model.join("am")).expect("a directory");
        let acoustic = tree().join("models/talkthrough-en/am/final.mdl");
        std::fs::copy(acoustic, model.join("am/final.mdl")).expect("copied");
        std::fs::write(model.join("conf/mfcc.conf"), harmful).expect("written");
        printed(&["rehearse", "wisenet-dvr", "--model", text(&model)]);
    }
}
