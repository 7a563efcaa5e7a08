//! `bench`: what gate agent and centre take, beside what the machine takes without it. One table, one page, one JSON file.
//! Promises: a figure and its floor come from the same run; the page is written by a whole run only, never by a part of one.
//! Every error ends the run, so errors are told with `anyhow` throughout this program.
//! Absent on purpose: pass or fail: a measurement reports, people and the acceptance judge.
//! Reading order: `settings`, `run`, `row`, `promise`, `report`; `floor`, `codec`, `signs`, `seal`, `index`, `lane`, `mqtt`, `flood`, `size`, `query`, `ingest`, `gates` are
//! the measurements.

mod bindings;
mod clock;
mod codec;
mod flood;
mod floor;
mod gates;
mod index;
mod ingest;
mod lane;
mod latency;
mod machine;
mod mqtt;
mod promise;
mod pty;
mod query;
mod report;
mod row;
mod run;
mod seal;
mod settings;
mod signs;
mod size;

use std::io::Write as _;

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    let settings = settings::Settings::parse();
    let report = run::run(&settings)?;
    std::io::stdout().write_all(row::text(&report.rows).as_bytes())?;
    report.write_json(&settings.json_path())?;
    if let Some(page) = settings.page_path() {
        report.write_page(&page)?;
    }
    Ok(())
}
