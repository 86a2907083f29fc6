//! What injections did, and their row in the table.

/// The table's head.
pub(crate) const HEAD: &str = "\
| fault | N | holds cut short | steps skipped | places lost | crashes | seconds to recover: median, worst |
|---|---|---|---|---|---|---|";

/// A median of fewer than this is none.
const FEWEST: usize = 5;

/// What one injection did.
#[derive(Debug, Default)]
pub(crate) struct Injected {
    pub(crate) cut_short: bool,
    pub(crate) skipped: bool,
    pub(crate) lost: bool,
    pub(crate) crashed: bool,
    /// Seconds until it was as before, or what the row says.
    pub(crate) recovered: Option<f64>,
}

impl Injected {
    /// What must never be true: hold cut short, step skipped, place lost, crash.
    pub(crate) fn harm(&self) -> [bool; 4] {
        [self.cut_short, self.skipped, self.lost, self.crashed]
    }
}

/// One fault's injections.
#[derive(Debug, Default)]
pub(crate) struct Row {
    times: usize,
    pub(crate) harm: [usize; 4],
    pub(crate) recovered: Vec<f64>,
}

impl Row {
    pub(crate) fn add(&mut self, injected: &Injected) {
        self.times += 1;
        for (count, harm) in self.harm.iter_mut().zip(injected.harm()) {
            *count += usize::from(harm);
        }
        self.recovered.extend(injected.recovered);
        self.recovered.sort_by(f64::total_cmp);
    }

    /// The line of the table; how many of `all` recovered is told where it was not every one.
    pub(crate) fn line(&self, fault: &str, all: usize) -> String {
        let Self {
            times,
            harm: [cut_short, skipped, lost, crashed],
            recovered,
        } = self;
        let measured = recovered.len();
        let mut recovery = match (recovered.get(measured / 2), recovered.last()) {
            (Some(median), Some(worst)) if measured >= FEWEST.min(all) => {
                format!("{median:.2}, {worst:.2}")
            }
            (_, Some(worst)) => format!("worst {worst:.2}"),
            _ => "not measured".into(),
        };
        if measured != all {
            recovery += &format!(" ({measured} of {all})");
        }
        format!("| {fault} | {times} | {cut_short} | {skipped} | {lost} | {crashed} | {recovery} |")
    }
}
