//! 连接: the agent's end of its broker: subscribed whenever it is there, made anew whenever it is not.
//! Promises: everything is subscribed at every CONNACK; nothing that waited in a lost connection is ever sent by the next one; a broker
//! that lets 2.5 keep-alives pass in silence is given up, so is a client that stands still or panics; attempts are jittered, 100 ms to 2 s
//! apart (fault C6: device traffic back within 10 s).
//! Chosen: MQTT 5 and a session that ends with its connection (decision 0022).
//! Absent: what messages mean (`device`, `arm`).
//! Source: MQTT readers page, sections 3.1, 8 and 10; faults section 4 (rumqttc).

use std::{fmt::Display, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use protocols::tick::Tick;
use rand::RngExt;
use rumqttc::{
    NetworkOptions, TlsConfiguration, Transport,
    v5::{
        AsyncClient, ConnectionError, Event, EventLoop, MqttOptions,
        mqttbytes::{
            QoS,
            v5::{
                ConnectProperties, ConnectReturnCode, Filter, Packet, PubAckReason, Publish,
                PublishProperties, SubscribeReasonCode,
            },
        },
    },
};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use tracing::warn;

use crate::{clock::Clock, config::Login, drivers::line::sleep_until};

/// First and longest pause between the beginnings of two attempts.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// Longest wait for a broker to take the connection, whole seconds as the client counts them.
const CONNECT_S: u64 = 2;
/// Events that the broker may have on the way before we acknowledge: more wait there, and not in our memory.
const RECEIVE_MAX: u16 = 64;
/// Commands on the way; a lane has one or two.
const INFLIGHT_MAX: u16 = 32;
/// Requests that may wait for the connection.
const REQUESTS: usize = 256;
/// Filters in one request, so that it stays a small packet.
const FILTERS: usize = 16;
/// A command that the broker could not deliver within so many seconds is dropped there.
pub(super) const EXPIRY_S: u32 = 5;
/// The same for one that lowers an arm: what is under it is known for now only.
pub(super) const LOWER_EXPIRY_S: u32 = 1;

/// How the broker is reached.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) host: Box<str>,
    pub(crate) port: u16,
    pub(crate) login: Option<Login>,
    /// Its authority's certificates; none without TLS.
    pub(crate) authority: Option<Vec<CertificateDer<'static>>>,
    pub(crate) client_id: Box<str>,
    pub(crate) keep_alive: Duration,
    /// The longest packet that the broker may send.
    pub(crate) packet_max: u32,
    /// What to subscribe.
    pub(crate) filters: Vec<String>,
}

/// What happened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// The broker has taken the connection; everything is asked for.
    Connected,
    /// A message.
    Message(Publish),
    /// The broker does not let us hear this.
    Refused(String),
    /// The connection is gone, or could not be made.
    Lost(Box<str>),
}

type Polled = std::thread::Result<(Box<EventLoop>, Result<Event, ConnectionError>)>;

struct Open {
    client: AsyncClient,
    polling: BoxFuture<'static, Polled>,
    is_up: bool,
    /// When the broker was last heard; the attempt's beginning before.
    heard: Tick,
    /// Filters whose grant is awaited, in the order of asking.
    asked: std::collections::VecDeque<Vec<String>>,
}

enum State {
    Closed {
        retry_at: Tick,
    },
    Open(Box<Open>),
    /// Nobody is there: a capture says what came.
    Played,
}

/// The connection, open or to be opened.
pub(crate) struct Connection {
    settings: Settings,
    tls: Option<TlsConfiguration>,
    clock: Arc<dyn Clock>,
    state: State,
    pause: Duration,
    since: Tick,
    /// Commands handed over since the start; the number of the newest.
    commanded: u64,
    /// Those of them that the broker has acknowledged, in their order, or that a lost connection has taken with it.
    settled: u64,
}

impl Connection {
    pub(crate) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, rustls::Error> {
        let tls = settings.authority.as_deref().map(tls).transpose()?;
        let state = State::Closed { retry_at: Tick::default() };
        let since = Tick::default();
        Ok(Self { settings, tls, clock, state, pause: PAUSE.0, since, commanded: 0, settled: 0 })
    }

