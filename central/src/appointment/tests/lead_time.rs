//! Section 8: the spec's vectors, and a thousand cases beside an oracle that counts minutes.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    super::lead_time::{Office, Question, Refusal, STEPS, Step, judge, judge_by, latest, lead_hours},
    *,
};

/// A vector's question, asked of calendars of this year.
fn question<'a>(vector: &'a Value, calendars: &'a [(String, Option<Calendar>)]) -> Question<'a> {
    let office = |name: &str| {
        let code = vector[name].as_str().unwrap();
        let kept = calendars.iter().find(|(port, _)| port == code).unwrap();
        Office { code, calendar: kept.1.as_ref() }
    };
    let start = wall(vector["slot_start"].as_str().unwrap());
    Question {
        declaration: office("declaration_port"),
        entry_exit: office("entry_exit_port"),
        start,
        end: start + TimeDelta::hours(2),
        advanced: vector["declarant"] == "A" && vector["consignee"] == "A",
    }
}

/// The calendars that a vector is asked of: those of its year, or of the year before where none is published.
fn calendars_for(vector: &Value) -> Vec<(String, Option<Calendar>)> {
    let year = wall(vector["slot_start"].as_str().unwrap()).date().year();
    let year = if [2018, 2025, 2026].contains(&year) { year } else { 2018 };
    ["2248", "2225", "5320", "5720", "2248-X"]
        .iter()
        .map(|port| ((*port).to_owned(), calendar(port, year)))
        .collect()
}

/// What is wrong with the answers to a vector by these steps; none when all is as the specification says.
fn complaint(vector: &Value, steps: &[Step]) -> Option<String> {
    let calendars = calendars_for(vector);
    let question = question(vector, &calendars);
    if let Some(rule) = vector["refuse"].as_str() {
        let answer = judge_by(steps, &question, wall("2018-01-02 00:00:00"));
        return match &answer {
            Err(refusal) if refusal.fault().rule == rule => None,
            other => Some(format!("{other:?}")),
        };
    }
    let deadline = wall(vector["deadline"].as_str().unwrap());
    let in_time = judge_by(steps, &question, deadline);
    let late = judge_by(steps, &question, deadline + TimeDelta::seconds(1));
    let agreed = in_time.as_ref().is_ok_and(|found| {
        found.at == deadline && vector["set_by"] == *found.set_by && vector["lead_hours"] == found.lead_hours
    });
    let rule = if vector["declaration_port"] == vector["entry_exit_port"] { "AC-104" } else { "AC-103" };
    let refused = late.as_ref().is_err_and(|refusal| {
        let fault = refusal.fault();
        fault.rule == rule && fault.value["set_by"] == vector["set_by"]
    });
    (!agreed || !refused).then(|| format!("{in_time:?}; a second later {late:?}"))
}

/// Vectors of the specification that go wrong with these steps.
pub(super) fn wrong_vectors(steps: &[Step]) -> Vec<String> {
    let vectors = lines_of(include_str!("vectors.jsonl"));
    let complaints = vectors
        .iter()
        .filter_map(|vector| Some(format!("{}: {}", vector["vector"], complaint(vector, steps)?)));
    complaints.collect()
}

/// AC-096, AC-097, AC-098, AC-100, AC-101, AC-102, AC-103, AC-104, AC-105, AC-106, AC-107, AC-108, AC-109, AC-113, AC-115, AC-116: every
/// vector of section 8.4, at its deadline and one second later.
#[test]
fn every_vector_of_the_specification_is_reproduced() {
    assert_eq!(lines_of(include_str!("vectors.jsonl")).len(), 28);
    assert_eq!(wrong_vectors(STEPS), Vec::<String>::new());
}

