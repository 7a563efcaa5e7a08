//! Working calendars of ports; applications for clearance outside working hours.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0006_calendars_and_appointments",
    statements: &[
        "CREATE TABLE port_calendar (port TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, doc TEXT NOT NULL)",
        "CREATE TABLE port_calendar_change (
            port TEXT NOT NULL, version BIGINT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL, doc TEXT NOT NULL,
            PRIMARY KEY (port, version))",
        "CREATE TABLE appointment (
            number TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, status TEXT NOT NULL, status_since BIGINT NOT NULL,
            entered_at BIGINT NOT NULL, operated_at BIGINT NOT NULL, answered BIGINT NOT NULL,
            application_no TEXT UNIQUE, declarant TEXT NOT NULL, consignee TEXT NOT NULL, declaration_port TEXT, entry_exit_port TEXT,
            applied_at BIGINT NOT NULL, slot_start BIGINT NOT NULL, window_end BIGINT NOT NULL, waiting BIGINT NOT NULL, doc TEXT NOT NULL)",
        "CREATE INDEX appointment_declarant ON appointment (declarant, slot_start)",
        "CREATE INDEX appointment_consignee ON appointment (consignee, slot_start)",
        "CREATE INDEX appointment_declaration_port ON appointment (declaration_port, status)",
        "CREATE INDEX appointment_entry_exit_port ON appointment (entry_exit_port, status)",
        "CREATE INDEX appointment_window ON appointment (status, window_end)",
        "CREATE TABLE appointment_declaration (
            declaration_no TEXT NOT NULL PRIMARY KEY, number TEXT NOT NULL REFERENCES appointment (number))",
        "CREATE INDEX appointment_declaration_number ON appointment_declaration (number)",
        "CREATE TABLE appointment_notice (
            id TEXT NOT NULL PRIMARY KEY, office TEXT NOT NULL, at BIGINT NOT NULL, number TEXT NOT NULL, status TEXT NOT NULL)",
        "CREATE INDEX appointment_notice_office ON appointment_notice (office, at)",
    ],
};
