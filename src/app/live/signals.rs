//! What the operating system asks of a talk.

/// What is asked.
pub(super) enum Signal {
    /// SIGINT, or Ctrl-C where no key is read: as the key.
    Interrupt,
    /// SIGTERM, or SIGHUP from a terminal that was closed: nobody can be asked any more.
    Terminate,
}

/// SIGINT, SIGTERM and SIGHUP. From when this is made on, none of them kills the program.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            hang_up: signal(SignalKind::hangup()).ok(),
        }
    }

    /// The next signal. One that cannot be caught never comes here.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            () = caught(&mut self.interrupt) => Signal::Interrupt,
            () = caught(&mut self.terminate) => Signal::Terminate,
            () = caught(&mut self.hang_up) => Signal::Terminate,
        }
    }
}

#[cfg(unix)]
async fn caught(signal: &mut Option<tokio::signal::unix::Signal>) {
    let came = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if came.is_none() {
        std::future::pending().await
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(super) fn new() -> Self {
        Self {}
    }

    pub(super) async fn next(&mut self) -> Signal {
        let _ = tokio::signal::ctrl_c().await;
        Signal::Interrupt
    }
}
