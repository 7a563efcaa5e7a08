//! What all manuals share, written once: field faults and problems, numbering, life cycles, receipts.
//! Laws of absence: knows no manual; a manual may use it, never the other way round.

pub mod fault;
pub mod lifecycle;
pub mod numbering;
pub mod problem;
pub mod receipt;
pub mod words;
