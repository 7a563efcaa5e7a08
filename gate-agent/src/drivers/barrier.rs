//! 栏杆机: what a lane holds of its barrier.
//! Promises: nothing rises without a `Committed` proof, which is used up; a raise is given to the bus at the call, not at
//! the first poll of its answer; an order that cannot be taken is answered as such, never kept for later.
//! Absent: the bus (`bus`); deciding when (`lane`).
//! Source: style rule "proof by type"; `contract` section 3 (a raise is not repeated by itself).

use std::future::Future;

use protocols::contract::RaiseOutcome;
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use crate::{
    capture::{Ask, Asked},
    journal::Committed,
    lane::Light,
};

/// Orders that may wait for the bus task; more are answered as not done.
pub(super) const ORDERS: usize = 64;

/// Why an order other than a raise was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BarrierFault {
    /// The board or its port is away, or the agent stops.
    #[error("the barrier's board does not answer")]
    Offline,
    /// The board said no, or is not wired for it.
    #[error("the barrier's board refuses")]
    Refused,
    /// Sent, and nobody knows whether it was carried out.
    #[error("the barrier's board did not confirm")]
    Unconfirmed,
    /// Something stands under the arm, or nobody knows that nothing does.
    #[error("the space under the arm is not known to be free")]
    Obstructed,
    /// The barrier is being raised.
    #[error("the barrier is being raised")]
    Raising,
}

pub(super) type Done = oneshot::Sender<Result<(), BarrierFault>>;

/// What a lane asks of its bus.
#[derive(Debug)]
pub(super) enum Order {
    Raise { lane: usize, proof: Committed, answer: oneshot::Sender<RaiseOutcome> },
    Lower { lane: usize, answer: Done },
    Light { lane: usize, light: Light },
    Reserve,
}

impl Order {
    /// As a capture tells it.
    pub(super) const fn told(&self) -> Asked {
        let (what, lane) = match self {
            Self::Raise { lane, .. } => (Ask::Raise, *lane),
            Self::Lower { lane, .. } => (Ask::Lower, *lane),
            Self::Light { lane, light: Light::Red } => (Ask::Red, *lane),
            Self::Light { lane, light: Light::Green } => (Ask::Green, *lane),
            Self::Reserve => (Ask::Reserve, 0),
        };
        Asked { what, lane, id: None }
    }
}

/// 栏杆: one lane's barrier and light. Clones serve the same lane.
#[derive(Clone, Debug)]
pub struct Barrier {
    lane: usize,
    orders: mpsc::Sender<Order>,
}

impl Barrier {
    pub(super) const fn new(lane: usize, orders: mpsc::Sender<Order>) -> Self {
        Self { lane, orders }
    }

    /// Pulses the barrier open, once. The answer is `Raised` when the open limit was reached within the travel time,
    /// `Refused` when the board said no, `TimedOut` otherwise; it comes within the travel time or shortly behind.
    pub fn raise(&self, proof: Committed) -> impl Future<Output = RaiseOutcome> + Send + 'static {
        let (answer, outcome) = oneshot::channel();
        let asked = self.orders.try_send(Order::Raise { lane: self.lane, proof, answer });
        async move {
            match asked {
                Ok(()) => outcome.await.unwrap_or(RaiseOutcome::TimedOut),
                Err(_) => RaiseOutcome::TimedOut,
            }
        }
    }

    /// Pulses the barrier closed, unless something is or may be under the arm, or comes there before the pulse is out.
    pub fn lower(&self) -> impl Future<Output = Result<(), BarrierFault>> + Send + 'static {
        let (answer, outcome) = oneshot::channel();
        let asked = self.orders.try_send(Order::Lower { lane: self.lane, answer }).is_ok();
        async move {
            if asked {
                outcome.await.unwrap_or(Err(BarrierFault::Offline))
            } else {
                Err(BarrierFault::Offline)
            }
        }
    }

    /// Wants this light: the other colour goes off first, and a board that was away is told again when it comes back.
    pub fn light(&self, light: Light) {
        if self.orders.try_send(Order::Light { lane: self.lane, light }).is_err() {
            warn!(barrier.lane = self.lane, "the bus takes no more orders: the light stays as it is");
        }
    }

    /// Keeps the bus free of polls for half a second: a raise may follow at once.
    pub fn reserve(&self) {
        // When the orders are full the bus is busy enough.
        let _ = self.orders.try_send(Order::Reserve);
    }
}

#[cfg(test)]
impl Barrier {
    /// One that rises whenever it is told, and how often that was.
    pub(crate) fn staged() -> (Self, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
        let (orders, mut told) = mpsc::channel(ORDERS);
        let pulses = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = std::sync::Arc::clone(&pulses);
        tokio::spawn(async move {
            while let Some(order) = told.recv().await {
                if let Order::Raise { answer, .. } = order {
                    count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    let _ = answer.send(RaiseOutcome::Raised);
                }
            }
        });
        (Self::new(0, orders), pulses)
    }
}
