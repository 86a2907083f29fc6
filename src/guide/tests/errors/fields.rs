//! Faults of single fields.

use super::{assert_refused, read_with, rendered};

#[test]
fn what_is_not_toml() {
    assert_refused(
        "title = \"Press\"",
        "title = Press it",
        "21:9",
        "must be quoted",
        "write instead: title = \"Press it\"",
    );
    assert_refused(
        "[[step]]\nid = \"plug\"",
        "[step]\nid = \"plug\"",
        "30:2",
        "duplicate key",
        "write a field once",
    );
    assert_refused(
        "say = [\"Plug it in.\"]",
        "say = [\"Plug it in.\"",
        "34:1",
        "not TOML",
        "texts stand in double quotes",
    );
}

#[test]
fn fields_that_are_unknown_misplaced_missing_or_of_another_type() {
    assert_refused(
        "give_up",
        "giveup",
        "49:1",
        "no field `giveup`",
        "write instead: give_up",
    );
    assert_refused(
        "title = \"Press\"",
        "title = \"Press\"\ntypical = 3",
        "22:1",
        "no field `typical`",
        "write it in the step's own table: [step.wait]",
    );
    assert_refused(
        "title = \"Press\"",
        "title = \"Press\"\ncolour = 3",
        "22:1",
        "no field `colour`",
        "the fields here are: id, title, warning",
    );
    assert_refused(
        "title = \"Press\"\n",
        "",
        "19:1",
        "the step `press` has no `title`",
        "write for example: title = ",
    );
    assert_refused(
        "say = [\"Press the button.\"]\n",
        "",
        "19:1",
        "the step `press` has no `say`",
        "write for example: say = [",
    );
    assert_refused(
        "target = \"20 s\"\n",
        "",
        "23:1",
        "the step `press` has no `target`",
        "write for example: target = \"20 s\"",
    );
    assert_refused(
        "typical = \"1 min 30 s\"\n",
        "",
        "47:1",
        "the step `boot` has no `typical`",
        "write for example: typical = ",
    );
    assert_refused(
        "label = \"it did\"\n",
        "",
        "57:1",
        "an answer of the step `worked` has no `label`",
        "write for example: label = ",
    );
    assert_refused(
        "to = \"end\"\n",
        "",
        "57:1",
        "an answer of the step `worked` has no `to`",
        "write for example: to = ",
    );
    assert_refused(
        "id = \"lamp\"\n",
        "",
        "1:1",
        "the guide has no `id`",
        "write for example: id = ",
    );
    assert_refused(
        "language = \"en\"\n",
        "",
        "1:1",
        "the guide has no `language`",
        "write for example: language = \"en\"",
    );
    assert_refused(
        "title = \"Press\"",
        "title = 3",
        "21:9",
        "integer `3`",
        "write instead: a text in double quotes",
    );
    assert_refused(
        "carries_on = true",
        "carries_on = \"yes\"",
        "27:14",
        "expected a boolean",
        "write instead: true or false",
    );
    assert_refused(
        "say = [\"Press the button.\"]",
        "say = 3",
        "22:7",
        "integer `3`",
        "write instead: a string or a list of strings",
    );
    assert_refused(
        "language = \"en\"",
        "language = \"English\"",
        "3:12",
        "`English` is no language tag",
        "write instead: language = \"en\"",
    );
}

#[test]
fn a_source_has_an_address_and_a_kind() {
    assert_refused(
        "address = \"https://example.org/lamp\"\n",
        "",
        "7:1",
        "a source has no `address`",
        "write for example: address = ",
    );
    assert_refused(
        "kind = \"maker\"\n",
        "",
        "7:1",
        "a source has no `kind`",
        "write for example: kind = \"maker\", \"reseller\" or \"community\"",
    );
    assert_refused(
        "kind = \"maker\"",
        "kind = \"makr\"",
        "10:8",
        "`makr` is no value of `kind`",
        "write instead: kind = \"maker\"",
    );
    assert_refused(
        "kind = \"maker\"",
        "kind = \"friend\"",
        "10:8",
        "`friend`",
        "write one of: \"maker\", \"reseller\", \"community\"",
    );
}

