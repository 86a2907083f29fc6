//! What kind a step is: a confirmation, a hold, a wait, a choice, or something to do.

use std::time::Duration;

use toml::Spanned;

use super::convert::{Ids, Named};
use super::fault::Ledger;
use super::hold::hold;
use super::raw::{RawOption, RawStep, RawWait, Text};
use super::spans::{ascending, duration, read_duration, value};
use super::text::{
    Owner, RESERVED_TARGETS, begins_alike, check_phrase, check_title, missing, nearest, quoted,
    required,
};
use super::{ChoiceOption, Kind, Target, Wait};

/// More answers than this nobody keeps in mind.
const MOST_OPTIONS: usize = 6;

/// Reads what kind the step `owner` is.
pub(super) fn kind(
    raw: &RawStep,
    owner: Owner<'_>,
    ids: &Ids<'_>,
    ledger: &mut Ledger<'_>,
) -> Kind {
    let given: Vec<_> = [
        raw.confirm.as_ref().map(|it| (it.span(), "confirm")),
        raw.hold.as_ref().map(|it| (it.span(), "hold")),
        raw.wait.as_ref().map(|it| (it.span(), "wait")),
        raw.choice.as_ref().map(|it| (it.span(), "choice")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if given.len() > 1 {
        let names: Vec<&str> = given.iter().map(|(_, name)| *name).collect();
        let message = format!(
            "{} is of several kinds at once: {}",
            owner.1,
            quoted(&names)
        );
        ledger.error_at(
            &given,
            message,
            "write instead: one step for each, one action in a step",
        );
    }
    if let Some(phrase) = &raw.confirm {
        if check_phrase(ledger, "confirm", phrase, 2) {
            advise_naming(ledger, raw, owner, std::slice::from_ref(phrase));
        }
        return Kind::Confirm {
            phrase: phrase.get_ref().clone(),
        };
    }
    if let Some(raw) = &raw.hold {
        return Kind::Hold(hold(raw, owner.1, ledger));
    }
    if let Some(wait_raw) = &raw.wait {
        if raw.if_not.0.is_empty() {
            ledger.advise(
                wait_raw.span(),
                format!(
                    "{} has no `if_not`, so nothing is said when it takes too long",
                    owner.1
                ),
                "write: if_not = [\"what to try then\"]",
            );
        }
        return Kind::Wait(wait(wait_raw, owner.1, ledger));
    }
    if let Some(raw_options) = &raw.choice {
        return Kind::Choice {
            options: options(raw, raw_options, owner, ids, ledger),
        };
    }
    Kind::Do
}

fn wait(raw: &Spanned<RawWait>, name: &str, ledger: &mut Ledger<'_>) -> Wait {
    let (place, raw) = (raw.span(), raw.get_ref());
    let owner = (&place, name);
    let typical = duration(ledger, owner, "typical", raw.typical.as_ref(), "\"3 min\"");
    let give_up = duration(ledger, owner, "give_up", raw.give_up.as_ref(), "\"10 min\"");
    let progress = match &raw.progress {
        Some(raw) => read_duration(ledger, "progress", raw),
        None => Some(Spanned::new(place, Duration::from_secs(30))),
    };
    if let (Some(typical), Some(give_up)) = (&typical, &give_up) {
        ascending(ledger, "typical", typical, "give_up", give_up);
    }
    if let Some(progress) = progress
        .as_ref()
        .filter(|it| *it.get_ref() < Duration::from_secs(5))
    {
        ledger.error(
            progress.span(),
            "telling the time more often than every five seconds only disturbs",
            "write instead: progress = \"30 s\"",
        );
    }
    Wait {
        typical: value(typical),
        give_up: value(give_up),
        progress: value(progress),
    }
}

fn options(
    step: &RawStep,
    raw: &Spanned<Vec<Spanned<RawOption>>>,
    (_, name): Owner<'_>,
    ids: &Ids<'_>,
    ledger: &mut Ledger<'_>,
) -> Vec<ChoiceOption> {
    let (place, raw) = (raw.span(), raw.get_ref());
    if !(2..=MOST_OPTIONS).contains(&raw.len()) {
        ledger.error(
            place.clone(),
            format!(
                "{name} offers {} answers; a choice has two to {MOST_OPTIONS}",
                raw.len()
            ),
            "write one [[step.choice]] for each answer, and a second choice where there are many",
        );
    }
    let phrases: Vec<Text> = raw
        .iter()
        .filter_map(|option| option.get_ref().phrase.clone())
        .collect();
    for (n, phrase) in phrases.iter().enumerate() {
        if let Some(other) = phrases
            .iter()
            .take(n)
            .find(|other| begins_alike(phrase.get_ref(), other.get_ref()))
        {
            ledger.error_at(
                &[(phrase.span(), "this one"), (other.span(), "and this one")],
                format!("the answers `{}` and `{}` begin alike", other.get_ref(), phrase.get_ref()),
                "write instead: phrases with different first words, which cannot be mistaken for each other",
            );
        }
    }
    advise_naming(ledger, step, (&place, name), &phrases);
    raw.iter()
        .map(|raw| option(raw, name, ids, ledger))
        .collect()
}

fn option(
    raw: &Spanned<RawOption>,
    name: &str,
    ids: &Ids<'_>,
    ledger: &mut Ledger<'_>,
) -> ChoiceOption {
    let (place, raw) = (raw.span(), raw.get_ref());
    let name = format!("an answer of {name}");
    let owner = (&place, name.as_str());
    let phrase = required(
        ledger,
        owner,
        "phrase",
        raw.phrase.as_ref(),
        "\"front panel\"",
    );
    if let Some(text) = &raw.phrase {
        check_phrase(ledger, "phrase", text, 1);
    }
    let label = required(
        ledger,
        owner,
        "label",
        raw.label.as_ref(),
        "\"use the keys on the front\"",
    );
    if let Some(text) = &raw.label {
        check_title(ledger, "label", text);
    }
    let to = match &raw.to {
        Some(text) => target(text, ids, ledger),
        None => {
            missing(
                ledger,
                owner,
                "to",
                "\"next\", \"end\", \"give-up\" or the id of a step or a way",
            );
            Target::Next
        }
    };
    ChoiceOption { phrase, label, to }
}

fn target(text: &Text, ids: &Ids<'_>, ledger: &mut Ledger<'_>) -> Target {
    let to = text.get_ref();
    match (to.as_str(), ids.get(to.as_str())) {
        ("next", _) => Target::Next,
        ("end", _) => Target::End,
        ("give-up", _) => Target::GiveUp,
        (_, Some((Named::Step, _))) => Target::Step(to.clone()),
        (_, Some((Named::Way, _))) => Target::Way(to.clone()),
        (_, None) => {
            let known = ids.keys().copied().chain(RESERVED_TARGETS);
            let help = match nearest(to, known) {
                Some(near) => format!("write instead: to = {near:?}"),
                None => format!(
                    "write the id of a step or a way, or one of {}",
                    quoted(&RESERVED_TARGETS)
                ),
            };
            ledger.error(
                text.span(),
                format!("there is no step and no way `{to}`"),
                help,
            );
            Target::Next
        }
    }
}

/// Who only listens must be told what to say.
fn advise_naming(
    ledger: &mut Ledger<'_>,
    step: &RawStep,
    (place, name): Owner<'_>,
    phrases: &[Text],
) {
    let Some(ask) = &step.ask else { return };
    let told = step
        .say
        .0
        .iter()
        .chain([ask])
        .map(|text| text.get_ref().to_lowercase())
        .collect::<Vec<_>>()
        .join(" ");
    for phrase in phrases
        .iter()
        .filter(|phrase| !told.contains(phrase.get_ref().as_str()))
    {
        ledger.advise(
            place.clone(),
            format!(
                "{name} waits for `{0}`, but neither `say` nor `ask` tells to say it",
                phrase.get_ref()
            ),
            format!("write: ask = \"Say {0} to …\"", phrase.get_ref()),
        );
    }
}
