//! Devices and their signed readings.
#![no_std]

/// A registry of devices that sign what they measure.
///
/// An operator registers a device with its public key and proof that the device
/// has the secret one. The device signs its readings; anyone may bring them here.
/// The registry refuses what is not signed, not new or not of this time, keeps
/// count, sum and extremes over a sliding window, and raises an alert when a
/// reading leaves the limits of the device, and clears it when one is back.
///
/// What a device signs begins with a purpose, the chain and this contract, so a
/// signature is good for one purpose in one place; see [`signed`](signed()).
#[hull::contract(capabilities(storage = "256 MiB", events, crypto))]
pub mod registry {
    use core::ops::Bound;

    use hull::Timestamp;
    use hull::codec::Encode;
    use hull::prelude::*;
    use hull::storage::{MissingRole, Roles};

    /// The number of a device.
    pub type DeviceId = u64;

    /// Into how many buckets the window is divided. The window covers the bucket
    /// of now and the others before it.
    pub const BUCKETS: u64 = 12;

    /// How far a device's clock may be ahead of the block's, in milliseconds.
    pub const MAX_LEAD: u64 = 30_000;

    /// Longest time that a bucket may cover, in milliseconds: a day.
    pub const MAX_BUCKET: u64 = 24 * 60 * 60 * 1_000;

    /// Most entries of one page.
    pub const MAX_PAGE: u32 = 64;

    /// What a registration is signed for; see [`signed`](signed()).
    pub const REGISTRATION: &str = "hull/registry/device";
    /// What a reading is signed for; see [`signed`](signed()).
    pub const READING: &str = "hull/registry/reading";

    /// What the contract stores.
    #[hull::storage]
    pub struct Registry {
        /// The time that a bucket covers, in milliseconds.
        bucket_time: Value<u64>,
        /// How many devices there ever were.
        registered: Value<DeviceId>,
        devices: OrderedMap<DeviceId, Device>,
        /// What changes with every reading.
        progress: Map<DeviceId, Progress>,
        /// Which device has a key.
        keys: Map<DeviceKey, DeviceId>,
        /// By device and position: a bucket is overwritten when the window has
        /// moved past it.
        window: Map<(DeviceId, u8), Bucket>,
        roles: Roles<Role>,
    }

