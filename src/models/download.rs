//! Fetching one archive over HTTP into a file that grows, and goes on growing after a break.
//!
//! Beside the file `NAME.part` lies `NAME.version`, the server's own mark of what it sent (`ETag`, else
//! `Last-Modified`). A broken download goes on with `Range` and `If-Range`: where the server has another
//! version by now, or does not know ranges, it sends the whole again and the file begins anew. What came
//! is compared with the catalogue at the end, whatever the server said on the way.

use super::catalogue::{Model, Reach};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE,
};
use ureq::http::{Response, StatusCode, Uri};
use ureq::{Agent, Body};

/// Longest way from server to server.
const MOST_REDIRECTS: usize = 5;
/// Read and written at once, in bytes.
const BLOCK: usize = 64 << 10;
/// Longest mark of a version that is kept, in bytes.
const LONGEST_VERSION: usize = 512;

/// How long to wait for a server, and how often to ask again.
#[derive(Clone, Debug)]
pub struct Patience {
    /// For a connection, and for the beginning of each answer.
    pub connect: Duration,
    /// For the next bytes of an answer that has begun.
    pub stall: Duration,
    /// Before asking again; twice as long each time.
    pub pause: Duration,
    /// How often to ask in all.
    pub attempts: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            stall: Duration::from_secs(30),
            pause: Duration::from_secs(1),
            attempts: 6,
        }
    }
}

/// What a download tells while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many bytes are there.
    Bytes(u64),
    /// It broke off, and is tried again.
    Again {
        /// Why it broke off.
        why: String,
        /// How long is waited before.
        after: Duration,
    },
    /// All of it is there, and is compared with the catalogue.
    Checking,
    /// It is the right archive, and is unpacked.
    Unpacking,
}

/// Why a download came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server cannot be reached, or broke off too often.
    #[error(
        "{address} could not be fetched ({reason}): what came is kept; check the network and give the same command again"
    )]
    Broken {
        /// Where it was to come from.
        address: String,
        /// What happened last.
        reason: String,
    },
    /// The server refuses.
    #[error(
        "{address} is not to be had (the server says {status}): try again later, or get a later version of this program"
    )]
    Refused {
        /// Where it was to come from.
        address: String,
        /// The server's answer.
        status: u16,
    },
    /// The server sends elsewhere, too often or where the program does not go.
    #[error(
        "the server sends us from {from} to {to:?}, where this program does not go: get a later version of it"
    )]
    Redirected {
        /// Who sends.
        from: String,
        /// Where to.
        to: String,
    },
    /// It is not as long as the catalogue says.
    #[error(
        "the server has {found} bytes where the catalogue says {expected}: it is another file, and nothing was kept; get a later version of this program"
    )]
    WrongLength {
        /// As the catalogue says.
        expected: u64,
        /// At least.
        found: u64,
    },
    /// It is not what the catalogue says.
    #[error(
        "what came is not what the catalogue says (SHA-256 {found}, not {expected}): nothing was kept; try another network, or get a later version of this program"
    )]
    WrongHash {
        /// As the catalogue says.
        expected: String,
        /// As computed.
        found: String,
    },
    /// It cannot be written or read again.
    #[error("cannot write {} ({error}): make room there, or check its permissions", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

/// Why one attempt ended.
enum Ended {
    /// It may work if tried again: what came is kept.
    Broke(String),
    /// It will not.
    For(FetchError),
}

impl From<FetchError> for Ended {
    fn from(error: FetchError) -> Self {
        Self::For(error)
    }
}

/// The files of a download that has not ended.
pub(super) struct Part {
    archive: PathBuf,
    version: PathBuf,
}

impl Part {
    /// The files for the model `name` in the directory `dir`.
    pub(super) fn of(dir: &Path, name: &str) -> Self {
        Self {
            archive: dir.join(format!("{name}.part")),
            version: dir.join(format!("{name}.version")),
        }
    }

    /// The archive, or what there is of it.
    pub(super) fn archive(&self) -> &Path {
        &self.archive
    }

