//! Devices that sign what they measure, and an alert when a limit is passed.
#![no_std]

/// Devices and their readings.
///
/// An operator registers a device with its Ed25519 key and a limit. A reading
/// counts if the device signed it, whoever brings it.
#[hull::contract(capabilities(storage = "1 MiB", events, crypto))]
pub mod {{library}} {
    use hull::prelude::*;

    /// What the contract stores.
    #[hull::storage]
    pub struct Registry {
        operator: Value<Address>,
        devices: Map<DeviceId, Device>,
    }

    /// The number of a device.
    pub type DeviceId = u32;

    /// A device.
    #[hull::scale]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Device {
        /// Its Ed25519 key.
        pub key: [u8; 32],
        /// Readings above it raise an alert.
        pub limit: i64,
        /// How many readings there were; the next one has this number, so that
        /// none counts twice.
        pub readings: u64,
        /// The last one.
        pub last: Option<i64>,
    }

    /// A device was registered.
    #[hull::event]
    #[derive(Debug, PartialEq)]
    pub struct Registered {
        /// Which.
        #[topic]
        pub device: DeviceId,
    }

    /// A reading passed its device's limit.
    #[hull::event]
    #[derive(Debug, PartialEq)]
    pub struct LimitPassed {
        /// Whose.
        #[topic]
        pub device: DeviceId,
        /// What it measured.
        pub reading: i64,
    }

    /// Why a message changed nothing.
    #[hull::error]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Error {
        /// Only the operator may.
        NotOperator,
        /// There is a device of this number.
        Taken,
        /// There is no device of this number.
        Unknown,
        /// The device did not sign this reading as its next one.
        BadSignature,
    }

    impl Registry {
        /// The caller becomes the operator.
        #[hull::constructor]
        pub fn new(&mut self) {
            self.operator.set(&env::caller());
        }

        /// Registers a device. For the operator.
        #[hull::message]
        pub fn register(
            &mut self,
            device: DeviceId,
            key: [u8; 32],
            limit: i64,
        ) -> Result<(), Error> {
            ensure!(env::caller() == self.operator.get(), Error::NotOperator);
            ensure!(!self.devices.contains(&device), Error::Taken);
            let entry = Device {
                key,
                limit,
                readings: 0,
                last: None,
            };
            self.devices.insert(&device, &entry);
            env::emit(&Registered { device });
            Ok(())
        }

        /// Takes the next reading of a device, with its signature of
        /// [`signed_bytes`]. Anybody may bring it.
        #[hull::message]
        pub fn submit(
            &mut self,
            device: DeviceId,
            reading: i64,
            signature: [u8; 64],
        ) -> Result<(), Error> {
            let mut entry = self.devices.get(&device).ok_or(Error::Unknown)?;
            let signed = signed_bytes(device, entry.readings, reading);
            let genuine = crypto::ed25519_verify(&signed, &signature, &entry.key);
            ensure!(genuine, Error::BadSignature);
            entry.readings += 1;
            entry.last = Some(reading);
            self.devices.insert(&device, &entry);
            if reading > entry.limit {
                env::emit(&LimitPassed { device, reading });
            }
            Ok(())
        }

        /// A device, if there is one of this number.
        #[hull::message]
        pub fn device(&self, device: DeviceId) -> Option<Device> {
            self.devices.get(&device)
        }
    }

    /// What a device signs: its number, the number of the reading, and the
    /// reading, each little-endian.
    pub fn signed_bytes(device: DeviceId, number: u64, reading: i64) -> [u8; 20] {
        let mut bytes = [0; 20];
        bytes[..4].copy_from_slice(&device.to_le_bytes());
        bytes[4..12].copy_from_slice(&number.to_le_bytes());
        bytes[12..].copy_from_slice(&reading.to_le_bytes());
        bytes
    }
}
