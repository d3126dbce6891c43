//! The journal against a model that clones everything at each checkpoint, settles
//! deposits by going through all items, and scans by going through all keys.

use std::collections::{BTreeMap, BTreeSet};

use hull_executor::{
    Account, CodeRecord, ContractRecord, ContractState, Deposit, Item, Journal, MemoryState,
    StateDiff,
};
use hull_host_api::{
    Address, Balance, BlockInfo, Capabilities, ContractInfo, GuestError, Hash, Host, HostError,
    NewContract, Scan, ScanOrder,
};
use hull_types::Parameters;
use parity_scale_codec::Encode;
use proptest::prelude::*;

const ORIGIN: Address = Address([1; 32]);
const OTHER: Address = Address([2; 32]);
const OWNERS: [Address; 2] = [Address([3; 32]), Address([4; 32])];
const CODE: Hash = Hash([5; 32]);
const KEYS: [&[u8]; 7] = [b"", b"a", b"aa", b"ab", b"b", b"ba", b"c"];

fn parameters() -> Parameters {
    Parameters {
        deposit_item: 10,
        deposit_byte: 1,
        ..Parameters::default()
    }
}

#[derive(Clone, Debug)]
enum Op {
    Write(usize, usize, Vec<u8>),
    Remove(usize, usize),
    Scan(usize, Option<usize>, Option<usize>, bool),
    Transfer(usize, Balance),
    Create(usize),
    Terminate(usize),
    Enter(Balance),
    Exit(bool),
}

fn op() -> impl Strategy<Value = Op> {
    let (owner, key) = (0..OWNERS.len(), 0..KEYS.len());
    let edge = || proptest::option::of(0..KEYS.len());
    prop_oneof![
        6 => (owner.clone(), key.clone(), proptest::collection::vec(any::<u8>(), 0..6))
            .prop_map(|(owner, key, value)| Op::Write(owner, key, value)),
        4 => (owner.clone(), key).prop_map(|(owner, key)| Op::Remove(owner, key)),
        4 => (owner.clone(), edge(), edge(), any::<bool>())
            .prop_map(|(owner, after, bound, up)| Op::Scan(owner, after, bound, up)),
        1 => (owner.clone(), 0..400u128).prop_map(|(owner, amount)| Op::Transfer(owner, amount)),
        1 => owner.clone().prop_map(Op::Create),
        1 => owner.prop_map(Op::Terminate),
        4 => (0..200u128).prop_map(Op::Enter),
        4 => any::<bool>().prop_map(Op::Exit),
    ]
}

/// Items that are there at the beginning: owner, key, value, who paid, and how much.
fn items() -> impl Strategy<Value = Vec<(usize, usize, Vec<u8>, bool, Balance)>> {
    let value = proptest::collection::vec(any::<u8>(), 0..6);
    let item = (
        0..OWNERS.len(),
        0..KEYS.len(),
        value,
        any::<bool>(),
        0..50u128,
    );
    proptest::collection::vec(item, 0..10)
}

#[derive(Clone, Debug, PartialEq)]
struct Contract {
    terminated: bool,
    deposit: Option<Deposit>,
}

#[derive(Clone, Debug, Default)]
struct World {
    balances: BTreeMap<Address, Balance>,
    values: BTreeMap<(Address, Vec<u8>), Vec<u8>>,
    deposits: BTreeMap<(Address, Vec<u8>), Deposit>,
    contracts: BTreeMap<Address, Contract>,
}

struct Frame {
    before: World,
    limit: i128,
    deposit: i128,
    touched: BTreeSet<(Address, Vec<u8>)>,
    contracts: BTreeSet<Address>,
}

struct Model {
    world: World,
    frames: Vec<Frame>,
    parameters: Parameters,
    record_len: u32,
}

impl Model {
    fn touch(&mut self, item: (Address, Vec<u8>)) {
        if let Some(frame) = self.frames.last_mut() {
            frame.touched.insert(item);
        }
    }

    fn refund(&mut self, deposit: Deposit) {
        *self.world.balances.entry(deposit.payer).or_default() += deposit.amount;
        if deposit.payer == ORIGIN {
            self.frames.last_mut().unwrap().deposit -= deposit.amount as i128;
        }
    }

    fn pay(&mut self, amount: Balance) -> bool {
        let balance = self.world.balances.entry(ORIGIN).or_default();
        let Some(left) = balance.checked_sub(amount) else {
            return false;
        };
        *balance = left;
        self.frames.last_mut().unwrap().deposit += amount as i128;
        true
    }