    /// Waits for the next thing to happen; connects when it is time. May be dropped at any await.
    pub(crate) async fn next(&mut self) -> Came {
        loop {
            let open = match &mut self.state {
                State::Closed { retry_at } => {
                    sleep_until(&*self.clock, Some(*retry_at)).await;
                    self.open();
                    continue;
                }
                State::Open(open) => open,
                State::Played => std::future::pending().await,
            };
            let quiet_max = if open.is_up {
                self.settings.keep_alive.mul_f64(2.5)
            } else {
                Duration::from_secs(CONNECT_S + 1)
            };
            let given_up = open.heard + quiet_max;
            // The polling future is kept across calls: dropped in the middle it could forget what it was about to send.
            let polled = tokio::select! {
                biased;
                polled = &mut open.polling => Some(polled),
                () = sleep_until(&*self.clock, Some(given_up)) => None,
            };
            let came = match polled {
                None => Some(self.lost("it is silent")),
                Some(Err(_)) => Some(self.lost("the client broke down")),
                Some(Ok((_, Err(error)))) => Some(self.lost(reason(&error))),
                Some(Ok((events, Ok(event)))) => {
                    open.polling = poll(events);
                    self.heard(event)
                }
            };
            if let Some(came) = came {
                return came;
            }
        }
    }

    /// Asks the broker to hand this on within so many seconds or not at all; the command's number, none when there is no
    /// connection to take it.
    pub(super) fn command(&mut self, topic: String, payload: Vec<u8>, expiry_s: u32) -> Option<u64> {
        let open = match &mut self.state {
            State::Open(open) if open.is_up => open,
            State::Open(_) | State::Closed { .. } => return None,
            State::Played => return Some(self.settled),
        };
        let properties =
            PublishProperties { message_expiry_interval: Some(expiry_s), ..PublishProperties::default() };
        let asked =
            open.client.try_publish_with_properties(topic, QoS::AtLeastOnce, false, payload, properties);
        asked.ok()?;
        self.commanded += 1;
        Some(self.commanded)
    }

    /// Asks the broker to hand this on, and to keep it for whoever comes later if it is to; false when there is no connection to take it.
    pub(crate) fn tell(&mut self, topic: String, payload: Vec<u8>, is_kept: bool) -> bool {
        let State::Open(open) = &mut self.state else { return false };
        open.is_up && open.client.try_publish(topic, QoS::AtLeastOnce, is_kept, payload).is_ok()
    }

    /// Whether the broker has not acknowledged all commands.
    pub(super) fn has_unacknowledged(&self) -> bool {
        self.is_on_the_way(self.commanded)
    }

    /// Whether the broker has not acknowledged the command of that number.
    pub(super) const fn is_on_the_way(&self, number: u64) -> bool {
        number > self.settled
    }

    /// The connection counts as open from now on, and nobody is there: what came over it is known, and what is published goes nowhere.
    pub(super) fn play(&mut self) {
        self.state = State::Played;
    }

    pub(crate) fn is_up(&self) -> bool {
        matches!(&self.state, State::Open(open) if open.is_up)
    }

    /// Closes the connection because of something that its user saw, with all that it has not sent.
    pub(super) fn lost(&mut self, why: impl Display) -> Came {
        let now = self.clock.tick();
        let was_up = self.is_up();
        if was_up && now.since(self.since) >= PAUSE.1 {
            self.pause = PAUSE.0;
        }
        let jittered = self.pause.mul_f64(rand::rng().random_range(0.75..=1.0));
        // An attempt that took its time has waited already.
        let from = if was_up { now } else { self.since };
        self.state = State::Closed { retry_at: (from + jittered).max(now) };
        self.settled = self.commanded;
        self.pause = (self.pause * 2).min(PAUSE.1);
        let Settings { host, port, .. } = &self.settings;
        Came::Lost(format!("broker {host}:{port}: {why}").into())
    }

