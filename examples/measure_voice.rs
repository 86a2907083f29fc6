//! Measures shipped voices as they are played: loudness and peaks of every clip, pace, lengths, size.
//!
//! `cargo run --example measure_voice -- [--in-noise] [--export DIR] BANK...`; `BANK` is a directory of clips with an
//! `index.json`. With `--export` each bank's clips are also written, decoded and resampled as they are
//! played but at 16 kHz, as `DIR/NAME/0001.wav` and so on, with `texts.tsv`, for a recogniser.
//! With `--in-noise` the clips are measured as they are said in a loud room, and exported as `DIR/NAME-in-noise`.
//! Exits with 1 where a clip is not as loud as it should be, or peaks.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use talkthrough::sound::RATE;
use talkthrough::sound::file::{Pcm, WavWriter};
use talkthrough::voice::level::{LOUDNESS_LUFS, PEAK_DBTP, loudness, true_peak};
use talkthrough::voice::{Bank, Clip};

/// What a recogniser hears.
const EAR_RATE: u32 = 16_000;
/// How far a clip's loudness may be from what it should be.
const TOLERANCE_LU: f64 = 1.0;
/// Up to so many words are a count or a cue.
const CUE_WORDS: usize = 3;
/// Between two sentences of a speech.
const PAUSE: Duration = Duration::from_millis(350);

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut export: Option<PathBuf> = None;
    let mut banks = Vec::new();
    let mut in_noise = false;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--export" => export = arguments.next().map(PathBuf::from),
            "--in-noise" => in_noise = true,
            bank => banks.push(PathBuf::from(bank)),
        }
    }
    println!(
        "{:<12} {:>5} {:>8} {:>18} {:>15} {:>12} {:>10} {:>9} {:>9} {:>10}",
        "voice",
        "clips",
        "kB",
        "LUFS worst",
        "dBTP highest",
        "words/min",
        "w. pauses",
        "number s",
        "longest s",
        "decode ms"
    );
    let mut faults = 0;
    for dir in banks {
        faults += measure(&dir, export.as_deref(), in_noise)?;
    }
    Ok(ExitCode::from(u8::from(faults > 0)))
}

fn measure(
    dir: &Path,
    export: Option<&Path>,
    in_noise: bool,
) -> Result<usize, Box<dyn std::error::Error>> {
    let bank = Bank::load(dir)?;
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let name = if in_noise {
        format!("{name}-in-noise")
    } else {
        name.into_owned()
    };
    let out = export.map(|export| export.join(&name));
    if let Some(out) = &out {
        std::fs::create_dir_all(out)?;
    }
    let (mut quietest, mut loudest, mut highest) = (f64::MAX, f64::MIN, f64::MIN);
    let (mut faults, mut list) = (Vec::new(), String::new());
    let (mut words, mut spoken, mut paused) = (0, Duration::ZERO, Duration::ZERO);
    let mut numbers = Vec::new();
    let mut decoding = Duration::ZERO;
    for (at, text) in bank.texts().enumerate() {
        let began = Instant::now();
        let clip = bank
            .clip(text)
            .ok_or_else(|| format!("{text:?} cannot be decoded"))?;
        let number = (0..=60).any(|n| talkthrough::session::spoken_number(n) == text);
        let clip = match (in_noise, number) {
            (true, true) => talkthrough::voice::in_noise_on_the_beat(&clip),
            (true, false) => talkthrough::voice::in_noise(&clip),
            (false, _) => clip,
        };
        decoding += began.elapsed();
        let (level, peak) = (
            loudness(&clip.samples, RATE)?,
            true_peak(&clip.samples, RATE)?,
        );
        quietest = quietest.min(level);
        loudest = loudest.max(level);
        highest = highest.max(peak);
        if (level - LOUDNESS_LUFS).abs() > TOLERANCE_LU || peak > f64::from(PEAK_DBTP) {
            faults.push(format!("  {level:6.2} LUFS {peak:6.2} dBTP  {text}"));
        }
        let count = text.split([' ', '-']).count();
        if count > CUE_WORDS {
            words += count;
            spoken += clip.duration();
            paused += clip.duration() + PAUSE;
        }
        if number {
            numbers.push(clip.duration().as_secs_f64());
        }
        if let Some(out) = &out {
            write(&out.join(format!("{at:04}.wav")), &clip)?;
            list += &format!("{at:04}\t{text}\n");
        }
    }
    if let Some(out) = &out {
        std::fs::write(out.join("texts.tsv"), list)?;
    }
    numbers.sort_by(f64::total_cmp);
    let clips = bank.texts().count();
    let pace = |time: Duration| f64::from(words as u32) * 60.0 / time.as_secs_f64().max(1e-9);
    println!(
        "{name:<12} {clips:>5} {:>8} {:>18} {highest:>15.2} {:>12.0} {:>10.0} {:>9.2} {:>9.2} {:>10.1}",
        size(dir)? / 1_000,
        format!("{quietest:.2}..{loudest:.2}"),
        pace(spoken),
        pace(paused),
        numbers.get(numbers.len() / 2).copied().unwrap_or_default(),
        numbers.last().copied().unwrap_or_default(),
        decoding.as_secs_f64() * 1e3 / clips.max(1) as f64,
    );
    for fault in &faults {
        println!("{fault}");
    }
    Ok(faults.len())
}

fn size(dir: &Path) -> std::io::Result<u64> {
    std::fs::read_dir(dir)?
        .map(|file| Ok(file?.metadata()?.len()))
        .sum()
}

fn write(path: &Path, clip: &Clip) -> Result<(), Box<dyn std::error::Error>> {
    let pcm = Pcm {
        rate: RATE,
        samples: clip.samples.to_vec(),
    };
    let mut file = WavWriter::create(path, EAR_RATE)?;
    file.push(&pcm.resampled(EAR_RATE)?.samples)?;
    Ok(file.finish()?)
}
