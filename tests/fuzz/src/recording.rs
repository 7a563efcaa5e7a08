//! Recordings of a line's bytes, as somebody hands them over.
//! Checks: a recording is read the same each time and written back alike; its pieces are in the order of their times and lines; its
//! bytes stand in the file; a refusal names a line of it; a line for people changes nothing but the lines below it.

use gate_agent::cli::recording::{Recording, write_piece};

/// A file, of any bytes.
pub fn recording(data: &[u8]) {
    let lines = data.iter().filter(|byte| **byte == b'\n').count() + 1;
    let recording = match Recording::parse(data) {
        Ok(recording) => recording,
        Err(error) => {
            let told = error.to_string();
            let line = told.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
            let line: usize = line.and_then(|(line, _)| line.parse().ok()).expect("a line and a rule");
            assert!((1..=lines).contains(&line), "{told} of {lines}");
            return;
        }
    };
    assert_eq!(Recording::parse(data).as_ref(), Ok(&recording));
    assert!(recording.pieces.is_sorted_by(|a, b| a.at_us <= b.at_us && a.line < b.line));
    let bytes: usize = recording.pieces.iter().map(|piece| piece.bytes.len()).sum();
    assert!(2 * bytes <= data.len(), "bytes out of nowhere");
    assert!(recording.pieces.iter().all(|piece| !piece.bytes.is_empty() && piece.line <= lines));

    let mut written = Vec::new();
    recording.header.write(&mut written).expect("to memory");
    for piece in &recording.pieces {
        write_piece(&mut written, piece.at_us, piece.from, &piece.bytes).expect("to memory");
    }
    let again = Recording::parse(&written).expect("what was written is read");
    assert_eq!(again.header, recording.header);
    let said = |recording: &Recording| {
        recording
            .pieces
            .iter()
            .map(|piece| (piece.at_us, piece.from, piece.bytes.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(said(&again), said(&recording));

    let noted = Recording::parse(&[b"# for people\n", data].concat()).expect("a line for people");
    assert_eq!((&noted.header, said(&noted)), (&recording.header, said(&recording)));
}
