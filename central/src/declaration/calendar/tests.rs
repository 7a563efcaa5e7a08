//! Working calendars: what they say, how they are kept, and the query of working hours.

use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::{holidays::Holidays, *};

fn date(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn of_2018() -> Value {
    json!({
        "working_day": [["08:30", "12:00"], ["13:30", "17:00"]], "saturday": [["09:00", "12:00"]],
        "off": ["2018-10-06"], "worked": ["2018-09-30"], "special": {"2018-10-10": [["10:00", "24:00"]]},
        "published_from": "2018-01-01", "published_until": "2018-12-31"
    })
}

fn calendar() -> Calendar {
    serde_json::from_value(of_2018()).unwrap()
}

/// AC-095, AC-096: what is working time follows from the calendar: weekdays, Saturdays, days off, make-up days, days with hours of their own.
#[test]
fn a_day_has_the_hours_that_its_port_says() {
    let calendar = calendar();
    let hours = |day: &str| {
        let spans = calendar.spans(date(day)).unwrap();
        spans.iter().map(|span| span.text().join("-")).collect::<Vec<_>>().join(" ")
    };
    for (day, expected) in [
        ("2018-10-08", "08:30-12:00 13:30-17:00"),
        ("2018-10-13", "09:00-12:00"),
        ("2018-10-14", ""),
        ("2018-10-06", ""),
        ("2018-09-30", "08:30-12:00 13:30-17:00"),
        ("2018-10-10", "10:00-24:00"),
    ] {
        assert_eq!(hours(day), expected, "{day}");
    }
    assert_eq!(calendar.spans(date("2019-01-01")), None, "AC-098: nothing is known");
    assert_eq!(calendar.spans(date("2017-12-31")), None);
}

/// AC-095: spans are half-open.
#[test]
fn the_end_of_a_span_is_no_working_time() {
    let calendar = calendar();
    for (moment, works) in [
        ("2018-10-08 08:29", Some(false)),
        ("2018-10-08 08:30", Some(true)),
        ("2018-10-08 12:00", Some(false)),
        ("2018-10-10 23:59", Some(true)),
        ("2018-10-11 00:00", Some(false)),
        ("2019-01-01 09:00", None),
    ] {
        assert_eq!(calendar.at_work(at(moment)), works, "{moment}");
    }
    assert!(calendar.overlap(at("2018-10-08 06:30"), at("2018-10-08 08:30")).is_none());
    let (day, span) = calendar.overlap(at("2018-10-07 23:00"), at("2018-10-08 08:31")).unwrap();
    assert_eq!((day, span.text()), (date("2018-10-08"), ["08:30".to_owned(), "12:00".to_owned()]));
}

/// AC-097, AC-106: 下班 is the end of the day's last span, on the latest day on which that is not later.
#[test]
fn the_last_end_of_work_is_that_of_the_latest_day_that_is_over() {
    let calendar = calendar();
    for (moment, end) in [
        ("2018-10-08 17:00", "2018-10-08 17:00"),
        ("2018-10-08 16:59", "2018-10-05 17:00"),
        ("2018-10-14 09:00", "2018-10-13 12:00"),
        ("2018-10-11 00:00", "2018-10-11 00:00"),
        ("2018-10-10 23:59", "2018-10-09 17:00"),
        ("2019-03-01 00:00", "2018-12-31 17:00"),
    ] {
        assert_eq!(calendar.last_end_of_work(at(moment)), Some(at(end)), "{moment}");
    }
    assert_eq!(calendar.last_end_of_work(at("2018-01-01 16:00")), None);
}

/// AC-095: what is no calendar is refused with everything that is wrong.
#[test]
fn a_calendar_that_contradicts_itself_is_refused() {
    let faults = |member: &str, value: Value| {
        let mut sent = of_2018();
        sent[member] = value;
        serde_json::from_value::<Calendar>(sent).map(|calendar| calendar.faults()).map_err(|_| ())
    };
    for (member, value) in [
        ("working_day", json!([["13:30", "17:00"], ["08:30", "12:00"]])),
        ("saturday", json!([["08:30", "12:00"], ["11:00", "13:00"]])),
        ("worked", json!(["2018-10-06"])),
        ("published_until", json!("2017-12-31")),
        ("published_until", json!("2048-12-31")),
    ] {
        let found = faults(member, value.clone()).unwrap();
        assert_eq!((found.len(), found[0].rule), (1, "AC-095"), "{member} {value}");
    }
    for value in [
        json!([["8:30", "12:00"]]),
        json!([["12:00", "12:00"]]),
        json!([["23:00", "24:01"]]),
        json!([["08:60", "12:00"]]),
    ] {
        assert_eq!(faults("working_day", value.clone()), Err(()), "{value}");
    }
    assert!(calendar().faults().is_empty());
}

/// AC-096: the national list of a year takes the place of what a calendar had for that year, and leaves other years alone.
#[test]
fn the_national_days_of_a_year_are_taken_in() {
    let national = Holidays::national().unwrap();
    assert!((2018..=2026).all(|year| national.has_year(year)) && !national.has_year(2027));
    let mut calendar = calendar();
    calendar.off.insert(date("2019-05-03"));
    national.enter(2018, &mut calendar);
    assert!(calendar.off.contains(&date("2018-10-01")) && calendar.off.contains(&date("2019-05-03")));
    assert!(calendar.worked.contains(&date("2018-09-29")));
    assert!(calendar.faults().is_empty());
    let later = Holidays::parse("date,kind,name\n2027-01-01,holiday,元旦\n").unwrap();
    assert!(later.has_year(2027));
    for bad in [
        "date,kind,name\n2027-13-01,holiday,元旦",
        "date,kind,name\n2027-01-01,party,元旦",
        "date,kind\n2027",
    ] {
        assert_eq!(Holidays::parse(bad).unwrap_err()[0].path, "csv[1]", "{bad}");
    }
}
