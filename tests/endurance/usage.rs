//! What this process and its recogniser use, as the kernel tells it.

use std::fs;

/// What was used at one moment.
pub(crate) struct Usage {
    /// Bytes in RAM of this process.
    pub(crate) own: u64,
    /// The same of the processes it started.
    pub(crate) recogniser: u64,
    /// Threads of all of them.
    pub(crate) threads: u64,
    /// Open file handles of all of them.
    pub(crate) handles: usize,
    /// Median seconds of sound from the end of a word to the verdict on it.
    pub(crate) late: Option<f64>,
}

impl Usage {
    pub(crate) fn now(late: Option<f64>) -> Self {
        let own = std::process::id();
        let children = children(own);
        let all = || children.iter().copied().chain([own]);
        Self {
            own: resident(own),
            recogniser: children.iter().copied().map(resident).sum(),
            threads: all().map(|id| status(id, "Threads:")).sum(),
            handles: all().map(handles).sum(),
            late,
        }
    }
}

fn resident(id: u32) -> u64 {
    status(id, "VmRSS:") * 1024
}

/// The number beside `name` in what the kernel tells of a process.
fn status(id: u32, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

fn handles(id: u32) -> usize {
    let handles = fs::read_dir(format!("/proc/{id}/fd")).expect("it runs");
    // The directory that is being read is one of our own.
    handles.count() - usize::from(id == std::process::id())
}

fn children(id: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).expect("it runs");
    let children = tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    children
        .flat_map(|ids| {
            let ids = ids.split_whitespace().filter_map(|id| id.parse().ok());
            ids.collect::<Vec<u32>>()
        })
        .collect()
}
