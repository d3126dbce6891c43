//! Who agrees on blocks, and from which height on.

use hull_host_api::{Address, Hash, Height};
use parity_scale_codec::{Decode, Encode};

use crate::decode::{DecodeError, decode_bounded};
use crate::hash::tagged;
use crate::statement::is_public_key;

/// A validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Validator {
    /// Its Ed25519 key.
    pub public_key: [u8; 32],
    /// Its share of the votes. In an update 0 stands for leaving.
    pub power: u64,
}

/// Most validators of a chain: the signatures of a certificate, 64 bytes each, stay
/// small beside a block, and every vote goes from each to each.
pub const MAX_VALIDATORS: usize = 128;
/// Most power of all validators together, so that no sum or product with a small number
/// overflows.
pub const MAX_TOTAL_POWER: u64 = 1 << 60;
/// How many blocks after the one that changes them validators are others: the next block
/// is being agreed on already when the change is known.
pub const UPDATE_DELAY: Height = 2;

/// The owner of what the chain keeps of itself in its state: text, which is no hash of
/// a key or of a contract.
pub const SYSTEM: Address = Address(*b"hull/system\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");

/// The validators of the block at hand and of those that follow: what the state keeps,
/// under [`ValidatorSets::KEY`] of [`SYSTEM`].
///
/// ```
/// use ed25519_dalek::SigningKey;
/// use hull_types::{Validator, ValidatorSets};
///
/// let public_key = SigningKey::from_bytes(&[7; 32]).verifying_key().to_bytes();
/// let [before, after] = [10, 20].map(|power| Validator { public_key, power });
/// let mut sets = ValidatorSets::new(vec![before]);
/// sets.update(7, &[after]).unwrap();
/// assert_eq!(sets.at(8), [before]);
/// assert_eq!(sets.at(9), [after]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ValidatorSets {
    /// By the height of the first block, in ascending order. Of those that are not later
    /// than the last block that changed anything, only the last is kept.
    sets: Vec<(Height, Vec<Validator>)>,
}

