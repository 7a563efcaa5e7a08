//! IC 卡读卡器: readers of contactless cards, a folder a make.
//! Promises: what stands in each folder's header; a card's number leaves here as a checked `ids::CardUid`.
//! Absent: which key a number becomes (`contract` section 2, the yard's `ic_key_form`); binding and judging cards.

pub mod pn532;