    fn settle(&mut self) -> bool {
        let frame = self.frames.last().unwrap();
        let (touched, contracts) = (frame.touched.clone(), frame.contracts.clone());
        for item in &touched {
            if !self.world.values.contains_key(item)
                && let Some(deposit) = self.world.deposits.remove(item)
            {
                self.refund(deposit);
            }
        }
        for address in &contracts {
            let contract = self.world.contracts.get_mut(address);
            if let Some(contract) = contract.filter(|contract| contract.terminated)
                && let Some(deposit) = contract.deposit.take()
            {
                self.refund(deposit);
            }
        }
        for item in &touched {
            let Some(value) = self.world.values.get(item) else {
                continue;
            };
            let bytes = (item.1.len() + value.len()) as u32;
            let held = self.world.deposits.get(item).copied();
            let amount = match held {
                Some(held) if bytes <= held.bytes => continue,
                Some(held) if held.payer == ORIGIN => {
                    let more = Balance::from(bytes - held.bytes) * self.parameters.deposit_byte;
                    if !self.pay(more) {
                        return false;
                    }
                    held.amount + more
                }
                held => {
                    if let Some(held) = held {
                        self.refund(held);
                    }
                    let amount = self.parameters.item_deposit(bytes.into());
                    if !self.pay(amount) {
                        return false;
                    }
                    amount
                }
            };
            let payer = ORIGIN;
            let deposit = Deposit {
                payer,
                amount,
                bytes,
            };
            self.world.deposits.insert(item.clone(), deposit);
        }
        for address in &contracts {
            let contract = &self.world.contracts[address];
            if contract.terminated || contract.deposit.is_some() {
                continue;
            }
            let bytes = self.record_len;
            let amount = self.parameters.item_deposit(bytes.into());
            if !self.pay(amount) {
                return false;
            }
            let payer = ORIGIN;
            let deposit = Some(Deposit {
                payer,
                amount,
                bytes,
            });
            self.world.contracts.get_mut(address).unwrap().deposit = deposit;
        }
        let frame = self.frames.last().unwrap();
        frame.deposit <= frame.limit
    }

    fn bytes(&self, owner: &Address) -> u64 {
        let items = self.world.values.iter().filter(|((of, _), _)| of == owner);
        items
            .map(|((_, key), value)| (key.len() + value.len()) as u64)
            .sum()
    }

    fn next(&self, owner: &Address, scan: Scan<'_>) -> Option<Vec<u8>> {
        let keys = self.world.values.keys().filter(|(of, _)| of == owner);
        let (low, high) = match scan.order {
            ScanOrder::Ascending => (scan.after, scan.bound),
            ScanOrder::Descending => (scan.bound, scan.after),
        };
        let mut keys = keys
            .map(|(_, key)| key.clone())
            .filter(|key| low.is_none_or(|low| key.as_slice() > low))
            .filter(|key| high.is_none_or(|high| key.as_slice() < high));
        match scan.order {
            ScanOrder::Ascending => keys.next(),
            ScanOrder::Descending => keys.next_back(),
        }
    }
}

fn info() -> ContractInfo {
    ContractInfo {
        code_hash: CODE,
        capabilities: Capabilities::ALL,
    }
}

fn record(deposit: Deposit, bytes: u64, items: u64) -> ContractRecord {
    ContractRecord {
        info: info(),
        creator: ORIGIN,
        grants: Vec::new().into(),
        deposit,
        bytes,
        items,
    }
}

