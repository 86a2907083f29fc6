//! From the raw file to the types the talk walks through, field by field.
//!
//! A faulty field is noted and stands in the result as an empty value: the guide as a whole is
//! refused afterwards, but every other field is still looked at.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;

use super::fault::Ledger;
use super::kinds::kind;
use super::pronunciations::pronunciations;
use super::raw::{RawGuide, RawSource, RawStep, RawTexts, RawWay, Text};
use super::text::{Length, Owner, check_id, check_sentence, check_title, missing, named, required};
use super::{Guide, Source, SourceKind, Step, Way};
use crate::limits::GUIDE_STEPS;

/// What an id names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Step,
    Way,
}

/// The ids of a guide, and where each was given.
pub(super) type Ids<'r> = HashMap<&'r str, (Named, Range<usize>)>;

pub(super) fn guide(raw: &RawGuide, ledger: &mut Ledger<'_>) -> Guide {
    let owner = (&(0..0), "the guide");
    let ids = ids(raw, ledger);
    let id = required(ledger, owner, "id", raw.id.as_ref(), "\"wisenet-dvr\"");
    if let Some(id) = &raw.id {
        check_id(ledger, id);
    }
    let title = read_title(
        ledger,
        owner,
        raw.title.as_ref(),
        "\"Recorder: factory reset\"",
    );
    let language = required(ledger, owner, "language", raw.language.as_ref(), "\"en\"");
    if let Some(tag) = &raw.language {
        check_language(ledger, tag);
    }
    let steps = raw.step.len()
        + raw
            .way
            .iter()
            .map(|way| way.get_ref().step.len())
            .sum::<usize>();
    if steps > GUIDE_STEPS {
        ledger.error(
            0..0,
            format!("a guide has at most {GUIDE_STEPS} steps, this one has {steps}"),
            "split it into several guides",
        );
    }
    if raw.step.is_empty() {
        ledger.error(
            0..0,
            "the guide has no step",
            "write a table [[step]] with id, title and say",
        );
    }
    Guide {
        id,
        title,
        language,
        applies_to: read_titles(ledger, "applies_to", &raw.applies_to),
        erases: read_titles(ledger, "erases", &raw.erases),
        tools: read_titles(ledger, "tools", &raw.tools),
        pronunciations: pronunciations(ledger, &raw.pronunciations),
        sources: raw.source.iter().map(|raw| source(raw, ledger)).collect(),
        opening: sentences(ledger, "opening", &raw.opening, Length::Lenient),
        closing: sentences(ledger, "closing", &raw.closing, Length::Lenient),
        steps: raw.step.iter().map(|raw| step(raw, &ids, ledger)).collect(),
        ways: raw.way.iter().map(|raw| way(raw, &ids, ledger)).collect(),
    }
}

/// Collects the ids of steps and ways; one name must not stand for two of them.
fn ids<'r>(raw: &'r RawGuide, ledger: &mut Ledger<'_>) -> Ids<'r> {
    let steps = raw
        .step
        .iter()
        .chain(raw.way.iter().flat_map(|way| &way.get_ref().step));
    let steps = steps
        .filter_map(|step| step.get_ref().id.as_ref())
        .map(|id| (id, Named::Step));
    let ways = raw
        .way
        .iter()
        .filter_map(|way| way.get_ref().id.as_ref())
        .map(|id| (id, Named::Way));
    let mut ids = Ids::new();
    for (id, kind) in steps.chain(ways) {
        let (name, place) = (id.get_ref().as_str(), id.span());
        match ids.get(name) {
            Some((_, first)) => ledger.error_at(
                &[
                    (place, "given again here"),
                    (first.clone(), "given first here"),
                ],
                format!("the id `{name}` is given twice"),
                format!("write instead: id = \"{name}-2\", or any name that tells them apart"),
            ),
            None => {
                ids.insert(name, (kind, place));
            }
        }
    }
    ids
}

fn check_language(ledger: &mut Ledger<'_>, tag: &Text) {
    // The shape of a BCP 47 tag is enough here; whether there is a voice for it is asked later.
    let mut subtags = tag.get_ref().split('-');
    let primary = subtags
        .next()
        .is_some_and(|s| (2..=3).contains(&s.len()) && s.chars().all(|c| c.is_ascii_lowercase()));
    let others =
        subtags.all(|s| (1..=8).contains(&s.len()) && s.chars().all(|c| c.is_ascii_alphanumeric()));
    if !(primary && others) {
        ledger.error(
            tag.span(),
            format!("`{}` is no language tag", tag.get_ref()),
            "write instead: language = \"en\", or \"en-GB\", \"de\", …",
        );
    }
}

