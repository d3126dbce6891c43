//! The registry on the chain: every message, error, role and kind of key.

mod support;

use hull_contracts_support::{code, hold_gas, weaker};
use hull_testing::{Account, Address, Chain, Code, Failed, alice, bob, carol};
use registry::registry::{
    Alert, BUCKETS, Device as Registered, DeviceRegistered, DeviceRetired, Error, Limits,
    LimitsChanged, MAX_BUCKET, MAX_LEAD, MAX_PAGE, Measured, Progress, READING, REGISTRATION,
    Reading, Role, RoleChanged, Summary, signed,
};
use registry::{constructors, messages};
use support::{Device, devices, message};

/// What a bucket covers: a minute.
const MINUTE: u64 = 60_000;
const CHAIN: [u8; 32] = [0x7E; 32];
const LIMITS: Limits = Limits { low: -10, high: 50 };

/// Alice has both roles.
struct World {
    chain: Chain,
    registry: Address,
}

fn world() -> World {
    let mut chain = Chain::new();
    let new = code("registry").with(constructors::new(MINUTE));
    let registry = chain.deploy(new).address();
    // Blocks take no time: a test says when some passes.
    chain.set_block_time(0);
    World { chain, registry }
}

fn proof(registry: Address, device: &Device, operator: Account) -> [u8; 64] {
    let content = operator.address().0;
    device.sign(&message(REGISTRATION, CHAIN, registry, &content))
}

fn signature(registry: Address, device: &Device, number: u64, reading: Reading) -> [u8; 64] {
    let mut content = Vec::new();
    content.extend(number.to_le_bytes());
    content.extend(reading.sequence.to_le_bytes());
    content.extend(reading.time.to_le_bytes());
    content.extend(reading.value.to_le_bytes());
    device.sign(&message(READING, CHAIN, registry, &content))
}

impl World {
    fn register(&mut self, device: &Device, limits: Option<Limits>) -> Result<u64, Error> {
        let proof = proof(self.registry, device, alice());
        let register = messages::register(device.key(), limits, proof);
        self.chain.call(self.registry, register).returns()
    }

    /// A new Ed25519 device.
    fn device(&mut self, limits: Option<Limits>) -> (u64, Device) {
        let [device, ..] = devices(7);
        (self.register(&device, limits).expect("a new key"), device)
    }

    fn submit(&mut self, number: u64, device: &Device, reading: Reading) -> Result<(), Error> {
        let signature = signature(self.registry, device, number, reading);
        let submit = messages::submit(number, reading, signature);
        self.chain.call(self.registry, submit).by(bob()).returns()
    }

    /// A reading of now.
    fn measure(&mut self, number: u64, device: &Device, value: i64) {
        let last = self.chain.query(self.registry, messages::progress(number));
        let reading = Reading {
            sequence: last.sequence + 1,
            time: self.chain.time(),
            value,
        };
        self.submit(number, device, reading)
            .expect("a good reading");
    }

    fn summary(&self, device: u64) -> Option<Summary> {
        self.chain.query(self.registry, messages::summary(device))
    }
}

#[test]
fn devices_of_all_kinds_are_registered_and_measure() {
    let mut world = world();
    for (device, number) in devices(7).iter().zip(1..) {
        let proof = proof(world.registry, device, alice());
        let register = messages::register(device.key(), Some(LIMITS), proof);
        let receipt = world.chain.call(world.registry, register).run();
        let key = device.key();
        assert!(receipt.emitted(&DeviceRegistered {
            device: number,
            key
        }));
        assert_eq!(receipt.succeeds(), number);
        let found = world.chain.query(world.registry, messages::device(number));
        let (limits, retired) = (Some(LIMITS), false);
        assert_eq!(
            found,
            Some(Registered {
                key,
                limits,
                retired
            })
        );
        assert_eq!(
            world.chain.query(world.registry, messages::device_of(key)),
            Some(number)
        );

        let time = world.chain.time();
        let reading = Reading {
            sequence: 5,
            time,
            value: -3,
        };
        let signature = signature(world.registry, device, number, reading);
        let submit = messages::submit(number, reading, signature);
        let receipt = world.chain.call(world.registry, submit).by(carol()).run();
        assert!(receipt.emitted(&Measured {
            device: number,
            reading
        }));
        receipt.succeeds();
        let progress = world
            .chain
            .query(world.registry, messages::progress(number));
        let (sequence, alert) = (5, false);
        assert_eq!(
            progress,
            Progress {
                sequence,
                time,
                alert
            }
        );
    }
    assert_eq!(
        world.chain.query(world.registry, messages::bucket_time()),
        MINUTE
    );
    assert_eq!(world.chain.query(world.registry, messages::device(4)), None);
    let [stranger, ..] = devices(8);
    let stranger = messages::device_of(stranger.key());
    assert_eq!(world.chain.query(world.registry, stranger), None);
}

