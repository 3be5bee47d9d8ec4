//! Benchmarks of audiosearch, and its manual pages.
