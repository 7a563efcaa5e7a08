//! The bus as a capture tells of it: what came, what was waited for, which orders were taken when.
//! Promises: the session sees orders where the capture has them, also one that no lane gave this time, so that it and the bytes stay in step; a
//! lane's order that the capture does not have is never carried out.

use futures::FutureExt;
use tokio::sync::oneshot;

use super::{BusDriver, LineEvent, Purpose};
use crate::{
    capture::{Ask, Asked, Word},
    drivers::barrier::{ORDERS, Order},
    lane::Light,
};

impl BusDriver {
    /// Does again, at the clock's time, what a capture says that it did. Its line is never opened: what it writes goes nowhere.
    pub fn play(&mut self, word: &Word) {
        match word {
            Word::Opened => {
                self.line.play();
                self.line_event(LineEvent::Opened, &[]);
            }
            Word::Said(bytes) => self.line_event(LineEvent::Bytes(bytes.len()), bytes),
            Word::Lost(why) => {
                self.line.lost(why);
                self.line_event(LineEvent::Lost(why.clone()), &[]);
            }
            Word::Woke => self.woken(),
            Word::Ordered(asked) => self.play_order(asked),
            Word::Named(_) | Word::Heard { .. } | Word::Policy(_) | Word::Gap { .. } => {}
        }
        // A line that is played takes what it is given at once, so that nothing here waits.
        let _ = self.settle().now_or_never();
    }

    fn play_order(&mut self, asked: &Asked) {
        while let Ok(order) = self.orders.try_recv() {
            self.given.push(order);
        }
        // What lanes ordered and nobody took is not waited for: their answers say so.
        let excess = self.given.len().saturating_sub(ORDERS);
        self.given.drain(..excess);
        if let Some(at) = self.given.iter().position(|order| order.told() == *asked) {
            let order = self.given.remove(at);
            // What the same lane ordered before it was not taken.
            let mut place = 0;
            self.given.retain(|other| {
                place += 1;
                place > at || other.told().lane != asked.lane
            });
            return self.order(order);
        }
        let lane = asked.lane;
        match asked.what {
            Ask::Raise => {
                let id = self.new_id();
                self.pulse_open(id, lane, Purpose::Quiet("a raise that no lane ordered"));
            }
            Ask::Lower => self.order(Order::Lower { lane, answer: oneshot::channel().0 }),
            Ask::Red => self.order(Order::Light { lane, light: Light::Red }),
            Ask::Green => self.order(Order::Light { lane, light: Light::Green }),
            Ask::Reserve => self.order(Order::Reserve),
        }
    }
}