/// Why validators cannot be these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorsError {
    /// One is not after the one before it.
    #[error("validator {index} is not in ascending order; sort them by key and list each once")]
    Order {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// One has a key with which no signature counts.
    #[error("validator {index} has no Ed25519 key, or a weak one; generate another")]
    Key {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// One has no power.
    #[error("validator {index} has power 0; leave it out")]
    Powerless {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// There are more than [`MAX_VALIDATORS`].
    #[error("{found} validators; the limit is {MAX_VALIDATORS}")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// Together they have more than [`MAX_TOTAL_POWER`].
    #[error("the validators have more power together than {MAX_TOTAL_POWER}")]
    TotalPower,
    /// An update takes away one that is not there.
    #[error("validator {index} of the update is to leave and is none")]
    Unknown {
        /// Its place in the update, from 0.
        index: usize,
    },
    /// Nobody would be left.
    #[error("no validator would be left")]
    Nobody,
}

impl Validator {
    /// What a header says of the validators that decide it: keccak256 of
    /// SCALE("hull/validators", validators).
    pub fn set_hash(validators: &[Self]) -> Hash {
        tagged("hull/validators", &validators)
    }

    /// Whether a chain may have these.
    ///
    /// # Errors
    /// The first rule that they break.
    pub fn check_all(validators: &[Self]) -> Result<(), ValidatorsError> {
        check_order(validators)?;
        if let Some(index) = validators.iter().position(|one| one.power == 0) {
            return Err(ValidatorsError::Powerless { index });
        }
        let bad = |one: &Self| !is_public_key(&one.public_key);
        if let Some(index) = validators.iter().position(bad) {
            return Err(ValidatorsError::Key { index });
        }
        let total = validators
            .iter()
            .try_fold(0_u64, |sum, one| sum.checked_add(one.power));
        match total {
            Some(total) if total <= MAX_TOTAL_POWER => Ok(()),
            _ => Err(ValidatorsError::TotalPower),
        }
    }
}

fn check_order(validators: &[Validator]) -> Result<(), ValidatorsError> {
    if validators.len() > MAX_VALIDATORS {
        return Err(ValidatorsError::TooMany {
            found: validators.len(),
        });
    }
    let pairs = validators.iter().zip(validators.iter().skip(1));
    match pairs
        .enumerate()
        .find(|(_, (one, next))| one.public_key >= next.public_key)
    {
        Some((place, _)) => Err(ValidatorsError::Order { index: place + 1 }),
        None => Ok(()),
    }
}

impl ValidatorSets {
    /// The key under which the state has them.
    pub const KEY: &[u8] = b"validators";
    /// Most bytes of an encoding: three sets, of the block at hand and the two after it.
    pub const MAX_BYTES: usize = 4 * (MAX_VALIDATORS * 40 + 16);

    /// Those of a genesis.
    pub fn new(validators: Vec<Validator>) -> Self {
        Self {
            sets: vec![(0, validators)],
        }
    }

    /// The validators that decide the block of a height; of a height long past, the
    /// oldest that are kept.
    pub fn at(&self, height: Height) -> &[Validator] {
        let before = self.sets.iter().rev().find(|(from, _)| *from <= height);
        let set = before.or(self.sets.first());
        set.map_or(&[], |(_, validators)| validators)
    }

    /// All that are kept, in the order in which they are at work.
    pub fn all(&self) -> impl Iterator<Item = &[Validator]> {
        self.sets
            .iter()
            .map(|(_, validators)| validators.as_slice())
    }

    /// The set that is at work last, and the height of its first block.
    pub fn last(&self) -> (Height, &[Validator]) {
        self.sets
            .last()
            .map_or((0, &[]), |(from, validators)| (*from, validators))
    }

    /// Changes validators in the block of a height: each of the update gets the power
    /// that it has there, none where that is 0. Effective [`UPDATE_DELAY`] blocks later.
    ///
    /// # Errors
    /// If the update or what would come of it breaks a rule; nothing changes then.
    pub fn update(&mut self, height: Height, update: &[Validator]) -> Result<(), ValidatorsError> {
        check_order(update)?;
        let (_, last) = self.last();
        let mut next = last.to_vec();
        for (index, one) in update.iter().enumerate() {
            match next.binary_search_by_key(&one.public_key, |it| it.public_key) {
                Ok(place) if one.power == 0 => {
                    next.remove(place);
                }
                Ok(place) => next[place] = *one,
                Err(_) if one.power == 0 => return Err(ValidatorsError::Unknown { index }),
                Err(place) => next.insert(place, *one),
            }
        }
        if next.is_empty() {
            return Err(ValidatorsError::Nobody);
        }
        Validator::check_all(&next)?;
        self.put(height, next);
        Ok(())
    }

    /// Takes the power of those whose cheating was proved in the block of a height. The
    /// last validator keeps it: nobody would be left to go on.
    pub fn punish(&mut self, height: Height, keys: &[[u8; 32]]) {
        let (_, last) = self.last();
        let caught = |one: &Validator| keys.contains(&one.public_key);
        let next: Vec<_> = last.iter().filter(|one| !caught(one)).copied().collect();
        if !next.is_empty() && next.len() < last.len() {
            self.put(height, next);
        }
    }

    fn put(&mut self, height: Height, validators: Vec<Validator>) {
        let from = height.saturating_add(UPDATE_DELAY);
        self.sets.retain(|(other, _)| *other != from);
        let done = self.sets.iter().rposition(|(other, _)| *other <= height);
        self.sets.drain(..done.unwrap_or(0));
        self.sets.push((from, validators));
    }

    /// Decodes what a state has.
    ///
    /// # Errors
    /// If there are more than [`Self::MAX_BYTES`], or the bytes are no encoding.
    pub fn decode_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_bounded("sets of validators", bytes, Self::MAX_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;

    use super::*;

    /// The validator of a number; their keys are in the order of the numbers.
    fn one(number: u8, power: u64) -> Validator {
        static KEYS: OnceLock<Vec<[u8; 32]>> = OnceLock::new();
        let keys = KEYS.get_or_init(|| {
            let keys = (0..=u8::MAX).map(|seed| SigningKey::from_bytes(&[seed; 32]));
            let mut keys: Vec<_> = keys.map(|it| it.verifying_key().to_bytes()).collect();
            keys.sort_unstable();
            keys
        });
        Validator {
            public_key: keys[usize::from(number)],
            power,
        }
    }

    #[test]
    fn a_key_has_to_be_one() {
        let mut weak = one(1, 1);
        weak.public_key = [0; 32];
        weak.public_key[0] = 1;
        let refused = Validator::check_all(&[weak]);
        assert_eq!(refused, Err(ValidatorsError::Key { index: 0 }));
    }

    #[test]
    fn a_change_waits_two_blocks_and_changes_of_a_block_add_up() {
        let mut sets = ValidatorSets::new(vec![one(1, 1)]);
        sets.update(5, &[one(2, 2)]).unwrap();
        sets.update(5, &[one(3, 3)]).unwrap();
        sets.update(6, &[one(1, 0), one(2, 9)]).unwrap();
        assert_eq!(sets.at(6), [one(1, 1)]);
        assert_eq!(sets.at(7), [one(1, 1), one(2, 2), one(3, 3)]);
        assert_eq!(sets.at(8), [one(2, 9), one(3, 3)]);
        assert_eq!(sets.at(800), sets.at(8));
    }

    #[test]
    fn cheats_lose_their_power_unless_nobody_would_be_left() {
        let mut sets = ValidatorSets::new(vec![one(1, 1), one(2, 1), one(3, 1)]);
        sets.punish(5, &[one(2, 1).public_key, one(9, 1).public_key]);
        assert_eq!(sets.at(6).len(), 3);
        assert_eq!(sets.at(7), [one(1, 1), one(3, 1)]);
        let all = [1, 3].map(|number| one(number, 1).public_key);
        let before = sets.clone();
        sets.punish(8, &all);
        assert_eq!(sets, before);
    }

    #[test]
    fn a_refused_update_changes_nothing() {
        let sets = ValidatorSets::new(vec![one(1, 1), one(2, 1)]);
        let many: Vec<_> = (0..=MAX_VALIDATORS as u8).map(|key| one(key, 1)).collect();
        for (update, error) in [
            (vec![one(1, 0), one(2, 0)], ValidatorsError::Nobody),
            (
                vec![one(1, 2), one(9, 0)],
                ValidatorsError::Unknown { index: 1 },
            ),
            (
                vec![one(2, 2), one(1, 2)],
                ValidatorsError::Order { index: 1 },
            ),
            (
                vec![one(1, 2), one(1, 3)],
                ValidatorsError::Order { index: 1 },
            ),
            (vec![one(1, MAX_TOTAL_POWER)], ValidatorsError::TotalPower),
            (vec![one(1, u64::MAX)], ValidatorsError::TotalPower),
            (many, ValidatorsError::TooMany { found: 129 }),
            (
                (10..10 + 127).map(|key| one(key, 1)).collect(),
                ValidatorsError::TooMany { found: 129 },
            ),
        ] {
            let mut changed = sets.clone();
            assert_eq!(changed.update(5, &update), Err(error));
            assert_eq!(changed, sets);
        }
    }

    proptest! {
        /// What is kept stays within its bound and answers for every block to come as
        /// a history that forgets nothing would.
        #[test]
        fn what_is_forgotten_is_past(
            steps in proptest::collection::vec((0_u64..4, 1_u8..6, 0_u64..4), 0..40),
        ) {
            let mut sets = ValidatorSets::new(vec![one(1, 1)]);
            let mut whole = vec![(0, vec![one(1, 1)])];
            let mut height = 1;
            for (step, key, power) in steps {
                height += step;
                if sets.update(height, &[one(key, power)]).is_ok() {
                    whole.push((height + UPDATE_DELAY, sets.last().1.to_vec()));
                }
                for later in height..height + 4 {
                    let expected = whole.iter().rev().find(|(from, _)| *from <= later);
                    prop_assert_eq!(sets.at(later), &expected.unwrap().1);
                }
                prop_assert!(sets.sets.len() <= 3);
                let bytes = sets.encode();
                prop_assert_eq!(ValidatorSets::decode_bytes(&bytes).unwrap(), sets.clone());
            }
        }
    }
}
