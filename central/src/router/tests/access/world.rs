//! A centre with everyone and everything in it, made once and copied for whoever changes something.

use std::{collections::BTreeMap, sync::Arc};

use protocols::contract::UtcMillis;

use super::{callers, devices::Devices, things};
use crate::{config::Config, test_app::TestApp, test_ground::Ground};

/// What all rows are asked on.
pub(super) struct World {
    ground: Arc<Ground>,
    pub(super) tokens: BTreeMap<String, String>,
    pub(super) names: BTreeMap<String, String>,
    pub(super) devices: Devices,
}

impl World {
    pub(super) async fn made() -> Self {
        let ground = Arc::new(Ground::fresh().await);
        let mut devices = Devices::made().await;
        let app = Self::opened(Arc::clone(&ground), &devices).await;
        let mut names = BTreeMap::new();
        callers::registered(&app, &mut names).await;
        let (mut tokens, mut names) = things::made(&app, names, &mut devices).await;
        callers::keyed(&app, &mut tokens, &mut names).await;
        callers::stopped(&app, &names).await;
        app.central.store().close().await.unwrap();
        Self { ground, tokens, names, devices }
    }

    async fn opened(ground: Arc<Ground>, devices: &Devices) -> TestApp {
        let configured = |config: &mut Config| {
            callers::configured(config);
            // Who enrolled before the day on which everything is asked has expired.
            config.gate_line.certificate_lifetime_s = 86_400;
            devices.configured(config);
        };
        TestApp::open_on(ground, configured).await
    }

    /// The centre as it was made.
    pub(super) async fn copy(&self) -> TestApp {
        let app = Self::opened(Arc::new(self.ground.copied().await), &self.devices).await;
        app.central.store().clock().set(UtcMillis::parse(things::NOW).unwrap());
        app
    }
}
