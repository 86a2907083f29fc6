//! Pages of small records.

use super::{DrawingError, Talk, draw};

/// A talk with everything in it once.
const RECORD: &str = r#"
{"t":0.0,"event":"start","guide":"closet","title":"A <b>closet</b> & its \"door\""}
{"t":0.0,"event":"step","id":"agree"}
{"t":0.1,"event":"device","what":"loudspeaker","state":"ready: card"}
{"t":0.1,"event":"say","text":"Say <script>alert(1)</script> to go on.","start":0.1,"end":2.0}
{"t":1.0,"event":"levels","start":0.0,"speaker":[-90,-20,-20,-20,-20,-20,-20,-20,-20,-20],"microphone":[-60,-60,-60,-60,-60,-60,-60,-60,-60,127]}
{"t":3.1,"event":"heard","phrase":"next","command":"next","start":2.3,"end":2.6,"decided":2.9,"confidence":0.4,"accepted":false,"reason":"low confidence"}
{"t":40.0,"event":"heard","phrase":"holding","command":"holding","start":39.0,"end":39.5,"decided":39.8,"confidence":0.9,"odds":2.5,"accepted":true,"reason":"accepted"}
{"t":40.0,"event":"step","id":"hold"}
{"t":40.0,"event":"hold","step":"hold","phase":1,"zero":39.5}
{"t":40.5,"event":"count","n":1,"text":"one","due":40.5,"onset":40.5012}
{"t":41.5,"event":"count","n":2,"text":"","due":41.5,"onset":41.55}
{"t":42.5,"event":"release","due":42.5,"onset":null}
{"t":43.0,"event":"key","command":"stop"}
{"t":43.5,"event":"slip","step":"hold","held":3.0}
{"t":44.0,"event":"wait","step":"boot","typical":90.0}
{"t":45.0,"event":"end","outcome":"gave_up"}
{"t":46.0,"event":"sa"#;

fn page(record: &str) -> String {
    draw(&Talk::parse(record).unwrap())
}

/// Every tag that is opened is closed, and nothing but tags has angle brackets.
fn is_well_formed(page: &str) -> bool {
    let mut open = Vec::new();
    for part in page.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else {
            return false;
        };
        let name = |tag: &str| tag.split(' ').next().map(str::to_owned);
        let balanced = match tag.strip_prefix('/') {
            Some(closed) => open.pop() == Some(closed.to_owned()),
            None if tag.ends_with('/') => true,
            None => {
                open.extend(name(tag));
                true
            }
        };
        if !balanced || text.contains('>') {
            return false;
        }
    }
    open.is_empty()
}

#[test]
fn everything_of_a_talk_is_on_its_page() {
    let page = page(RECORD);
    assert!(is_well_formed(&page), "{page}");
    for wanted in [
        "A &lt;b&gt;closet&lt;/b&gt; &amp; its &quot;door&quot;",
        "Say &lt;script&gt;alert(1)&lt;/script&gt; to go on.",
        ">✗ “next”: low confidence<",
        ">✓ “holding”<",
        "log odds 2.5",
        ">one<",
        ">(tick)<",
        ">not heard<",
        "sounded 40.5012 s: +1.2 ms",
        "1 words obeyed, 1 refused, 1 keys",
        "3 beats, 2 heard, the worst 50.00 ms from its second",
        ">slipped after 3.0 s<",
        ">usually 90 s<",
        ">loudspeaker ready:<",
        ">key: stop<",
        ">end: gave up<",
        "s of quiet<",
    ] {
        assert!(page.contains(wanted), "no {wanted:?} in {page}");
    }
    // One beat lies within what is drawn, one beyond its edge.
    assert_eq!(page.matches("class=\"beat\"").count(), 1);
    assert_eq!(page.matches("class=\"off\"").count(), 1);
}

/// What sounds on its second lies on the same height as the second, and the dot in the middle.
#[test]
fn a_beat_lies_on_its_second() {
    let page = page(
        "{\"t\":5.0,\"event\":\"count\",\"n\":1,\"text\":\"one\",\"due\":5.0,\"onset\":5.0}\n",
    );
    assert!(
        page.contains("<circle class=\"beat\" cx=\"1064\" cy=\"214\""),
        "{page}"
    );
    assert!(page.contains("y=\"218\">0:05<"), "{page}");
}

