//! 消息服务器 inside the agent, for yards that run none: users, passwords and rights by topic come from the devices of the file.
//! Promises: nobody enters without user and password; a device publishes under its own topics only, its will included, and hears its own
//! commands; commands and the agent's name belong to the agent; what anybody may send, keep or subscribe is bounded.
//! Absent: TLS, and everything that outlives the process: see decision 0023.
//! Source: `contract` section 4; fault E2; MQTT readers page, section 8.

use std::{
    future::{Future, ready},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    time::Duration,
};

use mqtt5::{
    broker::{
        AuthProvider, MqttBroker,
        auth::AuthResult,
        config::{AuthConfig, BrokerConfig, StorageConfig},
    },
    packet::connect::ConnectPacket,
    protocol::v5::reason_codes::ReasonCode,
};
use protocols::mqtt::topic::Channel;
use rumqttc::v5::mqttbytes::matches;
use subtle::ConstantTimeEq as _;
use tracing::{error, warn};
use uuid::Uuid;

use super::{BrokerLink, packet_max};
use crate::config::{EmbeddedBroker, Login, MqttConfig, Secret, Topics, YardBroker};

/// The agent's user; no device can have it, because of the blank.
const AGENT: &str = "the agent";
/// Between two attempts to have the address.
const AGAIN: Duration = Duration::from_secs(2);
/// Connections at a time, half-open ones included.
const CLIENTS_MAX: usize = 256;
/// Filters of one client.
const FILTERS_MAX: usize = 1024;
/// Messages that are kept for who comes later, and the longest of them, bytes.
const KEPT_MAX: (usize, usize) = (1024, 16 * 1024);
/// Messages that wait for one client; more are dropped there, and the agent is faster.
const WAITING_MAX: usize = 1024;
/// A device that was away longer begins anew.
const SESSION: Duration = Duration::from_secs(3600);

/// One user.
struct User {
    name: Box<str>,
    password: Secret,
    publishes: Vec<String>,
    hears: Vec<String>,
}

/// Who may enter, and what each may do there.
struct Users {
    users: Vec<User>,
    /// The agent's client id, which nobody else may take from it.
    client_id: Box<str>,
}

/// The broker; `app` spawns `run`.
pub struct EmbeddedBrokerTask {
    config: BrokerConfig,
    users: std::sync::Arc<Users>,
}

/// The broker for these devices, and how the agent calls it.
#[must_use]
pub fn embedded_broker(
    config: &EmbeddedBroker,
    devices: &[&MqttConfig],
    client_id: Box<str>,
    keep_alive: Duration,
) -> (EmbeddedBrokerTask, BrokerLink) {
    let login = Login { user: AGENT.into(), password: Secret::new(Uuid::new_v4().to_string()) };
    let users = std::sync::Arc::new(Users::of(devices, &login, client_id.clone()));
    let limit = usize::try_from(packet_max(devices)).unwrap_or(usize::MAX);
    let broker = BrokerConfig::default()
        .with_bind_address(config.listen)
        .with_max_clients(CLIENTS_MAX)
        .with_session_expiry(SESSION)
        .with_max_packet_size(limit)
        .with_max_subscriptions_per_client(FILTERS_MAX)
        .with_max_retained_messages(KEPT_MAX.0)
        .with_max_retained_message_size(KEPT_MAX.1)
        // Without files of its own the library starts with a stand-in that would let anybody in; ours takes its place before the first
        // client is accepted, and lets in nobody without a password.
        .with_auth(AuthConfig::new().with_allow_anonymous(true))
        .with_storage(StorageConfig::new().with_persistence(false));
    let broker = BrokerConfig {
        client_channel_capacity: WAITING_MAX,
        shared_subscription_available: false,
        sys_topics_enabled: false,
        ..broker
    };
    let host: Box<str> = match config.listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.to_string().into(),
        IpAddr::V6(ip) if ip.is_unspecified() => format!("[{}]", Ipv6Addr::LOCALHOST).into(),
        IpAddr::V4(ip) => ip.to_string().into(),
        IpAddr::V6(ip) => format!("[{ip}]").into(),
    };
    let here = YardBroker { host, port: config.listen.port(), login: Some(login), authority: None };
    (EmbeddedBrokerTask { config: broker, users }, BrokerLink { broker: here, client_id, keep_alive })
}

