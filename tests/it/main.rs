//! One test binary: end to end, conformance and architecture.
