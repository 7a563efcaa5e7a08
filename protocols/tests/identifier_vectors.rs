//! Every published vector of the identifiers that exist so far, against the type that claims to check it.
//! Promises: no row is passed over. A kind is either run, with the number of rows that the file holds, or listed as absent.
//! Source: data/identifier_vectors.csv, whose rows name where each value was found or that it was computed.

use protocols::ids::{
    CardUid, ContainerNo, Epc, EpcHint, OrgCode, Plate, PlateKind, Tid, UnifiedNo, Uscc, YardId, normalise,
};

const VECTORS: &str = include_str!("data/identifier_vectors.csv");

/// Kinds whose types come with the modules that need them, and their rows.
const NOT_YET: &[(&str, usize)] = &[
    ("appointment_no", 4),
    ("batch_no13", 25),
    ("channel_no", 2),
    ("customs_reg_code", 26),
    ("decl_no", 22),
    ("hs_code", 22),
    ("inventory_no", 2),
    ("passport_no", 3),
    ("session_id", 1),
    ("vin", 26),
];

/// Kinds that the tests below run, and their rows.
const RUN: &[(&str, usize)] = &[
    ("area_no", 1),
    ("container", 32),
    ("epc96", 25),
    ("iso14443_uid", 21),
    ("org_code", 25),
    ("plate", 30),
    ("tid", 24),
    ("unified_no", 4),
    ("uscc", 31),
];

struct Row {
    kind: &'static str,
    value: &'static str,
    valid: &'static str,
    note: &'static str,
}

/// The first three columns are never quoted; the note is, when it holds a comma.
fn rows() -> Vec<Row> {
    let mut lines = VECTORS.lines();
    assert_eq!(lines.next(), Some("kind,value,valid,note,source"));
    let row = |line: &'static str| {
        let mut cells = line.splitn(4, ',');
        let [kind, value, valid, rest] = core::array::from_fn(|_| cells.next().unwrap_or_default());
        let note =
            rest.strip_prefix('"').map_or_else(|| rest.split(',').next(), |rest| rest.split('"').next());
        Row { kind, value, valid, note: note.unwrap_or_default() }
    };
    lines.map(row).collect()
}

fn rows_of(kind: &str) -> Vec<Row> {
    rows().into_iter().filter(|row| row.kind == kind).collect()
}

/// What a type says of a text.
#[derive(Debug, PartialEq)]
enum Verdict {
    Accept,
    Warn,
    Refuse,
}

fn strict<T, E>(parsed: Result<T, E>) -> Verdict {
    if parsed.is_ok() { Verdict::Accept } else { Verdict::Refuse }
}

/// Holds each row of `kind` to its `valid` column, and the number of rows to the table above.
fn check(kind: &str, judge: impl Fn(&str) -> Verdict, normalise: impl Fn(&str) -> String) {
    let rows = rows_of(kind);
    assert!(RUN.contains(&(kind, rows.len())), "{kind} has {} rows", rows.len());
    for Row { value, valid, note, .. } in rows {
        let expected = match valid {
            "1" => Verdict::Accept,
            "0" | "n" => Verdict::Refuse,
            "w" => Verdict::Warn,
            other => unreachable!("{kind} {value}: valid is {other}"),
        };
        assert_eq!(judge(value), expected, "{kind} {value}: {note}");
        if valid == "n" {
            assert_eq!(judge(&normalise(value)), Verdict::Accept, "{kind} {value} normalised: {note}");
        }
    }
}

/// The file and the two tables agree: no kind and no row is left out unseen.
#[test]
fn every_row_of_the_file_is_run_or_listed_as_absent() {
    let mut counted = std::collections::BTreeMap::new();
    for row in rows() {
        *counted.entry(row.kind).or_insert(0_usize) += 1;
    }
    let known: std::collections::BTreeMap<_, _> = RUN.iter().chain(NOT_YET).copied().collect();
    assert_eq!(counted, known);
    assert_eq!(RUN.len() + NOT_YET.len(), known.len(), "a kind stands in both tables");
}

/// GB 32100-2015.
#[test]
fn credit_codes_hold_to_their_vectors() {
    check("uscc", |text| strict(Uscc::parse(text)), normalise::key);
}

/// GB 11714.
#[test]
fn organization_codes_hold_to_their_vectors() {
    check("org_code", |text| strict(OrgCode::parse(text)), normalise::key);
}

/// ISO 6346, the strength for readings.
#[test]
fn container_numbers_hold_to_their_vectors() {
    check("container", |text| strict(ContainerNo::read(text)), normalise::key);
}

/// GA 36.
#[test]
fn plates_hold_to_their_vectors() {
    let judge = |text: &str| match Plate::classify(text) {
        PlateKind::Mainland(_) => Verdict::Accept,
        PlateKind::Retired(_) => Verdict::Warn,
        PlateKind::Unknown => Verdict::Refuse,
    };
    check("plate", judge, normalise::key);
}

/// EPC Tag Data Standard, SGTIN-96 and GIAI-96.
#[test]
fn epcs_of_96_bits_hold_to_their_vectors() {
    let judge = |text: &str| match Epc::parse(text) {
        Ok(epc) => strict(epc.hint()),
        Err(_) => Verdict::Refuse,
    };
    check("epc96", judge, normalise::key);
}

/// EPC Tag Data Standard: the notes hold URI and filter as other implementations decode them.
#[test]
fn epcs_decode_to_the_uri_and_filter_of_their_notes() {
    let mut decoded = 0;
    for row in rows_of("epc96").iter().filter(|row| row.valid == "1") {
        let hint = Epc::parse(row.value).unwrap().hint().unwrap();
        let (EpcHint::Sgtin { filter, .. } | EpcHint::Giai { filter, .. }) = hint;
        assert_eq!(format!("{hint} filter {filter}"), row.note, "{}", row.value);
        decoded += 1;
    }
    assert_eq!(decoded, 14);
}

/// EPC Gen2, TID memory of class E2.
#[test]
fn tids_hold_to_their_vectors() {
    check("tid", |text| strict(Tid::parse(text)), normalise::hex);
}

/// EPC Gen2: designer and model stand where the notes say.
#[test]
fn tids_name_the_designer_and_model_of_their_notes() {
    let mut named = 0;
    for row in rows_of("tid").iter().filter(|row| row.valid == "1" && row.note.contains("designer ")) {
        let tid = Tid::parse(row.value).unwrap();
        let has = |text: String| row.note.contains(&text);
        assert!(has(format!("designer {:03X}", tid.designer())), "{}: {}", row.value, row.note);
        assert!(has(format!("model {:03X}", tid.model())), "{}: {}", row.value, row.note);
        if row.note.contains("XTID") {
            assert_eq!(tid.has_xtid(), row.note.contains("XTID present"), "{}: {}", row.value, row.note);
        }
        named += 1;
    }
    assert_eq!(named, 9);
}

/// ISO/IEC 14443-3.
#[test]
fn card_numbers_hold_to_their_vectors() {
    check("iso14443_uid", |text| strict(CardUid::parse(text)), normalise::hex);
}

/// SG-070.
#[test]
fn unified_numbers_hold_to_their_vectors() {
    check("unified_no", |text| strict(UnifiedNo::parse(text)), normalise::key);
}

/// JGS/T 14-2015, AREA_ID.
#[test]
fn yards_hold_to_their_vectors() {
    check("area_no", |text| strict(YardId::parse(text)), normalise::key);
}
