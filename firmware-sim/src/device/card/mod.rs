//! IC 卡读卡器: firmware of readers of contactless cards, a folder a make.
//! Promises and absences: those of `device`.

pub mod pn532;
