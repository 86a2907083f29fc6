//! Who speaks: the speech programs and their voices, as they are asked.
//!
//! One table serves both the clips that are rendered once and shipped and the texts that are spoken on
//! somebody's machine, so that the two sound as alike as that machine can make them. Every program is run
//! directly, never through a shell, gets the text on standard input and writes a WAV file.

use std::borrow::Cow;

use super::clip::normalised;

/// Up to so many words are a count or a cue, and spoken at the voice's own pace.
pub(super) const CUE_WORDS: usize = 3;

/// A speech program.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    /// What it is called, and chosen by (`--synth`), whatever the case.
    pub name: &'static str,
    /// The file to run.
    pub file: &'static str,
    /// Its arguments; `{voice}` and `{file}` are replaced, `{pace}` by `pace`, and `{quick}` by `quick`.
    args: &'static [&'static str],
    /// The arguments that set its pace, if it is not to be its usual one; `{value}` is replaced.
    pace: &'static [&'static str],
    /// The arguments for speech that is wanted at once, where that can be had for a little less of its quality.
    quick: &'static [&'static str],
    /// The terms of program and voices.
    pub licence: &'static str,
    /// How to install it.
    pub install: &'static str,
}

/// A voice of a speech program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The program.
    pub program: &'static Program,
    /// The voice, by the program's own name for it; empty for its usual one.
    pub voice: Cow<'static, str>,
    /// Whose voice it sounds like.
    pub sex: Sex,
    /// The program's value for some 150 words a minute; empty for its usual pace.
    pub(super) pace: &'static str,
    /// Its value for counts and cues; empty for its usual pace.
    pub(super) cue_pace: &'static str,
    /// Whether somebody waits for it.
    pub(super) quick: bool,
}

/// Whose voice a voice sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// A woman's.
    Female,
    /// A man's.
    Male,
    /// Whichever the machine is set to.
    Either,
}

#[cfg(all(test, unix))]
impl Program {
    /// A stand-in that is called with the file it is to write and nothing else.
    pub(super) const fn plain() -> Self {
        Self {
            name: "plain",
            file: "plain",
            args: &["{file}"],
            pace: &[],
            quick: &[],
            licence: "",
            install: "",
        }
    }
}

/// Good speech of its own, small, for many systems.
pub static RHVOICE: Program = Program {
    name: "RHVoice",
    file: "RHVoice-test",
    args: &["-p", "{voice}", "{quick}", "{pace}", "-o", "{file}"],
    pace: &["-r", "{value}"],
    // At 16 kHz, as the shipped clips are, in place of 24: ready a quarter sooner.
    quick: &["-q", "min"],
    licence: "engine and voice data LGPL-2.1-or-later; the clips are their output",
    install: "install rhvoice and rhvoice-english (Debian: components contrib and non-free)",
};

/// Small and quick.
pub static FLITE: Program = Program {
    name: "flite",
    file: "flite",
    args: &["-voice", "{voice}", "{pace}", "-o", "{file}"],
    pace: &["--setf", "duration_stretch={value}"],
    quick: &[],
    licence: "engine and voice under the CMU Flite licence (BSD-like); the clips are their output",
    install: "install flite",
};

/// Large, old, well documented.
pub static FESTIVAL: Program = Program {
    name: "festival",
    file: "text2wave",
    args: &["-eval", "(voice_{voice})", "{pace}", "-o", "{file}"],
    pace: &["-eval", "(Parameter.set 'Duration_Stretch {value})"],
    quick: &[],
    licence: "engine X11-like, voice BSD-like (CMU Arctic, HTS); the clips are their output",
    install: "install festival and festvox-us-slt-hts",
};

/// Speaks everything, like a robot.
pub static ESPEAK: Program = Program {
    name: "espeak-ng",
    file: "espeak-ng",
    args: &["-v", "{voice}", "{pace}", "--stdin", "-w", "{file}"],
    pace: &["-s", "{value}"],
    quick: &[],
    licence: "GPL-3.0-or-later; the clips are its output",
    install: "install espeak-ng",
};