impl EmbeddedBrokerTask {
    /// Runs as long as the agent; an address that is taken is asked for again.
    pub async fn run(self) {
        let mut told = false;
        loop {
            match MqttBroker::with_config(self.config.clone()).await {
                Ok(broker) => {
                    told = false;
                    let mut broker = broker.with_auth_provider(self.users.clone());
                    if let Err(error) = broker.run().await {
                        error!(%error, "the broker inside the agent has ended; it begins anew");
                    }
                }
                Err(error) if !told => {
                    told = true;
                    warn!(%error, "the broker inside the agent cannot listen; it is tried again");
                }
                Err(_) => {}
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

impl Users {
    fn of(devices: &[&MqttConfig], agent: &Login, client_id: Box<str>) -> Self {
        let mut users = vec![User {
            name: agent.user.clone(),
            password: agent.password.clone(),
            publishes: vec!["kakou/v1/+/+/+/cmd".to_owned()],
            hears: vec!["#".to_owned()],
        }];
        for device in devices {
            let Some(login) = &device.login else { continue };
            let commands = match &device.topics {
                Topics::Ours(address) => Some(address.topic(Channel::Command).to_string()),
                Topics::Filter(_) => None,
            };
            let hears = device.filters().into_iter().chain(commands);
            match users.iter_mut().find(|user| user.name == login.user) {
                Some(user) => {
                    user.publishes.extend(device.filters());
                    user.hears.extend(hears);
                }
                None => users.push(User {
                    name: login.user.clone(),
                    password: login.password.clone(),
                    publishes: device.filters(),
                    hears: hears.collect(),
                }),
            }
        }
        Self { users, client_id }
    }

    /// The user that this connection proves to be, with a will that he may leave.
    fn enters(&self, connect: &ConnectPacket) -> Option<&User> {
        let name = connect.username.as_deref()?;
        let password = connect.password.as_deref()?;
        let user = self.named(Some(name))?;
        let is_his = bool::from(user.password.expose().as_bytes().ct_eq(password));
        let is_agents_id = *connect.client_id == *self.client_id;
        let may_leave = connect.will.as_ref().is_none_or(|will| user.may_publish(&will.topic));
        (is_his && may_leave && (!is_agents_id || &*user.name == AGENT)).then_some(user)
    }

    fn named(&self, name: Option<&str>) -> Option<&User> {
        self.users.iter().find(|user| Some(&*user.name) == name)
    }
}

impl User {
    fn may_publish(&self, topic: &str) -> bool {
        self.publishes.iter().any(|filter| matches(topic, filter))
    }

    /// A filter of his own as it stands, or a topic under one.
    fn may_hear(&self, filter: &str) -> bool {
        let is_topic = !filter.contains(['+', '#']);
        self.hears.iter().any(|own| own == filter || own == "#" || (is_topic && matches(filter, own)))
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl AuthProvider for Users {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        client: SocketAddr,
    ) -> Answer<'a, mqtt5::Result<AuthResult>> {
        let result = match self.enters(connect) {
            Some(user) => AuthResult::success_with_user(&*user.name),
            None => {
                warn!(client = %client, "the broker inside the agent refuses a client from {client}");
                AuthResult::fail(ReasonCode::BadUsernameOrPassword)
            }
        };
        Box::pin(ready(Ok(result)))
    }

    fn authorize_publish<'a>(&'a self, _: &str, user: Option<&'a str>, topic: &'a str) -> Answer<'a, bool> {
        Box::pin(ready(self.named(user).is_some_and(|user| user.may_publish(topic))))
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _: &str,
        user: Option<&'a str>,
        filter: &'a str,
    ) -> Answer<'a, bool> {
        Box::pin(ready(self.named(user).is_some_and(|user| user.may_hear(filter))))
    }
}

#[cfg(test)]
mod tests {
    use mqtt5::{ConnectOptions, QoS, WillMessage};

    use super::*;
    use crate::config::{Kind, parse};

