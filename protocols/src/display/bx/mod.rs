//! 仰邦控制卡: Onbon BX-4K/5K/6K sign controllers.
//! Reading order: `wire` (frames and packets), `area` (what is shown where), `message` (requests and replies), `profile` (a
//! screen as requests).
//! Absent: programmes, fonts and files; colours, since no public page gives their control codes.
//! Source: BX-4K protocol V2.7 and BX-5K/6K protocol V1.4 of Onbon; public BX-4K and BX-5K drivers.

pub mod area;
pub mod message;
pub mod profile;
pub mod wire;