/// AC-114: the deadline is told before anything is submitted, and a refusal names it with its port.
#[test]
fn the_deadline_is_told_with_the_port_that_set_it() {
    let vector = lines_of(include_str!("vectors.jsonl")).remove(2);
    let calendars = calendars_for(&vector);
    let question = question(&vector, &calendars);
    let deadline = latest(&question).unwrap();
    assert_eq!((&*deadline.set_by, deadline.at), ("2225", wall("2018-10-18 16:30:00")));
    let ends: Vec<_> = deadline.ends_of_work.iter().map(|(port, end)| format!("{port} {end}")).collect();
    assert_eq!(ends, ["2248 2018-10-19 17:00:00", "2225 2018-10-19 16:30:00"]);
    let late = judge(&question, wall("2018-10-18 16:30:01")).unwrap_err().fault();
    assert_eq!((late.rule, late.code), ("AC-103", "AC-109"));
    assert!(late.message.starts_with("已超过最迟申请时间 2018-10-18 16:30:00"), "{}", late.message);
    let overlap = Refusal::Overlap(wall("2018-10-19 13:30:00"), wall("2018-10-19 17:00:00")).fault();
    assert!(overlap.message.starts_with("预约时间与海关工作时间重叠"));
    let unknown = Refusal::Unknown("2248".into()).fault();
    assert!(unknown.message.starts_with("请联系口岸或海关更新工作日历"));
}

/// AC-098: a declaration port whose hours at the start of the slot nobody knows refuses the slot, also while the other port is known.
#[test]
fn a_port_of_which_nothing_is_known_refuses_the_slot() {
    let known = calendar("2248", 2018).unwrap();
    let ask = |declaration: Option<&Calendar>, entry_exit: Option<&Calendar>, start: &str| {
        let question = Question {
            declaration: Office { code: "2225", calendar: declaration },
            entry_exit: Office { code: "2248", calendar: entry_exit },
            start: wall(start),
            end: wall(start) + TimeDelta::hours(2),
            advanced: false,
        };
        judge(&question, wall("2018-01-02 00:00:00"))
    };
    let unknown = |port: &str| Err(Refusal::Unknown(port.into()));
    assert_eq!(ask(None, Some(&known), "2018-10-20 10:00:00"), unknown("2225"));
    assert_eq!(ask(Some(&known), None, "2018-10-20 10:00:00"), unknown("2248"));
    // The first days of the year have no working day before them in this year's calendar.
    assert_eq!(ask(Some(&known), Some(&known), "2018-01-01 00:00:00"), unknown("2248"));
    // The last slot that ends within the published days, and the first that does not.
    assert!(ask(Some(&known), Some(&known), "2018-12-31 22:00:00").is_ok());
    assert_eq!(ask(Some(&known), Some(&known), "2018-12-31 22:01:00"), unknown("2248"));
}

/// AC-103, AC-104: section 8.3.
#[test]
fn the_lead_times_are_those_of_the_table() {
    let table = [(true, true, 4), (true, false, 8), (false, true, 8), (false, false, 24)];
    for (same_customs, advanced, hours) in table {
        assert_eq!(lead_hours(same_customs, advanced), hours);
    }
}

const DAYS: i64 = 12;
const DAY: i64 = 24 * 60;

/// Every minute of some days, and whether customs is at work in it. It knows nothing of spans and weekdays.
struct Minutes {
    first: NaiveDate,
    at_work: Vec<bool>,
}

impl Minutes {
    fn minute(&self, at: NaiveDateTime) -> i64 {
        (at - self.first.and_time(NaiveTime::MIN)).num_minutes()
    }

    fn works(&self, minute: i64) -> Option<bool> {
        usize::try_from(minute).ok().and_then(|place| self.at_work.get(place).copied())
    }

    fn known(&self, from: i64, until: i64) -> bool {
        from >= 0 && until <= DAYS * DAY
    }

    /// The minute at which the last day before `at` that was worked came to its end.
    fn last_end(&self, at: i64) -> Option<i64> {
        (0..DAYS)
            .filter_map(|day| {
                (day * DAY..(day + 1) * DAY).rev().find(|minute| self.works(*minute) == Some(true))
            })
            .map(|minute| minute + 1)
            .filter(|end| *end <= at)
            .max()
    }
}

/// AC-098, AC-101..AC-108 once more, minute by minute: the deadline as minutes and its port, or the rule that refuses.
fn oracle(ports: &[(&str, &Minutes); 2], start: i64, advanced: bool) -> Result<(i64, String), &'static str> {
    let [(declaration, at_declaration), (entry_exit, at_entry)] = *ports;
    let same = declaration == entry_exit;
    let end = start + 120;
    let mut asked = vec![(entry_exit, at_entry)];
    if !same {
        match at_declaration.works(start) {
            None => return Err("AC-098"),
            Some(true) => {}
            Some(false) => asked.push((declaration, at_declaration)),
        }
    }
    let mut best: Option<(i64, String)> = None;
    for (port, minutes) in &asked {
        let last = minutes.last_end(start).filter(|_| minutes.known(start, end)).ok_or("AC-098")?;
        if best.as_ref().is_none_or(|(earliest, _)| last < *earliest) {
            best = Some((last, (*port).to_owned()));
        }
    }
    if (start..end).any(|minute| at_entry.works(minute) == Some(true)) {
        return Err("AC-101");
    }
    let lead = match (same, advanced) {
        (true, true) => 240,
        (false, false) => 1440,
        _ => 480,
    };
    best.map(|(last, port)| (last - lead, port)).ok_or("AC-098")
}

