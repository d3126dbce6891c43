//! The storage engines.

pub(crate) mod redb;
