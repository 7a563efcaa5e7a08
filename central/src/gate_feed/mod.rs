//! 卡口: what gates are told and what they tell, `/gate/v1`.
//! `publish`: the rows of a yard's index and its revisions · `snapshot`, `changes`: how gates read them · `hello`, `status`: who is
//! there · `intake`: their events · `policy`, `deny`: what administrators and officers put into the feed · `upkeep`: what time removes.
//! Promises: a revision is taken in the transaction whose effect it shows, so revisions rise in commit order without gaps.
//! Source: `contract` section 3; spec SG-202..SG-209, SG-245..SG-254.

pub mod alert;
pub mod changes;
pub mod deny;
pub mod hello;
pub mod intake;
pub mod overview;
pub mod policy;
pub mod publish;
pub mod snapshot;
pub mod upkeep;

#[cfg(test)]
mod tests;
