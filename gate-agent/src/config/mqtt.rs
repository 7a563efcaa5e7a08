//! `[[device]]` of what speaks over the broker: whose form, which topics, how much of it.
//! Promises: what a device may publish is bounded; topics are filters that a broker takes.
//! Absent: the broker (`broker`); what messages mean (`protocols::mqtt`); rights by topic, which the yard's broker keeps.
//! Source: MQTT readers page, sections 4 to 6 and 10; `contract` section 4.

use std::time::Duration;

use protocols::mqtt::{
    Dialect, PAYLOAD_MAX,
    camera::Vendor,
    topic::{Address, Channel, Topic},
};

use super::{
    broker::{Login, Whose, user},
    secret::Secret,
    section::Section,
};

/// Longest topic, characters.
const TOPIC_MAX: usize = 200;

/// 消息设备: a reader, camera, scale, loop or barrier on the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttConfig {
    /// By the kind's name: whose form its messages have.
    pub dialect: Dialect,
    /// `topic`, required.
    pub topics: Topics,
    /// `sender`, default none: what the payload must call its sender, where several devices share a topic.
    pub sender: Option<Box<str>>,
    /// `payload_kib`, cameras only, default 512: the longest message that is read; pictures count. 16 KiB for all others.
    pub limit: usize,
    /// `heartbeat_s`, default 0, which is none: how often it says something; silent for three times as long it counts as away.
    pub heartbeat: Option<Duration>,
    /// `user`, default the device's name, and `password` or `password_file`: required with `[mqtt.embedded]`, and only there.
    pub login: Option<Login>,
}

/// 订阅: where its messages come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topics {
    /// Our own form: `kakou/v1/gate/lane/device`, whose channels are known.
    Ours(Address),
    /// A topic, which may have wildcards (`+`, and `#` in the end).
    Filter(Box<str>),
}

impl Topics {
    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Ours(address) => {
                let Address { gate, lane, device } = address;
                format!("kakou/v1/{gate}/{lane}/{device}")
            }
            Self::Filter(filter) => filter.to_string(),
        }
    }
}

impl MqttConfig {
    pub(super) fn read(
        section: &mut Section<'_>,
        dialect: Dialect,
        name: Option<&str>,
        broker: Whose,
    ) -> Option<Self> {
        if broker == Whose::Nobodys {
            section.fault("kind", "needs a section [mqtt]", None);
        }
        let topics = section.required("topic", |text| topics(dialect, text));
        let sender = section.parsed("sender", |text| match text.chars().count() {
            1..=64 => Ok(Box::from(text)),
            _ => Err("must have 1 to 64 characters"),
        });
        let limit = match dialect {
            Dialect::Camera(_) | Dialect::AnyCamera => {
                let kib = section.number("payload_kib", 512, 16..=4096);
                usize::try_from(kib).unwrap_or(512) * 1024
            }
            Dialect::Kakou | Dialect::Impinj | Dialect::Zebra => PAYLOAD_MAX,
        };
        let heartbeat = section.seconds("heartbeat_s", 0, 0..=3600);
        let login = match broker {
            Whose::Agents => {
                let named =
                    if section.has("user") { section.parsed("user", user) } else { name.map(Into::into) };
                let password = Secret::required(section, "password");
                Some(Login { user: named?, password: password? })
            }
            Whose::Yards | Whose::Nobodys => {
                for key in ["user", "password", "password_file"] {
                    section.refuse_unseen(
                        key,
                        "is for [mqtt.embedded] only: the yard's broker knows its own users",
                    );
                }
                None
            }
        };
        let heartbeat = Some(heartbeat).filter(|heartbeat| !heartbeat.is_zero());
        Some(Self { dialect, topics: topics?, sender, limit, heartbeat, login })
    }

    /// The filters to subscribe.
    #[must_use]
    pub fn filters(&self) -> Vec<String> {
        match &self.topics {
            Topics::Ours(address) => {
                let heard = Channel::ALL.into_iter().filter(|channel| *channel != Channel::Command);
                heard.map(|channel| address.topic(channel).to_string()).collect()
            }
            Topics::Filter(filter) => {
                let available = (self.dialect == Dialect::Camera(Vendor::Frigate))
                    .then(|| available_beside(filter))
                    .flatten();
                std::iter::once(filter.to_string()).chain(available).collect()
            }
        }
    }
}

/// Where Frigate says that it runs: beside its other topics, unless the filter has it already.
fn available_beside(filter: &str) -> Option<String> {
    let (prefix, last) = filter.rsplit_once('/')?;
    (last != "#" && last != "+" && last != "available").then(|| format!("{prefix}/available"))
}

fn topics(dialect: Dialect, text: &str) -> Result<Topics, String> {
    if dialect == Dialect::Kakou {
        // Any channel will do: what is asked for is whose it is.
        return Topic::parse(&format!("{text}/{}", Channel::Read.as_str()))
            .map(|topic| Topics::Ours(topic.address))
            .map_err(|_| "must be kakou/v1/gate/lane/device".to_owned());
    }
    if is_filter(text) {
        Ok(Topics::Filter(text.into()))
    } else {
        Err(format!(
            "must be a topic of at most {TOPIC_MAX} characters; + stands for one whole level, # for all the rest"
        ))
    }
}

/// Whether a broker takes it as a filter; the broker's own topics (`$SYS/…`) are for nobody.
fn is_filter(text: &str) -> bool {
    let sound = (1..=TOPIC_MAX).contains(&text.len())
        && !text.chars().any(char::is_control)
        && !text.starts_with(['$', '/']);
    let levels: Vec<&str> = text.split('/').collect();
    let whole = |level: &str| !level.contains(['+', '#']) || level == "+";
    let (last, before) = match levels.split_last() {
        Some((last, before)) => (*last, before),
        None => return false,
    };
    // A filter that begins with a wildcard would hear the whole yard.
    let named = levels.first().is_some_and(|first| !first.is_empty() && !first.contains(['+', '#']));
    sound && named && before.iter().all(|level| whole(level)) && (last == "#" || whole(last))
}

#[cfg(test)]
mod tests {
    use super::{available_beside, is_filter};

    #[test]
    fn a_filter_is_one_that_a_broker_takes_and_not_the_whole_yard() {
        for good in ["a", "a/b", "device/+/message/up/+", "frigate/#", "京/A"] {
            assert!(is_filter(good), "{good}");
        }
        for bad in ["", "#", "+", "+/a", "a/#/b", "a/b#", "a/b+", "$SYS/#", "/a", "a\nb", &"x".repeat(201)] {
            assert!(!is_filter(bad), "{bad}");
        }
    }

    #[test]
    fn frigate_says_beside_its_topics_that_it_runs() {
        let beside = |filter| available_beside(filter);
        assert_eq!(beside("yard/frigate/events").as_deref(), Some("yard/frigate/available"));
        assert_eq!((beside("frigate/#"), beside("frigate/available"), beside("events")), (None, None, None));
    }
}
