//! Scenario runner and micro benchmarks.
