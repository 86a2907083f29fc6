//! The client side of the recogniser program: starts it, asks it, outlives it.
//!
//! libvosk may abort its process or hang in it. Here either becomes an error that says what to do,
//! and [`Recogniser::restart`] begins again with the same model and grammar.

use std::collections::VecDeque;
use std::env;
use std::ffi::OsString;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::protocol::{Reply, Request};

/// Name of the recogniser program.
pub const PROGRAM: &str = "talkthrough-recogniser";

/// Environment variable that names the recogniser program where it does not lie beside this one.
pub const PROGRAM_VARIABLE: &str = "TALKTHROUGH_RECOGNISER";

/// Real time within which every request must be answered while a person waits. A chunk takes a millisecond.
pub const REPLY_LIMIT: Duration = Duration::from_secs(2);

/// The same where nobody waits, in a rehearsal or an evaluation: a busy machine is no fault of the recogniser.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Real time within which a model must be loaded: the largest official ones take about ten seconds.
const LOAD_LIMIT: Duration = Duration::from_secs(60);

/// It is waited for in slices of so much, each of which counts as no more than that.
const SLICE: Duration = Duration::from_millis(50);

/// How much of the end of what the program wrote to standard error is kept, in bytes.
const SAID_KEPT: usize = 2_000;

/// What tells OpenBLAS which kernels to use. The one in libvosk is older than many a processor, takes what it does not
/// know for one of 2004, and then copies all weights of the model for every few frames. What the user chose stands.
const KERNELS: &str = "OPENBLAS_CORETYPE";

/// What can go wrong with the recogniser.
#[derive(Debug, thiserror::Error)]
pub enum RecogniserError {
    /// The program is not there.
    #[error("{PROGRAM} is not at {}: build it (`make run` does) or name it in {PROGRAM_VARIABLE}", .0.display())]
    ProgramMissing(PathBuf),
    /// It cannot be started.
    #[error("{} cannot be started ({error}): build it again (`make run` does)", program.display())]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// The loader does not find libvosk.
    #[error("libvosk is missing, the recogniser cannot start: run `make setup` and build again")]
    LibvoskMissing,
    /// libvosk does not load the model.
    #[error("the model {} cannot be loaded ({reason}): fetch it again or choose another with --model", model.display())]
    Model {
        /// Its directory.
        model: PathBuf,
        /// What the recogniser says.
        reason: String,
    },
    /// The recogniser did not answer in time, and was ended.
    #[error("the recogniser did not answer for {} s and was ended: start it again, or go on with the keys", limit.as_secs())]
    Hung {
        /// The time it had.
        limit: Duration,
    },
    /// The recogniser ended by itself.
    #[error("the recogniser ended ({how}): start it again, or go on with the keys")]
    Died {
        /// Exit status and its last words.
        how: String,
    },
    /// The second opinion that belongs to the model cannot be used.
    #[error(transparent)]
    Verifier(#[from] super::verifier::VerifierError),
    /// It is running, but did not do what was asked.
    #[error("the recogniser refuses: {0}")]
    Refused(String),
}

/// Whatever answers [`Request`]s: the recogniser program, or a script in a test.
pub trait Decoder: Send {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    ///
    /// Where there is none. [`Reply::Failed`] comes back as [`RecogniserError::Refused`].
    fn ask(&mut self, request: &Request) -> Result<Reply, RecogniserError>;

    /// Begins again after an error, as new: without a grammar.
    ///
    /// # Errors
    ///
    /// Where that does not work either.
    fn restart(&mut self) -> Result<(), RecogniserError>;
}

/// A running recogniser program. Dropping it ends the program.
#[derive(Debug)]
pub struct Recogniser {
    program: PathBuf,
    model: PathBuf,
    limit: Duration,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: ChildStdin,
    replies: Receiver<Reply>,
    said: Arc<Mutex<VecDeque<u8>>>,
    listener: Option<thread::JoinHandle<()>>,
}

impl Recogniser {
    /// Starts the program that lies beside this one (or is named by [`PROGRAM_VARIABLE`]) with the
    /// model directory `model`, which [`super::model::check`] should have passed.
    ///
    /// # Errors
    ///
    /// The program or libvosk is missing, or the model does not load.
    pub fn start(model: &Path) -> Result<Self, RecogniserError> {
        Self::start_program(&program()?, model)
    }

