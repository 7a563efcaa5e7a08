//! 判定 and 采集方式: the letters of the published gate interface, as they stand on the wire.

use protocols::rules::{Mode, Verdict};

/// SG-227: `Y` passes, `N` refuses, `M` waits for a person; collected automatically `A`, by hand at the lane `M`, in the back office `B`;
/// nothing else is read as one.
#[test]
fn verdicts_and_modes_are_the_published_letters() {
    for (verdict, letter) in [(Verdict::Pass, "Y"), (Verdict::Refuse, "N"), (Verdict::Person, "M")] {
        let wire = format!("\"{letter}\"");
        assert_eq!((verdict.letter(), serde_json::to_string(&verdict).unwrap()), (letter, wire.clone()));
        assert_eq!(serde_json::from_str::<Verdict>(&wire).unwrap(), verdict);
    }
    for (mode, letter) in [(Mode::Automatic, "A"), (Mode::ByHand, "M"), (Mode::BackOffice, "B")] {
        let wire = format!("\"{letter}\"");
        assert_eq!(serde_json::to_string(&mode).unwrap(), wire);
        assert_eq!(serde_json::from_str::<Mode>(&wire).unwrap(), mode);
    }
    for foreign in ["\"A\"", "\"y\"", "\"\"", "1"] {
        assert!(serde_json::from_str::<Verdict>(foreign).is_err(), "{foreign}");
    }
    for foreign in ["\"Y\"", "\"a\"", "\"\"", "null"] {
        assert!(serde_json::from_str::<Mode>(foreign).is_err(), "{foreign}");
    }
}
