//! The ranges of what a policy says: for the file that seeds a store, and for the administrator's PUT.
//! Promises: the bounds keep a lane able to work; what a yard wants within them is its own affair.

use protocols::rules::{LanePolicy, YardPolicy};

/// How a yard may write card numbers (`contract` section 2).
const IC_KEY_FORMS: &[&str] = &["uid_hex", "uid_dec", "wiegand", "text"];

/// What is out of range in a yard's policy: the key, and why.
#[must_use]
pub fn yard(policy: &YardPolicy) -> Vec<(&'static str, String)> {
    let (percent, kg) = (policy.weight_tolerance_pct.hundredths(), policy.weight_tolerance_kg.hundredths());
    let mut wrong = out_of_range(&[
        ("weight_tolerance_pct", percent, 100, 0, 100),
        ("weight_tolerance_kg", kg, 100, 0, 100_000),
        ("max_index_age_h", policy.max_index_age_h.into(), 1, 1, 366 * 24),
        ("max_binding_age_days", policy.max_binding_age_days.unwrap_or(1).into(), 1, 1, 3660),
        ("journal_keep_days", policy.journal_keep_days.into(), 1, 1, 3660),
    ]);
    if policy.customs_codes.is_empty() {
        wrong.push(("customs_codes", "must name at least one customs area".into()));
    }
    if !IC_KEY_FORMS.contains(&&*policy.ic_key_form) {
        wrong.push(("ic_key_form", format!("must be one of {}", IC_KEY_FORMS.join(", "))));
    }
    wrong
}

/// What is out of range in a lane's policy: the key, and why.
#[must_use]
pub fn lane(policy: &LanePolicy) -> Vec<(&'static str, String)> {
    out_of_range(&[
        ("collect_window_ms", policy.collect_window_ms.into(), 1, 1, 60_000),
        ("lane_timeout_s", policy.lane_timeout_s.into(), 1, 1, 24 * 3600),
        ("pass_timeout_s", policy.pass_timeout_s.into(), 1, 1, 3600),
        ("max_read_age_ms", policy.max_read_age_ms.into(), 1, 1, 600_000),
    ])
}

/// Each: key, value, parts of a unit in which the value counts, least and most in units.
fn out_of_range(values: &[(&'static str, i64, i64, i64, i64)]) -> Vec<(&'static str, String)> {
    let wrong = |(key, value, parts, least, most): &(&'static str, i64, i64, i64, i64)| {
        let fits = (least * parts..=most * parts).contains(value);
        (!fits).then(|| (*key, format!("must be from {least} to {most}")))
    };
    values.iter().filter_map(wrong).collect()
}
