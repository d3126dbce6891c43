//! Real nodes in one process, over the loopback interface.

mod codes;
mod flood;
mod gossip;
mod peers;
mod support;
