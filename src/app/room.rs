//! What is remembered of the room from one talk to the next: how noisy it is, and nothing else.

use std::path::PathBuf;

/// A noise floor that a microphone can have, in dB of its full scale.
const POSSIBLE: std::ops::RangeInclusive<f32> = -100.0..=0.0;

/// A file with the room's noise floor in it.
#[derive(Clone, Debug, Default)]
pub struct Room {
    file: Option<PathBuf>,
}

impl Room {
    /// Remembered in `file`; not at all where there is none.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { file }
    }

    /// The noise floor that `check` or the last talk heard, in dB of full scale.
    pub fn noise(&self) -> Option<f32> {
        let text = std::fs::read_to_string(self.file.as_ref()?).ok()?;
        let floor_db = text.trim().parse().ok()?;
        POSSIBLE.contains(&floor_db).then_some(floor_db)
    }

    /// Keeps it for the next talk. Where that cannot be, the next talk finds out by itself.
    pub fn remember(&self, floor_db: f32) {
        if let Some(file) = &self.file {
            let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
            let _ = made.and_then(|()| std::fs::write(file, format!("{floor_db:.1}\n")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_is_known_next_time_and_nonsense_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cache").join("noise");
        let room = Room::new(Some(file.clone()));
        assert_eq!(room.noise(), None);
        room.remember(-52.34);
        assert_eq!(room.noise(), Some(-52.3));
        for nonsense in ["", "loud", "12", "-inf", "NaN"] {
            std::fs::write(&file, nonsense).unwrap();
            assert_eq!(room.noise(), None, "{nonsense}");
        }
        Room::default().remember(-50.0);
        assert_eq!(Room::default().noise(), None);
    }
}
