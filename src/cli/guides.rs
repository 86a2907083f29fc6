//! `list`, `show`, `lint`, and what is shown when nothing was asked for.

use super::Failure;
use super::data::{guide, rendered, shipped_model, words_to_add};
use crate::app::place;
use crate::ears::graph::{AddedWord, Origin};
use crate::guide::library::{self, Entry};
use crate::guide::{self, Guide, Hold, Kind, SourceKind, Step, Target};
use crate::screen::printable;
use crate::session;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

/// What `talkthrough` says when nothing was asked for.
pub(super) fn welcome() -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Talkthrough talks you through a job that needs both hands.\n"
    )?;
    writeln!(
        out,
        "It speaks each step, listens for words such as \"next\" without any network,"
    )?;
    writeln!(
        out,
        "and counts the hold of a button aloud. These guides are built in:\n"
    )?;
    entries(&mut out)?;
    if let Some(broken_off) = broken_off() {
        writeln!(out, "\n{broken_off}")?;
    }
    writeln!(out, "\nStart one:        talkthrough run wisenet-dvr")?;
    writeln!(out, "Try it silently:  talkthrough rehearse wisenet-dvr")?;
    writeln!(out, "Check the sound:  talkthrough check")?;
    writeln!(out, "Everything else:  talkthrough --help")?;
    Ok(ExitCode::SUCCESS)
}

/// That a talk broke off, if its place can still be taken up.
fn broken_off() -> Option<String> {
    let kept = place::read(&place::directory()?).ok().flatten()?;
    let edition = kept.edition.clone();
    kept.usable(&edition, place::wall_clock()).ok()?;
    Some(format!(
        "A talk through {} broke off: start it again, and it offers to go on there.",
        printable(&edition.guide)
    ))
}

