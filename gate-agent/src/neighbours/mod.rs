//! 邻卡口: the gates of one yard tell each other which trips they have moved, over the yard's broker, so that a trip that was used at one is used at all, and a
//! lorry that came in at one gate may leave at another, while the centre is away.
//! `hearing`: what is known of one neighbour's telling, pure · `past`: which index that is of · `telling`: pages of this gate's own acts, from its journal · `kept`: what was heard, over a
//! restart · `task`: the one owner of the connection.
//! Promises: only a gate of this yard is believed, in its own hand, about itself; what was missed is asked for; nothing is held longer than until the index
//! shows it. What is heard is laid over the index like the gate's own acts (`journal::Overlay`), and decides nothing by itself.
//! Limits: two gates that judge one medium in the same moment both find its trip free; the centre finds that (SG-252).
//! Absent on purpose: gates without an identity, which nobody could believe; what was read and who acted, which is no neighbour's business.
//! Source: `contract` sections 3 and 4; spec SG-198, SG-249, SG-252; docs/decisions 0098.

mod hearing;
mod kept;
mod past;
mod task;
mod telling;
#[cfg(test)]
mod tests;

pub use hearing::{Heard, Hearing};
pub use kept::KeptActs;
pub use past::Past;
pub use task::{NeighboursTask, Yard};
pub use telling::{PAGE_RECORDS, behind, cut_page};