fn source(raw: &Spanned<RawSource>, ledger: &mut Ledger<'_>) -> Source {
    let (place, raw) = (raw.span(), raw.get_ref());
    let owner = (&place, "a source");
    let title = read_title(
        ledger,
        owner,
        raw.title.as_ref(),
        "\"Recorder manual, page 12\"",
    );
    let address = required(
        ledger,
        owner,
        "address",
        raw.address.as_ref(),
        "\"https://example.org/manual\"",
    );
    if let Some(text) = &raw.address {
        check_title(ledger, "address", text);
        if !(address.starts_with("https://") || address.starts_with("http://")) {
            ledger.advise(
                text.span(),
                "this address cannot be opened",
                "write the full one, beginning with https://",
            );
        }
    }
    let kinds = [
        ("maker", SourceKind::Maker),
        ("reseller", SourceKind::Reseller),
        ("community", SourceKind::Community),
    ];
    let kind = match &raw.kind {
        Some(text) => named(ledger, "kind", text, &kinds),
        None => {
            missing(
                ledger,
                owner,
                "kind",
                "\"maker\", \"reseller\" or \"community\"",
            );
            None
        }
    };
    Source {
        title,
        address,
        kind: kind.unwrap_or(SourceKind::Community),
    }
}

fn way(raw: &Spanned<RawWay>, ids: &Ids<'_>, ledger: &mut Ledger<'_>) -> Way {
    let (place, raw) = (raw.span(), raw.get_ref());
    let name = raw.id.as_ref().map_or("a way".to_owned(), |id| {
        format!("the way `{}`", id.get_ref())
    });
    let owner = (&place, name.as_str());
    let id = required(ledger, owner, "id", raw.id.as_ref(), "\"front-panel\"");
    if let Some(id) = &raw.id {
        check_id(ledger, id);
    }
    let title = read_title(
        ledger,
        owner,
        raw.title.as_ref(),
        "\"Reset with the keys on the front\"",
    );
    if raw.step.is_empty() {
        ledger.error(
            place.clone(),
            format!("{name} has no step"),
            "write a table [[way.step]] with id, title and say",
        );
    }
    Way {
        id,
        title,
        steps: raw.step.iter().map(|raw| step(raw, ids, ledger)).collect(),
    }
}

fn step(raw: &Spanned<RawStep>, ids: &Ids<'_>, ledger: &mut Ledger<'_>) -> Step {
    let (place, raw) = (raw.span(), raw.get_ref());
    let name = raw.id.as_ref().map_or("a step".to_owned(), |id| {
        format!("the step `{}`", id.get_ref())
    });
    let owner = (&place, name.as_str());
    let id = required(ledger, owner, "id", raw.id.as_ref(), "\"find-the-button\"");
    if let Some(id) = &raw.id {
        check_id(ledger, id);
    }
    let title = read_title(ledger, owner, raw.title.as_ref(), "\"Find the button\"");
    if let Some(text) = raw
        .title
        .as_ref()
        .filter(|it| it.get_ref().ends_with(['.', '?', '!', ':']))
    {
        ledger.advise(
            text.span(),
            "the title of a step is a name, spoken in a sentence of the talk",
            "write instead: two or three words, without a full stop or a question mark",
        );
    }
    if raw.say.0.is_empty() {
        missing(ledger, owner, "say", "[\"Find the small button.\"]");
    }
    if let Some(ask) = &raw.ask {
        check_sentence(ledger, "ask", ask, Length::Strict);
    }
    Step {
        id,
        title,
        warning: sentences(ledger, "warning", &raw.warning, Length::Lenient),
        say: sentences(ledger, "say", &raw.say, Length::Strict),
        ask: raw.ask.as_ref().map(|ask| ask.get_ref().clone()),
        more: sentences(ledger, "more", &raw.more, Length::Lenient),
        expect: sentences(ledger, "expect", &raw.expect, Length::Lenient),
        if_not: sentences(ledger, "if_not", &raw.if_not, Length::Lenient),
        kind: kind(raw, owner, ids, ledger),
    }
}

fn read_title(
    ledger: &mut Ledger<'_>,
    owner: Owner<'_>,
    text: Option<&Text>,
    example: &str,
) -> String {
    if let Some(text) = text {
        check_title(ledger, "title", text);
    }
    required(ledger, owner, "title", text, example)
}

fn read_titles(ledger: &mut Ledger<'_>, field: &str, raw: &RawTexts) -> Vec<String> {
    raw.0
        .iter()
        .map(|text| {
            check_title(ledger, field, text);
            text.get_ref().clone()
        })
        .collect()
}

pub(super) fn sentences(
    ledger: &mut Ledger<'_>,
    field: &str,
    raw: &RawTexts,
    length: Length,
) -> Vec<String> {
    raw.0
        .iter()
        .map(|text| {
            check_sentence(ledger, field, text, length);
            text.get_ref().clone()
        })
        .collect()
}
