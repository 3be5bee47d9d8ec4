//! Benchmarks of audiosearch.