/// Part of macOS.
pub static SAY: Program = Program {
    name: "say",
    file: "say",
    args: &[
        "{pace}",
        "--file-format=WAVE",
        "--data-format=LEI16@22050",
        "-f",
        "-",
        "-o",
        "{file}",
    ],
    pace: &["-r", "{value}"],
    quick: &[],
    licence: "part of macOS: its output is for this machine",
    install: "it is part of macOS",
};

/// The speech of Windows. The file's name travels in the environment, because what follows `-Command`
/// would be read as a program.
pub static SAPI: Program = Program {
    name: "sapi",
    file: "powershell.exe",
    args: &[
        "-NoProfile",
        "-NonInteractive",
        "-Command",
        "Add-Type -AssemblyName System.Speech; \
         [Console]::InputEncoding = [Text.Encoding]::UTF8; \
         $speaker = New-Object System.Speech.Synthesis.SpeechSynthesizer; \
         $speaker.SetOutputToWaveFile($env:TALKTHROUGH_SPEECH); \
         $speaker.Speak([Console]::In.ReadToEnd()); $speaker.Dispose()",
    ],
    pace: &[],
    quick: &[],
    licence: "part of Windows: its output is for this machine",
    install: "it is part of Windows",
};

/// Neural voices; the user chooses one.
pub static PIPER: Program = Program {
    name: "piper",
    file: "piper",
    args: &["--model", "{voice}", "{pace}", "--output_file", "{file}"],
    pace: &["--length_scale", "{value}"],
    quick: &[],
    licence: "GPL-3.0-or-later; each voice has its own terms",
    install: "install piper and set PIPER_VOICE to a voice's .onnx file",
};

/// A voice of the table.
const fn speaker(
    program: &'static Program,
    voice: &'static str,
    sex: Sex,
    pace: &'static str,
) -> Speaker {
    Speaker {
        program,
        voice: Cow::Borrowed(voice),
        sex,
        pace,
        cue_pace: "",
        quick: false,
    }
}

/// The voices known, best first; the paces are measured (see `benches/voices/README.md`).
pub static SPEAKERS: [Speaker; 11] = [
    speaker(&RHVOICE, "bdl", Sex::Male, "76"),
    speaker(&RHVOICE, "slt", Sex::Female, "76"),
    speaker(&RHVOICE, "clb", Sex::Female, "90"),
    speaker(&FLITE, "rms", Sex::Male, "1.15"),
    speaker(&FLITE, "slt", Sex::Female, "1.3"),
    speaker(&SAY, "", Sex::Either, "150"),
    speaker(&SAPI, "", Sex::Either, ""),
    speaker(&ESPEAK, "en-us", Sex::Male, "140"),
    speaker(&ESPEAK, "en-us+f3", Sex::Female, "140"),
    speaker(&FESTIVAL, "cmu_us_slt_arctic_hts", Sex::Female, "1.15"),
    speaker(&FESTIVAL, "kal_diphone", Sex::Male, "1.15"),
];

