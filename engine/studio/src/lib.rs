//! Render jobs: claims, worker threads, progress.
