//! 消息服务器连接: a device's client at the gate's broker, as a task of its own.
//! Promises: publishing never waits; what does not fit is lost and counted; a broker that is not there is tried again and
//! again; dropped, the connection is cut without a word, as a cable that is pulled.
//! Absent: TLS (the yard's network is loopback here); what is published (`device::mqtt`).

use crate::device::mqtt::Publish;
use crate::scenario::device::CameraDevice;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Messages that may wait for the broker.
const WAITING: usize = 256;
/// From one try to the next.
const AGAIN: Duration = Duration::from_millis(200);
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// One connection.
#[derive(Debug)]
pub struct BrokerLink {
    client: AsyncClient,
    connected: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl BrokerLink {
    /// A client that connects by itself, now and whenever the connection was lost.
    ///
    /// # Errors
    /// When nothing runs that could drive it.
    pub fn open(name: &str, keys: &CameraDevice) -> io::Result<Self> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let mut options = MqttOptions::new(name, keys.broker.ip().to_string(), keys.broker.port());
        options.set_keep_alive(KEEP_ALIVE);
        if let Some(password) = &keys.password {
            options.set_credentials(keys.user.as_deref().unwrap_or(name), password);
        }
        let (client, events) = AsyncClient::new(options, WAITING);
        let connected = Arc::new(AtomicBool::new(false));
        let task = runtime.spawn(drive(events, Arc::clone(&connected)));
        Ok(Self { client, connected, task })
    }

    /// Whether the broker has let it in.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Hands a message over; `false` when it is lost.
    #[must_use]
    pub fn publish(&self, message: Publish) -> bool {
        let Publish { topic, payload, retained } = message;
        self.client.try_publish(topic, QoS::AtLeastOnce, retained, payload).is_ok()
    }
}

impl Drop for BrokerLink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn drive(mut events: EventLoop, connected: Arc<AtomicBool>) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => connected.store(true, Ordering::Relaxed),
            Ok(_) => {}
            Err(_) => {
                connected.store(false, Ordering::Relaxed);
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}
