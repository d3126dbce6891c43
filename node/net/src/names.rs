//! What things are called on the wire. The chain's id is in every name, so that nodes
//! of two chains have nothing to say to each other.

use hull_types::host_api::Hash;
use libp2p::StreamProtocol;

/// Bytes of the chain id in names of protocols: enough that no two chains meet by
/// accident. [`Names::version`] has all of it.
const SHORT: usize = 8;

/// The names of one chain.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    chain: String,
    short: String,
}

impl Names {
    pub(crate) fn new(chain_id: &Hash) -> Self {
        let chain = chain_id.to_string();
        let short = chain.chars().take(2 * SHORT).collect();
        Self { chain, short }
    }

    /// What a node says that it speaks; two nodes of one chain say the same.
    pub(crate) fn version(&self) -> String {
        format!("hull/1/{}", self.chain)
    }

    /// The topic of transactions.
    pub(crate) fn transactions(&self) -> String {
        format!("hull/{}/transactions/1", self.short)
    }

    /// What the versions of gossip begin with.
    pub(crate) fn gossip(&self) -> String {
        format!("/hull/{}/gossip", self.short)
    }

    /// Codes, asked for by their hash.
    pub(crate) fn code(&self) -> StreamProtocol {
        self.protocol("code/1")
    }

    /// Who knows whom.
    pub(crate) fn discovery(&self) -> StreamProtocol {
        self.protocol("kad/1")
    }

    fn protocol(&self, what: &str) -> StreamProtocol {
        let name = format!("/hull/{}/{what}", self.short);
        StreamProtocol::try_from_owned(name).expect("it begins with a slash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_of_one_chain() {
        let names = |chain| {
            let names = Names::new(&Hash([chain; 32]));
            [
                names.version(),
                names.transactions(),
                names.gossip(),
                names.code().to_string(),
                names.discovery().to_string(),
            ]
        };
        for (one, other) in names(1).into_iter().zip(names(2)) {
            assert!(one.contains("0101010101010101"), "{one}");
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_version_tells_all_of_the_id() {
        let (mut one, mut other) = ([1; 32], [1; 32]);
        (one[31], other[31]) = (1, 2);
        let version = |id| Names::new(&Hash(id)).version();
        assert_ne!(version(one), version(other));
    }
}