/// Lists the guides.
pub(super) fn list() -> Result<ExitCode, Failure> {
    entries(&mut io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

fn entries(out: &mut impl Write) -> Result<(), Failure> {
    for Entry {
        id,
        title,
        applies_to,
        steps,
        estimate,
    } in library::list().map_err(rendered)?
    {
        writeln!(
            out,
            "  {id:<16} {}  ({steps} steps, {})",
            printable(&title),
            about(estimate)
        )?;
        for device in applies_to {
            writeln!(out, "  {:<16} · {}", "", printable(&device))?;
        }
    }
    Ok(())
}

/// "about 6 minutes".
pub(super) fn about(span: Duration) -> String {
    match (span.as_secs_f64() / 60.0).round() as u64 {
        0 | 1 => "about a minute".into(),
        minutes => format!("about {minutes} minutes"),
    }
}

/// Prints a guide.
pub(super) fn show(name: &str) -> Result<ExitCode, Failure> {
    let guide = guide(name)?;
    io::stdout().lock().write_all(page(&guide).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn page(guide: &Guide) -> String {
    let mut lines = vec![
        guide.title.clone(),
        format!(
            "{} steps, {}",
            guide.numbered_steps(),
            about(guide.estimate())
        ),
        String::new(),
    ];
    let mut list = |heading: &str, items: &[String]| {
        if !items.is_empty() {
            lines.push(format!("{heading}:"));
            lines.extend(items.iter().map(|item| format!("  · {item}")));
        }
    };
    list("For", &guide.applies_to);
    list("Erases", &guide.erases);
    list("Have at hand", &guide.tools);
    let sources: Vec<String> = guide
        .sources
        .iter()
        .map(|source| {
            let kind = match source.kind {
                SourceKind::Maker => "maker",
                SourceKind::Reseller => "reseller",
                SourceKind::Community => "community",
            };
            format!("[{kind}] {} <{}>", source.title, source.address)
        })
        .collect();
    list("Sources", &sources);
    steps(&guide.steps, &mut lines);
    for way in &guide.ways {
        lines.push(format!("\n── {} ──", way.title));
        steps(&way.steps, &mut lines);
    }
    lines
        .iter()
        .flat_map(|line| {
            [
                line.split('\n')
                    .map(printable)
                    .collect::<Vec<_>>()
                    .join("\n"),
                "\n".into(),
            ]
        })
        .collect()
}

fn steps(steps: &[Step], lines: &mut Vec<String>) {
    let mut number = 0;
    for step in steps {
        let mark = if step.numbered() {
            number += 1;
            format!("{number}.")
        } else {
            "?".into()
        };
        lines.push(format!(
            "\n{mark} {} ({}){}",
            step.title,
            step.id,
            behaviour(&step.kind)
        ));
        let sentences = step.warning.iter().chain(&step.say).chain(&step.ask);
        lines.extend(sentences.map(|sentence| format!("   {sentence}")));
        if let Kind::Choice { options } = &step.kind {
            for option in options {
                let to = match &option.to {
                    Target::Step(id) | Target::Way(id) => id.as_str(),
                    Target::Next => "next step",
                    Target::End => "end",
                    Target::GiveUp => "end, not done",
                };
                lines.push(format!("   “{}”  {} → {to}", option.phrase, option.label));
            }
        }
    }
}

fn behaviour(kind: &Kind) -> String {
    match kind {
        Kind::Do | Kind::Choice { .. } => String::new(),
        Kind::Confirm { phrase } => format!(": cannot be undone, wants “{phrase}”"),
        Kind::Hold(hold) => behaviour_of_hold(hold),
        Kind::Wait(wait) => format!(
            ": wait {}, at most {} s",
            about(wait.typical),
            wait.give_up.as_secs()
        ),
    }
}

fn behaviour_of_hold(hold: &Hold) -> String {
    let mut told = format!(
        ": hold {} to {} s",
        hold.minimum.as_secs_f64(),
        hold.target.as_secs_f64()
    );
    if let Some(cycles) = &hold.cycles {
        let (times, rest) = (cycles.times, cycles.rest.as_secs());
        told.push_str(&format!(", {times} times with {rest} s between"));
    }
    if let Some(maximum) = hold.maximum {
        told.push_str(&format!(", never more than {} s", maximum.as_secs_f64()));
    }
    if hold.count_in > 0 {
        told.push_str(&format!(", counted in from {}", hold.count_in));
    }
    if hold.carries_on {
        told.push_str(", then keep holding");
    }
    told
}

/// Checks a guide, tells the words that the model is given for it, and says what could be better.
pub(super) fn lint(name: &str) -> Result<ExitCode, Failure> {
    let (name, text) = library::source_of(name).map_err(rendered)?;
    let advice = guide::lint(&name, &text).map_err(rendered)?;
    let guide = guide(&name)?;
    let (words, remarks) = heard(&guide)?;
    for line in words.iter().chain(&remarks) {
        println!("{}", printable(line));
    }
    if !advice.faults().is_empty() {
        println!("{}", rendered(advice));
        return Ok(ExitCode::FAILURE);
    }
    if !remarks.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    println!("{}: nothing to complain about", printable(&name));
    Ok(ExitCode::SUCCESS)
}

/// How each word will be heard that the shipped model has to be given, and what is odd about it.
fn heard(guide: &Guide) -> Result<(Vec<String>, Vec<String>), Failure> {
    let added = words_to_add(&shipped_model()?, guide)?;
    let mut words = Vec::new();
    let mut remarks = Vec::new();
    for AddedWord { word, ways, origin } in added {
        let ways: Vec<String> = ways.iter().map(ToString::to_string).collect();
        words.push(format!(
            "listens for “{word}” as {}, {origin}",
            ways.join(" or ")
        ));
        if origin == Origin::Rules {
            remarks.push(format!(
                "advice: “{word}” is in no dictionary. If it is not said like that, write in the guide:\n  \
                 [pronunciations]\n  {word:?} = {:?}",
                ways.concat()
            ));
        }
    }
    let phrases = session::phrases(guide);
    for word in guide.pronunciations.keys() {
        if !phrases
            .iter()
            .any(|phrase| phrase.split(' ').any(|said| said == word))
        {
            remarks.push(format!(
                "advice: “{word}” has a pronunciation and is in no phrase of the talk: remove it, or correct its spelling"
            ));
        }
    }
    Ok((words, remarks))
}
