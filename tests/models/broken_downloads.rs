use crate::archive::MODEL;
use crate::server::{Answer, Server, Then, answer, honest};
use crate::{NAME, contents, get, model, patient, store};
use std::time::Duration;
use talkthrough::ears::model::check;
use talkthrough::models::{FetchError, ModelsError, Patience, Progress};

const VERSION: &str = "\"one\"";
const HALF: usize = 500_000;

fn broke(result: &Result<std::path::PathBuf, ModelsError>) -> &str {
    match result {
        Err(ModelsError::Fetch(FetchError::Broken { reason, .. })) => reason,
        other => panic!("not a broken download: {other:?}"),
    }
}

#[test]
fn a_model_is_fetched_checked_and_put_into_place() {
    let server = Server::start(|request| honest(request, &MODEL, VERSION, usize::MAX));
    let (_dir, store) = store();
    let model = model(&MODEL, &server);
    let (place, told) = get(&store, &model, &patient());
    let place = place.expect("it is fetched");
    assert_eq!(store.find(NAME), Some(place.clone()));
    assert!(check(&place).expect("libvosk can load it").rejects);
    assert_eq!(contents(&store), [NAME]);
    assert!(told.contains(&Progress::Bytes(MODEL.len() as u64)));
    assert_eq!(told.last(), Some(&Progress::Unpacking));
    // A second time nobody is asked.
    get(&store, &model, &patient()).0.expect("it is there");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_cut_connection_is_gone_on_with_where_it_broke() {
    let server = Server::start(|request| honest(request, &MODEL, VERSION, HALF));
    let (_dir, store) = store();
    let pieces = MODEL.len().div_ceil(HALF);
    let patience = Patience {
        attempts: pieces.try_into().unwrap(),
        ..patient()
    };
    let (place, told) = get(&store, &model(&MODEL, &server), &patience);
    place.expect("it is fetched");
    let asked = server.asked();
    assert_eq!(asked.len(), pieces);
    assert_eq!((asked[0].range, asked[0].if_range.as_deref()), (None, None));
    for (nth, request) in asked.iter().enumerate().skip(1) {
        assert_eq!(request.range, Some((nth * HALF) as u64));
        assert_eq!(request.if_range.as_deref(), Some(VERSION));
    }
    assert!(
        told.iter()
            .any(|progress| matches!(progress, Progress::Again { .. }))
    );
}

#[test]
fn a_download_given_up_is_gone_on_with_the_next_time() {
    let server = Server::start(|request| {
        let sent = if request.nth < 1 { HALF } else { usize::MAX };
        honest(request, &MODEL, VERSION, sent)
    });
    let (_dir, store) = store();
    let model = model(&MODEL, &server);
    let once = Patience {
        attempts: 1,
        ..patient()
    };
    let (broken, _) = get(&store, &model, &once);
    broke(&broken);
    assert!(
        broken
            .unwrap_err()
            .to_string()
            .contains("what came is kept")
    );
    assert_eq!(store.begun(NAME), HALF as u64);
    assert_eq!(store.find(NAME), None);
    get(&store, &model, &once).0.expect("it is fetched");
    assert_eq!(server.asked()[1].range, Some(HALF as u64));
    assert_eq!(contents(&store), [NAME]);
}

#[test]
fn a_server_without_ranges_or_with_another_version_sends_the_whole_again() {
    // The first breaks off; the second does not know ranges; the other has another version by then.
    for version in ["\"one\"", "\"two\""] {
        let server = Server::start(move |request| match request.nth {
            0 => honest(request, &MODEL, VERSION, HALF),
            _ if version == VERSION => answer("200 OK", &[], &MODEL),
            _ => honest(request, &MODEL, version, usize::MAX),
        });
        let (_dir, store) = store();
        let (place, told) = get(&store, &model(&MODEL, &server), &patient());
        place.expect("it is fetched");
        assert_eq!(server.asked()[1].range, Some(HALF as u64));
        assert!(told.contains(&Progress::Bytes(0)));
    }
}

#[test]
fn a_rest_that_begins_elsewhere_is_not_taken() {
    let server = Server::start(|request| match request.nth {
        0 => honest(request, &MODEL, VERSION, HALF),
        1 => {
            let range = format!("Content-Range: bytes 7-{}/{}", MODEL.len() - 1, MODEL.len());
            answer("206 Partial Content", &[range], &MODEL[7..])
        }
        _ => honest(request, &MODEL, VERSION, usize::MAX),
    });
    let (_dir, store) = store();
    get(&store, &model(&MODEL, &server), &patient())
        .0
        .expect("it is fetched");
    assert_eq!(server.asked()[2].range, None);
}

#[test]
fn a_rest_the_server_does_not_have_is_asked_for_as_a_whole() {
    let server = Server::start(|request| match request.nth {
        0 => honest(request, &MODEL, VERSION, HALF),
        1 => answer("416 Range Not Satisfiable", &[], b""),
        _ => honest(request, &MODEL, VERSION, usize::MAX),
    });
    let (_dir, store) = store();
    get(&store, &model(&MODEL, &server), &patient())
        .0
        .expect("it is fetched");
    assert_eq!(server.asked()[2].range, None);
}

#[test]
fn a_file_spoilt_on_the_disk_is_noticed_and_fetched_again() {
    let server = Server::start(|request| honest(request, &MODEL, VERSION, usize::MAX));
    let (_dir, store) = store();
    std::fs::create_dir_all(store.dir()).expect("a directory");
    let mut spoilt = MODEL[..HALF].to_vec();
    spoilt[HALF / 2] ^= 1;
    std::fs::write(store.dir().join(format!("{NAME}.part")), spoilt).expect("written");
    std::fs::write(store.dir().join(format!("{NAME}.version")), VERSION).expect("written");
    get(&store, &model(&MODEL, &server), &patient())
        .0
        .expect("it is fetched");
    let ranges: Vec<_> = server.asked().iter().map(|asked| asked.range).collect();
    assert_eq!(ranges, [Some(HALF as u64), None]);
}

#[test]
fn a_stalled_server_is_not_waited_for_for_ever() {
    let impatient = Patience {
        connect: Duration::from_millis(300),
        stall: Duration::from_millis(300),
        attempts: 2,
        ..patient()
    };
    // In the middle of the archive, and before the first byte of an answer.
    for silent in [false, true] {
        let server = Server::start(move |request| Answer {
            bytes: match silent {
                true => Vec::new(),
                false => honest(request, &MODEL, VERSION, HALF).bytes,
            },
            then: Then::Stall,
        });
        let (_dir, store) = store();
        let (stalled, _) = get(&store, &model(&MODEL, &server), &impatient);
        let reason = broke(&stalled);
        assert!(
            reason.contains("nothing came any more") || reason.contains("timeout"),
            "{reason}"
        );
        assert_eq!(server.asked().len(), 2);
        assert_eq!(store.begun(NAME) > 0, !silent);
    }
}

#[test]
fn nobody_there_is_said() {
    let server = Server::start(|_| answer("200 OK", &[], b""));
    let (_dir, store) = store();
    let mut model = model(&MODEL, &server);
    // The port of a service that no machine has any more.
    model.address = "http://127.0.0.1:1/model.zip".into();
    let (result, _) = get(&store, &model, &patient());
    broke(&result);
    assert!(
        result
            .unwrap_err()
            .to_string()
            .contains("check the network")
    );
}
