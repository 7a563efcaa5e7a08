//! Texts that people write: the agent's configuration and the simulator's scenarios.
//! Checks: the same text always says the same; a refusal names keys; an unknown section is refused, whatever else stands there.

use firmware_sim::scenario::Scenario;
use firmware_sim::scenario::check::ScenarioError;
use gate_agent::config::{Config, ConfigError, parse};

/// A scenario.
pub fn scenario(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Scenario::parse(text) {
        Ok(scenario) => {
            assert_eq!(scenario.flaws(), Vec::new());
            assert_eq!(Scenario::parse(text).ok(), Some(scenario));
            let foreign = format!("zz_foreign = 1\n{text}");
            assert!(Scenario::parse(&foreign).is_err(), "an unknown key was taken in silence");
        }
        Err(ScenarioError::Form(error)) => assert!(!error.message().is_empty()),
        Err(ScenarioError::Contents(flaws)) => {
            assert!(!flaws.is_empty());
            assert!(flaws.iter().all(|flaw| !flaw.key.is_empty() && !flaw.why.is_empty()), "{flaws:?}");
        }
    }
}

fn read(text: &str) -> Result<Config, ConfigError> {
    parse(text, [], None)
}

/// The agent's configuration, without variables.
pub fn agent_config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match read(text) {
        Ok(config) => {
            assert!(!config.lanes.is_empty(), "a gate without lanes");
            assert_eq!(read(text).ok(), Some(config));
            let foreign = format!("zz_foreign = 1\n{text}");
            let told = read(&foreign).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(told.contains("zz_foreign"), "an unknown key was taken in silence");
        }
        Err(ConfigError::Faults(faults)) => {
            assert!(!faults.is_empty());
            assert!(faults.iter().all(|fault| !fault.key.is_empty() && !fault.rule.is_empty()), "{faults:?}");
        }
        Err(ConfigError::Syntax(message)) => assert!(!message.is_empty()),
        Err(error @ (ConfigError::Missing { .. } | ConfigError::Read { .. })) => {
            panic!("no file was asked for: {error}")
        }
    }
}
