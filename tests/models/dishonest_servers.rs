use crate::archive::{self, MODEL};
use crate::server::{Answer, Request, Server, answer, honest};
use crate::{NAME, contents, get, model, patient, store};
use talkthrough::models::{FetchError, ModelsError};

/// The error that fetching the model from such a server ends with, and what was asked; the store must
/// hold no model after it.
fn refused(
    serve: impl Fn(&Request) -> Answer + Send + 'static,
) -> (FetchError, Vec<Request>, bool) {
    let server = Server::start(serve);
    let (_dir, store) = store();
    let (result, _) = get(&store, &model(&MODEL, &server), &patient());
    assert_eq!(store.find(NAME), None);
    match result {
        Err(ModelsError::Fetch(error)) => (error, server.asked(), store.begun(NAME) > 0),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_length_that_is_not_the_catalogues_is_refused_at_once() {
    for claimed in [MODEL.len() - 1, MODEL.len() + 1, usize::MAX] {
        let (error, asked, kept) = refused(move |_| {
            let length = format!("Content-Length: {claimed}");
            answer("200 OK", &[length], &MODEL)
        });
        assert!(
            matches!(error, FetchError::WrongLength { found, .. } if found == claimed as u64),
            "{error}"
        );
        assert_eq!((asked.len(), kept), (1, false));
    }
}

#[test]
fn more_than_there_should_be_is_not_written() {
    let (error, asked, kept) = refused(|_| {
        let mut long = MODEL.clone();
        long.extend([0; 100_000]);
        answer("200 OK", &[], &long)
    });
    assert!(matches!(error, FetchError::WrongLength { .. }), "{error}");
    assert_eq!((asked.len(), kept), (1, false));
}

#[test]
fn less_than_was_promised_is_a_broken_connection() {
    for headers in [
        vec![],
        vec![format!("Content-Length: {}", MODEL.len())],
        vec!["Transfer-Encoding: chunked".to_owned()],
    ] {
        let (error, asked, _) = refused(move |_| answer("200 OK", &headers, b"5\r\nhello\r\n"));
        assert!(matches!(error, FetchError::Broken { .. }), "{error}");
        assert_eq!(asked.len(), 3);
    }
}

#[test]
fn the_right_number_of_wrong_bytes_is_refused() {
    let (error, asked, kept) = refused(|request| {
        let mut wrong = MODEL.clone();
        wrong[MODEL.len() / 2] ^= 1;
        honest(request, &wrong, "\"one\"", usize::MAX)
    });
    assert!(matches!(error, FetchError::WrongHash { .. }), "{error}");
    assert!(error.to_string().contains("nothing was kept"));
    assert_eq!((asked.len(), kept), (1, false));
}

#[test]
fn what_is_not_there_is_not_asked_for_again() {
    let (error, asked, _) = refused(|_| answer("404 Not Found", &[], b"<html>"));
    assert!(
        matches!(error, FetchError::Refused { status: 404, .. }),
        "{error}"
    );
    assert_eq!(asked.len(), 1);
}

#[test]
fn a_server_in_trouble_is_asked_again_and_not_for_ever() {
    let (error, asked, _) = refused(|_| answer("503 Service Unavailable", &[], b""));
    assert!(error.to_string().contains("the server says 503"), "{error}");
    assert_eq!(asked.len(), 3);
    let server = Server::start(|request| match request.nth {
        0 => answer("500 Internal Server Error", &[], b""),
        _ => honest(request, &MODEL, "\"one\"", usize::MAX),
    });
    let (_dir, store) = store();
    get(&store, &model(&MODEL, &server), &patient())
        .0
        .expect("it is fetched");
}

#[test]
fn something_else_than_http_is_a_broken_connection() {
    for bytes in [
        &b"SSH-2.0-OpenSSH\r\n"[..],
        b"",
        b"HTTP/1.1 200 OK\r\nX: \xff\x00",
    ] {
        let (error, _, kept) = refused(move |_| Answer {
            bytes: bytes.to_vec(),
            then: crate::server::Then::Close,
        });
        assert!(matches!(error, FetchError::Broken { .. }), "{error}");
        assert!(!kept);
    }
}

#[test]
fn an_endless_head_is_not_read_to_its_end() {
    let (error, ..) = refused(|_| {
        let header = format!("X-Endless: {}", "a".repeat(8 << 20));
        answer("200 OK", &[header], &MODEL)
    });
    assert!(matches!(error, FetchError::Broken { .. }), "{error}");
}

#[test]
fn redirections_are_followed_on_this_machine_and_not_for_ever() {
    let server = Server::start(|request| match request.path.as_str() {
        "/model.zip" => answer("302 Found", &["Location: /there.zip".into()], b""),
        _ => honest(request, &MODEL, "\"one\"", usize::MAX),
    });
    let (_dir, store) = store();
    get(&store, &model(&MODEL, &server), &patient())
        .0
        .expect("it is fetched");
    assert_eq!(server.asked().len(), 2);

    let (error, asked, _) = refused(|request| {
        let next = format!("Location: /{}.zip", request.nth);
        answer("302 Found", &[next], b"")
    });
    assert!(matches!(error, FetchError::Redirected { .. }), "{error}");
    assert_eq!(asked.len(), 6);
}

#[test]
fn nobody_is_followed_where_the_program_does_not_go() {
    for to in [
        "http://example.invalid/model.zip",
        "https://example.invalid/model.zip",
        "//example.invalid/model.zip",
        "file:///etc/passwd",
        "http://127.0.0.1@example.invalid/",
        "",
        "elsewhere",
    ] {
        let (error, asked, _) =
            refused(move |_| answer("301 Moved", &[format!("Location: {to}")], b""));
        assert!(
            matches!(error, FetchError::Redirected { .. }),
            "{to}: {error}"
        );
        assert!(!error.to_string().chars().any(char::is_control));
        assert_eq!(asked.len(), 1);
    }
}

/// The hash is right, but the catalogue's author was wrong.
#[test]
fn an_archive_that_is_no_model_is_not_put_into_place() {
    for (archive, says) in [
        (archive::of(&[("a/README", b"hello")]), "no model"),
        (archive::of(&[("a/../../evil", b"hello")]), "leads out"),
        (archive::of(&[("/etc/evil", b"hello")]), "absolute"),
        (b"hello".to_vec(), "damaged"),
    ] {
        let served = archive.clone();
        let server = Server::start(move |request| honest(request, &served, "\"one\"", usize::MAX));
        let (dir, store) = store();
        let (result, _) = get(&store, &model(&archive, &server), &patient());
        let error = result.expect_err("it is refused").to_string();
        assert!(error.contains(says), "{error}");
        assert!(contents(&store).is_empty(), "{:?}", contents(&store));
        let beside = std::fs::read_dir(dir.path()).expect("a directory").count();
        assert_eq!(beside, 1, "something lies beside the store");
    }
}