#[test]
fn what_is_signed_is_what_the_docs_say() {
    let registry = Address([3; 32]);
    let reading = Reading {
        sequence: 1,
        time: 2,
        value: -1,
    };
    let content = [
        &9_u64.to_le_bytes()[..],
        &1_u64.to_le_bytes(),
        &2_u64.to_le_bytes(),
        &[255; 8],
    ];
    let by_hand = message(READING, CHAIN, registry, &content.concat());
    assert_eq!(
        signed(READING, &hull::Hash(CHAIN), &registry, &(9_u64, reading)),
        by_hand
    );
}

#[test]
fn a_registry_has_buckets_of_some_time() {
    let mut chain = Chain::new();
    for (time, good) in [
        (0, false),
        (1, true),
        (MAX_BUCKET, true),
        (MAX_BUCKET + 1, false),
    ] {
        let new = chain.deploy(code("registry").with(constructors::new(time)));
        let limit = MAX_BUCKET;
        let expected = if good {
            Ok(())
        } else {
            Err(Error::InvalidBucketTime { limit })
        };
        assert_eq!(new.returns(), expected);
    }
}

#[test]
fn nobody_registers_a_key_that_is_not_theirs_or_taken() {
    let mut world = world();
    for device in devices(7) {
        let [stranger, ..] = devices(8);
        let foreign = proof(world.registry, &stranger, alice());
        // Bob saw this proof and would have the device registered by himself.
        let of_bob = proof(world.registry, &device, bob());
        // One for another registry.
        let elsewhere = proof(Address([1; 32]), &device, alice());
        // The right message with another purpose.
        let content = alice().address().0;
        let reading = device.sign(&message(READING, CHAIN, world.registry, &content));
        // The same on another chain.
        let fork = device.sign(&message(REGISTRATION, [1; 32], world.registry, &content));
        for proof in [foreign, of_bob, elsewhere, reading, fork, [0; 64]] {
            let register = messages::register(device.key(), None::<Limits>, proof);
            let refused = world.chain.call(world.registry, register).fails();
            assert_eq!(refused, Error::BadSignature);
        }
        let number = world.register(&device, None).expect("a good proof");
        let again = world.register(&device, None);
        assert_eq!(again, Err(Error::KeyTaken { device: number }));
    }
    let limits = Limits { low: 1, high: 0 };
    let [device, ..] = devices(9);
    let turned = world.register(&device, Some(limits));
    assert_eq!(turned, Err(Error::InvalidLimits { limits }));
}

#[test]
fn signatures_hold_for_one_reading_of_one_device_here() {
    let mut world = world();
    for (device, number) in devices(7).iter().zip(1..) {
        world.register(device, None).expect("a new key");
        let time = world.chain.time();
        let reading = Reading {
            sequence: 1,
            time,
            value: 4,
        };
        let good = signature(world.registry, device, number, reading);
        let mut flipped = good;
        flipped[40] ^= 1;
        let other_value = Reading {
            value: 5,
            ..reading
        };
        let wrong = [
            (number, reading, flipped),
            (number, other_value, good),
            (
                number,
                reading,
                signature(world.registry, device, number + 1, reading),
            ),
            (
                number,
                reading,
                signature(Address([1; 32]), device, number, reading),
            ),
            (
                number,
                reading,
                signature(world.registry, &devices(8)[0], number, reading),
            ),
        ];
        for (number, reading, signature) in wrong {
            let submit = messages::submit(number, reading, signature);
            let refused = world.chain.call(world.registry, submit).fails();
            assert_eq!(refused, Error::BadSignature, "{:?}", device.key());
        }
        let submit = messages::submit(number, reading, good);
        world.chain.call(world.registry, submit).succeeds();
    }
}