impl Speaker {
    /// The known voice of this id: program and voice, as in "rhvoice-bdl".
    pub fn named(id: &str) -> Option<&'static Self> {
        SPEAKERS.iter().find(|speaker| speaker.id() == id)
    }

    /// The same voice at other paces, by the program's values: for sentences, and for counts and cues, so that
    /// every number fits into its second.
    pub(super) fn paced_at(&self, pace: &'static str, cue_pace: &'static str) -> Self {
        Self {
            pace,
            cue_pace,
            ..self.clone()
        }
    }

    /// The same voice as soon as it can be had: somebody waits for what it says.
    pub(super) fn at_once(&self) -> Self {
        Self {
            quick: true,
            ..self.clone()
        }
    }

    /// Piper with the user's own voice: the path of its `.onnx` file.
    pub fn piper(voice: String) -> Self {
        Self {
            program: &PIPER,
            voice: Cow::Owned(voice),
            sex: Sex::Either,
            pace: "1.1",
            cue_pace: "",
            quick: false,
        }
    }

    /// "rhvoice-bdl".
    pub fn id(&self) -> String {
        let program = self.program.name.to_lowercase();
        match self.voice.as_ref() {
            "" => program,
            voice => format!("{program}-{voice}"),
        }
    }

    /// "RHVoice bdl (English, male)".
    pub fn described(&self) -> String {
        let sex = match self.sex {
            Sex::Female => ", female",
            Sex::Male => ", male",
            Sex::Either => "",
        };
        format!("{} {} (English{sex})", self.program.name, self.voice)
    }

    /// The arguments for saying `text` into `file`.
    ///
    /// A sentence is said slowly, for somebody who hears it for the first time; up to three words, the
    /// counts and cues, so that each fits into its second.
    pub(super) fn args(&self, text: &str, file: &str) -> Vec<String> {
        let is_cue = normalised(text).split(' ').count() <= CUE_WORDS;
        let pace = if is_cue { self.cue_pace } else { self.pace };
        let args = self.program.args.iter().flat_map(|arg| match *arg {
            "{pace}" => self.pace_args(pace),
            "{quick}" => self.quick_args().map(str::to_owned).collect(),
            arg => vec![arg.replace("{voice}", &self.voice).replace("{file}", file)],
        });
        args.collect()
    }

    /// The command as it is told in an index.
    pub(super) fn command(&self) -> String {
        let args = self.program.args.iter().filter_map(|arg| match *arg {
            "{pace}" => Some(self.told_pace()),
            "{quick}" => self
                .quick_args()
                .map(str::to_owned)
                .reduce(|told, arg| told + " " + &arg),
            arg => Some(
                arg.replace("{voice}", &self.voice)
                    .replace("{file}", "FILE"),
            ),
        });
        let args: Vec<String> = args.collect();
        format!("{} {}", self.program.file, args.join(" "))
    }

    fn told_pace(&self) -> String {
        let longer = format!("more than {CUE_WORDS} words");
        let told = [(self.pace, longer.as_str()), (self.cue_pace, "others")];
        let told = told.iter().filter(|(pace, _)| !pace.is_empty());
        let told: Vec<String> = told
            .map(|(pace, what)| format!("{}: {what}", self.pace_args(pace).join(" ")))
            .collect();
        format!("[{}]", told.join(", "))
    }

    fn quick_args(&self) -> impl Iterator<Item = &'static str> {
        let args = self.program.quick.iter().copied();
        args.filter(|_| self.quick)
    }

    fn pace_args(&self, pace: &str) -> Vec<String> {
        let args = self.program.pace.iter().filter(|_| !pace.is_empty());
        args.map(|arg| arg.replace("{value}", pace)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_asked_for_slowly_and_a_count_is_not() {
        let bdl = Speaker::named("rhvoice-bdl").unwrap();
        assert_eq!(bdl.args("Let go now!", "f"), ["-p", "bdl", "-o", "f"]);
        assert_eq!(
            bdl.args("Keep the button down.", "f"),
            ["-p", "bdl", "-r", "76", "-o", "f"]
        );
        assert_eq!(
            bdl.at_once().args("Let go now!", "f"),
            ["-p", "bdl", "-q", "min", "-o", "f"]
        );
        let sapi = Speaker::named("sapi").unwrap();
        assert_eq!(sapi.args("one two three four", "f"), sapi.args("one", "f"));
    }

    #[test]
    fn every_voice_has_an_id_of_its_own() {
        for (at, speaker) in SPEAKERS.iter().enumerate() {
            let found = Speaker::named(&speaker.id()).unwrap();
            assert!(std::ptr::eq(found, &SPEAKERS[at]), "{}", speaker.id());
        }
        assert!(Speaker::named("nobody").is_none());
    }
}
