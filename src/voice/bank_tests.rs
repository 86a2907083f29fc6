use super::*;

fn write(dir: &Path, index: &str) {
    std::fs::write(dir.join(INDEX), index).unwrap();
}

fn index(clip: &str) -> String {
    format!(
        r#"{{"voice":"v","licence":"l","engine":"e","command":"c","rate":24000,"clips":[{clip}]}}"#
    )
}

fn entry(file: &str, beat: f64) -> String {
    format!(
        r#"{{"text":"one","file":"{file}","frames":12000,"onset_s":0.02,"beat_s":{beat},"beat_on":"first"}}"#
    )
}

#[test]
fn a_missing_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &index(&entry("one.flac", 0.1)));
    let error = Bank::load(dir.path()).unwrap_err();
    assert!(matches!(&error, VoiceError::MissingFile { text, .. } if text == "one"));
    assert!(error.to_string().contains("one.flac"), "{error}");
}

#[test]
fn an_index_that_cannot_be_true_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("one.flac"), "").unwrap();
    let twice = format!("{0},{0}", entry("one.flac", 0.1));
    for clips in [
        &twice,
        &entry("one.flac", 0.6),
        &entry("../one.flac", 0.1),
        &entry("", 0.1),
        "7",
    ] {
        write(dir.path(), &index(clips));
        assert!(
            matches!(Bank::load(dir.path()), Err(VoiceError::BadIndex { .. })),
            "{clips}"
        );
    }
    write(dir.path(), &index("").replace("24000", "0"));
    assert!(matches!(
        Bank::load(dir.path()),
        Err(VoiceError::BadIndex { .. })
    ));
    assert!(matches!(
        Bank::load(&dir.path().join("nowhere")),
        Err(VoiceError::NoIndex { .. })
    ));
}

#[test]
fn a_damaged_clip_is_found_by_the_check_and_not_spoken() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("one.flac"), "fLaC, but not really").unwrap();
    write(dir.path(), &index(&entry("one.flac", 0.1)));
    let bank = Bank::load(dir.path()).unwrap();
    assert!(bank.clip("one").is_none());
    assert!(matches!(bank.check(), Err(VoiceError::BadFile { .. })));
}

/// The shipped voice.
fn shipped(dir: &str) -> Bank {
    Bank::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)).unwrap()
}

#[test]
fn every_shipped_clip_is_sound() {
    for dir in ["audio/bdl", "audio/technician"] {
        shipped(dir).check().unwrap();
    }
}

#[test]
fn what_was_asked_for_last_is_kept_and_no_more_than_a_minute_of_it() {
    let bank = shipped("audio/bdl");
    let texts: Vec<&str> = bank.texts().take(100).collect();
    let kept = |text: &str| {
        bank.decoded
            .lock()
            .unwrap()
            .clips
            .contains(&normalised(text))
    };
    let first = bank.clip(texts[0]).unwrap();
    for text in &texts {
        bank.clip(text).unwrap();
        let decoded = bank.decoded.lock().unwrap();
        let lengths = decoded.clips.iter().map(|(_, clip)| clip.samples.len());
        assert_eq!(lengths.sum::<usize>(), decoded.frames);
        assert!(decoded.frames <= KEPT_FRAMES);
    }
    assert!(kept(texts[99]) && !kept(texts[0]));
    assert_eq!(bank.clip(texts[0]).unwrap().samples, first.samples);
}

#[test]
fn every_number_fits_into_its_second() {
    let bank = shipped("audio/bdl");
    for text in (0..=60).map(crate::session::spoken_number) {
        let clip = bank.clip(&text).unwrap();
        assert!(
            clip.duration() < Duration::from_secs(1),
            "{text}: {:?}",
            clip.duration()
        );
        assert!(
            clip.onset <= clip.beat && clip.beat < Duration::from_millis(400),
            "{text}: {:?}",
            clip.beat
        );
    }
}

#[test]
fn the_cue_s_beat_is_its_last_word() {
    let clip = shipped("audio/bdl").clip("Let go now!").unwrap();
    assert!(
        clip.beat > clip.duration() / 2,
        "{:?} of {:?}",
        clip.beat,
        clip.duration()
    );
}
