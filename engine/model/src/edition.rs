//! How one more mixed video of a recording differs from the first. Making it is the business of `render`.

use serde::{Deserialize, Serialize};

use crate::{BesideShare, Excerpt, Layout, VideoPlan};

/// What somebody wants made of a recording that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Edition {
    /// How its picture is made.
    pub plan: VideoPlan,
    /// Who is seen in it.
    pub layout: Layout,
    /// Where they are seen while a screen is shared.
    pub beside_share: BesideShare,
    /// Which part of the recording it holds.
    pub excerpt: Excerpt,
}
