use super::*;
use proptest::prelude::*;

const NOW: u64 = 1_750_000_000;

fn edition(guide: &str) -> Edition {
    Edition {
        guide: guide.into(),
        sha256: "ab".repeat(32),
    }
}

fn place(step: &str) -> Bookmark {
    Bookmark {
        step: step.into(),
        holding: true,
        confirmed: 3,
        before: vec!["agree".into(), "unplug".into()],
    }
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_place_is_read_as_it_was_written_and_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state").join("talkthrough");
    assert!(read(&dir).unwrap().is_none());
    forget(&dir).unwrap();
    write(&dir, &edition("a"), &place("hold"), NOW).unwrap();
    write(&dir, &edition("a"), &place("plug-in"), NOW + 1).unwrap();
    assert_eq!(files(&dir), [PLACE]);
    let kept = read(&dir).unwrap().unwrap();
    assert_eq!(kept.written, NOW + 1);
    let usable = kept.usable(&edition("a"), NOW + PLACE_SECONDS).unwrap();
    assert_eq!(usable, place("plug-in"));
    forget(&dir).unwrap();
    assert!(read(&dir).unwrap().is_none());
}

#[test]
fn a_place_that_was_half_written_leaves_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &edition("a"), &place("hold"), NOW).unwrap();
    let whole = fs::read(dir.path().join(PLACE)).unwrap();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(dir.path().join(UNFINISHED), &whole[..cut]).unwrap();
        let kept = read(dir.path()).unwrap().unwrap();
        assert_eq!(kept.place, place("hold"));
        assert!(matches!(Kept::parse(&whole[..cut]), Err(Unusable::Damaged)));
    }
    write(dir.path(), &edition("a"), &place("plug-in"), NOW).unwrap();
    assert_eq!(files(dir.path()), [PLACE]);
}

#[test]
fn another_guide_another_edition_another_day_and_another_format_are_told_apart() {
    let kept = |change: fn(&mut Kept)| {
        let mut kept = Kept {
            format: FORMAT,
            edition: edition("a"),
            written: NOW,
            place: place("hold"),
        };
        change(&mut kept);
        Kept::parse(&serde_json::to_vec(&kept).unwrap())
            .and_then(|kept| kept.usable(&edition("a"), NOW))
    };
    assert!(kept(|_| ()).is_ok());
    let error = kept(|kept| kept.edition.guide = "b".into()).unwrap_err();
    assert!(error.to_string().contains("\"b\""), "{error}");
    let error = kept(|kept| kept.edition.sha256 = "cd".repeat(32)).unwrap_err();
    assert!(matches!(error, Unusable::OtherEdition));
    for written in [NOW - PLACE_SECONDS - 1, NOW + PLACE_SECONDS + 1] {
        let old = Kept {
            format: FORMAT,
            edition: edition("a"),
            written,
            place: place("hold"),
        };
        assert!(matches!(old.usable(&edition("a"), NOW), Err(Unusable::Old)));
    }
    assert!(matches!(
        kept(|kept| kept.format = 2),
        Err(Unusable::OtherFormat)
    ));
    let many = |kept: &mut Kept| kept.place.before = vec!["a".into(); PLACE_STEPS + 1];
    assert!(matches!(kept(many), Err(Unusable::Damaged)));
}

#[test]
fn what_is_no_file_or_too_large_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(PLACE);
    fs::create_dir(&path).unwrap();
    assert!(matches!(read(dir.path()), Err(Unusable::Unreadable(_))));
    fs::remove_dir(&path).unwrap();
    fs::write(&path, vec![b' '; PLACE_BYTES + 1]).unwrap();
    assert!(matches!(read(dir.path()), Err(Unusable::Unreadable(_))));
}

#[test]
fn a_disk_that_takes_nothing_is_told_and_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("no-directory");
    fs::write(&file, "").unwrap();
    let keeper = Keeper::start(file.join("talkthrough"), edition("a"));
    keeper.keep(Some(place("hold")));
    let trouble = keeper.troubles.recv().unwrap();
    assert_eq!(trouble.kind(), io::ErrorKind::NotADirectory);
    keeper.keep(Some(place("plug-in")));
    drop(keeper);
    let refused = lock(&file.join("talkthrough")).unwrap_err();
    assert!(matches!(refused, LockError::Impossible { .. }));
}

/// Waits for as long as it takes.
fn finish(mut keeper: Keeper) {
    keeper.orders = None;
    keeper.finished.recv().unwrap();
}

#[test]
fn the_last_place_is_on_the_disk_when_the_keeper_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(dir.path().join("state"), edition("a"));
    for n in 0..100 {
        keeper.keep(Some(place(&format!("step-{n}"))));
    }
    finish(keeper);
    let kept = read(&dir.path().join("state")).unwrap().unwrap();
    assert_eq!(kept.place.step, "step-99");
    let keeper = Keeper::start(dir.path().join("state"), edition("a"));
    keeper.keep(None);
    finish(keeper);
    assert!(read(&dir.path().join("state")).unwrap().is_none());
}

#[test]
fn there_is_one_lock() {
    let dir = tempfile::tempdir().unwrap();
    let held = lock(dir.path()).unwrap();
    let error = lock(dir.path()).unwrap_err();
    let own = std::process::id();
    assert!(matches!(error, LockError::Busy(Some(id)) if id == own));
    assert!(error.to_string().contains("Ctrl-C"), "{error}");
    drop(held);
    lock(dir.path()).unwrap();
}

proptest! {
    #[test]
    fn any_bytes_are_a_place_or_none(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Kept::parse(&bytes);
    }

    #[test]
    fn any_place_comes_back(step in "\\PC{0,40}", holding: bool, confirmed: u32, before in prop::collection::vec("[a-z-]{1,12}", 0..9), written: u64) {
        let kept = Kept {
            format: FORMAT,
            edition: edition("a"),
            written,
            place: Bookmark { step, holding, confirmed, before },
        };
        let text = serde_json::to_vec(&kept).unwrap();
        prop_assert_eq!(Kept::parse(&text).unwrap(), kept);
    }
}
