//! The counter.

use counter::{constructors, messages};
use hull_testing::{
    Chain, Code, Failed, GAS_REPORT_VARIABLE, GasReport, Refusal, TRACE_VARIABLE, WEALTH, alice,
    bob, contract,
};

#[test]
fn a_contract_is_deployed_and_called() {
    let mut chain = Chain::new();
    let counter = chain.deploy(constructors::new(40)).by(bob()).address();
    let receipt = chain.call(counter, messages::add(2)).run();
    assert_eq!(receipt.result, Ok(42));
    assert!(receipt.gas() > receipt.contract_gas() && receipt.contract_gas() > 0);
    assert_eq!(receipt.fee(), u128::from(receipt.gas()));
    assert_eq!(chain.balance(alice()), WEALTH - receipt.fee());
    assert_eq!(chain.query(counter, messages::get()), 42);
    let stored: Vec<_> = chain.storage(counter).collect();
    assert_eq!(stored, [(&[0][..], &42_u64.to_le_bytes()[..])]);
    let report = chain.gas_report();
    let add = report.of("counter", "add").unwrap();
    assert_eq!((add.calls, add.max), (1, receipt.contract_gas()));
    assert!(report.of("counter", "get").is_some() && report.of("counter", "new").is_some());
    assert!(report.to_string().contains("counter.add"), "{report}");
}

#[test]
fn a_panic_tells_its_line() {
    let mut chain = Chain::new();
    let counter = chain.deploy(constructors::new(u64::MAX)).address();
    let receipt = chain.call(counter, messages::add(1)).run();
    assert!(matches!(receipt.result, Err(Failed::Aborted { .. })));
    let message = chain.call(counter, messages::add(1)).aborts();
    assert!(
        message.contains("lib.rs:25:25: attempt to add with overflow"),
        "{message}"
    );
}

/// Does something only when another test runs it on its own.
#[test]
fn told() {
    if std::env::var_os(INNER).is_none() {
        return;
    }
    let mut chain = Chain::new();
    let counter = chain.deploy(constructors::new(u64::MAX)).address();
    chain.call(counter, messages::add(1)).returns();
}

/// Makes `told` do something.
const INNER: &str = "HULL_TESTING_INNER";

#[test]
fn the_environment_says_how_much_is_told() {
    let says = |level: &str| {
        let folder = tempfile::tempdir().unwrap();
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "told", "--nocapture"])
            .env(INNER, "1")
            .env(TRACE_VARIABLE, level)
            .env(GAS_REPORT_VARIABLE, folder.path())
            .output()
            .unwrap();
        assert!(!output.status.success());
        let report = GasReport::read_folder(folder.path()).unwrap();
        assert_eq!(report.of("counter", "new").unwrap().calls, 1);
        String::from_utf8(output.stderr).unwrap()
    };
    let failed = "counter.add(amount: 1) by alice failed: it aborted: counter/src/lib.rs:25:25";
    let (quiet, failures, everything) = (says("0"), says("2"), says("3"));
    for text in [&quiet, &failures, &everything] {
        assert!(text.contains(failed), "{text}");
    }
    let tree = "✗ counter.add(amount: 1) by alice";
    assert_eq!(
        [&quiet, &failures, &everything].map(|it| it.matches(tree).count()),
        [0, 1, 2]
    );
    assert!(quiet.contains("HULL_TRACE=2 shows"), "{quiet}");
    assert!(!failures.contains("counter.new") && everything.contains("counter.new"));
    // No colours: nobody is at this terminal.
    assert!(!everything.contains('\x1b'), "{everything}");
}

/// The creator may replace code where the capabilities say so, which those of the
/// counter do not.
#[test]
fn code_is_replaced_where_that_is_allowed() {
    let mut chain = Chain::new();
    let code = contract!("../../contracts/counter");
    let fixed = chain.deploy(code.with(constructors::new(1))).address();
    let refused = chain.set_code(fixed, &code).run();
    assert_eq!(refused.result, Err(Failed::Refused(Refusal::NotUpgradable)));

    let mut wasm = code.wasm().to_vec();
    let name = b"hull.capabilities";
    let at = wasm.windows(name.len()).position(|it| it == name).unwrap() + name.len();
    // The last byte of the declaration: upgrades may widen.
    wasm[at + 14] = 2;
    let open = Code::from_wasm("open", &wasm).unwrap();
    let counter = chain.deploy(open.with(constructors::new(7))).address();
    let receipt = chain.set_code(counter, &code).run();
    assert_eq!(receipt.result, Ok(()));
    assert_eq!(chain.contract(counter).unwrap().info.code_hash, code.hash());
    assert_eq!(chain.query(counter, messages::get()), 7);
}
