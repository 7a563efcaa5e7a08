//! What codes are worth: at this gate, at any time, over restarts, and to whoever has changed the file.

use std::{fs, path::Path, sync::Arc, time::Duration};

use protocols::{
    contract::{EventType, UtcMillis},
    ids::GateId,
};
use serde_json::json;
use tempfile::TempDir;

use super::{Book, BookError, CodeTime, IssuedCode, NoCode, ReleaseCode, ReleaseCodes};
use crate::{
    cache::samples::{self, gate, noon},
    clock::{Clock, SimClock},
    identity::{TrustedTime, later},
    journal::{Draft, EmergencyLog, Journal, MemoryDisk},
    lane::{CodeId, TakenCodes},
    person::{Entry, PinHash, samples::persons},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A code of the supervisor `wang`, for this gate and journal, good from now on for thirty days.
pub(crate) fn issue(folder: &Path, gate_id: &GateId, journal: &str, now: UtcMillis) -> ReleaseCode {
    let known = Book::in_folder(folder).read().unwrap();
    let code = ReleaseCode::draw(|id| known.iter().any(|issued| issued.id == *id));
    let wang = persons().into_iter().find(|entry| entry.issues_codes).unwrap();
    let issued = IssuedCode::new(&code, &wang, (now, later(now, DAY * 30)), gate_id, journal).unwrap();
    Book::in_folder(folder)
        .change(now, |codes| {
            codes.push(issued);
            Ok::<_, BookError>(())
        })
        .unwrap();
    code
}

/// One gate's folder and journal, over which agents start one after the other.
struct Gate {
    folder: TempDir,
    disk: MemoryDisk,
    clock: Arc<SimClock>,
}

/// A running agent, as far as codes are concerned.
struct Agent {
    journal: Journal,
    trusted: Arc<TrustedTime>,
    codes: ReleaseCodes,
}

impl Gate {
    fn new() -> Self {
        let clock = Arc::new(SimClock::at(noon()));
        Self { folder: TempDir::new().unwrap(), disk: MemoryDisk::new("one"), clock }
    }

    fn issue(&self) -> ReleaseCode {
        issue(self.folder.path(), &gate(), "one", self.clock.wall())
    }

    async fn start(&self) -> Agent {
        self.start_as(gate()).await
    }

    async fn start_as(&self, gate_id: GateId) -> Agent {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let (journal, _) = Journal::start(self.disk.store(), gate_id.clone(), Arc::clone(&clock)).unwrap();
        journal.recovered().await.unwrap();
        journal.set_epoch(1).await.unwrap();
        let trusted = Arc::new(TrustedTime::new(Arc::clone(&clock), None));
        let time = CodeTime::open(self.folder.path(), Arc::clone(&trusted), clock);
        let (held, taken) = (journal.clone(), TakenCodes::default());
        let codes = ReleaseCodes::open(self.folder.path(), gate_id, held, &self.emergency(), taken, time);
        Agent { journal, trusted, codes }
    }

    fn emergency(&self) -> EmergencyLog {
        EmergencyLog::at(self.folder.path().join("emergency.log"))
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("release-codes.jsonl")
    }
}

impl Agent {
    fn judge(&self, code: &ReleaseCode, asker: &str, persons: &[Entry]) -> Result<(), NoCode> {
        self.codes.judge(code, asker, persons).map(|second| {
            assert_eq!((&*second.person.id, second.code), ("wang", Some(code.id())));
        })
    }

    fn says(&self, code: &ReleaseCode) -> Result<(), NoCode> {
        self.judge(code, "zhang", &persons())
    }
}

fn release(code: &CodeId) -> Vec<Draft> {
    let detail = Some(json!({ "do": "release", "reason": "storm", "second": "wang", "code": code }));
    let (tick, wall) = (SimClock::at(noon()).tick(), noon());
    [EventType::ManualRelease, EventType::RaiseIntent]
        .map(|event_type| Draft { detail: detail.clone(), ..Draft::new(event_type, tick, wall) })
        .to_vec()
}

/// fault E6: a code stands for whoever issued it, beside anybody but himself; another code is worth nothing.
#[tokio::test]
async fn a_code_is_good_for_anybody_but_its_issuer() {
    let gate = Gate::new();
    let (code, agent) = (gate.issue(), gate.start().await);
    assert_eq!(agent.says(&code), Ok(()));
    assert_eq!(agent.judge(&code, "wang", &persons()), Err(NoCode::Own));
    assert_eq!(agent.says(&ReleaseCode::draw(|_| false)), Err(NoCode::Wrong));
    let kept = fs::read_to_string(gate.file()).unwrap();
    let secret = code.shown().replace('-', "");
    assert!(kept.contains(code.id().as_str()) && !kept.contains(&secret) && !kept.contains(&code.shown()));
}

/// fault E6, fault A1: a use is known over restarts: by the journal's record, whether the barrier was pulsed behind it or the agent killed
/// before, and by the emergency log, before that is carried over.
#[tokio::test]
async fn a_used_code_stays_used_over_a_restart() {
    let gate = Gate::new();
    let codes = [gate.issue(), gate.issue(), gate.issue()];
    let agent = gate.start().await;
    agent.journal.commit(release(&codes[0].id())).await.unwrap();
    gate.emergency().record(&release(&codes[1].id())).unwrap();
    drop(agent);
    for _ in 0..2 {
        let agent = gate.start().await;
        let told: Vec<_> = codes.iter().map(|code| agent.says(code)).collect();
        assert_eq!(told, [Err(NoCode::Used), Err(NoCode::Used), Ok(())]);
    }
}

/// fault E6, faults B1 and B2: a code ends with its time; no clock that is set back revives it, in this run or over a restart. A clock that
/// jumped ahead ends it until a centre tells the time.
#[tokio::test]
async fn an_ended_code_is_not_revived_by_a_clock() {
    let gate = Gate::new();
    let (code, agent) = (gate.issue(), gate.start().await);
    gate.clock.advance(DAY * 30);
    assert_eq!(agent.says(&code), Ok(()), "to its last moment");
    gate.clock.set_wall(noon());
    gate.clock.advance(Duration::from_millis(1));
    assert_eq!(agent.says(&code), Err(NoCode::Expired), "set back in the run");
    gate.clock.set_wall(noon());
    let agent = gate.start().await;
    assert_eq!(agent.says(&code), Err(NoCode::Expired), "set back before a start");

    let code = gate.issue();
    assert_eq!(agent.says(&code), Err(NoCode::Expired), "and neither by a new one with the wrong time");
    agent.trusted.told(noon(), later(noon(), DAY * 45));
    assert_eq!(agent.says(&code), Ok(()), "a centre knows");
    gate.clock.advance(DAY * 31);
    gate.clock.set_wall(noon());
    assert_eq!(agent.says(&code), Err(NoCode::Expired), "counted on by ticks");
}

/// fault E6: a code that was issued with a clock far ahead is not good before that time.
#[tokio::test]
async fn a_code_of_the_future_is_not_good_yet() {
    let gate = Gate::new();
    let agent = gate.start().await;
    let code = issue(gate.folder.path(), &samples::gate(), "one", later(noon(), DAY * 2));
    assert_eq!(agent.says(&code), Err(NoCode::Expired));
    gate.clock.advance(DAY * 2);
    assert_eq!(agent.says(&code), Ok(()));
}

/// fault E6: taken back is taken back, at once; and so it is when somebody writes into the file that it is not.
#[tokio::test]
async fn a_revoked_code_is_refused() {
    let gate = Gate::new();
    let (code, agent) = (gate.issue(), gate.start().await);
    let wang = persons().into_iter().find(|entry| entry.issues_codes).unwrap();
    let revoke = |codes: &mut Vec<IssuedCode>| {
        codes.iter_mut().for_each(|code| code.revoke(&samples::gate(), &wang.pin));
        Ok::<_, BookError>(())
    };
    Book::in_folder(gate.folder.path()).change(noon(), revoke).unwrap();
    assert_eq!(agent.says(&code), Err(NoCode::Revoked));
    let kept = fs::read_to_string(gate.file()).unwrap();
    fs::write(gate.file(), kept.replace("\"revoked\":true", "\"revoked\":false")).unwrap();
    assert_eq!(agent.says(&code), Err(NoCode::Void));
}

/// fault E6: whatever is changed in the file opens nothing; a file that cannot be read opens nothing at all; each says why.
#[tokio::test]
async fn a_file_that_was_changed_or_cannot_be_read_opens_nothing() {
    let gate = Gate::new();
    let (code, other, agent) = (gate.issue(), gate.issue(), gate.start().await);
    let kept = fs::read_to_string(gate.file()).unwrap();
    let until = later(noon(), DAY * 30).to_string();
    let longer = later(noon(), DAY * 60).to_string();
    for (from, to) in [
        (&*until, &*longer),
        ("\"issuer\":\"wang\"", "\"issuer\":\"zhang\""),
        ("\"journal\":\"one\"", "\"journal\":\"two\""),
        ("\"seal\":\"", "\"seal\":\"AAAA"),
        ("\"seal\":\"", "\"seal\":\"!"),
    ] {
        assert!(kept.contains(from), "{from}");
        fs::write(gate.file(), kept.replace(from, to)).unwrap();
        assert_eq!(agent.says(&code), Err(NoCode::Void), "{to}");
    }
    // Somebody puts the hash of a code that he knows into the line of another.
    let mut lines: Vec<serde_json::Value> =
        kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines[0]["hash"] = lines[1]["hash"].clone();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(gate.file(), text).unwrap();
    assert_eq!(agent.says(&code), Err(NoCode::Wrong));
    assert_eq!(agent.says(&other), Ok(()), "the line beside it is whole");

    fs::write(gate.file(), kept.clone() + "{\"id\":\"").unwrap();
    assert_eq!(agent.says(&code), Err(NoCode::Unreadable), "torn");
    fs::remove_file(gate.file()).unwrap();
    assert_eq!(agent.says(&code), Err(NoCode::Wrong), "gone");
    fs::create_dir(gate.file()).unwrap();
    assert_eq!(agent.says(&code), Err(NoCode::Unreadable), "no file");
    fs::remove_dir(gate.file()).unwrap();
    fs::write(gate.file(), kept).unwrap();
    assert_eq!(agent.says(&code), Ok(()), "as it was");
}

/// fault E6: a code is worth nothing at another gate, with another journal, or when its issuer has another PIN or is no supervisor any more.
#[tokio::test]
async fn a_code_dies_with_what_it_rests_on() {
    let gate = Gate::new();
    let (code, agent) = (gate.issue(), gate.start().await);
    let with = |change: fn(&mut Entry)| {
        let mut persons = persons();
        persons.iter_mut().filter(|entry| entry.issues_codes).for_each(change);
        agent.judge(&code, "zhang", &persons)
    };
    assert_eq!(with(|_| ()), Ok(()));
    assert_eq!(with(|wang| wang.issues_codes = false), Err(NoCode::Void));
    assert_eq!(with(|wang| wang.person.id = "zhao".into()), Err(NoCode::Void));
    let renewed = |wang: &mut Entry| wang.pin = PinHash::of(&crate::person::Pin::entered("482017")).unwrap();
    assert_eq!(with(renewed), Err(NoCode::Void));

    let elsewhere = Gate { disk: MemoryDisk::new("two"), folder: gate.folder, clock: gate.clock };
    assert_eq!(elsewhere.start().await.says(&code), Err(NoCode::Void), "the journal was exchanged");
    let neighbour = Gate { disk: MemoryDisk::new("one"), ..elsewhere };
    let agent = neighbour.start_as(GateId::parse("0708-G03").unwrap()).await;
    assert_eq!(agent.says(&code), Err(NoCode::Void), "another gate");
}

/// fault E6: without the memory of uses no code is good.
#[tokio::test]
async fn without_a_memory_of_uses_no_code_opens() {
    let gate = Gate::new();
    let code = gate.issue();
    fs::create_dir(gate.folder.path().join("emergency.log")).unwrap();
    assert_eq!(gate.start().await.says(&code), Err(NoCode::Unreadable), "the emergency log");
    fs::remove_dir(gate.folder.path().join("emergency.log")).unwrap();
    assert_eq!(gate.start().await.says(&code), Ok(()));

    gate.disk.fail_call(1, crate::journal::Fault::Before);
    let clock = Arc::clone(&gate.clock) as Arc<dyn Clock>;
    let (journal, _) = Journal::start(gate.disk.store(), samples::gate(), Arc::clone(&clock)).unwrap();
    let mut state = journal.state();
    let is_down =
        |state: &crate::journal::JournalState| matches!(state, crate::journal::JournalState::Unavailable(_));
    state.wait_for(is_down).await.unwrap();
    let trusted = Arc::new(TrustedTime::new(Arc::clone(&clock), None));
    let time = CodeTime::open(gate.folder.path(), trusted, clock);
    let (folder, taken) = (gate.folder.path(), TakenCodes::default());
    let codes = ReleaseCodes::open(folder, samples::gate(), journal, &gate.emergency(), taken, time);
    assert_eq!(codes.judge(&code, "zhang", &persons()), Err(NoCode::NoJournal), "the journal");
}

/// fault E6, fault A10: a folder that comes late says then what was used before this start, and how late it was.
#[tokio::test]
async fn a_folder_that_comes_late_has_its_memory_of_uses() {
    let gate = Gate::new();
    let [used, other] = [gate.issue(), gate.issue()];
    gate.disk.turn_read_only();
    let clock = Arc::clone(&gate.clock) as Arc<dyn Clock>;
    let (journal, _) = Journal::start(gate.disk.store(), samples::gate(), Arc::clone(&clock)).unwrap();
    let trusted = Arc::new(TrustedTime::new(Arc::clone(&clock), None));
    let time = CodeTime::open(gate.folder.path(), trusted, clock);
    let (folder, taken) = (gate.folder.path(), TakenCodes::default());
    let codes = ReleaseCodes::open(folder, samples::gate(), journal.clone(), &gate.emergency(), taken, time);
    let says = |code| codes.judge(code, "zhang", &persons()).map(drop);
    let mut state = journal.state();
    // A start that fails after the clock was moved would wait for a time that never comes.
    let is_down =
        |state: &crate::journal::JournalState| matches!(state, crate::journal::JournalState::Unavailable(_));
    state.wait_for(is_down).await.unwrap();
    assert_eq!(says(&other), Err(NoCode::NoJournal));

    gate.emergency().record(&release(&used.id())).unwrap();
    let judged_by = later(gate.clock.wall(), DAY * 31).to_string();
    fs::write(folder.join("release-codes-time"), judged_by).unwrap();
    gate.disk.heal();
    gate.clock.advance(DAY);
    journal.set_epoch(1).await.unwrap();
    assert_eq!((says(&used), says(&other)), (Err(NoCode::Used), Err(NoCode::Expired)));
}
