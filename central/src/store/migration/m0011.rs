//! A list of bindings is read in its order, newest first, from an index that begins with whose records they are and has every column
//! that lists are searched by; a status has one of its own, since some are rare.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0011_lists_of_bindings",
    statements: &[
        "CREATE INDEX smart_gate_record_owner_list ON smart_gate_record
            (uscc, entry_at, unified_no, status, business_type, ie_flag, medium_type, customs_code)",
        "CREATE INDEX smart_gate_record_owner_status ON smart_gate_record (uscc, status, entry_at, unified_no)",
        "CREATE INDEX smart_gate_record_area_list ON smart_gate_record
            (customs_code, entry_at, unified_no, status, business_type, ie_flag, medium_type)",
        "CREATE INDEX smart_gate_record_area_status ON smart_gate_record (customs_code, status, entry_at, unified_no)",
        "CREATE INDEX smart_gate_record_key ON smart_gate_record (medium_key)",
        "DROP INDEX smart_gate_record_owner",
    ],
};
