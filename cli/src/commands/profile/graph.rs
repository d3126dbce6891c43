//! The drawing.

use hull_vm::Profile;
use inferno::flamegraph::{self, Options};

use super::names::Names;
use super::stage::Ended;
use crate::error::Error;
use crate::ui::grouped;

/// A flame graph as SVG. The same profile gives the same bytes.
pub(super) fn draw(
    profile: &Profile,
    names: &Names,
    title: &str,
    ended: &Ended,
) -> Result<Vec<u8>, Error> {
    let folded = profile.folded(|place| names.of(place));
    let mut options = Options::default();
    options.title = format!("Gas of {title}");
    options.subtitle = Some(format!("{}, {} gas", ended.result, grouped(ended.gas)));
    options.count_name = "gas".into();
    // A function has one colour in every graph.
    options.hash = true;
    options.deterministic = true;
    let mut svg = Vec::new();
    match flamegraph::from_lines(&mut options, folded.lines(), &mut svg) {
        Ok(()) => Ok(svg),
        Err(error) => Err(Error::Drawing {
            reason: error.to_string(),
        }),
    }
}
