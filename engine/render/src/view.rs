//! What a customer asks the mixed video to show. Where that lies on the canvas is in `layout`.

use model::{BesideShare, Layout, RecordingConfig};

/// Who is seen, and where while a screen is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct View {
    /// Who is seen.
    pub layout: Layout,
    /// Where they are seen while a screen is shared.
    pub beside_share: BesideShare,
}

impl From<&RecordingConfig> for View {
    fn from(config: &RecordingConfig) -> Self {
        Self { layout: config.layout, beside_share: config.beside_share }
    }
}
