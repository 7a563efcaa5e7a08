//! A lane that works while others make noise: eight readers that babble, and a client of the broker that never stops.
//! Promises: calm and noise take turns in one run of one agent; the noise is paced by the clock, so a busy machine gets no less of it
//! unless the page says so.
//! Source: faults D4 and E2; MQTT readers page, section 8.
//! Reading order: `babble` (ports), `storm` (broker), `decisions` (the rows), `summaries` (what it leaves in the journal).

pub(crate) mod babble;
pub(crate) mod decisions;
pub(crate) mod storm;
pub(crate) mod summaries;
