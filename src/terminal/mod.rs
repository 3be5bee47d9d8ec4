//! What a command shows: tables and JSON Lines on standard output, messages and progress on standard error. It knows no command.

pub mod messages;
pub mod output;
pub mod progress;