#[test]
fn ids_are_well_formed_unique_and_not_reserved() {
    assert_refused(
        "id = \"plug\"",
        "id = \"Plug In!\"",
        "31:6",
        "`Plug In!` is not an id",
        "write instead: id = \"plug-in\"",
    );
    assert_refused(
        "id = \"plug\"",
        "id = \"press\"",
        "31:6",
        "the id `press` is given twice",
        "write instead: id = \"press-2\"",
    );
    assert_refused(
        "id = \"other\"",
        "id = \"agree\"",
        "67:6",
        "the id `agree` is given twice",
        "write instead",
    );
    assert_refused(
        "id = \"boot\"",
        "id = \"end\"",
        "43:6",
        "`end` has a meaning of its own",
        "write instead: id = \"end-step\"",
    );
}

#[test]
fn sentences_are_short_single_and_speakable() {
    let long = format!("say = [\"{}.\"]", ["word"; 21].join(" "));
    assert_refused(
        "say = [\"Press the button.\"]",
        &long,
        "22:8",
        "`say` has 21 words, more than 20",
        "write instead: two sentences",
    );
    let long = format!("ask = \"{}.\"", ["word"; 25].join(" "));
    assert_refused(
        "ask = \"Say yes or no.\"",
        &long,
        "56:7",
        "`ask` has 25 words, more than 20",
        "write instead: two sentences",
    );
    assert_refused(
        "say = [\"Press the button.\"]",
        "say = \"Press. Hold it.\"",
        "22:7",
        "more than one sentence",
        "write instead: [\"Press.\", \"Hold it.\"]",
    );
    assert_refused(
        "say = [\"Press the button.\"]",
        "say = [\" \"]",
        "22:8",
        "`say` is empty",
        "write what is meant",
    );
    let endless = format!("more = \"{}\"\nsay = [\"Press.\"]", "a".repeat(2_001));
    assert_refused(
        "say = [\"Press the button.\"]",
        &endless,
        "22:8",
        "2001 characters, more than 2000",
        "write instead: less",
    );
}

#[test]
fn control_characters_are_refused_and_not_shown() {
    assert_refused(
        "\"Press the button.\"",
        "\"Press \\u001b[2J it.\"",
        "22:8",
        "character 7 of this text of `say` is U+001B",
        "leave it out",
    );
    assert_refused(
        "Press the button.",
        "Press \u{1b}[2J it.",
        "22:15",
        "the character U+001B is not allowed",
        "remove it",
    );
    assert_refused(
        "title = \"Press\"",
        "title = \"Press\" # \u{202e}",
        "21:19",
        "the character U+202E is not allowed",
        "remove it",
    );
    let error = read_with("title = \"Press\"", "\"a\\u001b[2Jb\" = 1").expect_err("a fault");
    assert!(
        rendered(&error).contains("no field `aU+001B[2Jb`") && !rendered(&error).contains('\u{1b}'),
        "{error}"
    );
}

#[test]
fn durations_are_readable_and_in_order() {
    assert_refused(
        "minimum = \"15 s\"",
        "minimum = \"15 seconds\"",
        "24:11",
        "no duration for `minimum`",
        "write instead: minimum = \"20 s\"",
    );
    assert_refused(
        "progress = 30",
        "progress = -1",
        "50:12",
        "no duration for `progress`",
        "write instead: progress = ",
    );
    assert_refused(
        "minimum = \"15 s\"",
        "minimum = \"21 s\"",
        "25:10",
        "`target` is 20 s, shorter than `minimum`, which is 21 s",
        "write instead: target = \"21 s\"",
    );
    assert_refused(
        "maximum = \"25 s\"",
        "maximum = \"19 s\"",
        "26:11",
        "`maximum` is 19 s, shorter than `target`",
        "write instead: maximum = \"20 s\"",
    );
    assert_refused(
        "give_up = \"5 min\"",
        "give_up = \"1 min\"",
        "49:11",
        "`give_up` is 1 min, shorter than `typical`",
        "write instead: give_up = \"1 min 30 s\"",
    );
    assert_refused(
        "progress = 30",
        "progress = 0",
        "50:12",
        "only disturbs",
        "write instead: progress = \"30 s\"",
    );
    assert_refused(
        "target = \"20 s\"",
        "target = \"20.5 s\"",
        "25:10",
        "in whole seconds",
        "write instead: target = \"21 s\"",
    );
    assert_refused(
        "target = \"20 s\"\nmaximum = \"25 s\"",
        "target = \"1 h\"",
        "25:10",
        "longer than ten minutes",
        "write instead",
    );
    assert_refused(
        "count = \"down\"",
        "count = \"dwn\"",
        "37:9",
        "`dwn` is no value of `count`",
        "write instead: count = \"down\"",
    );
}
