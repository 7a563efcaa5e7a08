//! The way from a driver to a lane.
//! Promises: a driver never waits for a lane; what a full lane could not take is told to the caller.

use tokio::sync::mpsc;

use crate::lane::Input;

/// 通道接口: one lane's inbox, as a driver sees it. Bounded by `app`; when it is full, readings are dropped and counted,
/// and states (loops, arm, online) are told again at the next occasion.
#[derive(Clone, Debug)]
pub struct LaneLink(mpsc::Sender<Input>);

impl LaneLink {
    /// The inbox of a lane.
    #[must_use]
    pub const fn new(inbox: mpsc::Sender<Input>) -> Self {
        Self(inbox)
    }

    /// Tells the lane; false when its inbox is full. A lane that has ended needs nothing more.
    pub(crate) fn tell(&self, input: Input) -> bool {
        !matches!(self.0.try_send(input), Err(mpsc::error::TrySendError::Full(_)))
    }

    pub(super) async fn closed(&self) {
        self.0.closed().await;
    }
}

/// What was last told of a device, so that only changes are told and none is lost on a full lane.
#[derive(Debug, Default)]
pub(super) struct Told {
    wanted: Option<(bool, Box<str>)>,
    heard: Vec<bool>,
}

impl Told {
    /// The device works, or no longer, because of this.
    pub(super) fn set(&mut self, online: bool, why: impl Into<Box<str>>) {
        if self.wanted.as_ref().is_none_or(|(known, _)| *known != online) {
            self.wanted = Some((online, why.into()));
            self.heard.clear();
        }
    }

    /// Tells every lane that has not heard; `also` is told behind it.
    pub(super) fn spread<'a>(
        &mut self,
        name: &str,
        links: impl ExactSizeIterator<Item = &'a LaneLink>,
        also: impl Fn(bool) -> Option<Input>,
    ) {
        let Some((online, why)) = &self.wanted else { return };
        self.heard.resize(links.len(), false);
        for (link, heard) in links.zip(&mut self.heard) {
            if !*heard {
                let told = Input::Device { name: name.into(), online: *online, why: why.clone() };
                *heard = link.tell(told) && also(*online).is_none_or(|input| link.tell(input));
            }
        }
    }
}