#[test]
fn replays_are_refused() {
    let mut world = world();
    let (number, device) = world.device(None);
    let time = world.chain.time();
    let reading = Reading {
        sequence: 5,
        time,
        value: 4,
    };
    let zero = Reading {
        sequence: 0,
        ..reading
    };
    assert_eq!(
        world.submit(number, &device, zero),
        Err(Error::Replayed { last: 0 })
    );
    assert_eq!(world.submit(number, &device, reading), Ok(()));
    let replayed = Err(Error::Replayed { last: 5 });
    assert_eq!(world.submit(number, &device, reading), replayed);
    let before = Reading {
        sequence: 4,
        ..reading
    };
    assert_eq!(world.submit(number, &device, before), replayed);
    let after = Reading {
        sequence: 9,
        ..reading
    };
    assert_eq!(world.submit(number, &device, after), Ok(()));
    assert_eq!(world.summary(number).map(|all| all.count), Some(2));
}

#[test]
fn readings_are_of_this_time_and_in_order() {
    let mut world = world();
    let (number, device) = world.device(None);
    let now = world.chain.time();
    let reading = |sequence, time| Reading {
        sequence,
        time,
        value: 1,
    };
    let latest = now + MAX_LEAD;
    let early = world.submit(number, &device, reading(1, latest + 1));
    assert_eq!(early, Err(Error::TooNew { latest }));
    let earliest = (now / MINUTE - (BUCKETS - 1)) * MINUTE;
    let late = world.submit(number, &device, reading(1, earliest - 1));
    assert_eq!(late, Err(Error::TooOld { earliest }));
    assert_eq!(world.submit(number, &device, reading(1, earliest)), Ok(()));
    assert_eq!(world.submit(number, &device, reading(2, now)), Ok(()));
    let back = world.submit(number, &device, reading(3, now - 1));
    assert_eq!(back, Err(Error::TooOld { earliest: now }));
    assert_eq!(world.submit(number, &device, reading(3, latest)), Ok(()));
}

#[test]
fn the_window_slides() {
    let mut world = world();
    let (number, device) = world.device(None);
    assert_eq!(world.summary(number), None);
    // The beginning of a bucket.
    let start = (world.chain.time() / MINUTE + 1) * MINUTE;
    world.chain.set_time(start);
    for value in [7, -4, 0] {
        world.measure(number, &device, value);
    }
    let (count, min, max) = (3, -4, 7);
    assert_eq!(
        world.summary(number),
        Some(Summary {
            count,
            mean: 1,
            min,
            max
        })
    );
    world.chain.set_time(start + MINUTE);
    world.measure(number, &device, -8);
    // -5 / 4, rounded down.
    let (count, min) = (4, -8);
    assert_eq!(
        world.summary(number),
        Some(Summary {
            count,
            mean: -2,
            min,
            max
        })
    );

    // The first bucket is the last of the window, and then out of it.
    world.chain.set_time(start + BUCKETS * MINUTE - 1);
    assert_eq!(world.summary(number).map(|all| all.count), Some(4));
    world.chain.set_time(start + BUCKETS * MINUTE);
    let second = Summary {
        count: 1,
        mean: -8,
        min: -8,
        max: -8,
    };
    assert_eq!(world.summary(number), Some(second));
    // Its place is taken by the bucket of now.
    world.measure(number, &device, 100);
    let (count, min, max) = (2, -8, 100);
    assert_eq!(
        world.summary(number),
        Some(Summary {
            count,
            mean: 46,
            min,
            max
        })
    );
    world.chain.set_time(start + 100 * BUCKETS * MINUTE);
    assert_eq!(world.summary(number), None);
}

