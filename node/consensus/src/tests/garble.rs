//! A validator whose pieces are not those that it signed.

use malachitebft_app::streaming::{StreamContent, StreamMessage};
use malachitebft_core_consensus::ProposedValue;

use crate::context::Hull;
use crate::part::Part;
use crate::settings::Settings;
use crate::worker::Outlet;

struct Garbler(Box<dyn Outlet>);

/// Puts it before a network, if it was asked for.
pub(crate) fn garble(settings: &Settings, outlet: Box<dyn Outlet>) -> Box<dyn Outlet> {
    match settings.garbles {
        true => Box::new(Garbler(outlet)),
        false => outlet,
    }
}

impl Outlet for Garbler {
    fn publish(&self, mut piece: StreamMessage<Part>) {
        if let StreamContent::Data(Part::Chunk { data, .. }) = &mut piece.content {
            let mut bytes = data.to_vec();
            bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
            *data = bytes.into();
        }
        self.0.publish(piece);
    }

    fn judged(&self, value: ProposedValue<Hull>) {
        self.0.judged(value);
    }
}