#[test]
fn nothing_in_it_is_from_elsewhere_or_runs() {
    let page = page(RECORD);
    let markup: String = page
        .split('<')
        .map(|part| part.split('>').next().unwrap_or(""))
        .collect();
    for foreign in [
        "href",
        "url(",
        "script",
        "onload",
        "import",
        "foreignObject",
        "<!",
    ] {
        assert!(!markup.contains(foreign), "{foreign} in {markup}");
    }
    assert_eq!(page.matches("http").count(), 1, "only the namespace's name");
}

#[test]
fn what_is_no_record_is_refused_with_its_line() {
    for (record, wanted) in [
        ("", "no talk"),
        ("\n\n", "no talk"),
        ("{}\n", "line 1"),
        (
            "{\"t\":0,\"event\":\"key\",\"command\":\"stop\"}\nno\n",
            "line 2",
        ),
        (
            "{\"t\":1e300,\"event\":\"key\",\"command\":\"stop\"}\n",
            "line 1",
        ),
        (
            "{\"t\":-1,\"event\":\"key\",\"command\":\"stop\"}\n",
            "line 1",
        ),
        (
            "{\"t\":1,\"event\":\"say\",\"text\":\"a\",\"start\":0,\"end\":90000}\n",
            "line 1",
        ),
        (
            "{\"t\":1,\"event\":\"levels\",\"start\":1,\"speaker\":[300],\"microphone\":[]}\n",
            "line 1",
        ),
    ] {
        let error = Talk::parse(record).unwrap_err().to_string();
        assert!(error.contains(wanted), "{record:?}: {error}");
    }
    let many = "{\"t\":0,\"event\":\"key\",\"command\":\"stop\"}\n".repeat(50_001);
    assert!(matches!(Talk::parse(&many), Err(DrawingError::TooLong)));
}

/// A day of it is one page that a browser opens: a silence takes no room.
#[test]
fn a_long_silence_takes_no_room() {
    let mut record = String::new();
    for second in 0..20_000 {
        record += &format!(
            "{{\"t\":{second}.0,\"event\":\"levels\",\"start\":{second}.0,\"speaker\":[-90],\"microphone\":[-60]}}\n"
        );
    }
    record += "{\"t\":20000.0,\"event\":\"end\",\"outcome\":\"stopped\"}\n";
    let page = page(&record);
    assert!(page.len() < 8_000, "{} bytes", page.len());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    /// Whatever stands in a text, whatever the moments: the page is well formed and nothing panics.
    #[test]
    fn any_record_is_a_well_formed_page(
        texts in proptest::collection::vec(".{0,60}", 1..20),
        moments in proptest::collection::vec(0.0..86_400.0_f64, 3),
    ) {
        let mut record = String::new();
        for (index, text) in texts.iter().enumerate() {
            let text = serde_json::to_string(text).unwrap();
            let [a, b, c] = [0, 1, 2].map(|n| moments[(index + n) % 3]);
            record += &match index % 6 {
                0 => format!("{{\"t\":{a},\"event\":\"say\",\"text\":{text},\"start\":{b},\"end\":{c}}}\n"),
                1 => format!("{{\"t\":{a},\"event\":\"start\",\"guide\":{text},\"title\":{text}}}\n"),
                2 => format!("{{\"t\":{a},\"event\":\"count\",\"n\":1,\"text\":{text},\"due\":{b},\"onset\":{c}}}\n"),
                3 => format!("{{\"t\":{a},\"event\":\"hold\",\"step\":{text},\"phase\":1,\"zero\":{c}}}\n"),
                4 => format!("{{\"t\":{a},\"event\":\"slip\",\"step\":{text},\"held\":{c}}}\n"),
                _ => format!("{{\"t\":{a},\"event\":\"heard\",\"phrase\":{text},\"command\":{text},\"start\":{b},\"end\":{c},\"decided\":{a},\"confidence\":1.0,\"accepted\":true,\"reason\":{text}}}\n"),
            };
        }
        let page = page(&record);
        proptest::prop_assert!(is_well_formed(&page), "{}", page);
        proptest::prop_assert!(!page.chars().any(|c| c != '\n' && crate::guide::is_forbidden(c)));
    }
}
