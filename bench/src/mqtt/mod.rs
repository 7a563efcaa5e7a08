//! A lane whose devices speak through a broker: this process plays reader, loops and barrier with the agent's own client.
//! Promises: the broker is Mosquitto, started here on loopback; agent and floor use the same broker, publisher and subscriber.
//! Reading order: `broker`, `peer` (one client), `lane` (one vehicle), `decisions` (the rows).

pub(crate) mod broker;
pub(crate) mod decisions;
pub(crate) mod lane;
pub(crate) mod peer;