    fn open(&mut self) {
        let (client, events) = AsyncClient::new(self.options(), REQUESTS);
        self.since = self.clock.tick();
        self.state = State::Open(Box::new(Open {
            client,
            polling: poll(Box::new(events)),
            is_up: false,
            heard: self.since,
            asked: std::collections::VecDeque::new(),
        }));
    }

    fn options(&self) -> MqttOptions {
        let Settings { host, port, login, client_id, keep_alive, packet_max, .. } = &self.settings;
        let mut options = MqttOptions::new(&**client_id, &**host, *port);
        options.set_keep_alive(*keep_alive);
        options.set_clean_start(true);
        options.set_connection_timeout(CONNECT_S);
        options.set_outgoing_inflight_upper_limit(INFLIGHT_MAX);
        let mut network = NetworkOptions::new();
        // Without it a small packet waits for the acknowledgement of the one before (44 ms measured).
        network.set_tcp_nodelay(true);
        options.set_network_options(network);
        let mut properties = ConnectProperties::new();
        // A broker of version 5 leaves out what is longer, where one of version 3 would have us break the connection over it.
        properties.max_packet_size = Some(*packet_max);
        properties.receive_maximum = Some(RECEIVE_MAX);
        options.set_connect_properties(properties);
        if let Some(login) = login {
            options.set_credentials(&*login.user, login.password.expose());
        }
        if let Some(tls) = &self.tls {
            options.set_transport(Transport::tls_with_config(tls.clone()));
        }
        options
    }

    fn heard(&mut self, event: Event) -> Option<Came> {
        let State::Open(open) = &mut self.state else { return None };
        let Event::Incoming(packet) = event else { return None };
        open.heard = self.clock.tick();
        match packet {
            Packet::ConnAck(_) => {
                open.is_up = true;
                self.since = open.heard;
                for filters in self.settings.filters.chunks(FILTERS) {
                    let wanted = filters.iter().map(|filter| Filter::new(filter, QoS::AtLeastOnce));
                    if open.client.try_subscribe_many(wanted).is_err() {
                        return Some(self.lost("it takes no subscriptions"));
                    }
                    open.asked.push_back(filters.to_vec());
                }
                Some(Came::Connected)
            }
            Packet::Publish(publish) => Some(Came::Message(publish)),
            Packet::SubAck(granted) => {
                let asked = open.asked.pop_front().unwrap_or_default();
                let refused = asked.into_iter().zip(granted.return_codes).find_map(|(filter, code)| {
                    (!matches!(code, SubscribeReasonCode::Success(_))).then_some(filter)
                });
                refused.map(Came::Refused)
            }
            Packet::PubAck(taken) => {
                self.settled = (self.settled + 1).min(self.commanded);
                match taken.reason {
                    PubAckReason::Success => {}
                    // Mosquitto says so; not every broker does.
                    PubAckReason::NoMatchingSubscribers => {
                        warn!("nobody hears on the broker what was published")
                    }
                    refused => warn!("the broker does not take what was published: {refused:?}"),
                }
                None
            }
            // Anything shows that the broker lives; the client answers what wants an answer.
            _ => None,
        }
    }
}

fn poll(mut events: Box<EventLoop>) -> BoxFuture<'static, Polled> {
    let polled = async move {
        let event = events.poll().await;
        (events, event)
    };
    // A client that breaks down on what a broker sends must not take the lanes' devices with it.
    AssertUnwindSafe(polled).catch_unwind().boxed()
}

/// TLS 1.2 or 1.3 to a broker whose certificate this authority signed, for the name or address that is called.
fn tls(authority: &[CertificateDer<'static>]) -> Result<TlsConfiguration, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for certificate in authority {
        roots.add(certificate.clone())?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConfiguration::Rustls(Arc::new(config)))
}

/// For a person.
fn reason(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) => "it refuses this user and password".to_owned(),
        ConnectionError::Timeout(_) => "it does not answer".to_owned(),
        ConnectionError::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