    /// How much of it there is, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        fs::metadata(&self.archive).map_or(0, |file| file.len())
    }

    /// Removes both files.
    pub(super) fn remove(&self) -> Result<(), FetchError> {
        for path in [&self.archive, &self.version] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(file_error(path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The mark of the version the file began with, if it can be asked for again.
    fn version(&self) -> Option<String> {
        let version = crate::limits::read_text(&self.version, LONGEST_VERSION).ok()?;
        // A weak mark does not promise the same bytes (RFC 9110, 13.1.5).
        (!version.is_empty() && !version.starts_with("W/")).then_some(version)
    }
}

/// Fetches the archive of `model` into `part`, going on with what is there, until it is what the
/// catalogue says.
pub(super) fn fetch(
    model: &Model,
    part: &Part,
    patience: &Patience,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), FetchError> {
    let mut resumed = part.bytes() > 0;
    let mut attempt = 1;
    loop {
        match attempt_once(model, part, patience, tell) {
            Ok(()) => {}
            Err(Ended::For(error)) => {
                if matches!(error, FetchError::WrongLength { .. }) {
                    part.remove()?;
                }
                return Err(error);
            }
            Err(Ended::Broke(reason)) if attempt >= patience.attempts => {
                return Err(FetchError::Broken {
                    address: model.address.clone(),
                    reason,
                });
            }
            Err(Ended::Broke(why)) => {
                let after = patience.pause.saturating_mul(1 << (attempt - 1).min(5));
                tell(Progress::Again { why, after });
                std::thread::sleep(after);
                attempt += 1;
                resumed |= part.bytes() > 0;
                continue;
            }
        }
        tell(Progress::Checking);
        let found = hash(part.archive())?;
        if found.eq_ignore_ascii_case(&model.sha256) {
            return Ok(());
        }
        part.remove()?;
        if !resumed {
            return Err(FetchError::WrongHash {
                expected: model.sha256.clone(),
                found,
            });
        }
        // Pieces of two sessions need not fit: once more as a whole.
        resumed = false;
    }
}

/// Asks once, for all of it or for the rest, and writes what comes.
fn attempt_once(
    model: &Model,
    part: &Part,
    patience: &Patience,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), Ended> {
    let mut have = part.bytes();
    let version = part.version();
    if have > model.bytes || (have < model.bytes && version.is_none()) {
        part.remove()?;
        have = 0;
    }
    if have == model.bytes {
        return Ok(());
    }
    let rest = version.filter(|_| have > 0).map(|version| (have, version));
    let mut response = ask(model, rest.as_ref(), patience)?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT if begins_at(&response) == Some(have) && have > 0 => {}
        StatusCode::OK => {
            part.remove()?;
            have = 0;
            if let Some(version) = mark(&response) {
                fs::write(&part.version, version).map_err(|e| file_error(&part.version, e))?;
            }
        }
        // It cannot give this rest; all of it, then.
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
            part.remove()?;
            return Err(Ended::Broke("the server lost the rest of it".into()));
        }
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            return Err(Ended::Broke(format!("the server says {}", status.as_u16())));
        }
        status => {
            return Err(Ended::For(FetchError::Refused {
                address: model.address.clone(),
                status: status.as_u16(),
            }));
        }
    }
    let wrong_length = |found| FetchError::WrongLength {
        expected: model.bytes,
        found,
    };
    if let Some(length) = length(&response)
        && have.saturating_add(length) != model.bytes
    {
        return Err(wrong_length(have.saturating_add(length)).into());
    }
    let writable = |e| file_error(&part.archive, e);
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&part.archive)
        .map_err(writable)?;
    let mut body = response.body_mut().as_reader();
    let mut block = vec![0; BLOCK];
    tell(Progress::Bytes(have));
    loop {
        let count = match body.read(&mut block) {
            Ok(count) => count,
            Err(error) => return Err(Ended::Broke(broken(error))),
        };
        if count == 0 {
            break;
        }
        have += count as u64;
        if have > model.bytes {
            return Err(wrong_length(have).into());
        }
        file.write_all(block.get(..count).unwrap_or_default())
            .map_err(writable)?;
        tell(Progress::Bytes(have));
    }
    if have < model.bytes {
        return Err(Ended::Broke(format!(
            "the connection ended after {have} of {} bytes",
            model.bytes
        )));
    }
    file.sync_all().map_err(writable)?;
    Ok(())
}