fn begin(items: &[(usize, usize, Vec<u8>, bool, Balance)]) -> (MemoryState, Model) {
    let mut world = World::default();
    let mut diff = StateDiff::default();
    for address in [ORIGIN, OTHER, OWNERS[0], OWNERS[1]] {
        world.balances.insert(address, 300);
        let account = Account {
            nonce: 0,
            balance: 300,
        };
        diff.accounts.insert(address, account);
    }
    // Whatever has storage is a contract: the first of the owners.
    for (_, key, value, mine, amount) in items {
        let owner = &0;
        let deposit = Deposit {
            payer: if *mine { ORIGIN } else { OTHER },
            amount: *amount,
            bytes: (KEYS[*key].len() + value.len()) as u32,
        };
        let place = (OWNERS[*owner], KEYS[*key].to_vec());
        world.values.insert(place.clone(), value.clone());
        world.deposits.insert(place, deposit);
        let item = Item {
            value: value[..].into(),
            deposit,
        };
        let storage = diff.storage.entry(OWNERS[*owner]).or_default();
        storage.insert(KEYS[*key].into(), Some(item));
    }
    let deposit = Deposit {
        payer: OTHER,
        amount: 33,
        bytes: 100,
    };
    world.contracts.insert(
        OWNERS[0],
        Contract {
            terminated: false,
            deposit: Some(deposit),
        },
    );
    let mut model = Model {
        world,
        frames: Vec::new(),
        parameters: parameters(),
        record_len: 0,
    };
    let count = model
        .world
        .values
        .keys()
        .filter(|(of, _)| *of == OWNERS[0])
        .count();
    let live = record(deposit, model.bytes(&OWNERS[0]), count as u64);
    model.record_len = ContractState::Live(live.clone()).encoded_size() as u32;
    diff.contracts.insert(OWNERS[0], ContractState::Live(live));
    let code = CodeRecord {
        uploader: OTHER,
        deposit: 1,
        len: 1,
        users: 1,
        capabilities: Capabilities::ALL,
        migrates: false,
    };
    diff.codes.insert(CODE, Some(code));
    let mut state = MemoryState::default();
    state.apply(diff);
    (state, model)
}

/// Does the same to both and compares what they answer.
fn step(journal: &mut Journal<'_>, model: &mut Model, op: &Op) {
    match op {
        // The engine writes for contracts alone.
        Op::Write(owner, ..) | Op::Remove(owner, _) if !model.is_live(*owner) => {}
        Op::Write(owner, key, value) => {
            let place = (OWNERS[*owner], KEYS[*key].to_vec());
            model.world.values.insert(place.clone(), value.clone());
            model.touch(place);
            let held = journal.storage_write(&OWNERS[*owner], KEYS[*key], value);
            assert_eq!(held.unwrap(), model.bytes(&OWNERS[*owner]));
        }
        Op::Remove(owner, key) => {
            let place = (OWNERS[*owner], KEYS[*key].to_vec());
            let found = model.world.values.remove(&place).is_some();
            if found {
                model.touch(place);
            }
            assert_eq!(
                journal.storage_remove(&OWNERS[*owner], KEYS[*key]).unwrap(),
                found
            );
        }
        Op::Scan(owner, after, bound, up) => {
            let scan = Scan {
                after: after.map(|key| KEYS[key]),
                bound: bound.map(|key| KEYS[key]),
                order: if *up {
                    ScanOrder::Ascending
                } else {
                    ScanOrder::Descending
                },
            };
            let found = journal.storage_next(&OWNERS[*owner], scan).unwrap();
            assert_eq!(found, model.next(&OWNERS[*owner], scan), "{scan:?}");
        }
        Op::Transfer(owner, amount) => {
            let from = model.world.balances.get_mut(&OWNERS[*owner]).unwrap();
            let enough = from.checked_sub(*amount);
            if let Some(left) = enough {
                *from = left;
                *model.world.balances.get_mut(&OTHER).unwrap() += amount;
            }
            match journal.transfer(&OWNERS[*owner], &OTHER, *amount) {
                Ok(()) => assert!(enough.is_some()),
                Err(error) => assert!(enough.is_none(), "{error:?}"),
            }
        }
        Op::Create(owner) => create(journal, model, &OWNERS[*owner]),
        Op::Terminate(owner) => terminate(journal, model, *owner),
        Op::Enter(limit) => {
            let left = model
                .frames
                .last()
                .map(|outer| (outer.limit - outer.deposit).max(0));
            let limit_now = left.map_or(*limit as i128, |left| left.min(*limit as i128));
            model.frames.push(Frame {
                before: model.world.clone(),
                limit: limit_now,
                deposit: 0,
                touched: BTreeSet::new(),
                contracts: BTreeSet::new(),
            });
            journal.enter(*limit).unwrap();
        }
        Op::Exit(commit) => exit(journal, model, *commit),
    }
}

impl Model {
    fn is_live(&self, owner: usize) -> bool {
        let contract = self.world.contracts.get(&OWNERS[owner]);
        contract.is_some_and(|contract| !contract.terminated)
    }
}

