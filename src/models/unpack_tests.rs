use super::*;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Takes everything in, and keeps only the paths.
#[derive(Default)]
struct Seen(Vec<PathBuf>);

impl Sink for Seen {
    fn directory(&mut self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn file(&mut self, path: &Path, content: &mut dyn Read) -> io::Result<()> {
        if self.0.contains(&path.to_owned()) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        io::copy(content, &mut io::sink())?;
        self.0.push(path.to_owned());
        Ok(())
    }
}

fn archive(files: &[(&str, usize)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(&vec![0; *bytes]).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn unpacked(archive: Vec<u8>, most: u64) -> Result<Vec<PathBuf>, UnpackError> {
    let mut seen = Seen::default();
    unpack(Cursor::new(archive), most, &mut seen).map(|_| seen.0)
}

#[test]
fn the_top_directory_is_left_out() {
    let paths = unpacked(archive(&[("m/am/final.mdl", 3), ("m/README", 3)]), 6).unwrap();
    assert_eq!(paths, [Path::new("am/final.mdl"), Path::new("README")]);
}

#[test]
fn an_entry_that_lies_outside_refuses_the_archive() {
    for name in [
        "/etc/passwd",
        "\\etc\\passwd",
        "../evil",
        "m/../evil",
        "m/../../evil",
        "m/a/../../../evil",
        "m/..",
        "m\\..\\evil",
        "C:/evil",
        "c:evil",
        "m/file:stream",
        "m//evil",
        "m/./evil",
        "./m/evil",
        "m/ev\u{1b}[2Jil",
        "m/ev\0il",
        "other/evil",
        "evil",
        "m/a/b/c/d/e/f/g/h/i/evil",
    ] {
        let result = unpacked(archive(&[("m/good", 1), (name, 1)]), 100);
        assert!(
            matches!(result, Err(UnpackError::Entry { .. })),
            "{name}: {result:?}"
        );
        let said = result.unwrap_err().to_string();
        assert!(!said.chars().any(char::is_control), "{said:?}");
    }
}

#[test]
fn links_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .add_symlink("m/link", "/etc", SimpleFileOptions::default())
        .unwrap();
    let archive = writer.finish().unwrap().into_inner();
    assert!(matches!(
        unpacked(archive, 100),
        Err(UnpackError::Entry { .. })
    ));
}

#[test]
fn a_second_file_of_the_same_name_is_refused() {
    let mut bytes = archive(&[("m/a1", 1), ("m/a2", 1)]);
    // The writer does not write one name twice.
    for at in 0..bytes.len() - 4 {
        if bytes[at..].starts_with(b"m/a2") {
            bytes[at + 3] = b'1';
        }
    }
    // The library may have noticed first; what matters is that one does not replace the other.
    let result = unpacked(bytes, 100);
    assert!(
        matches!(&result, Ok(paths) if paths.len() == 1)
            || matches!(
                result,
                Err(UnpackError::Entry { .. } | UnpackError::Damaged(_))
            ),
        "{result:?}"
    );
}

#[test]
fn more_than_it_may_hold_is_not_unpacked() {
    // A megabyte of zeros in a thousand bytes.
    let bomb = archive(&[("m/a", 1 << 20), ("m/b", 1 << 20)]);
    assert!(bomb.len() < 4_000);
    assert_eq!(unpacked(bomb.clone(), 2 << 20).unwrap().len(), 2);
    for most in [0, 1, 1 << 20, (2 << 20) - 1] {
        assert!(matches!(
            unpacked(bomb.clone(), most),
            Err(UnpackError::TooMuch(_))
        ));
    }
    let names: Vec<String> = (0..=ARCHIVE_ENTRIES).map(|n| format!("m/{n}")).collect();
    let many: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 0)).collect();
    assert!(matches!(
        unpacked(archive(&many), 100),
        Err(UnpackError::TooMuch(_))
    ));
}

/// Sizes in an archive are claims: what comes out counts, and a checksum that does not fit is noticed.
#[test]
fn a_claimed_size_is_not_believed() {
    let honest = archive(&[("m/a", 100_000)]);
    let size = 100_000_u32.to_le_bytes();
    let mut lying = honest.clone();
    let mut changed = 0;
    for at in 0..honest.len() - 4 {
        if honest[at..].starts_with(&size) {
            lying[at..at + 4].copy_from_slice(&7_u32.to_le_bytes());
            changed += 1;
        }
    }
    assert!(changed > 0);
    assert!(unpacked(lying, 1_000).is_err());

    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file("m/a", stored).unwrap();
    writer.write_all(b"these very bytes").unwrap();
    let mut spoilt = writer.finish().unwrap().into_inner();
    let at = spoilt.windows(4).position(|four| four == b"very").unwrap();
    spoilt[at] ^= 0x10;
    assert!(matches!(
        unpacked(spoilt, 1_000),
        Err(UnpackError::Damaged(_))
    ));
}

#[test]
fn what_is_no_archive_or_holds_nothing_is_refused() {
    for bytes in [
        Vec::new(),
        b"PK".to_vec(),
        vec![0; 1000],
        archive(&[("m/a", 9)])[..60].to_vec(),
    ] {
        assert!(matches!(unpacked(bytes, 100), Err(UnpackError::Damaged(_))));
    }
    assert!(matches!(
        unpacked(archive(&[]), 100),
        Err(UnpackError::Empty)
    ));
}

#[test]
fn a_directory_of_the_machine_takes_the_files_in_and_replaces_none() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("new");
    let mut sink = Directory::new(place.clone()).unwrap();
    assert!(Directory::new(place.clone()).is_err());
    unpack(Cursor::new(archive(&[("m/am/final.mdl", 3)])), 3, &mut sink).unwrap();
    assert_eq!(fs::read(place.join("am/final.mdl")).unwrap(), [0; 3]);
    let again = unpack(Cursor::new(archive(&[("m/am/final.mdl", 3)])), 3, &mut sink);
    assert!(matches!(
        again,
        Err(UnpackError::Entry {
            what: "is there twice",
            ..
        })
    ));
}