/// Asks for `model`, or for its rest from a byte on if it still has a version, and follows the
/// server's directions as far as the program goes.
fn ask(
    model: &Model,
    rest: Option<&(u64, String)>,
    patience: &Patience,
) -> Result<Response<Body>, Ended> {
    let redirected = |from: &str, to: &str| FetchError::Redirected {
        from: from.to_owned(),
        to: to.chars().take(200).collect(),
    };
    let mut address: Uri = model
        .address
        .parse()
        .map_err(|_| redirected("the catalogue", &model.address))?;
    let allowed = Reach::of(&address);
    for _ in 0..=MOST_REDIRECTS {
        let reach = Reach::of(&address).filter(|reach| Some(*reach) == allowed);
        let Some(reach) = reach else {
            return Err(redirected(&model.address, &address.to_string()).into());
        };
        let mut request = agent(reach, patience).get(address.clone());
        if let Some((from, version)) = rest {
            request = request
                .header(RANGE, format!("bytes={from}-"))
                .header(IF_RANGE, version);
        }
        let response = request
            .call()
            .map_err(|error| Ended::Broke(error.to_string()))?;
        if !response.status().is_redirection() {
            return Ok(response);
        }
        let to = header(&response, LOCATION).unwrap_or_default().to_owned();
        let next = if to.starts_with('/') && !to.starts_with("//") {
            let mut parts = address.clone().into_parts();
            parts.path_and_query = to.parse().ok();
            Uri::from_parts(parts).ok()
        } else {
            to.parse().ok()
        };
        address = next.ok_or_else(|| redirected(&address.to_string(), &to))?;
    }
    Err(redirected(&model.address, "one server after another").into())
}

fn agent(reach: Reach, patience: &Patience) -> Agent {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        // Followed here, where each address is looked at before it is used.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .https_only(reach == Reach::Encrypted)
        .timeout_connect(Some(patience.connect))
        .timeout_recv_response(Some(patience.connect))
        .timeout_per_read(Some(patience.stall))
        .user_agent(concat!("talkthrough/", env!("CARGO_PKG_VERSION")));
    if reach == Reach::ThisMachine {
        config = config.proxy(None);
    }
    config.build().into()
}

fn header(response: &Response<Body>, name: ureq::http::HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}

/// The server's mark of what it sends: only what can be asked for again byte by byte.
fn mark(response: &Response<Body>) -> Option<String> {
    let mark = header(response, ETAG).or_else(|| header(response, LAST_MODIFIED))?;
    (mark.len() <= LONGEST_VERSION).then(|| mark.to_owned())
}

fn length(response: &Response<Body>) -> Option<u64> {
    header(response, CONTENT_LENGTH)?.parse().ok()
}

/// The byte that a part of the whole begins at: `bytes 500-999/1000`.
fn begins_at(response: &Response<Body>) -> Option<u64> {
    let range = header(response, CONTENT_RANGE)?.strip_prefix("bytes ")?;
    range.split('-').next()?.trim().parse().ok()
}

/// What a broken connection is called.
fn broken(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "nothing came any more".into(),
        _ => error.to_string(),
    }
}

fn hash(path: &Path) -> Result<String, FetchError> {
    let unreadable = |error| file_error(path, error);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        let count = file.read(&mut block).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        hasher.update(block.get(..count).unwrap_or_default());
    }
    let digits = hasher.finalize();
    Ok(digits.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn file_error(path: &Path, error: io::Error) -> FetchError {
    FetchError::File {
        path: path.to_owned(),
        error,
    }
}
