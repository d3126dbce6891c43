//! Transactions: body, envelope, and the envelope after its signature was checked.

use hull_host_api::{Address, Balance, Gas, Hash};
use parity_scale_codec::{Decode, Encode};

use crate::SigningKey;
use crate::decode::{DecodeError, decode_bounded};
use crate::hash::tagged;
use crate::signature::{Signature, SignatureError, sign};
use crate::validators::Validator;

/// Most bytes of an encoded envelope: the largest code that admission takes, one
/// megabyte, and room for everything around it. A chain may set less.
pub const MAX_TRANSACTION_BYTES: usize = 1024 * 1024 + 16 * 1024;

/// What a sender says: the body that is signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Transaction {
    /// The account that signs and pays.
    pub sender: Address,
    /// How many transactions of the sender came before.
    pub nonce: u64,
    /// Most gas, that of validation and of the bytes included.
    pub gas_limit: Gas,
    /// What a unit of gas costs, in the smallest unit of the token.
    pub gas_price: Balance,
    /// What is paid on top, however much gas is used.
    pub tip: Balance,
    /// Most storage deposit that the sender pays, less what it gets back.
    pub deposit_limit: Balance,
    /// What is to be done.
    pub payload: Payload,
}

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Payload {
    /// Sends tokens, without running code.
    #[codec(index = 0)]
    Transfer {
        /// Who gets them.
        to: Address,
        /// How many, in the smallest unit.
        value: Balance,
    },
    /// Puts code on the chain; its hash is SHA2-256 of its bytes.
    #[codec(index = 1)]
    Upload {
        /// A Wasm module.
        code: Vec<u8>,
    },
    /// Creates a contract. Its address comes from sender, code hash and salt.
    #[codec(index = 2)]
    Instantiate {
        /// Uploaded code.
        code_hash: Hash,
        /// Tells contracts of one sender and code apart.
        salt: [u8; 32],
        /// The contracts that the new one may call, under the capability
        /// [`Callees::Granted`](hull_host_api::Callees::Granted).
        grants: Vec<Address>,
        /// Tokens that move from the sender to the contract.
        value: Balance,
        /// The input of the constructor.
        input: Vec<u8>,
    },
    /// Calls a contract.
    #[codec(index = 3)]
    Call {
        /// The contract.
        contract: Address,
        /// Tokens that move from the sender to the contract.
        value: Balance,
        /// The input of the message.
        input: Vec<u8>,
    },
    /// Replaces the code of a contract that the sender created, if the contract's
    /// capabilities allow it and leave it to the creator, and runs the new
    /// code's migration, if it has one.
    #[codec(index = 4)]
    SetCode {
        /// The contract.
        contract: Address,
        /// Uploaded code.
        code_hash: Hash,
        /// The input of the migration.
        input: Vec<u8>,
    },
    /// Removes code that the sender uploaded and no contract uses. Its deposit
    /// returns.
    #[codec(index = 5)]
    RemoveCode {
        /// The code.
        code_hash: Hash,
    },
    /// Changes validators, from the second block after this one on. Of the account that
    /// the parameters name.
    #[codec(index = 6)]
    UpdateValidators {
        /// By key in ascending order: new ones, others' new power, and with power 0
        /// those that leave.
        update: Vec<Validator>,
    },
}

impl Payload {
    /// The tokens that move from the sender besides fee and deposit.
    pub const fn value(&self) -> Balance {
        match self {
            Self::Transfer { value, .. }
            | Self::Instantiate { value, .. }
            | Self::Call { value, .. } => *value,
            Self::Upload { .. }
            | Self::SetCode { .. }
            | Self::RemoveCode { .. }
            | Self::UpdateValidators { .. } => 0,
        }
    }
}

impl Transaction {
    /// What is signed: keccak256 of SCALE("hull/tx", chain id, body).
    pub fn signing_hash(&self, chain_id: &Hash) -> Hash {
        tagged("hull/tx", &(chain_id, self))
    }

    /// Signs with a secp256k1 key.
    pub fn sign(self, chain_id: &Hash, key: &SigningKey) -> SignedTransaction {
        let signature = sign(&self.signing_hash(chain_id), key);
        SignedTransaction {
            transaction: self,
            signature,
        }
    }

    /// The most that the transaction can take from its sender: the fee of all its
    /// gas, the value, and the deposit. `None` if that is more than any balance.
    pub fn most_spent(&self) -> Option<Balance> {
        Balance::from(self.gas_limit)
            .checked_mul(self.gas_price)?
            .checked_add(self.tip)?
            .checked_add(self.payload.value())?
            .checked_add(self.deposit_limit)
    }
}

/// A transaction as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedTransaction {
    /// The body.
    pub transaction: Transaction,
    /// The sender's signature of [`Transaction::signing_hash`].
    pub signature: Signature,
}

impl SignedTransaction {
    /// The SCALE encoding.
    pub fn encode_bytes(&self) -> Vec<u8> {
        self.encode()
    }

    /// Decodes one envelope.
    ///
    /// # Errors
    /// If there are more than [`MAX_TRANSACTION_BYTES`], or the bytes are not
    /// exactly one envelope.
    pub fn decode_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_bounded("a transaction", bytes, MAX_TRANSACTION_BYTES)
    }

    /// The name of the transaction: keccak256 of SCALE("hull/tx-id", envelope).
    pub fn id(&self) -> Hash {
        tagged("hull/tx-id", self)
    }

    /// Checks the signature. Costs some 100 µs, so a node does it once and keeps
    /// the result.
    ///
    /// # Errors
    /// If the signature is not the sender's for this chain, or is not the one
    /// form of it that counts.
    pub fn verify(self, chain_id: &Hash) -> Result<VerifiedTransaction, SignatureError> {
        let hash = self.transaction.signing_hash(chain_id);
        let signer = self.signature.signer(&hash)?;
        if signer != self.transaction.sender {
            return Err(SignatureError::NotTheSender {
                sender: self.transaction.sender,
                signer,
            });
        }
        Ok(VerifiedTransaction {
            id: self.id(),
            bytes: u32::try_from(self.encoded_size()).unwrap_or(u32::MAX),
            envelope: self,
        })
    }
}

/// A transaction whose signature was checked. Only this is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTransaction {
    envelope: SignedTransaction,
    id: Hash,
    bytes: u32,
}

impl VerifiedTransaction {
    /// Takes a body as if its sender had signed it: for tests, benches and
    /// simulation. It counts as long as with a secp256k1 signature, so gas is
    /// the same; its id is that of an envelope with a signature of zeros.
    pub fn assume(transaction: Transaction) -> Self {
        let envelope = SignedTransaction {
            transaction,
            signature: Signature::Secp256k1([0; 65]),
        };
        Self {
            id: envelope.id(),
            bytes: u32::try_from(envelope.encoded_size()).unwrap_or(u32::MAX),
            envelope,
        }
    }

    /// The body.
    pub fn transaction(&self) -> &Transaction {
        &self.envelope.transaction
    }

    /// The envelope, as it goes into a block and to other nodes.
    pub fn envelope(&self) -> &SignedTransaction {
        &self.envelope
    }

    /// See [`SignedTransaction::id`].
    pub fn id(&self) -> Hash {
        self.id
    }

    /// The length of the encoded envelope.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }
}
