//! Rasterised glyphs, those that were drawn last kept within a bound. Where they are drawn is decided in the parent.

use cosmic_text::{CacheKey, FontSystem, SwashCache, SwashContent, SwashImage};

/// The most that kept glyphs may take before all are forgotten; those of one name are far below.
pub(super) const KEPT_BYTES: usize = 4 << 20;
/// What a glyph takes beside its pixels.
const ENTRY_BYTES: usize = 128;

/// Glyphs by font, size and place within a pixel.
pub(super) struct Glyphs {
    cache: SwashCache,
    bytes: usize,
}

impl Glyphs {
    pub(super) fn new() -> Self {
        Self { cache: SwashCache::new(), bytes: 0 }
    }

    /// The coverage of a glyph; nothing where it has no pixels, as a space has not.
    pub(super) fn coverage(&mut self, fonts: &mut FontSystem, key: CacheKey) -> Option<&SwashImage> {
        if !self.cache.image_cache.contains_key(&key) {
            if self.bytes > KEPT_BYTES {
                self.cache.image_cache.clear();
                self.bytes = 0;
            }
            let pixels = self.cache.get_image(fonts, key).as_ref().map_or(0, |image| image.data.len());
            self.bytes += ENTRY_BYTES + pixels;
        }
        let image = self.cache.get_image(fonts, key).as_ref()?;
        (image.content == SwashContent::Mask).then_some(image)
    }

    #[cfg(test)]
    pub(super) fn count_and_bytes(&self) -> (usize, usize) {
        let entries = &self.cache.image_cache;
        let pixels: usize = entries.values().flatten().map(|image| image.data.len()).sum();
        (entries.len(), pixels + entries.len() * ENTRY_BYTES)
    }
}