fn create(journal: &mut Journal<'_>, model: &mut Model, address: &Address) {
    let new = NewContract {
        info: info(),
        creator: ORIGIN,
        grants: &[],
    };
    let free = !model.world.contracts.contains_key(address);
    match journal.create_contract(address, new) {
        Ok(()) => assert!(free, "an address was used again"),
        Err(error) => assert!(
            !free && matches!(error, HostError::Guest(GuestError::AddressTaken)),
            "{error:?}"
        ),
    }
    if free {
        let contract = Contract {
            terminated: false,
            deposit: None,
        };
        model.world.contracts.insert(*address, contract);
        model.frames.last_mut().unwrap().contracts.insert(*address);
    }
}

fn terminate(journal: &mut Journal<'_>, model: &mut Model, owner: usize) {
    if !model.is_live(owner) {
        return;
    }
    let address = OWNERS[owner];
    let balance = model.world.balances.insert(address, 0).unwrap();
    *model.world.balances.get_mut(&OTHER).unwrap() += balance;
    let keys: Vec<_> = model
        .world
        .values
        .keys()
        .filter(|(of, _)| *of == address)
        .cloned()
        .collect();
    assert_eq!(journal.storage_items(&address).unwrap(), keys.len() as u64);
    for place in keys {
        model.world.values.remove(&place);
        model.touch(place);
    }
    model.world.contracts.get_mut(&address).unwrap().terminated = true;
    model.frames.last_mut().unwrap().contracts.insert(address);
    journal.terminate(&address, &OTHER).unwrap();
}

fn exit(journal: &mut Journal<'_>, model: &mut Model, commit: bool) {
    // Contracts are only touched inside; the outermost frame stays for the end.
    if model.frames.len() <= 1 {
        return;
    }
    close(journal, model, commit);
}

fn close(journal: &mut Journal<'_>, model: &mut Model, commit: bool) {
    let paid = commit && model.settle();
    let frame = model.frames.pop().unwrap();
    if paid {
        journal.exit(true).unwrap();
        if let Some(outer) = model.frames.last_mut() {
            outer.deposit += frame.deposit;
        }
        return;
    }
    model.world = frame.before;
    if commit {
        let refused = journal.exit(true);
        assert!(
            matches!(refused, Err(HostError::Guest(GuestError::DepositExceeded))),
            "{refused:?}"
        );
    }
    journal.exit(false).unwrap();
}

/// The state as the model has it.
fn check_state(state: &MemoryState, model: &Model) {
    for (address, account) in state.accounts() {
        assert_eq!(account.balance, model.world.balances[address], "{address}");
    }
    for owner in OWNERS {
        let expected: Vec<_> = model
            .world
            .values
            .iter()
            .filter(|((of, _), _)| *of == owner)
            .map(|((_, key), value)| {
                let place = (owner, key.clone());
                (key.clone(), value.clone(), model.world.deposits[&place])
            })
            .collect();
        let found: Vec<_> = state
            .storage(&owner)
            .map(|(key, item)| (key.to_vec(), item.value.to_vec(), item.deposit))
            .collect();
        assert_eq!(found, expected);
    }
    let mut users = 0;
    for (address, contract) in state.contracts() {
        let expected = &model.world.contracts[address];
        match contract {
            ContractState::Terminated => assert!(expected.terminated),
            ContractState::Live(record) => {
                users += 1;
                assert!(!expected.terminated);
                assert_eq!(Some(record.deposit), expected.deposit);
                assert_eq!(record.bytes, model.bytes(address));
            }
        }
    }
    assert_eq!(state.contracts().count(), model.world.contracts.len());
    assert_eq!(state.codes().next().unwrap().1.users, users);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_journal_does_what_the_model_does(
        items in items(),
        ops in proptest::collection::vec(op(), 0..60),
        commit in any::<bool>(),
    ) {
        let (mut state, mut model) = begin(&items);
        let supply = state.supply();
        let parameters = parameters();
        let mut journal = Journal::new(&state, BlockInfo::default(), &parameters);
        journal.begin(ORIGIN);
        step(&mut journal, &mut model, &Op::Enter(150));
        for op in &ops {
            step(&mut journal, &mut model, op);
        }
        while model.frames.len() > 1 {
            close(&mut journal, &mut model, true);
        }
        close(&mut journal, &mut model, commit);
        let diff = journal.into_diff();
        if !commit {
            prop_assert!(diff.is_empty(), "a rollback left {diff:?}");
        }
        state.apply(diff);
        check_state(&state, &model);
        prop_assert_eq!(state.supply(), supply);
    }
}