#[test]
fn extremes_do_not_overflow() {
    let mut world = world();
    let (number, device) = world.device(None);
    world.measure(number, &device, i64::MAX);
    world.measure(number, &device, i64::MAX);
    let (min, max) = (i64::MAX, i64::MAX);
    assert_eq!(
        world.summary(number),
        Some(Summary {
            count: 2,
            mean: i64::MAX,
            min,
            max
        })
    );
    for _ in 0..3 {
        world.measure(number, &device, i64::MIN);
    }
    let mean = ((2 * i128::from(i64::MAX) + 3 * i128::from(i64::MIN)).div_euclid(5)) as i64;
    let min = i64::MIN;
    assert_eq!(
        world.summary(number),
        Some(Summary {
            count: 5,
            mean,
            min,
            max
        })
    );
}

#[test]
fn a_passed_limit_raises_one_alert_and_the_way_back_clears_it() {
    let mut world = world();
    let (number, device) = world.device(Some(LIMITS));
    let values = [-10, 50, 51, 99, -11, 50, -10, -11, i64::MAX, 0];
    let mut alerts = Vec::new();
    for (value, sequence) in values.into_iter().zip(1..) {
        let reading = Reading {
            sequence,
            time: world.chain.time(),
            value,
        };
        let signature = signature(world.registry, &device, number, reading);
        let submit = messages::submit(number, reading, signature);
        let receipt = world.chain.call(world.registry, submit).run();
        alerts.extend(receipt.events_of::<Alert>());
        receipt.succeeds();
    }
    assert!(
        alerts
            .iter()
            .all(|it| (it.device, it.limits) == (number, LIMITS))
    );
    let told: Vec<_> = alerts
        .iter()
        .map(|it| (it.raised, it.reading.value))
        .collect();
    assert_eq!(told, [(true, 51), (false, 50), (true, -11), (false, 0)]);
}

#[test]
fn operators_set_limits_and_retire_devices() {
    let mut world = world();
    let (number, device) = world.device(None);
    let limits = Some(LIMITS);
    let set = messages::set_limits(number, limits);
    let receipt = world.chain.call(world.registry, set).run();
    assert!(receipt.emitted(&LimitsChanged {
        device: number,
        limits
    }));
    receipt.succeeds();
    let found = world.chain.query(world.registry, messages::device(number));
    assert_eq!(found.and_then(|it| it.limits), limits);
    let turned = Limits { low: 1, high: 0 };
    let set = messages::set_limits(number, Some(turned));
    let refused = world.chain.call(world.registry, set).fails();
    assert_eq!(refused, Error::InvalidLimits { limits: turned });

    let retired = world
        .chain
        .call(world.registry, messages::retire(number))
        .run();
    assert!(retired.emitted(&DeviceRetired { device: number }));
    retired.succeeds();
    let time = world.chain.time();
    let reading = Reading {
        sequence: 1,
        time,
        value: 1,
    };
    let gone = Error::Retired { device: number };
    assert_eq!(world.submit(number, &device, reading), Err(gone));
    let set = messages::set_limits(number, None::<Limits>);
    assert_eq!(world.chain.call(world.registry, set).fails(), gone);
    assert_eq!(
        world
            .chain
            .call(world.registry, messages::retire(number))
            .fails(),
        gone
    );
    // The key does not come back under another number.
    assert_eq!(
        world.register(&device, None),
        Err(Error::KeyTaken { device: number })
    );

    let unknown = Error::UnknownDevice { device: 9 };
    assert_eq!(world.submit(9, &device, reading), Err(unknown));
    assert_eq!(
        world
            .chain
            .call(world.registry, messages::retire(9))
            .fails(),
        unknown
    );
}

