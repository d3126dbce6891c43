//! Transactions and code between nodes.
