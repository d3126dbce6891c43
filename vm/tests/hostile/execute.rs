//! Cases 25 to 39: contracts that run too long, too deep, or not the same everywhere.

use hull_vm::HaltKind;

use crate::support::on_each_tier;

#[test]
fn case_27_bare_loop() {
    let kind = on_each_tier(|chain| {
        let contract = chain.deploy(r#"(module (func (export "call") (loop (br 0))))"#);
        chain.halt(contract)
    });
    assert_eq!(kind, HaltKind::OutOfGas);
}
