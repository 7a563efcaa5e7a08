//! The page as it is built in: both languages complete, words for every code of the agent, nothing inline, nothing from elsewhere.

use std::collections::BTreeSet;

use protocols::{
    contract::EventType,
    ids::MediumType,
    rules::{TripStatus, Verdict},
};
use serde_json::{Map, Value};

use super::{super::page::FILES, bench};
use crate::{decision::Compared, lane::Refusal};

const INDEX: &str = include_str!("../page/index.html");
const ZH: &str = include_str!("../page/texts.zh.js");
const EN: &str = include_str!("../page/texts.en.js");

fn sources() -> Vec<(&'static str, &'static str)> {
    let script = |(name, kind, content): &(&'static str, &str, &'static [u8])| {
        let is_code = kind.starts_with("text/javascript") && !name.starts_with("texts.");
        is_code.then(|| (*name, std::str::from_utf8(content).unwrap()))
    };
    FILES.iter().filter_map(script).chain([("index.html", INDEX)]).collect()
}

fn texts() -> (Map<String, Value>, Map<String, Value>) {
    let read = |text: &str, name: &str| -> Map<String, Value> {
        let start = format!("export const {name} = ");
        let json = text.trim().strip_prefix(start.as_str()).and_then(|text| text.strip_suffix(';'));
        serde_json::from_str(json.unwrap()).unwrap()
    };
    (read(ZH, "zh"), read(EN, "en"))
}

/// `{name}`s of a text.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

#[test]
fn both_languages_say_everything() {
    let (zh, en) = texts();
    assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    assert!(zh.len() > 200);
    for (key, zh) in &zh {
        let (zh, en) = (zh.as_str().unwrap(), en[key].as_str().unwrap());
        assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{key}");
        assert_eq!(places(zh), places(en), "{key}");
        let is_chinese = |text: &str| text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
        let names_the_other = key.starts_with("language");
        let is_sign_only = key == "announce";
        assert!(is_chinese(zh) != names_the_other || is_sign_only, "{key}: {zh}");
        assert!(is_chinese(en) == names_the_other, "{key}: {en}");
        assert_eq!(zh.matches('|').count(), en.matches('|').count(), "{key} offers the same presets");
    }
}

/// No key is missing where it is used, and none is left that nothing uses.
#[test]
fn every_text_is_used_and_every_used_text_exists() {
    let (zh, _) = texts();
    let all: String = sources().iter().map(|(_, text)| *text).collect();
    for key in zh.keys() {
        let literal = all.contains(&format!("\"{key}\""));
        let made = key.match_indices('_').any(|(at, _)| all.contains(&format!("`{}${{", &key[..=at])));
        assert!(literal || made, "nothing uses {key}");
    }
    for (name, text) in sources() {
        for marker in ["t(\"", "data-t=\"", "cell(\""] {
            // `split("` is no call of `t`.
            let calls =
                text.match_indices(marker).filter(|(at, _)| !text[..*at].ends_with(char::is_alphanumeric));
            for (at, _) in calls {
                let key = text[at + marker.len()..].split('"').next().unwrap();
                assert!(zh.contains_key(key), "{name} uses {key}, which has no text");
            }
        }
    }
}

/// fault F6: whatever code the agent tells, the page has words for it.
#[test]
fn every_code_of_the_agent_has_its_words() {
    let (zh, _) = texts();
    let mut codes: Vec<String> = Vec::new();
    codes.extend(EventType::ALL.iter().map(|event| format!("event_{}", event.code())));
    codes.extend(TripStatus::ALL.iter().map(|status| format!("status_{status}")));
    codes.extend(MediumType::ALL.iter().map(|medium| format!("kind_{medium}")));
    codes.extend(
        [Verdict::Pass, Verdict::Refuse, Verdict::Person].map(|verdict| format!("verdict_{verdict}")),
    );
    let compared = [
        Compared::Medium,
        Compared::Plate,
        Compared::Container,
        Compared::Seal,
        Compared::Weight,
        Compared::Slip,
        Compared::SlipCheck,
        Compared::MadeUpCard,
        Compared::Age,
    ];
    codes.extend(compared.map(|what| format!("what_{}", what.name())));
    let deeds = ["release", "send_back", "correct", "choose", "empty_exit", "close_lane", "open_lane"];
    codes.extend(
        ["act", "effect", "presets"].iter().flat_map(|kind| deeds.map(|deed| format!("{kind}_{deed}"))),
    );
    let states = ["idle", "collecting", "deciding", "opening", "passing", "held", "closed"];
    codes.extend(states.map(|state| format!("state_{state}")));
    codes.extend(["closed", "between", "open", "unknown"].map(|arm| format!("arm_{arm}")));
    let outcomes =
        ["open", "passed", "unconfirmed", "released", "empty_exit", "refused", "backed_out", "sent_back"];
    codes.extend(outcomes.map(|outcome| format!("outcome_{outcome}")));
    for code in codes {
        assert!(zh.contains_key(&code), "the page has no words for {code}");
    }
    // A refusal brings its own words.
    assert!(!zh.contains_key(Refusal::Moving.code()));
}

/// fault E5: the page runs under its own policy: no inline script or style, no handler in an attribute, nothing made from text.
#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    for (name, text) in sources() {
        for bad in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "style=\"",
            "http://",
            "https://",
            "javascript:",
        ] {
            let is_namespace = bad == "http://"
                && text.matches(bad).count() == text.matches("http://www.w3.org/2000/svg").count();
            assert!(!text.contains(bad) || is_namespace, "{name} has {bad}");
        }
        assert!(text.lines().count() <= 500, "{name} is long: a noun is missing");
    }
    for bad in ["<script>", " onclick", "<style"] {
        assert!(!INDEX.contains(bad), "the page has {bad}");
    }
    for (name, kind, content) in FILES {
        let text = std::str::from_utf8(content).unwrap();
        assert!(text.lines().count() <= 500, "{name} is long");
        let is_css = kind.starts_with("text/css");
        assert!(!is_css || !text.contains("@import") && !text.contains("url("), "{name}");
    }
}

#[tokio::test]
async fn the_page_and_each_of_its_files_are_served() {
    let bench = bench().await;
    let (status, text) = bench.get("/").await;
    assert!(status == 200 && text.contains("卡口面板"));
    for (name, kind, content) in FILES {
        let answer = bench.request(reqwest::Method::GET, &format!("/assets/{name}")).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], kind, "{name}");
        assert_eq!(answer.bytes().await.unwrap(), content, "{name}");
    }
    assert_eq!(bench.get("/assets/panel.rs").await.0, 404);
    assert_eq!(bench.get("/assets/..%2Fpanel.css").await.0, 404);
    let named: BTreeSet<&str> = FILES.iter().map(|(name, ..)| *name).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/panel/page");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "index.html" || named.contains(name.as_str()), "{name} is not served");
    }
}
