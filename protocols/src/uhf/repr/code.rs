//! Command codes, as both directions carry them.
//! Source: UHFReader18 manual V2.0, chapter 4; UHF RFID Reader Series User Manual V2.20, command tables.

/// Reply to something that the reader did not understand.
pub const NOT_UNDERSTOOD: u8 = 0x00;
/// Inventory.
pub const INVENTORY: u8 = 0x01;
/// Inventory of a single tag.
pub const INVENTORY_ONE: u8 = 0x0F;
/// Reader information.
pub const READER_INFORMATION: u8 = 0x21;
/// Set address.
pub const SET_ADDRESS: u8 = 0x24;
/// Set inventory time.
pub const SET_INVENTORY_TIME: u8 = 0x25;
/// Set baud rate.
pub const SET_BAUD: u8 = 0x28;
/// Set RF power.
pub const SET_POWER: u8 = 0x2F;
/// LED and buzzer.
pub const BEEP: u8 = 0x33;
/// Set work mode (18 family).
pub const SET_WORK_MODE: u8 = 0x35;
/// Get work mode (18 family).
pub const GET_WORK_MODE: u8 = 0x36;
/// Set outputs (288 family).
pub const SET_OUTPUTS: u8 = 0x46;
/// Read inputs and outputs (288 family).
pub const GET_PINS: u8 = 0x47;
/// Set the parameters of real-time mode (288 family).
pub const SET_REAL_TIME: u8 = 0x75;
/// Set the read mode (288 family).
pub const SET_READ_MODE: u8 = 0x76;
/// Get the read mode and the parameters of real-time mode (288 family).
pub const GET_READ_MODE: u8 = 0x77;
/// Get or set the heartbeat's period (288 family).
pub const HEARTBEAT: u8 = 0x78;
/// Unsolicited report.
pub const UNSOLICITED: u8 = 0xEE;