    /// What an account may do.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Role {
        /// Gives and takes roles.
        Admin,
        /// Registers and retires devices, and sets their limits.
        Operator,
    }

    /// The public key of a device. Points are compressed.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum DeviceKey {
        /// Signs the message itself.
        Ed25519([u8; 32]),
        /// Signs the SHA-256 of the message, as secure elements do.
        Secp256r1([u8; 33]),
        /// Signs the SHA-256 of the message.
        Secp256k1([u8; 33]),
    }

    /// Between these, ends included, a reading is as it should be.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Limits {
        /// The least.
        pub low: i64,
        /// The greatest.
        pub high: i64,
    }

    /// A device as it was registered.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Device {
        /// What it signs with.
        pub key: DeviceKey,
        /// What it should measure.
        pub limits: Option<Limits>,
        /// Whether its readings are refused from now on, for good.
        pub retired: bool,
    }

    /// How far a device is.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Progress {
        /// The sequence number of its last reading; 0 before the first.
        pub sequence: u64,
        /// The time of its last reading.
        pub time: Timestamp,
        /// Whether that was outside the limits.
        pub alert: bool,
    }

    /// One measurement.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Reading {
        /// Greater than that of the device's last reading, which makes it new.
        pub sequence: u64,
        /// When, in milliseconds since the Unix epoch; not before the last one.
        pub time: Timestamp,
        /// What, in the device's own unit.
        pub value: i64,
    }

    /// The readings of one part of the window.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Bucket {
        /// Which part of time: the time divided by what a bucket covers.
        pub period: u64,
        /// How many readings.
        pub count: u64,
        /// Their sum.
        pub sum: i128,
        /// The least.
        pub min: i64,
        /// The greatest.
        pub max: i64,
    }

    /// The readings of the window.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Summary {
        /// How many.
        pub count: u64,
        /// Their mean, rounded down.
        pub mean: i64,
        /// The least.
        pub min: i64,
        /// The greatest.
        pub max: i64,
    }

    /// A device was registered.
    #[hull::event]
    pub struct DeviceRegistered {
        /// Its number.
        #[topic]
        pub device: DeviceId,
        /// Its key.
        pub key: DeviceKey,
    }

    /// A device was retired.
    #[hull::event]
    pub struct DeviceRetired {
        /// Its number.
        #[topic]
        pub device: DeviceId,
    }

    /// A device got other limits.
    #[hull::event]
    pub struct LimitsChanged {
        /// Its number.
        #[topic]
        pub device: DeviceId,
        /// The limits from now on.
        pub limits: Option<Limits>,
    }

    /// A reading was accepted.
    #[hull::event]
    pub struct Measured {
        /// By which device.
        #[topic]
        pub device: DeviceId,
        /// The reading.
        pub reading: Reading,
    }

    /// A reading passed a limit, outwards or back.
    #[hull::event]
    pub struct Alert {
        /// Of which device.
        #[topic]
        pub device: DeviceId,
        /// Whether it is outside now.
        #[topic]
        pub raised: bool,
        /// The reading.
        pub reading: Reading,
        /// The limits.
        pub limits: Limits,
    }

    /// A role was given or taken.
    #[hull::event]
    pub struct RoleChanged {
        /// Which.
        #[topic]
        pub role: Role,
        /// Whose.
        #[topic]
        pub account: Address,
        /// Whether it was given.
        pub granted: bool,
    }

    /// Why a message changed nothing.
    #[hull::error]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Error {
        /// The caller lacks a role.
        MissingRole {
            /// Which.
            role: Role,
        },
        /// The last thing an admin may not do is to leave nobody in charge.
        OwnAdminRole,
        /// A bucket covers some time, and not too much.
        InvalidBucketTime {
            /// How much it may, in milliseconds.
            limit: u64,
        },
        /// There is no such device.
        UnknownDevice {
            /// Its number.
            device: DeviceId,
        },
        /// The device is retired.
        Retired {
            /// Its number.
            device: DeviceId,
        },
        /// Another device has this key.
        KeyTaken {
            /// Its number.
            device: DeviceId,
        },
        /// The lower limit is above the upper one.
        InvalidLimits {
            /// The limits.
            limits: Limits,
        },
        /// The signature is not by the device's key, or not of this message.
        BadSignature,
        /// A reading of this sequence number, or a later one, was here before.
        Replayed {
            /// The last sequence number.
            last: u64,
        },
        /// The reading is older than the window, or than the device's last one.
        TooOld {
            /// The oldest time that would do.
            earliest: Timestamp,
        },
        /// The reading is of the future.
        TooNew {
            /// The latest time that would do.
            latest: Timestamp,
        },
    }

    impl From<MissingRole<Role>> for Error {
        fn from(MissingRole { role }: MissingRole<Role>) -> Self {
            Self::MissingRole { role }
        }
    }

    impl Registry {
        /// Opens a registry whose window has [`BUCKETS`] buckets of so many
        /// milliseconds each; the caller gets both roles.
        #[hull::constructor]
        pub fn new(&mut self, bucket_time: u64) -> Result<(), Error> {
            ensure!(
                (1..=MAX_BUCKET).contains(&bucket_time),
                Error::InvalidBucketTime { limit: MAX_BUCKET }
            );
            self.bucket_time.set(&bucket_time);
            self.set_role(Role::Admin, env::caller(), true);
            self.set_role(Role::Operator, env::caller(), true);
            Ok(())
        }

        /// The time that a bucket of the window covers, in milliseconds.
        #[hull::message]
        pub fn bucket_time(&self) -> u64 {
            self.bucket_time.get()
        }

        /// A device as it was registered.
        #[hull::message]
        pub fn device(&self, device: DeviceId) -> Option<Device> {
            self.devices.get(&device)
        }

        /// Which device has a key.
        #[hull::message]
        pub fn device_of(&self, key: DeviceKey) -> Option<DeviceId> {
            self.keys.get(&key)
        }

        /// Devices in the order of their numbers, at most `most` (and at most
        /// [`MAX_PAGE`]) of those behind `after`.
        #[hull::message]
        pub fn devices(&self, after: Option<DeviceId>, most: u32) -> Vec<(DeviceId, Device)> {
            let start = after.map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.devices.range((start, Bound::Unbounded));
            page.take(most.min(MAX_PAGE) as usize).collect()
        }

        /// How far a device is.
        #[hull::message]
        pub fn progress(&self, device: DeviceId) -> Progress {
            self.progress.get_or_default(&device)
        }

        /// A device's readings of the window that ends now; nothing if there are
        /// none.
        #[hull::message]
        pub fn summary(&self, device: DeviceId) -> Option<Summary> {
            let now = env::block_time() / self.bucket_time.get();
            let mut all: Option<Bucket> = None;
            for position in 0..BUCKETS as u8 {
                let Some(bucket) = self.window.get(&(device, position)) else {
                    continue;
                };
                // One that a clock ahead of the block's began counts already.
                if bucket.period + BUCKETS > now {
                    all = Some(all.map_or(bucket, |all| all.with(&bucket)));
                }
            }
            all.map(|all| all.summary())
        }

        /// Whether an account has a role.
        #[hull::message]
        pub fn has_role(&self, role: Role, account: Address) -> bool {
            self.roles.has(role, &account)
        }

        /// Registers a device and returns its number. `proof` is the device's
        /// signature of the caller's address for the purpose [`REGISTRATION`], so
        /// nobody registers a key that is not theirs. Takes the role `Operator`.
        #[hull::message]
        pub fn register(
            &mut self,
            key: DeviceKey,
            limits: Option<Limits>,
            proof: [u8; 64],
        ) -> Result<DeviceId, Error> {
            self.roles.require(Role::Operator)?;
            check_limits(limits)?;
            if let Some(device) = self.keys.get(&key) {
                return Err(Error::KeyTaken { device });
            }
            let message = here(REGISTRATION, &env::caller());
            ensure!(key.signed(&message, &proof), Error::BadSignature);
            let device = self.registered.get_or_default() + 1;
            self.registered.set(&device);
            self.keys.insert(&key, &device);
            let retired = false;
            self.devices.insert(
                &device,
                &Device {
                    key,
                    limits,
                    retired,
                },
            );
            env::emit(&DeviceRegistered { device, key });
            Ok(device)
        }

        /// Sets or takes away the limits of a device. Takes the role `Operator`.
        #[hull::message]
        pub fn set_limits(
            &mut self,
            device: DeviceId,
            limits: Option<Limits>,
        ) -> Result<(), Error> {
            self.roles.require(Role::Operator)?;
            check_limits(limits)?;
            let mut found = self.active(device)?;
            found.limits = limits;
            self.devices.insert(&device, &found);
            env::emit(&LimitsChanged { device, limits });
            Ok(())
        }

        /// Refuses a device's readings from now on, for good: its key may be in the
        /// wrong hands. Takes the role `Operator`.
        #[hull::message]
        pub fn retire(&mut self, device: DeviceId) -> Result<(), Error> {
            self.roles.require(Role::Operator)?;
            let mut found = self.active(device)?;
            found.retired = true;
            self.devices.insert(&device, &found);
            env::emit(&DeviceRetired { device });
            Ok(())
        }

        /// Takes a reading that its device signed, for the purpose [`READING`], with
        /// its number. Anyone may bring it.
        #[hull::message]
        pub fn submit(
            &mut self,
            device: DeviceId,
            reading: Reading,
            signature: [u8; 64],
        ) -> Result<(), Error> {
            let found = self.active(device)?;
            let progress = self.progress.get_or_default(&device);
            let last = progress.sequence;
            ensure!(reading.sequence > last, Error::Replayed { last });
            let bucket_time = self.bucket_time.get();
            in_window(reading.time, progress.time, bucket_time)?;
            let message = here(READING, &(device, reading));
            ensure!(found.key.signed(&message, &signature), Error::BadSignature);

            self.count(device, reading, bucket_time);
            let limits = found.limits;
            let alert = limits.is_some_and(|limits| !limits.contain(reading.value));
            self.progress.insert(
                &device,
                &Progress {
                    sequence: reading.sequence,
                    time: reading.time,
                    alert,
                },
            );
            env::emit(&Measured { device, reading });
            if let Some(limits) = limits.filter(|_| alert != progress.alert) {
                env::emit(&Alert {
                    device,
                    raised: alert,
                    reading,
                    limits,
                });
            }
            Ok(())
        }

        /// Gives a role. Takes the role `Admin`.
        #[hull::message]
        pub fn grant_role(&mut self, role: Role, account: Address) -> Result<(), Error> {
            self.roles.require(Role::Admin)?;
            self.set_role(role, account, true);
            Ok(())
        }

        /// Takes a role away. Takes the role `Admin`, which nobody takes from
        /// themselves.
        #[hull::message]
        pub fn revoke_role(&mut self, role: Role, account: Address) -> Result<(), Error> {
            self.roles.require(Role::Admin)?;
            ensure!(
                role != Role::Admin || account != env::caller(),
                Error::OwnAdminRole
            );
            self.set_role(role, account, false);
            Ok(())
        }

        fn set_role(&mut self, role: Role, account: Address, granted: bool) {
            if granted {
                self.roles.grant(role, &account);
            } else {
                self.roles.revoke(role, &account);
            }
            env::emit(&RoleChanged {
                role,
                account,
                granted,
            });
        }

        /// A device that is not retired.
        fn active(&self, device: DeviceId) -> Result<Device, Error> {
            let found = self.devices.get(&device);
            let found = found.ok_or(Error::UnknownDevice { device })?;
            ensure!(!found.retired, Error::Retired { device });
            Ok(found)
        }

        fn count(&mut self, device: DeviceId, reading: Reading, bucket_time: u64) {
            let new = Bucket::of(reading, bucket_time);
            // The remainder is below the number of buckets.
            let place = (device, (new.period % BUCKETS) as u8);
            let bucket = match self.window.get(&place) {
                Some(bucket) if bucket.period == new.period => bucket.with(&new),
                _ => new,
            };
            self.window.insert(&place, &bucket);
        }
    }

    impl DeviceKey {
        fn signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
            match self {
                Self::Ed25519(key) => crypto::ed25519_verify(message, signature, key),
                Self::Secp256r1(key) => {
                    crypto::secp256r1_verify(&crypto::sha2_256(message), signature, key)
                }
                Self::Secp256k1(key) => {
                    crypto::secp256k1_verify(&crypto::sha2_256(message), signature, key)
                }
            }
        }
    }

    impl Limits {
        fn contain(&self, value: i64) -> bool {
            (self.low..=self.high).contains(&value)
        }
    }

    impl Bucket {
        fn of(reading: Reading, bucket_time: u64) -> Self {
            Self {
                period: reading.time / bucket_time,
                count: 1,
                sum: reading.value.into(),
                min: reading.value,
                max: reading.value,
            }
        }

        /// Both together. A sum of fewer than 2^64 numbers of 64 bits fits.
        fn with(self, other: &Self) -> Self {
            Self {
                period: self.period,
                count: self.count + other.count,
                sum: self.sum + other.sum,
                min: self.min.min(other.min),
                max: self.max.max(other.max),
            }
        }

        fn summary(&self) -> Summary {
            let mean = self.sum.div_euclid(self.count.into());
            Summary {
                count: self.count,
                // Between the least and the greatest.
                mean: mean as i64,
                min: self.min,
                max: self.max,
            }
        }
    }

    /// What a device signs: SCALE of the purpose as a text, the hash of the
    /// chain's genesis, the address of the registry, and the content. For a
    /// registration that is the operator's address, for a reading the device's
    /// number and the [`Reading`].
    pub fn signed(
        purpose: &str,
        chain: &Hash,
        registry: &Address,
        content: &impl Encode,
    ) -> Vec<u8> {
        (purpose, chain, registry, content).encode()
    }

    fn here(purpose: &str, content: &impl Encode) -> Vec<u8> {
        signed(purpose, &env::chain_id(), &env::callee(), content)
    }

    fn check_limits(limits: Option<Limits>) -> Result<(), Error> {
        match limits {
            Some(limits) if limits.low > limits.high => Err(Error::InvalidLimits { limits }),
            _ => Ok(()),
        }
    }

    fn in_window(time: Timestamp, last: Timestamp, bucket_time: u64) -> Result<(), Error> {
        let now = env::block_time();
        let latest = now.saturating_add(MAX_LEAD);
        ensure!(time <= latest, Error::TooNew { latest });
        let first_period = (now / bucket_time).saturating_sub(BUCKETS - 1);
        // Not above `now`.
        let earliest = last.max(first_period * bucket_time);
        ensure!(time >= earliest, Error::TooOld { earliest });
        Ok(())
    }
}
