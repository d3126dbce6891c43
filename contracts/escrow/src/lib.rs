//! An escrow: a payment that is held until both sides are content.
#![no_std]

/// One deal between a buyer and a seller.
///
/// The buyer pays in; the buyer's release sends the payment to the seller. After
/// the deadline the buyer may take it back, unless somebody disputed the deal
/// before: then an arbiter divides it. An arbiter who stays silent for
/// [`ARBITRATION_TIME`] after the deadline loses that right, so the payment is
/// never locked in.
///
/// ```text
///           deposit          release, refund by the seller
///  Awaiting ───────> Funded ───────────────────────────────> Settled
///                      │      refund by the buyer after the deadline  ^
///                      │ dispute                                      │
///                      └───────> Disputed ────────────────────────────┘
///                                   resolve by the arbiter, release, refund
/// ```
#[hull::contract(capabilities(storage = "1 KiB", events, transfer))]
pub mod escrow {
    use hull::prelude::*;
    use hull::{CallError, Timestamp};

    /// How long after the deadline an arbiter may still decide, in milliseconds:
    /// thirty days.
    pub const ARBITRATION_TIME: u64 = 30 * 24 * 60 * 60 * 1_000;

    /// What the contract stores.
    #[hull::storage]
    pub struct Escrow {
        deal: Value<Deal>,
        phase: Value<Phase>,
    }

