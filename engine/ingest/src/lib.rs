//! One task per capture: drives platform and journal, publishes to hub, obeys commands.
