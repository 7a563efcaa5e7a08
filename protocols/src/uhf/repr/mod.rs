//! What the commands and replies of the family mean: each encodes and decodes, so gate and firmware cannot drift.
//! Promises: made from checked frames only; a parameter outside the manual's range is an error that names the status
//! code with which a reader answers it.
//! Reading order: `code`, `settings` (what both families or the 18 can be set to), `inventory` and `real_time` (the 288
//! family's parameters), `command`, `reply`.
//! Absent: commands that nobody sends (memory access, kill, lock, EAS); the 18 family's inventory of TIDs, whose reply
//! has a TID where an EPC belongs and would become a false identity.
//! Source: UHFReader18 manual V2.0, chapters 4 to 8; UHF RFID Reader Series User Manual V2.20.

pub mod code;
mod command;
mod inventory;
mod real_time;
mod reply;
mod settings;

pub use command::{Command, CommandError};
pub use inventory::{InventoryPlan, Mask, Memory, Port, QValue, Scan, TagSession, Target, TidPart};
pub use real_time::{HeartbeatTime, Pause, ReadModeReport, RealTime, TagProtocol};
pub use reply::{ReaderInfo, Reply, ReplyError, WorkModeReport};
pub use settings::{Baud, InventoryTime, Power, ReadMode, WorkMode};
