//! The table in the end, and whether all of it is as it should be.

use anyhow::Result;
use protocols::rules::TripStatus;

use super::{
    screen::{Look, Screen, column},
    visit::Visit,
};

/// What a round came to.
#[derive(Debug)]
pub(crate) struct Report {
    /// The visits, in order.
    pub(crate) visits: Vec<Visit>,
    /// The lorries, in the scenario's order.
    pub(crate) lorries: Vec<LorryReport>,
    /// What must agree: its name, and what was found.
    pub(crate) checks: Vec<(String, Result<String>)>,
}

/// One lorry's record in the end.
#[derive(Debug)]
pub(crate) struct LorryReport {
    /// Its plate.
    pub(crate) plate: String,
    /// The status that its record must have.
    pub(crate) ends: Option<TripStatus>,
    /// The status that it has.
    pub(crate) is: Option<TripStatus>,
    /// How many receipts its declarant has got.
    pub(crate) receipts: usize,
}

impl LorryReport {
    /// A record's declarant has been told something, and its status is the scenario's.
    fn is_as_expected(&self) -> bool {
        self.is == self.ends && (self.is.is_none() || self.receipts > 0)
    }
}

/// Prints the table; true when everything is as expected.
pub(crate) fn print(report: &Report, screen: &Screen) -> Result<bool> {
    screen.say("")?;
    let head = row("", &["lorry", "lane", "expected", "got", "barrier", "record", "rcpt"]);
    screen.say(&screen.paint(Look::Bold, &head))?;
    let mut as_expected = true;
    for (place, visit) in report.visits.iter().enumerate() {
        let later = report.visits.get(place + 1..).unwrap_or_default();
        let is_last = !later.iter().any(|other| other.plate == visit.plate);
        let lorry = report.lorries.iter().find(|lorry| is_last && lorry.plate == visit.plate);
        let holds = visit.is_as_expected() && lorry.is_none_or(LorryReport::is_as_expected);
        as_expected &= holds;
        screen.say(&visit_row(visit, lorry, holds, screen))?;
        if !visit.is_as_expected() {
            // The columns may have cut off just what differs.
            screen.say(&format!("   expected {:?}", visit.expect))?;
            screen.say(&format!("   got      {:?}", visit.was))?;
        }
    }
    screen.say("")?;
    for (name, found) in &report.checks {
        let (mark, look, text) = match found {
            Ok(text) => ("ok  ", Look::Green, format!("{name} ({text})")),
            Err(error) => ("FAIL", Look::Red, format!("{name}:\n{error:#}")),
        };
        as_expected &= found.is_ok();
        screen.say(&format!("{} {text}", screen.paint(look, mark)))?;
    }
    let (judged, all) =
        (report.visits.iter().filter(|visit| visit.is_as_expected()).count(), report.visits.len());
    let (mark, look) = if judged == all { ("ok  ", Look::Green) } else { ("FAIL", Look::Red) };
    screen.say(&format!(
        "{} {judged} of {all} visits were judged as the scenario expects",
        screen.paint(look, mark)
    ))?;
    for lorry in report.lorries.iter().filter(|lorry| !lorry.is_as_expected()) {
        as_expected = false;
        let name = |status: Option<TripStatus>| status.map_or("none", TripStatus::code);
        let (plate, ends, is) = (&lorry.plate, name(lorry.ends), name(lorry.is));
        screen
            .say(&format!("FAIL record of {plate}: expected {ends}, is {is}, {} receipts", lorry.receipts))?;
    }
    Ok(as_expected)
}

fn visit_row(visit: &Visit, lorry: Option<&LorryReport>, holds: bool, screen: &Screen) -> String {
    let barrier = match visit.was.rises {
        0 => "down".to_owned(),
        rises => format!("up {rises}x"),
    };
    let record = lorry.map_or("", |lorry| lorry.is.map_or("no record", TripStatus::code));
    let receipts =
        lorry.filter(|lorry| lorry.is.is_some()).map_or_else(String::new, |lorry| lorry.receipts.to_string());
    let (expected, got) = (visit.expect.says.join(", "), visit.was.says.join(", "));
    let cells = [&*visit.plate, &*visit.lane, &*expected, &*got, &*barrier, record, &*receipts];
    let (mark, look) = if holds { ("ok", Look::Green) } else { ("!!", Look::Red) };
    let text = row(mark, &cells);
    text.strip_prefix(mark).map_or_else(|| text.clone(), |rest| format!("{}{rest}", screen.paint(look, mark)))
}

/// 100 columns.
fn row(mark: &str, cells: &[&str; 7]) -> String {
    const WIDTHS: [usize; 7] = [8, 4, 26, 26, 7, 16, 4];
    let cells: Vec<String> = cells.iter().zip(WIDTHS).map(|(cell, width)| column(cell, width)).collect();
    format!("{}{}", column(mark, 3), cells.join(" "))
}