/// A calendar of twelve days at random, and the same as minutes.
fn drawn(random: &mut StdRng) -> (Calendar, Minutes) {
    let first = NaiveDate::from_ymd_opt(2026, 2, 9).unwrap();
    let mut spans = || -> Vec<Span> {
        let mut edges: Vec<u16> = (0..random.random_range(0..3_usize) * 2)
            .map(|_| if random.random_bool(0.1) { 1440 } else { random.random_range(0..48) * 30 })
            .collect();
        edges.sort_unstable();
        edges.dedup();
        edges.chunks_exact(2).filter_map(|pair| Span::of_minutes(pair[0], pair[1])).collect()
    };
    let mut calendar = Calendar {
        working_day: spans(),
        saturday: spans(),
        sunday: spans(),
        off: BTreeSet::new(),
        worked: BTreeSet::new(),
        special: std::collections::BTreeMap::new(),
        published_from: first,
        published_until: first + TimeDelta::days(DAYS - 1),
    };
    let special = spans();
    let mut at_work = Vec::new();
    for day in 0..DAYS {
        let date = first + TimeDelta::days(day);
        let week: &[Span] = match random.random_range(0..10) {
            0 => {
                calendar.off.insert(date);
                &[]
            }
            1 => {
                calendar.worked.insert(date);
                &calendar.working_day
            }
            2 => {
                calendar.special.insert(date, special.clone());
                &special
            }
            // The 9th of February 2026 is a Monday.
            _ if day % 7 == 5 => &calendar.saturday,
            _ if day % 7 == 6 => &calendar.sunday,
            _ => &calendar.working_day,
        };
        at_work.extend(
            (0..1440_u16).map(|minute| week.iter().any(|span| span.start() <= minute && minute < span.end())),
        );
    }
    (calendar, Minutes { first, at_work })
}

/// AC-096, AC-097, AC-098, AC-099, AC-100, AC-101, AC-102, AC-103, AC-104, AC-105, AC-106, AC-107, AC-108: a thousand random rosters and
/// slots, judged by spans and by minutes alike.
#[test]
fn a_thousand_cases_agree_with_counting_minutes() {
    let mut random = StdRng::seed_from_u64(20_181_020);
    let mut outcomes = std::collections::BTreeMap::<String, usize>::new();
    for case in 0..1000 {
        let (a, minutes_a) = drawn(&mut random);
        let (b, minutes_b) = drawn(&mut random);
        let same = random.random_bool(0.4);
        let advanced = random.random_bool(0.5);
        let (declaration, at_declaration) = if same { ("2248", &b) } else { ("2225", &a) };
        let start = a.published_from.and_time(NaiveTime::MIN)
            + TimeDelta::minutes(random.random_range(-2..DAYS * 48 + 2) * 30);
        let question = Question {
            declaration: Office { code: declaration, calendar: Some(at_declaration) },
            entry_exit: Office { code: "2248", calendar: Some(&b) },
            start,
            end: start + TimeDelta::hours(2),
            advanced,
        };
        let ports = [(declaration, if same { &minutes_b } else { &minutes_a }), ("2248", &minutes_b)];
        let expected = oracle(&ports, minutes_b.minute(start), advanced);
        let found = latest(&question)
            .map(|deadline| (minutes_b.minute(deadline.at), deadline.set_by.to_string()))
            .map_err(|refusal| refusal.fault().rule);
        assert_eq!(found, expected, "case {case}: {question:?}");
        *outcomes.entry(expected.map_or_else(str::to_owned, |_| "deadline".into())).or_default() += 1;
    }
    assert!(outcomes.values().all(|count| *count > 50) && outcomes.len() == 3, "{outcomes:?}");
}
