//! What an enterprise has signed about an appointment waits here until the gateway has handed it over to customs.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "m0014_messages_of_appointments",
    statements: &[
        "CREATE TABLE appointment_message (
            message_no TEXT NOT NULL PRIMARY KEY, number TEXT NOT NULL, kind TEXT NOT NULL, put_at BIGINT NOT NULL, due_at BIGINT NOT NULL,
            tries BIGINT NOT NULL, ended_at BIGINT)",
        "CREATE INDEX appointment_message_due ON appointment_message (ended_at, due_at)",
        "CREATE INDEX appointment_message_record ON appointment_message (number)",
    ],
};
