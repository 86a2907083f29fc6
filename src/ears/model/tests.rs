use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::fst::tests::graph;
use super::*;

/// A directory with the files of an official small model: words in Gr.fst, run-time grammars.
fn small_model() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in [
        (
            "conf/mfcc.conf",
            "--num-ceps=40 # comment\n\n--sample-frequency=16000\n",
        ),
        (
            "conf/model.conf",
            "--beam=10.0\n--endpoint.silence-phones=1:2:3:4:5:6:7:8:9:10\n",
        ),
        ("graph/phones/word_boundary.int", "1 nonword\n"),
    ] {
        put(directory.path(), name, content.as_bytes());
    }
    for name in IVECTOR {
        put(directory.path(), &format!("ivector/{name}"), b"x");
    }
    put(directory.path(), "graph/disambig_tid.int", b"");
    put(
        directory.path(),
        "graph/HCLr.fst",
        &graph("olabel_lookahead", 100, 100, &[]),
    );
    put(
        directory.path(),
        "graph/Gr.fst",
        &graph("ngram", 100, 100, &["<eps>", "next", "go", "on", "[unk]"]),
    );
    put(directory.path(), "am/final.mdl", &acoustic(3));
    directory
}

fn acoustic(priors: u32) -> Vec<u8> {
    let mut file = b"\0B<TransitionModel> ... </Nnet3> <Priors> FV \x04".to_vec();
    file.extend(priors.to_le_bytes());
    file.extend(vec![0; priors as usize * 4]);
    file
}

fn put(directory: &Path, name: &str, content: &[u8]) {
    let file = directory.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

/// What `check` says when `change` was done to a good model.
fn complaint(change: impl FnOnce(&Path)) -> String {
    let model = small_model();
    change(model.path());
    let error = check(model.path()).unwrap_err().to_string();
    error.replace(&format!("{}/", model.path().display()), "")
}

#[test]
fn an_official_small_model_passes_and_its_words_are_known() {
    let model = small_model();
    let info = check(model.path()).unwrap();
    assert!(info.grammars && info.rejects);
    assert_eq!(
        missing_words(&info, ["go on", "next", "erase it", "erase"]),
        ["erase", "it"]
    );
}

#[test]
fn the_shipped_model_passes() {
    let info = check(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/models/talkthrough-en"
    )))
    .unwrap();
    assert!(info.grammars && info.rejects);
    assert!(missing_words(&info, ["erase it", "plugged in", "slipped"]).is_empty());
}

#[test]
fn the_older_layout_and_a_fixed_graph_pass() {
    let directory = tempfile::tempdir().unwrap();
    put(
        directory.path(),
        "final.mdl",
        b"<TransitionModel> </Nnet3> <Priors>  [ 1 2 ]\n",
    );
    put(directory.path(), "mfcc.conf", b"--num-ceps=40\n");
    put(
        directory.path(),
        "HCLG.fst",
        &graph("unknown-type", 5, 5, &[]),
    );
    put(directory.path(), "words.txt", b"<eps> 0\nnext 1\n");
    let info = check(directory.path()).unwrap();
    assert!(!info.grammars && !info.rejects);
    assert!(info.words.contains("next"));
}

#[test]
fn every_required_file_is_missed_by_name() {
    for name in [
        "am/final.mdl",
        "conf/mfcc.conf",
        "conf/model.conf",
        "graph/HCLr.fst",
        "graph/Gr.fst",
        "graph/disambig_tid.int",
        "ivector/final.dubm",
    ] {
        let said = complaint(|model| fs::remove_file(model.join(name)).unwrap());
        assert_eq!(
            said,
            format!("the model lacks {name}: fetch it again, or choose another with --model")
        );
    }
}

#[test]
fn what_makes_libvosk_abort_is_found_first() {
    let cut = complaint(|model| put(model, "am/final.mdl", acoustic(3).split_last().unwrap().1));
    assert!(cut.starts_with("am/final.mdl is cut short"), "{cut}");
    let silence = complaint(|model| put(model, "conf/model.conf", b"--beam=10\n"));
    assert!(
        silence.starts_with("conf/model.conf does not set endpoint.silence-phones"),
        "{silence}"
    );
    let phones = complaint(|model| put(model, "conf/model.conf", b"--endpoint.silence-phones=\n"));
    assert!(phones.contains("not phone numbers"), "{phones}");
    let page = complaint(|model| put(model, "graph/HCLr.fst", b"<html>not found</html>"));
    assert!(
        page.starts_with("graph/HCLr.fst is not an OpenFst graph"),
        "{page}"
    );
    let short = complaint(|model| put(model, "graph/HCLr.fst", &graph("const", 1000, 1000, &[])));
    assert!(short.starts_with("graph/HCLr.fst is cut short"), "{short}");
    let empty = complaint(|model| put(model, "conf/mfcc.conf", b""));
    assert!(empty.starts_with("conf/mfcc.conf is empty"), "{empty}");
}

#[test]
fn a_word_list_with_a_bad_line_is_named_with_its_line() {
    let said = complaint(|model| put(model, "graph/words.txt", b"<eps> 0\nnext\n"));
    assert!(
        said.contains("graph/words.txt") && said.contains("line 2"),
        "{said}"
    );
}

#[test]
fn no_directory_says_how_to_choose_one() {
    let said = check(Path::new("/nowhere/model")).unwrap_err().to_string();
    assert!(
        said.contains("/nowhere/model") && said.contains("--model"),
        "{said}"
    );
}
