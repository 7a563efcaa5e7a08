//! The broker as a capture tells of it: what came, what was waited for, which orders were taken when and by which names.
//! Promises: a lane's order that the capture does not have is never carried out; one that only the capture has moves nothing here, since what
//! came of it comes as a message.

use protocols::mqtt::kakou::EventId;

use super::{Came, MqttDriver};
use crate::{
    capture::{Asked, Word},
    drivers::barrier::ORDERS,
};

impl MqttDriver {
    /// Does again, at the clock's time, what a capture says that it did. No broker is called.
    pub fn play(&mut self, word: &Word) {
        match word {
            Word::Opened => {
                self.connection.play();
                self.came(Came::Connected);
            }
            Word::Heard { retained, topic, payload } => self.message(topic.as_bytes(), payload, *retained),
            Word::Lost(why) => {
                self.connection.lost(why);
                self.came(Came::Lost(why.clone()));
            }
            Word::Ordered(asked) => self.play_order(asked),
            Word::Woke | Word::Named(_) | Word::Said(_) | Word::Policy(_) | Word::Gap { .. } => {}
        }
        self.settle();
    }

    fn play_order(&mut self, asked: &Asked) {
        while let Ok(order) = self.orders.try_recv() {
            self.given.push(order);
        }
        // What lanes ordered and nobody took is not waited for: their answers say so.
        let excess = self.given.len().saturating_sub(ORDERS);
        self.given.drain(..excess);
        let id = asked.id.as_deref().and_then(EventId::parse);
        let is_it = |told: &Asked| (told.what, told.lane) == (asked.what, asked.lane);
        if let Some(at) = self.given.iter().position(|order| is_it(&order.told())) {
            let order = self.given.remove(at);
            self.order(order, id);
        }
    }
}
