//! `[print]`: what the centre prints with.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[print]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrintConfig {
    /// Files of fonts with Chinese; the first that there is counts. Debian's packages are fonts-wqy-microhei, fonts-wqy-zenhei, fonts-noto-cjk
    /// and fonts-droid-fallback.
    pub fonts: Vec<PathBuf>,
}

impl Default for PrintConfig {
    fn default() -> Self {
        let fonts = [
            "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
            "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
            "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
            "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
        ];
        Self { fonts: fonts.map(PathBuf::from).into() }
    }
}
