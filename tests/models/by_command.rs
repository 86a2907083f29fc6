use crate::NAME;
use crate::archive::{self, MODEL};
use crate::server::{Answer, Server, Then, honest};
use crate::support::{talkthrough, tree};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A home directory, and a catalogue with the test's model.
struct Home {
    dir: TempDir,
}

impl Home {
    fn with_model_at(server: &Server) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let catalogue = format!(
            "[[model]]\nname = {NAME:?}\nlanguage = 'en'\nlicence = 'MIT'\nabout = 'for tests'\n\
             bytes = {}\nunpacked_at_most = 16_000_000\nsha256 = {:?}\naddress = {:?}\n",
            MODEL.len(),
            archive::sha256(&MODEL),
            server.address("/model.zip")
        );
        std::fs::write(dir.path().join("catalogue.toml"), catalogue).expect("written");
        Self { dir }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = talkthrough();
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path())
            .env("XDG_DATA_HOME", self.dir.path().join("data"))
            .env(
                "TALKTHROUGH_CATALOGUE",
                self.dir.path().join("catalogue.toml"),
            )
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(args).output().expect("the program runs");
        (
            status.code(),
            String::from_utf8_lossy(&stdout).into_owned(),
            String::from_utf8_lossy(&stderr).into_owned(),
        )
    }

    fn part(&self) -> std::path::PathBuf {
        self.dir
            .path()
            .join(format!("data/talkthrough/models/{NAME}.part"))
    }
}

#[test]
fn a_model_is_listed_fetched_used_by_its_name_and_removed() {
    let server = Server::start(|request| honest(request, &MODEL, "\"one\"", usize::MAX));
    let home = Home::with_model_at(&server);
    let (code, listed, _) = home.run(&["model", "list"]);
    assert_eq!(code, Some(0));
    assert!(
        listed.contains(NAME) && listed.contains("not fetched"),
        "{listed}"
    );

    // Used before it is there: what to do is said.
    let short = tree().join("tests/card/short.toml");
    let short = short.to_str().expect("a path");
    let rehearse = ["rehearse", short, "--model", NAME];
    let (code, _, said) = home.run(&rehearse);
    assert!(
        code == Some(2) && said.contains(&format!("talkthrough model get {NAME}")),
        "{code:?} {said}"
    );
    let (code, _, said) = home.run(&["model", "path", NAME]);
    assert!(code == Some(2) && said.contains("model get"), "{said}");

    let (code, place, said) = home.run(&["model", "get", NAME]);
    assert_eq!(code, Some(0), "{said}");
    let place = place.trim();
    assert!(Path::new(place).join("am/final.mdl").is_file(), "{place}");
    assert!(said.contains("TALKTHROUGH_CATALOGUE"), "{said}");
    assert_eq!(home.run(&["model", "path", NAME]).1.trim(), place);
    assert!(place.starts_with(home.run(&["model", "path"]).1.trim()));
    assert!(!home.run(&["model", "list"]).1.contains("not fetched"));

    let (code, talk, said) = home.run(&rehearse);
    assert_eq!(code, Some(0), "{talk}{said}");
    assert!(talk.contains("times faster than real time"));

    assert_eq!(home.run(&["model", "remove", NAME]).0, Some(0));
    assert!(!Path::new(place).exists());
    assert_eq!(home.run(&["model", "remove", NAME]).0, Some(2));
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_killed_download_is_gone_on_with() {
    const SENT: usize = 700_000;
    let server = Server::start(|request| match request.nth {
        0 => Answer {
            then: Then::Stall,
            ..honest(request, &MODEL, "\"one\"", SENT)
        },
        _ => honest(request, &MODEL, "\"one\"", usize::MAX),
    });
    let home = Home::with_model_at(&server);
    let mut child = home
        .command(&["model", "get", NAME])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    while std::fs::metadata(home.part()).map_or(0, |part| part.len()) < SENT as u64 {
        assert!(
            child.try_wait().expect("its status").is_none(),
            "it ended before it was killed"
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().expect("it is killed");
    child.wait().expect("it has ended");
    let (_, listed, _) = home.run(&["model", "list"]);
    assert!(listed.contains("% fetched"), "{listed}");
    let (code, _, said) = home.run(&["model", "get", NAME]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(server.asked()[1].range, Some(SENT as u64));
}

#[test]
fn names_and_catalogues_that_cannot_be_trusted_are_refused() {
    let server = Server::start(|request| honest(request, &MODEL, "\"one\"", usize::MAX));
    let home = Home::with_model_at(&server);
    for name in ["..", "../../etc", "no-such-model", "\u{1b}[2J"] {
        let (code, _, said) = home.run(&["model", "get", name]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("model list"), "{said}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
    std::fs::write(
        home.dir.path().join("catalogue.toml"),
        std::fs::read_to_string(home.dir.path().join("catalogue.toml"))
            .expect("it is there")
            .replace("127.0.0.1", "example.invalid"),
    )
    .expect("written");
    let (code, _, said) = home.run(&["model", "get", NAME]);
    assert!(code == Some(2) && said.contains("https"), "{said}");
    assert!(server.asked().is_empty());
}
