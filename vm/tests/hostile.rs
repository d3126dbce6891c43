//! Hostile cases, one test each, named by the number of the case: what a
//! contract or whoever writes to the node's disk may try while the engine runs.
//! The cases of a hostile upload are in `hostile_compile.rs`.
//!
//! Every test shows a defined end, the gas that was charged, that the engine
//! goes on, and that the state is untouched; [`support::Chain::halts`] checks
//! all of that for a halt.

mod support;

mod hostile {
    mod boundary;
    mod data;
    mod disk;
    mod execute;
    mod host_calls;
    mod node;
    mod script;
}
