//! Every list of the three manuals is read from an index that begins with whose records they are and ends with what they are ordered by
//! (decision 0061).

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0015_lists_of_all_manuals",
    statements: &[
        "CREATE INDEX smart_gate_record_owner_key ON smart_gate_record (uscc, medium_key, entry_at, unified_no)",
        "CREATE INDEX smart_gate_record_area_key ON smart_gate_record (customs_code, medium_key, entry_at, unified_no)",
        "DROP INDEX smart_gate_record_key",
        "CREATE INDEX smart_gate_record_desk ON smart_gate_record (customs_code, status_since, unified_no) WHERE status = 'SENT'",
        "CREATE INDEX appointment_declarant_applied ON appointment (declarant, applied_at, slot_start, number, status, consignee)",
        "CREATE INDEX appointment_declarant_slot ON appointment (declarant, slot_start, number, status, applied_at, consignee)",
        "CREATE INDEX appointment_consignee_applied ON appointment (consignee, applied_at, slot_start, number, status)",
        "CREATE INDEX appointment_consignee_slot ON appointment (consignee, slot_start, number, status, applied_at)",
        "CREATE INDEX appointment_declaration_port_slot ON appointment
            (declaration_port, slot_start, number, status, waiting)",
        "CREATE INDEX appointment_declaration_port_status ON appointment (declaration_port, status, slot_start, number)",
        "CREATE INDEX appointment_entry_exit_port_slot ON appointment
            (entry_exit_port, slot_start, number, status, waiting, declaration_port)",
        "CREATE INDEX appointment_entry_exit_port_status ON appointment
            (entry_exit_port, status, slot_start, number, declaration_port)",
        "DROP INDEX appointment_declarant",
        "DROP INDEX appointment_consignee",
        "DROP INDEX appointment_declaration_port",
        "DROP INDEX appointment_entry_exit_port",
        "CREATE INDEX attendance_record_applicant_list ON attendance_record
            (applicant, doc_type, operated_at, number, status, subject_no)",
        "CREATE INDEX attendance_record_office_list ON attendance_record
            (inspection_customs_code, status, submitted_at, number, doc_type)",
        "DROP INDEX attendance_record_applicant",
        "DROP INDEX attendance_record_office",
    ],
};
