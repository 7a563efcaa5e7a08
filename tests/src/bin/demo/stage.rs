//! The demo's yard, and what is said about it before and after.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Result, ensure};
use kakou_tests::{
    DeskPlan, GatePlan, LanePlan, Yard, YardPlan,
    cards::PIN,
    config::{ADMIN, DECLARANT, DECLARANT_CARD, OFFICER, OFFICER_CARD},
    plan::PERSONS,
};
use protocols::rules::LaneDirection;

use super::{
    doors::Entrance,
    screen::{Look, Screen},
};

/// Customs takes this long, so that a lorry can be seen to wait for it.
const APPROVE_DELAY_MS: u32 = 10_000;

/// A gate that reads electronic plates only, and one whose lanes have everything, each with an entry and an outermost exit, at a pace that people can follow; the usual ports or the next free ones.
pub(crate) fn plan(data_dir: Option<PathBuf>, card_service: SocketAddr) -> Result<YardPlan> {
    if let Some(folder) = &data_dir
        && folder.exists()
    {
        // A journal of last week's vehicles would be judged together with today's.
        ensure!(folder.read_dir()?.next().is_none(), "{} is not empty", folder.display());
    }
    let lane = |lane_id, direction| LanePlan {
        collect_window_ms: 1_500,
        withdraw_ms: 1_000,
        back_out_ms: 2_500,
        key_absence_ms: 2_500,
        rise_ms: 1_000,
        fall_ms: 1_000,
        ..LanePlan::new(lane_id, direction)
    };
    let entry = |lane_id| lane(lane_id, LaneDirection::In);
    let exit = |lane_id| LanePlan { outermost: true, ..lane(lane_id, LaneDirection::Out) };
    let plain =
        GatePlan { lanes: vec![entry("IN1"), exit("OUT1")], panel_port: 8081, ..GatePlan::new("0708-G02") };
    let full = GatePlan {
        lanes: vec![entry("IN2").with_everything(), exit("OUT2").with_everything()],
        panel_port: 8082,
        ..GatePlan::new("0708-G03")
    };
    Ok(YardPlan {
        desk: DeskPlan::Auto { send_delay_ms: 300, approve_delay_ms: APPROVE_DELAY_MS },
        gates: vec![plain, full],
        centre_listen: "127.0.0.1:8080".to_owned(),
        card_service,
        folder: data_dir,
        ..YardPlan::default()
    })
}

/// What runs where.
pub(crate) fn introduce(yard: &Yard, entrance: &Entrance, screen: &Screen) -> Result<()> {
    screen.say("")?;
    screen.say(&screen.paint(Look::Bold, "Kakou 卡口: lorries at the gates of a customs yard"))?;
    let centre = yard.centre.url();
    screen.say("")?;
    entrance.introduce(&centre, &yard.plan.customs_code, screen)?;
    screen.say("")?;
    screen.say(&screen.paint(Look::Bold, "What runs here"))?;
    screen.say(&format!("  centre      {centre}   its REST: /api/openapi.json, its figures: /metrics"))?;
    for gate in &yard.gates {
        let (name, panel) = (&gate.plan.gate_id, gate.agent.url());
        screen.say(&format!("  {name}    {panel}   its panel, for a browser; /status, /metrics"))?;
    }
    screen.say(&format!("  tokens      declarant {DECLARANT}, officer {OFFICER}, administrator {ADMIN}"))?;
    screen.say(&format!(
        "  cards       declarant {DECLARANT_CARD}, officer {OFFICER_CARD}, PIN {PIN}; files in centre/cards"
    ))?;
    let persons = PERSONS.map(|person| format!("{} PIN {}", person.id, person.pin)).join(", ");
    screen.say(&format!("  at the gate {persons}: two officers and an operator"))?;
    screen.say("  0708-G02    IN1 leads into the yard, OUT1 out of the port; each has a UHF reader and a relay board")?;
    screen
        .say("  0708-G03    IN2 and OUT2 have a card reader, a scanner, a plate camera, a seal reader and a scale besides")?;
    screen.say(&format!("  everything  {}", yard.folder().display()))?;
    screen.say("")?;
    let head =
        "time     lane lorry    read  verdict, barrier, reason (Y passes, N is refused, M needs a person)";
    screen.say(&screen.paint(Look::Dim, head))
}

/// What to try next.
pub(crate) fn farewell(once: bool, (centre, panel): &(String, String), screen: &Screen) -> Result<()> {
    screen.say("")?;
    screen.say(&screen.paint(Look::Bold, "What to try next"))?;
    if once {
        screen
            .say("  make demo                     the same over and over; meanwhile, in another terminal:")?;
    } else {
        screen.say("  make demo ONCE=1              once, with exit status; and while `make demo` runs:")?;
    }
    screen.say(&format!("  curl -H 'Authorization: Bearer {OFFICER}' {centre}/api/v1/alerts"))?;
    screen.say(&format!("  curl -H 'Authorization: Bearer {ADMIN}' {centre}/api/v1/gates"))?;
    screen.say(&format!("  curl {panel}/status"))?;
    screen.say("  tests/scenarios/demo.toml     the story; change an expectation and see the exit status")?;
    screen.say("  demo --once --data-dir DIR    keeps everything; then:")?;
    screen.say("  gate-agent journal verify DIR/0708-G02/data/journal.db")
}
