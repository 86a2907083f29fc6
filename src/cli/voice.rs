//! Whose voice a talk has, and what speaks the texts that it has no clip for.

use super::data::{missing, shipped};
use super::{Failure, TalkArgs};
use crate::app::room::Room;
use crate::guide::Guide;
use crate::session;
use crate::voice::bank::{Bank, INDEX};
use crate::voice::cache::{self, Cache};
use crate::voice::engine::Engine;
use crate::voice::shipped::{SHIPPED, Shipped};
use crate::voice::synth::installed;
use crate::voice::{Renderer, Synth, SynthChoice, SystemSynth, Voice};
use std::path::PathBuf;
use std::sync::Arc;

/// A voice file for Piper.
const PIPER_VOICE: &str = "PIPER_VOICE";

/// The directory of the voice that is asked for.
fn dir(args: &TalkArgs) -> Result<PathBuf, Failure> {
    let [usual, ..] = &SHIPPED;
    let Some(asked) = &args.voice else {
        return in_audio(usual);
    };
    if let Some(voice) = asked.to_str().and_then(Shipped::named) {
        return in_audio(voice);
    }
    if asked.join(INDEX).is_file() {
        return Ok(asked.clone());
    }
    let names: Vec<&str> = SHIPPED.iter().map(|voice| voice.name).collect();
    Err(format!(
        "there is no voice {}: choose {}, male, female, or a directory of clips with an {INDEX}",
        asked.display(),
        names.join(", ")
    )
    .into())
}

fn in_audio(voice: &Shipped) -> Result<PathBuf, Failure> {
    let part = format!("audio/{}", voice.name);
    shipped(&part).ok_or_else(|| missing(&part))
}

/// The clips of the voice that is asked for.
pub(super) fn bank(args: &TalkArgs) -> Result<Bank, Failure> {
    Ok(Bank::load(&dir(args)?)?)
}

/// The speech programs that may speak beside `bank`, nearest to its voice first.
pub(super) fn engines(bank: &Bank) -> Vec<Engine> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let piper = std::env::var(PIPER_VOICE)
        .ok()
        .filter(|voice| !voice.is_empty());
    let [usual, ..] = &SHIPPED;
    let its = SHIPPED.iter().find(|voice| voice.describes(bank.index()));
    let (name, sex) = its.map_or(("", usual.sex), |voice| (voice.name, voice.sex));
    installed(&path, name, sex, piper)
}

/// What speaks the texts that `bank` has no clip for.
pub(super) fn synth(args: &TalkArgs, bank: &Bank) -> Result<Option<Box<dyn Synth>>, Failure> {
    let choice = SynthChoice::from(args.synth.as_str());
    let cache = cache::directory().map(|dir| Cache::new(dir.join("speech")));
    let synth = SystemSynth::choose(&choice, engines(bank), cache)?;
    Ok(synth.map(|synth| Box::new(synth) as Box<dyn Synth>))
}

/// Where the room's noise floor is remembered.
pub(super) fn room() -> Room {
    Room::new(cache::directory().map(|dir| dir.join("noise-floor-db")))
}

/// The voice of a live talk through `guide`: what it has no clip for is rendered ahead, aside; what an offer
/// of a kept place says comes first where there is one to be made.
pub(super) fn live(args: &TalkArgs, guide: &Arc<Guide>, offers: bool) -> Result<Voice, Failure> {
    let bank = bank(args)?;
    let renderer = synth(args, &bank)?.map_or_else(Renderer::none, Renderer::aside);
    let mut voice = Voice::new(bank, renderer);
    let mut said = session::catalogue(guide);
    if offers {
        said.splice(0..0, session::said_around(guide));
    } else {
        said.extend(session::said_around(guide));
    }
    voice.prepare(&said);
    Ok(voice)
}

/// The voice of a rehearsal: what it has no clip for is rendered on the spot, so that it is the same every time.
pub(super) fn rehearsed(args: &TalkArgs) -> Result<Voice, Failure> {
    let bank = bank(args)?;
    let synth = synth(args, &bank)?;
    Ok(Voice::new(bank, synth))
}
