//! 处置建议: the next action, in one sentence: for the person at the lane, for the driver, for whoever mends devices and lines.
//! Promises: every state, reason and device has its sentence in both languages; a new reason code does not compile without one; what a
//! driver must not know (that customs holds his trip, that his medium is denied) is not in the sentence for him.
//! Source: fault F6 and section 6, point 18 of the fault list; `gate-practice` sections 2, 3, 6 and 8.

mod device;
mod lane;

pub(super) use device::for_device;
pub(super) use lane::for_lane;
