//! Validators agree on blocks.