    fn users() -> Users {
        let file = r#"
            [gate]
            gate_id = "G1"
            yard_id = "07080000001"
            [centre]
            token = "t"
            [mqtt.embedded]
            [[device]]
            name = "arm"
            kind = "mqtt-kakou"
            topic = "kakou/v1/G1/IN1/arm"
            password = "of-the-arm"
            heartbeat_s = 5
            [[device]]
            name = "loop-a"
            kind = "mqtt-kakou"
            topic = "kakou/v1/G1/IN1/loop-a"
            password = "of-the-loop"
            heartbeat_s = 5
            [[device]]
            name = "loop-x"
            kind = "mqtt-kakou"
            topic = "kakou/v1/G1/IN1/loop-x"
            user = "loop-a"
            password = "of-the-loop"
            heartbeat_s = 5
            [[device]]
            name = "cam"
            kind = "mqtt-camera-alpha"
            topic = "device/1/message/up/+"
            password = "of-the-cam"
            [[lane]]
            lane_id = "IN1"
            readers = ["cam"]
            barrier = { device = "arm" }
            loops = { approach = "loop-a", exit = "loop-x" }
        "#;
        let config = parse(file, [], None).unwrap();
        let devices: Vec<MqttConfig> = config
            .devices
            .iter()
            .filter_map(|device| match &device.kind {
                Kind::Mqtt(device) => Some(device.clone()),
                _ => None,
            })
            .collect();
        let agent = Login { user: AGENT.into(), password: Secret::new("of-the-agent".to_owned()) };
        Users::of(&devices.iter().collect::<Vec<_>>(), &agent, "kakou-G1".into())
    }

    fn comes(client: &str, user: Option<&str>, password: Option<&str>, will: Option<&str>) -> ConnectPacket {
        let mut connect = ConnectPacket::new(ConnectOptions::new(client).protocol_options);
        connect.username = user.map(ToOwned::to_owned);
        connect.password = password.map(|password| password.as_bytes().to_vec());
        connect.will = will.map(|topic| {
            let mut will = WillMessage::new(topic, b"0".to_vec());
            will.qos = QoS::AtLeastOnce;
            will
        });
        connect
    }

    /// fault E2: no entry without a password, no will for another device, no theft of the agent's name.
    #[test]
    fn who_enters_has_proved_who_he_is() {
        let users = users();
        let enters =
            |client, user, password, will| users.enters(&comes(client, user, password, will)).is_some();
        assert!(enters("a", Some("arm"), Some("of-the-arm"), Some("kakou/v1/G1/IN1/arm/online")));
        assert!(enters("kakou-G1", Some(AGENT), Some("of-the-agent"), None));
        for (client, user, password, will) in [
            ("a", None, None, None),
            ("a", Some("arm"), None, None),
            ("a", Some("arm"), Some(""), None),
            ("a", Some("arm"), Some("of-the-loop"), None),
            ("a", Some("nobody"), Some("of-the-arm"), None),
            ("a", Some("arm"), Some("of-the-arm"), Some("kakou/v1/G1/IN1/loop-a/online")),
            ("kakou-G1", Some("arm"), Some("of-the-arm"), None),
        ] {
            assert!(!enters(client, user, password, will), "{client} {user:?} {password:?} {will:?}");
        }
    }

    /// fault E2: rights by topic; nobody but the agent commands.
    #[test]
    fn a_device_speaks_and_hears_for_itself_only() {
        let users = users();
        let user = |name| users.named(Some(name)).unwrap();
        assert!(user("arm").may_publish("kakou/v1/G1/IN1/arm/state"));
        assert!(user("arm").may_hear("kakou/v1/G1/IN1/arm/cmd"));
        assert!(!user("arm").may_publish("kakou/v1/G1/IN1/arm/cmd"));
        assert!(!user("arm").may_publish("kakou/v1/G1/IN1/loop-a/loop"));
        assert!(!user("arm").may_hear("#") && !user("arm").may_hear("kakou/v1/+/+/+/read"));
        assert!(user("loop-a").may_publish("kakou/v1/G1/IN1/loop-x/loop"), "one user of two devices");
        assert!(user("cam").may_publish("device/1/message/up/ivs_result"));
        assert!(
            user("cam").may_hear("device/1/message/up/+")
                && !user("cam").may_hear("device/1/message/down/gpio_out")
        );
        assert!(
            user(AGENT).may_publish("kakou/v1/G1/IN1/arm/cmd")
                && user(AGENT).may_hear("device/1/message/up/+")
        );
        assert!(!user(AGENT).may_publish("kakou/v1/G1/IN1/arm/state"));
        assert!(users.named(None).is_none());
    }
}
