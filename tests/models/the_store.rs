use crate::archive::MODEL;
use crate::server::{Server, honest};
use crate::{NAME, contents, get, model, patient, store};
use std::fs::{self, File};
use talkthrough::models::ModelsError;

#[test]
fn without_room_on_the_disk_nothing_is_fetched() {
    let server = Server::start(|request| honest(request, &MODEL, "\"one\"", usize::MAX));
    let (_dir, store) = store();
    let mut model = model(&MODEL, &server);
    model.unpacked_at_most = 1 << 60;
    let (result, _) = get(&store, &model, &patient());
    assert!(
        matches!(&result, Err(ModelsError::NoRoom { free, needed, .. }) if free < needed),
        "{result:?}"
    );
    assert!(server.asked().is_empty());
    assert!(contents(&store).is_empty());
}

#[test]
fn while_another_process_changes_the_store_this_one_does_not() {
    let server = Server::start(|request| honest(request, &MODEL, "\"one\"", usize::MAX));
    let (_dir, store) = store();
    fs::create_dir_all(store.dir()).expect("a directory");
    let held = File::create(store.dir().join(".lock")).expect("a lock");
    held.lock().expect("it is free");
    let (result, _) = get(&store, &model(&MODEL, &server), &patient());
    assert!(matches!(result, Err(ModelsError::Busy)), "{result:?}");
    assert!(matches!(store.remove(NAME), Err(ModelsError::Busy)));
    assert!(server.asked().is_empty());
    drop(held);
    get(&store, &model(&MODEL, &server), &patient())
        .0
        .expect("it is fetched");
}

#[test]
fn what_a_killed_process_left_is_swept_and_never_taken_for_a_model() {
    let server = Server::start(|request| honest(request, &MODEL, "\"one\"", usize::MAX));
    let (_dir, store) = store();
    for left in [".unpacking/am", ".removed/am"] {
        fs::create_dir_all(store.dir().join(left)).expect("a directory");
        fs::write(store.dir().join(left).join("final.mdl"), "half").expect("a file");
    }
    for name in [".unpacking", ".removed", ".", "..", "", "a/b", ".lock"] {
        assert_eq!(store.find(name), None, "{name}");
        assert!(store.remove(name).is_err(), "{name}");
    }
    let place = get(&store, &model(&MODEL, &server), &patient())
        .0
        .expect("it is fetched");
    assert_eq!(contents(&store), [NAME]);
    let whole = fs::metadata(place.join("am/final.mdl")).expect("it is there");
    assert!(whole.len() > 1_000_000);
}

#[test]
fn a_removed_model_is_gone_with_what_was_left_of_its_download() {
    let server = Server::start(|request| honest(request, &MODEL, "\"one\"", usize::MAX));
    let (_dir, store) = store();
    assert!(matches!(
        store.remove(NAME),
        Err(ModelsError::Absent { .. })
    ));
    get(&store, &model(&MODEL, &server), &patient())
        .0
        .expect("it is fetched");
    fs::write(store.dir().join(format!("{NAME}.part")), "half").expect("a file");
    store.remove(NAME).expect("it is removed");
    assert!(contents(&store).is_empty());
    assert!(matches!(
        store.remove(NAME),
        Err(ModelsError::Absent { .. })
    ));
}

#[cfg(unix)]
#[test]
fn a_store_that_cannot_be_written_is_named() {
    let server = Server::start(|request| honest(request, &MODEL, "\"one\"", usize::MAX));
    let (_dir, store) = store();
    // A file where the directory should be: also for somebody who may write everywhere.
    fs::write(store.dir(), "not a directory").expect("a file");
    let (result, _) = get(&store, &model(&MODEL, &server), &patient());
    let error = result.expect_err("it is refused").to_string();
    assert!(
        error.contains("models") && error.contains("check its permissions"),
        "{error}"
    );
}
