use super::*;
use std::fs;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/talkthrough-en")
}

fn recipe() -> Recipe {
    Recipe::read(&shipped(), None).unwrap()
}

/// A model directory with nothing in it but a recipe, one file of it changed.
fn changed(file: &str, content: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("graph")).unwrap();
    for name in [MARKER, VOCABULARY, FILLERS] {
        fs::copy(shipped().join(name), directory.path().join(name)).unwrap();
    }
    fs::write(directory.path().join(file), content).unwrap();
    directory
}

#[test]
fn the_shipped_graph_is_what_its_recipe_makes() {
    for (name, bytes) in recipe().build(&[]).unwrap().files {
        let shipped = fs::read(shipped().join(name)).unwrap();
        assert!(
            bytes == shipped,
            "{name} is out of date: run `talkthrough build-graph models/talkthrough-en`"
        );
    }
}

fn word(word: &str) -> AddedWord {
    AddedWord::new(word, None).unwrap()
}

#[test]
fn a_word_is_added_and_one_that_is_there_keeps_its_place() {
    let before = recipe().build(&[]).unwrap();
    let given = AddedWord::new("next", Some(&["N EH K S".parse().unwrap()])).unwrap();
    let built = recipe().build(&[word("chartreuse"), given]).unwrap();
    assert_eq!(built.words, before.words + 1);
    // Two ways to say one, and one way instead of two.
    assert_eq!(built.ways, before.ways + 1);
    let words = |built: &Built| {
        let file = built
            .files
            .iter()
            .find(|(name, _)| *name == "graph/words.txt");
        String::from_utf8(file.unwrap().1.clone()).unwrap()
    };
    assert!(words(&built).starts_with("<eps> 0\nnext 1\n"));
    let (last, unknown) = (built.words, built.words + 1);
    assert!(words(&built).ends_with(&format!("\nchartreuse {last}\n[unk] {unknown}\n")));
    assert!(words(&before).ends_with(&format!("\n[unk] {last}\n")));
}

#[test]
fn a_filler_that_sounds_like_a_command_is_dear() {
    let recipe = recipe();
    let price = |filler: &str, added: &str| {
        let ways = recipe.outputs(added, &word(added).ways).unwrap();
        let commands = ways.iter().cloned().collect();
        let words = [Word {
            ways: recipe.ways("off").unwrap(),
            cost: 0.0,
        }];
        let costs = recipe.fillers(&words, &commands).unwrap();
        costs[&recipe.ways(filler).unwrap()[0]]
    };
    let costs = recipe.settings.costs;
    assert_eq!(
        price("know", "no"),
        costs.filler + costs.filler_equals_command
    );
    assert_eq!(price("low", "no"), costs.filler + costs.filler_near_command);
    assert_eq!(price("off", "no"), costs.filler + costs.filler_equals_word);
    assert_eq!(price("kettle", "no"), costs.filler);
    // It holds for what a guide adds as well.
    assert_eq!(
        price("kettle", "kettle"),
        costs.filler + costs.filler_equals_command
    );
}

#[test]
fn one_apart_is_one_phone_changed_added_or_left_out() {
    for (a, b, apart) in [
        (&[1, 2, 3][..], &[1, 4, 3][..], true),
        (&[1, 2, 3], &[1, 2], true),
        (&[2, 3], &[1, 2, 3], true),
        (&[1, 2, 3], &[1, 2, 3], false),
        (&[1, 2, 3], &[3, 2, 1], false),
        (&[1], &[1, 2, 3], false),
        (&[1, 1, 2], &[1, 2], true),
    ] {
        assert_eq!(are_one_apart(a, b), apart, "{a:?} {b:?}");
        assert_eq!(are_one_apart(b, a), apart, "{b:?} {a:?}");
    }
}

#[test]
fn what_is_wrong_with_a_recipe_is_said() {
    let good = fs::read_to_string(shipped().join(MARKER)).unwrap();
    for (file, content, part) in [
        (
            VOCABULARY,
            "next *\nready soon\n".to_owned(),
            "vocabulary.txt, line 2",
        ),
        (VOCABULARY, "* \n".into(), "vocabulary.txt, line 1"),
        (FILLERS, "\u{65e5}\u{672c}\n".into(), "[pronunciations]"),
        (
            MARKER,
            good.replace("format = 1", "format = 2"),
            "too old or too new",
        ),
        (
            MARKER,
            good.replace("filler = 3.0", "filler = nan"),
            "a cost is NaN",
        ),
        (
            MARKER,
            good.replace("filler = 3.0", "filer = 3.0"),
            "unknown field `filer`",
        ),
        (MARKER, good.replace("AA AE", "AA AA"), "AA is listed twice"),
        (MARKER, good.replace(" ZH\n", " ZX\n"), "`ZX` is no phone"),
        (MARKER, good.replace(" ZH\n", "\n"), "has the phone ZH"),
        (
            MARKER,
            format!("{good}\nnext = \"N QX\"\n"),
            "`QX` is no phone",
        ),
        (
            MARKER,
            good.replace("unknown_share = 0.1", "unknown_share = 1.0"),
            "between 0 and 1",
        ),
    ] {
        let directory = changed(file, &content);
        let error = Recipe::read(directory.path(), None)
            .and_then(|recipe| recipe.build(&[]).map(|_| ()))
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error:?} should say {part:?}");
    }
    let nothing = tempfile::tempdir().unwrap();
    assert!(matches!(
        Recipe::read(nothing.path(), None),
        Err(GraphError::NoRecipe(_))
    ));
}

#[test]
fn single_words_can_be_priced_taken_out_and_put_in() {
    let good = fs::read_to_string(shipped().join(MARKER)).unwrap();
    let changed = |from: &str, to: &str| {
        let directory = changed(MARKER, &good.replace(from, to));
        Recipe::read(directory.path(), None)
            .unwrap()
            .build(&[])
            .unwrap()
    };
    let arcs = |built: &Built| built.arcs;
    let before = changed("", "");
    let cheaper = changed("[word_costs]", "[word_costs]\nnext = -0.5");
    assert_eq!(arcs(&cheaper), arcs(&before));
    assert!(cheaper.files[0].1 != before.files[0].1);
    let without = changed("[filler_costs]", "[filler_costs]\nsplit = inf");
    assert!(arcs(&without) < arcs(&before));
    let with = changed("[filler_costs]", "[filler_costs]\nzorblat = 0.0");
    assert!(arcs(&with) > arcs(&before));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_recipe_makes_it_panic(settings in "\\PC{0,60}", list in "[ a-z*#\u{e9}\n]{0,60}", whole in 0..2) {
        let directory = changed(VOCABULARY, &list);
        fs::write(directory.path().join(FILLERS), &list).unwrap();
        if whole == 0 {
            fs::write(directory.path().join(MARKER), settings).unwrap();
        }
        let _ = Recipe::read(directory.path(), None).and_then(|recipe| recipe.build(&[]).map(|_| ()));
    }
}
