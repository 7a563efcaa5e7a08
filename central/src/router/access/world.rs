//! A centre with everyone and everything in it, made once and copied for whoever changes something.

use std::{collections::BTreeMap, sync::Arc};

use protocols::contract::UtcMillis;

use super::{callers, things};
use crate::{test_app::TestApp, test_ground::Ground};

/// What all rows are asked on.
pub(super) struct World {
    ground: Arc<Ground>,
    pub(super) tokens: BTreeMap<String, String>,
    pub(super) names: BTreeMap<String, String>,
}

impl World {
    pub(super) async fn made() -> Self {
        let ground = Arc::new(Ground::fresh().await);
        let app = TestApp::open_on(Arc::clone(&ground), callers::configured).await;
        let mut names = BTreeMap::new();
        callers::registered(&app, &mut names).await;
        let (mut tokens, mut names) = things::made(&app, names).await;
        callers::keyed(&app, &mut tokens, &mut names).await;
        callers::stopped(&app, &names).await;
        app.central.store().close().await.unwrap();
        Self { ground, tokens, names }
    }

    /// The centre as it was made.
    pub(super) async fn copy(&self) -> TestApp {
        let app = TestApp::open_on(Arc::new(self.ground.copied().await), callers::configured).await;
        app.central.store().clock().set(UtcMillis::parse(things::NOW).unwrap());
        app
    }
}