#[test]
fn roles_are_given_and_taken_by_admins() {
    let mut world = world();
    let (number, _) = world.device(None);
    let operator = Error::MissingRole {
        role: Role::Operator,
    };
    let admin = Error::MissingRole { role: Role::Admin };
    let register = |world: &mut World, device: &Device| {
        let proof = proof(world.registry, device, bob());
        let register = messages::register(device.key(), None::<Limits>, proof);
        world
            .chain
            .call(world.registry, register)
            .by(bob())
            .returns()
    };
    let [device, other, _] = devices(8);
    assert_eq!(register(&mut world, &device), Err(operator));
    let set = messages::set_limits(number, None::<Limits>);
    assert_eq!(
        world.chain.call(world.registry, set).by(bob()).fails(),
        operator
    );
    let retire = messages::retire(number);
    assert_eq!(
        world.chain.call(world.registry, retire).by(bob()).fails(),
        operator
    );

    let grant = messages::grant_role(Role::Operator, bob());
    assert_eq!(
        world
            .chain
            .call(world.registry, grant.clone())
            .by(bob())
            .fails(),
        admin
    );
    let granted = world.chain.call(world.registry, grant).run();
    let (role, account) = (Role::Operator, bob().address());
    assert!(granted.emitted(&RoleChanged {
        role,
        account,
        granted: true
    }));
    granted.succeeds();
    assert!(
        world
            .chain
            .query(world.registry, messages::has_role(role, bob()))
    );
    assert_eq!(register(&mut world, &device), Ok(2));

    let revoke = messages::revoke_role(role, bob());
    assert_eq!(
        world
            .chain
            .call(world.registry, revoke.clone())
            .by(bob())
            .fails(),
        admin
    );
    world.chain.call(world.registry, revoke).succeeds();
    assert_eq!(register(&mut world, &other), Err(operator));
    let own = messages::revoke_role(Role::Admin, alice());
    assert_eq!(
        world.chain.call(world.registry, own).fails(),
        Error::OwnAdminRole
    );
}

#[test]
fn devices_are_listed_in_pages() {
    let mut world = world();
    for seed in 1..=MAX_PAGE as u8 + 1 {
        let [device, ..] = devices(seed);
        assert_eq!(world.register(&device, None), Ok(seed.into()));
    }
    let page = messages::devices(None::<u64>, u32::MAX);
    let page = world.chain.query(world.registry, page);
    let numbers: Vec<_> = page.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=u64::from(MAX_PAGE)).collect::<Vec<_>>());
    let rest = messages::devices(Some(u64::from(MAX_PAGE) - 1), 5);
    assert_eq!(world.chain.query(world.registry, rest).len(), 2);
    let one = messages::devices(Some(1), 1);
    assert_eq!(
        world.chain.query(world.registry, one)[0].1.key,
        devices(2)[0].key()
    );
}

/// What needs everything that the contract declares.
fn use_it(code: &Code) -> Result<(), Failed> {
    let mut chain = Chain::new();
    let created = chain.deploy(code.with(constructors::new(MINUTE))).run();
    let registry = created.contract();
    created.result?.expect("a valid time");
    let registry = registry.expect("it was created");
    let [device, ..] = devices(7);
    let proof = proof(registry, &device, alice());
    let register = messages::register(device.key(), Some(LIMITS), proof);
    let registered = chain.call(registry, register).run();
    registered
        .result
        .map(|registered| assert_eq!(registered, Ok(1)))
}

#[test]
fn one_capability_less_fails() {
    let code = code("registry");
    use_it(&code).expect("what it declares is enough");
    for weaker in weaker(&code) {
        assert!(use_it(&weaker.code).is_err(), "{weaker:?}");
    }
}

#[test]
fn the_readme_says_what_messages_cost() {
    let mut world = world();
    for (device, number) in devices(7).iter().zip(1..) {
        assert_eq!(world.register(device, Some(LIMITS)), Ok(number));
        // The first of a bucket, one more, and one with an alert.
        for (value, sequence) in [1, 2, 99].into_iter().zip(1..) {
            let time = world.chain.time();
            let reading = Reading {
                sequence,
                time,
                value,
            };
            world
                .submit(number, device, reading)
                .expect("a good reading");
        }
    }
    let Some(Summary { count: 3, .. }) = world.summary(1) else {
        panic!("there were three readings");
    };
    world
        .chain
        .call(world.registry, messages::set_limits(1, None::<Limits>))
        .succeeds();
    world
        .chain
        .call(world.registry, messages::retire(1))
        .succeeds();
    world
        .chain
        .call(world.registry, messages::grant_role(Role::Operator, bob()))
        .succeeds();
    world
        .chain
        .call(world.registry, messages::revoke_role(Role::Operator, bob()))
        .succeeds();
    hold_gas(&world.chain, "registry");
}
