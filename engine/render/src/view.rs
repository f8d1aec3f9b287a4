//! What a customer asks the mixed video to show. Where that lies on the canvas is in `layout`.

use model::{BesideShare, Edition, Layout};
use serde::{Deserialize, Serialize};

/// Who is seen, and where while a screen is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct View {
    /// Who is seen.
    pub layout: Layout,
    /// Where they are seen while a screen is shared.
    pub beside_share: BesideShare,
}

impl From<&Edition> for View {
    fn from(edition: &Edition) -> Self {
        Self { layout: edition.layout, beside_share: edition.beside_share }
    }
}
