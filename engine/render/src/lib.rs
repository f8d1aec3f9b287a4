//! Timeline to artifacts: plan, mix, stage, documents, quality report.
