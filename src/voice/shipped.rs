//! The voices that come with the program.

use super::bank::Index;
use super::coding::Coding;
use super::speaker::{Sex, Speaker};

/// A voice that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// What it is chosen by, and its directory in `audio/`.
    pub name: &'static str,
    /// Whose voice it sounds like.
    pub sex: Sex,
    /// What it is rendered with: a [`Speaker::id`].
    speaker: &'static str,
    /// The program's values for the pace of sentences, and of counts and cues; empty where the voice's own
    /// will do.
    paces: (&'static str, &'static str),
    /// How its clips are coded.
    pub coding: Coding,
}

/// All of them; the first speaks unless another is chosen. The reasons are in `benches/voices/README.md`.
pub static SHIPPED: [Shipped; 2] = [
    Shipped {
        name: "bdl",
        sex: Sex::Male,
        speaker: "rhvoice-bdl",
        paces: ("76", ""),
        coding: Coding::Flac,
    },
    Shipped {
        name: "slt",
        sex: Sex::Female,
        speaker: "rhvoice-slt",
        paces: ("80", "118"),
        coding: Coding::Mp3,
    },
];

impl Shipped {
    /// The voice of this name, or the first `male` or `female` one.
    pub fn named(name: &str) -> Option<&'static Self> {
        let sex = match name {
            "male" => Some(Sex::Male),
            "female" => Some(Sex::Female),
            _ => None,
        };
        SHIPPED
            .iter()
            .find(|voice| voice.name == name || sex == Some(voice.sex))
    }

    /// Who speaks it, as it is rendered.
    pub fn speaker(&self) -> Option<Speaker> {
        let (pace, cue_pace) = self.paces;
        Speaker::named(self.speaker).map(|speaker| speaker.paced_at(pace, cue_pace))
    }

    /// Whether `index` is that of a bank of this voice.
    pub fn describes(&self, index: &Index) -> bool {
        Speaker::named(self.speaker).is_some_and(|speaker| speaker.described() == index.voice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voice_can_be_rendered_and_chosen_by_name_and_by_sex() {
        for voice in &SHIPPED {
            let speaker = voice.speaker().unwrap();
            assert_eq!(speaker.sex, voice.sex);
            assert_eq!(Shipped::named(voice.name), Some(voice));
        }
        assert_eq!(Shipped::named("female").map(|v| v.sex), Some(Sex::Female));
        assert_eq!(Shipped::named("nobody"), None);
    }
}
