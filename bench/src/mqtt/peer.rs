//! One client of the broker: the agent's own client library on a thread of its own, without anything of the agent.
//! Promises: `TCP_NODELAY`, as the agent has it; the time of a message is taken before anything else is done with it; a
//! connection that breaks ends the client, because a measurement whose broker went away is worth nothing.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use rumqttc::{
    NetworkOptions,
    v5::{
        Client, Connection, Event, MqttOptions,
        mqttbytes::{
            QoS,
            v5::{Packet, Publish},
        },
    },
};

use crate::clock;

/// Longest wait for the broker to take the connection and the subscription.
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests that may wait in the client.
const REQUESTS: usize = 256;

/// What came.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    /// When the client gave it out.
    pub(crate) at: Instant,
}

/// A client, connected and subscribed.
pub(crate) struct Peer(Client);

impl Peer {
    /// A client that only publishes.
    ///
    /// # Errors
    /// When the broker does not take the connection.
    pub(crate) fn silent(port: u16, name: &str) -> anyhow::Result<Self> {
        Self::hearing(port, name, None, |_, _, _| {})
    }

    /// A client that hands on what comes on those topics.
    ///
    /// # Errors
    /// When the broker does not take connection and subscription.
    pub(crate) fn subscriber(
        port: u16,
        name: &str,
        filter: &str,
    ) -> anyhow::Result<(Self, Receiver<Message>)> {
        let (told, heard) = channel();
        let peer = Self::hearing(port, name, Some(filter), move |_, publish, at| {
            let topic = String::from_utf8_lossy(&publish.topic).into_owned();
            // Nobody listens any more when the run ends.
            let _ = told.send(Message { topic, payload: publish.payload.to_vec(), at });
        })?;
        Ok((peer, heard))
    }

    /// A client that does this with each message, on its own thread.
    ///
    /// # Errors
    /// When the broker does not take connection and subscription.
    pub(crate) fn hearing(
        port: u16,
        name: &str,
        filter: Option<&str>,
        each: impl FnMut(&Client, &Publish, Instant) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let mut options = MqttOptions::new(name, "127.0.0.1", port);
        options.set_keep_alive(Duration::from_secs(60));
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        options.set_network_options(network);
        let (client, connection) = Client::new(options, REQUESTS);
        let (ready, is_ready) = channel();
        let (own, waits) = (client.clone(), filter.is_some());
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || pump(&own, connection, waits, &ready, each))?;
        if let Some(filter) = filter {
            client.subscribe(filter, QoS::AtLeastOnce)?;
        }
        is_ready.recv_timeout(PATIENCE).with_context(|| format!("the broker does not take client {name}"))?;
        Ok(Self(client))
    }

    /// Publishes at quality 1.
    ///
    /// # Errors
    /// When the connection is gone.
    pub(crate) fn publish(&self, topic: &str, payload: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.0.publish(topic, QoS::AtLeastOnce, false, payload)?)
    }

    /// The same, and the broker keeps it.
    ///
    /// # Errors
    /// When the connection is gone.
    pub(crate) fn keep(&self, topic: &str, payload: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.0.publish(topic, QoS::AtLeastOnce, true, payload)?)
    }

    /// Publishes at quality 0: nobody waits for anybody.
    ///
    /// # Errors
    /// When the connection is gone.
    pub(crate) fn pour(&self, topic: &str, payload: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.0.publish(topic, QoS::AtMostOnce, false, payload)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The thread ends with the connection; one that is gone has ended it already.
        let _ = self.0.try_disconnect();
    }
}

fn pump(
    client: &Client,
    mut connection: Connection,
    is_subscriber: bool,
    ready: &Sender<()>,
    mut each: impl FnMut(&Client, &Publish, Instant),
) {
    for event in connection.iter() {
        match event {
            Ok(Event::Incoming(Packet::Publish(publish))) => each(client, &publish, clock::now()),
            Ok(Event::Incoming(Packet::SubAck(_))) => drop(ready.send(())),
            Ok(Event::Incoming(Packet::ConnAck(_))) if !is_subscriber => drop(ready.send(())),
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

/// Waits for a message that is wanted.
///
/// # Errors
/// When it does not come in time, or the client's connection has ended.
pub(crate) fn wait<T>(
    heard: &Receiver<Message>,
    patience: Duration,
    mut wanted: impl FnMut(&Message) -> Option<T>,
) -> anyhow::Result<(Instant, T)> {
    let began = clock::now();
    loop {
        let left = patience.saturating_sub(began.elapsed());
        ensure!(!left.is_zero(), "no such message within {patience:?}");
        let message = heard.recv_timeout(left).context("no message from the broker")?;
        if let Some(found) = wanted(&message) {
            return Ok((message.at, found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::broker::Broker;

    #[test]
    fn a_message_goes_through_the_broker_and_what_it_keeps_comes_later() {
        let folder = tempfile::tempdir().unwrap();
        let broker = Broker::start(folder.path()).unwrap();
        let publisher = Peer::silent(broker.port(), "one").unwrap();
        publisher.keep("kept", b"1".to_vec()).unwrap();
        let (_subscriber, heard) = Peer::subscriber(broker.port(), "other", "#").unwrap();
        let told = clock::now();
        publisher.publish("passing", b"2".to_vec()).unwrap();
        publisher.pour("passing", b"3".to_vec()).unwrap();
        for (topic, payload) in [("kept", b"1"), ("passing", b"2"), ("passing", b"3")] {
            let wanted =
                |message: &Message| (message.topic == topic && message.payload == payload).then_some(());
            let (at, ()) = wait(&heard, PATIENCE, wanted).unwrap();
            assert!(topic == "kept" || at > told);
        }
    }
}