    /// The same with a program of your choice.
    ///
    /// # Errors
    ///
    /// As [`Recogniser::start`].
    pub fn start_program(program: &Path, model: &Path) -> Result<Self, RecogniserError> {
        let mut recogniser = Self {
            program: program.into(),
            model: model.into(),
            limit: REPLY_LIMIT,
            running: None,
        };
        recogniser.restart()?;
        Ok(recogniser)
    }

    /// Gives the program `limit` of real time for each answer instead of two seconds.
    pub fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// The words of `words` that the model does not have, asked of libvosk itself: for models that
    /// keep their word list where [`super::model::check`] cannot read it.
    ///
    /// # Errors
    ///
    /// Where the recogniser does not answer.
    pub fn missing_words(&mut self, words: &[String]) -> Result<Vec<String>, RecogniserError> {
        match self.ask(&Request::Find(words.to_vec()))? {
            Reply::Missing { words } => Ok(words),
            other => Err(out_of_step(&other)),
        }
    }

    /// Process number of the running program.
    pub fn process(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    fn reply_within(&mut self, limit: Duration) -> Result<Reply, RecogniserError> {
        let Some(running) = &mut self.running else {
            return Err(RecogniserError::Died {
                how: "it was not started again".into(),
            });
        };
        match patiently(&running.replies, limit) {
            Ok(Reply::Failed { reason }) => Err(RecogniserError::Refused(reason)),
            Ok(reply) => Ok(reply),
            Err(RecvTimeoutError::Timeout) => {
                self.running = None;
                Err(RecogniserError::Hung { limit })
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.died()),
        }
    }

    fn died(&mut self) -> RecogniserError {
        let Some(mut running) = self.running.take() else {
            return RecogniserError::Died {
                how: "it was not started again".into(),
            };
        };
        let (status, said) = running.last_words();
        if said.contains("libvosk.so") && said.contains("cannot open shared object") {
            return RecogniserError::LibvoskMissing;
        }
        let last = said
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("without a word")
            .trim();
        RecogniserError::Died {
            how: format!("{status}, {last}"),
        }
    }
}

/// Waits for `limit` of the time in which this program runs: while it is stopped itself, the answer of a sound
/// recogniser cannot reach it, and is there a moment later.
fn patiently(replies: &Receiver<Reply>, limit: Duration) -> Result<Reply, RecvTimeoutError> {
    let mut left = limit;
    loop {
        let slice = left.min(SLICE);
        match replies.recv_timeout(slice) {
            Err(RecvTimeoutError::Timeout) if left > slice => left -= slice,
            answer => return answer,
        }
    }
}

impl Decoder for Recogniser {
    fn ask(&mut self, request: &Request) -> Result<Reply, RecogniserError> {
        let sent = self
            .running
            .as_mut()
            .map(|running| request.write_to(&mut running.input));
        match sent {
            // A closed pipe: why is in its exit status and last words.
            None | Some(Err(_)) => Err(self.died()),
            Some(Ok(())) => self.reply_within(self.limit),
        }
    }