    /// What was agreed. Never changes.
    #[hull::scale]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Deal {
        /// Who pays.
        pub buyer: Address,
        /// Who is paid.
        pub seller: Address,
        /// Who decides a dispute; without one there is none.
        pub arbiter: Option<Address>,
        /// How much, in the smallest unit.
        pub amount: Balance,
        /// Until when the seller has time, in milliseconds since the Unix epoch.
        pub deadline: Timestamp,
    }

    /// How far the deal is.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Phase {
        /// Not paid in.
        Awaiting,
        /// Paid in.
        Funded,
        /// Paid in, and the arbiter has to decide.
        Disputed,
        /// Paid out.
        Settled,
    }

    /// Who takes part.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Party {
        /// Who pays.
        Buyer,
        /// Who is paid.
        Seller,
        /// Who decides a dispute.
        Arbiter,
    }

    /// The buyer paid in.
    #[hull::event]
    pub struct Deposited {
        /// Who.
        #[topic]
        pub buyer: Address,
        /// How much.
        pub amount: Balance,
    }

    /// A side disputed the deal.
    #[hull::event]
    pub struct Disputed {
        /// Who.
        #[topic]
        pub by: Address,
    }

    /// The payment left.
    #[hull::event]
    pub struct Settled {
        /// Who caused it.
        #[topic]
        pub by: Address,
        /// What the seller got.
        pub to_seller: Balance,
        /// What the buyer got.
        pub to_buyer: Balance,
    }

    /// Why a message changed nothing.
    #[hull::error]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Error {
        /// Buyer, seller and arbiter are not three different accounts, or the
        /// amount is nothing.
        InvalidDeal,
        /// The deadline has passed.
        TooLate {
            /// When it was.
            deadline: Timestamp,
        },
        /// The time has not come.
        TooEarly {
            /// The last moment that is too early.
            until: Timestamp,
        },
        /// This is for somebody else to do.
        NotYours {
            /// Who may.
            party: Party,
        },
        /// The deal is not in a phase for this.
        WrongPhase {
            /// The phase it is in.
            phase: Phase,
        },
        /// The deposit is not the agreed amount.
        WrongAmount {
            /// What was agreed.
            expected: Balance,
        },
        /// There is nobody to decide a dispute.
        NoArbiter,
        /// There is not so much to divide.
        ExceedsAmount {
            /// How much there is.
            available: Balance,
        },
        /// Paying out failed.
        Payment(CallError),
    }

    impl From<CallError> for Error {
        fn from(error: CallError) -> Self {
            Self::Payment(error)
        }
    }

    impl Escrow {
        /// Writes down a deal. Anyone may; nothing is paid in yet.
        #[hull::constructor]
        pub fn new(&mut self, deal: Deal) -> Result<(), Error> {
            let third = deal.arbiter;
            let distinct = deal.buyer != deal.seller
                && third != Some(deal.buyer)
                && third != Some(deal.seller);
            ensure!(distinct && deal.amount > 0, Error::InvalidDeal);
            let deadline = deal.deadline;
            ensure!(env::block_time() <= deadline, Error::TooLate { deadline });
            self.deal.set(&deal);
            self.phase.set(&Phase::Awaiting);
            Ok(())
        }

        /// What was agreed.
        #[hull::message]
        pub fn deal(&self) -> Deal {
            self.deal.get()
        }

        /// How far the deal is.
        #[hull::message]
        pub fn phase(&self) -> Phase {
            self.phase.get()
        }

        /// Pays in exactly the agreed amount. For the buyer, up to the deadline.
        #[hull::message(payable)]
        pub fn deposit(&mut self) -> Result<(), Error> {
            let deal = self.deal.get();
            only(&[(deal.buyer, Party::Buyer)])?;
            self.expect(&[Phase::Awaiting])?;
            before_deadline(&deal)?;
            let expected = deal.amount;
            ensure!(env::value() == expected, Error::WrongAmount { expected });
            self.phase.set(&Phase::Funded);
            env::emit(&Deposited {
                buyer: deal.buyer,
                amount: expected,
            });
            Ok(())
        }

        /// Sends the payment to the seller. For the buyer, also in a dispute.
        #[hull::message]
        pub fn release(&mut self) -> Result<(), Error> {
            let deal = self.deal.get();
            only(&[(deal.buyer, Party::Buyer)])?;
            self.expect(&[Phase::Funded, Phase::Disputed])?;
            self.settle(&deal, deal.amount)
        }

        /// Sends the payment back. For the seller at any time; for the buyer after
        /// the deadline, and in a dispute once the arbiter's time is over as well.
        #[hull::message]
        pub fn refund(&mut self) -> Result<(), Error> {
            let deal = self.deal.get();
            only(&[(deal.buyer, Party::Buyer), (deal.seller, Party::Seller)])?;
            self.expect(&[Phase::Funded, Phase::Disputed])?;
            if env::caller() == deal.buyer {
                let until = match self.phase.get() {
                    Phase::Disputed => arbitration_end(&deal),
                    _ => deal.deadline,
                };
                ensure!(env::block_time() > until, Error::TooEarly { until });
            }
            self.settle(&deal, 0)
        }

        /// Asks the arbiter to decide. For both sides, up to the deadline.
        #[hull::message]
        pub fn dispute(&mut self) -> Result<(), Error> {
            let deal = self.deal.get();
            only(&[(deal.buyer, Party::Buyer), (deal.seller, Party::Seller)])?;
            self.expect(&[Phase::Funded])?;
            before_deadline(&deal)?;
            ensure!(deal.arbiter.is_some(), Error::NoArbiter);
            self.phase.set(&Phase::Disputed);
            env::emit(&Disputed { by: env::caller() });
            Ok(())
        }

        /// Divides the payment: so much for the seller, the rest for the buyer. For
        /// the arbiter in a dispute, until [`ARBITRATION_TIME`] after the deadline.
        #[hull::message]
        pub fn resolve(&mut self, to_seller: Balance) -> Result<(), Error> {
            let deal = self.deal.get();
            let arbiter = deal.arbiter.ok_or(Error::NoArbiter)?;
            only(&[(arbiter, Party::Arbiter)])?;
            self.expect(&[Phase::Disputed])?;
            let deadline = arbitration_end(&deal);
            ensure!(env::block_time() <= deadline, Error::TooLate { deadline });
            self.settle(&deal, to_seller)
        }

        /// Sends what came beside the payment, by a plain transfer, to the buyer.
        /// Anyone may, once the deal is settled.
        #[hull::message]
        pub fn sweep(&mut self) -> Result<(), Error> {
            self.expect(&[Phase::Settled])?;
            let rest = env::balance(&env::callee());
            pay(&self.deal.get().buyer, rest)
        }

        fn expect(&self, phases: &[Phase]) -> Result<(), Error> {
            let phase = self.phase.get();
            ensure!(phases.contains(&phase), Error::WrongPhase { phase });
            Ok(())
        }

        fn settle(&mut self, deal: &Deal, to_seller: Balance) -> Result<(), Error> {
            let available = deal.amount;
            let to_buyer = available
                .checked_sub(to_seller)
                .ok_or(Error::ExceedsAmount { available })?;
            self.phase.set(&Phase::Settled);
            pay(&deal.seller, to_seller)?;
            pay(&deal.buyer, to_buyer)?;
            env::emit(&Settled {
                by: env::caller(),
                to_seller,
                to_buyer,
            });
            Ok(())
        }
    }

    /// Refuses a caller who is none of these; the error names the first.
    fn only(parties: &[(Address, Party)]) -> Result<(), Error> {
        let caller = env::caller();
        match parties {
            [(_, party), ..] if parties.iter().all(|(account, _)| *account != caller) => {
                Err(Error::NotYours { party: *party })
            }
            _ => Ok(()),
        }
    }

    fn before_deadline(deal: &Deal) -> Result<(), Error> {
        let deadline = deal.deadline;
        ensure!(env::block_time() <= deadline, Error::TooLate { deadline });
        Ok(())
    }

    /// A deadline at the end of time is never over.
    fn arbitration_end(deal: &Deal) -> Timestamp {
        deal.deadline.saturating_add(ARBITRATION_TIME)
    }

    fn pay(to: &Address, amount: Balance) -> Result<(), Error> {
        if amount > 0 {
            env::transfer(to, amount)?;
        }
        Ok(())
    }
}