    fn restart(&mut self) -> Result<(), RecogniserError> {
        self.running = None;
        self.running = Some(Running::start(&self.program, &self.model)?);
        match self.reply_within(LOAD_LIMIT) {
            Ok(Reply::Ready) => Ok(()),
            Ok(other) => Err(out_of_step(&other)),
            Err(RecogniserError::Refused(reason)) => {
                let said = self
                    .running
                    .take()
                    .map(|mut running| running.last_words().1)
                    .unwrap_or_default();
                let reason = said
                    .lines()
                    .find(|line| line.contains("ERROR"))
                    .map_or(reason, str::to_owned);
                Err(RecogniserError::Model {
                    model: self.model.clone(),
                    reason,
                })
            }
            // libvosk aborts on a model it does not like.
            Err(RecogniserError::Died { how }) => Err(RecogniserError::Model {
                model: self.model.clone(),
                reason: how,
            }),
            Err(error) => Err(error),
        }
    }
}

/// Whether this processor has what OpenBLAS's kernels for AVX-512 are made of.
fn knows_avx512() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// How the recogniser is run; `chosen` are the kernels that the user named.
fn command(program: &Path, model: &Path, chosen: Option<OsString>) -> Command {
    let mut command = Command::new(program);
    command
        .arg(model)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if chosen.is_none() && knows_avx512() {
        command.env(KERNELS, "SkylakeX");
    }
    // Ctrl-C is for the talk, which then says goodbye; the recogniser ends when its input does.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

impl Running {
    fn start(program: &Path, model: &Path) -> Result<Self, RecogniserError> {
        let mut command = command(program, model, env::var_os(KERNELS));
        let mut child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => RecogniserError::ProgramMissing(program.into()),
            _ => RecogniserError::NotStarted {
                program: program.into(),
                error,
            },
        })?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(RecogniserError::Died {
                how: "its pipes are missing".into(),
            });
        };

        let (sender, replies) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            // Any error means that the two sides are out of step: the closed channel says so.
            while let Ok(Some(reply)) = Reply::read_from(&mut output) {
                if sender.send(reply).is_err() {
                    break;
                }
            }
        });
        let said = Arc::new(Mutex::new(VecDeque::new()));
        let listener = thread::spawn({
            let said = Arc::clone(&said);
            move || keep_last(errors, &said)
        });
        Ok(Self {
            child,
            input,
            replies,
            said,
            listener: Some(listener),
        })
    }

    /// Ends the program; its exit status and the end of what it wrote to standard error.
    fn last_words(&mut self) -> (String, String) {
        // Where it is dead already this changes nothing, not even its status.
        let _ = self.child.kill();
        let status = self
            .child
            .wait()
            .map_or_else(|error| error.to_string(), |status| status.to_string());
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        (
            status,
            String::from_utf8_lossy(said.make_contiguous()).into_owned(),
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end, and keeps the last of it.
fn keep_last(mut errors: impl Read, said: &Mutex<VecDeque<u8>>) {
    let mut block = [0; 512];
    while let Ok(count @ 1..) = errors.read(&mut block) {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend(block.iter().take(count));
        let surplus = said.len().saturating_sub(SAID_KEPT);
        said.drain(..surplus);
    }
}

/// The recogniser program: named by the environment, or beside the running program, or one directory
/// up from it (where cargo keeps it for test programs).
fn program() -> Result<PathBuf, RecogniserError> {
    if let Some(named) = env::var_os(PROGRAM_VARIABLE) {
        return Ok(named.into());
    }
    let name = format!("{PROGRAM}{}", env::consts::EXE_SUFFIX);
    let here = env::current_exe()
        .and_then(std::fs::canonicalize)
        .unwrap_or_default();
    let candidates: Vec<PathBuf> = here
        .ancestors()
        .skip(1)
        .take(2)
        .map(|directory| directory.join(&name))
        .collect();
    match candidates.iter().find(|candidate| candidate.is_file()) {
        Some(found) => Ok(found.clone()),
        None => Err(RecogniserError::ProgramMissing(
            candidates.into_iter().next().unwrap_or_else(|| name.into()),
        )),
    }
}

/// The error for a reply that does not belong to the request.
pub(super) fn out_of_step(reply: &Reply) -> RecogniserError {
    RecogniserError::Refused(format!("it answered something else: {reply:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_library_is_told_its_kernels_unless_somebody_has() {
        let told = |chosen: Option<&str>| {
            let command = command(Path::new("a"), Path::new("b"), chosen.map(OsString::from));
            let kernels = command.get_envs().find(|(name, _)| *name == KERNELS);
            kernels.and_then(|(_, value)| value?.to_str().map(String::from))
        };
        assert_eq!(told(None), knows_avx512().then(|| "SkylakeX".to_owned()));
        assert_eq!(told(Some("Haswell")), None, "theirs is inherited as it is");
    }
}
