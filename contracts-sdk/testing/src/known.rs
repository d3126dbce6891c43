//! What a chain knows of the contracts on it, to show them to people.

use std::collections::BTreeMap;
use std::sync::Arc;

use hull_abi::Abi;
use hull_executor::FrameKind;
use hull_executor::trace::{FrameTrace, Trace};
use hull_host_api::{Address, DEFAULT_PREFIX, Hash};
use serde_json::Value;

use crate::code::Code;

/// Names of addresses, and codes with their ABIs and symbols.
///
/// ```
/// use hull_testing::Address;
/// use hull_testing::trace::{CallTrace, Known};
///
/// let mut known = Known::new(1);
/// known.name(Address([7; 32]), "bob");
/// assert!(CallTrace::new(&Default::default(), &known).frames.is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Known {
    codes: BTreeMap<Hash, Code>,
    /// Which code a contract had when it last ran.
    contracts: BTreeMap<Address, Hash>,
    names: BTreeMap<Address, String>,
    /// The version of the gas schedule.
    schedule: u32,
}

impl Known {
    /// Nothing yet, on a chain with a version of the gas schedule: it decides how
    /// places in the code that runs map to the code that was uploaded.
    pub fn new(schedule: u32) -> Self {
        Self {
            schedule,
            ..Self::default()
        }
    }

    pub(crate) fn schedule(&self) -> u32 {
        self.schedule
    }

    /// Gives an address a name.
    pub fn name(&mut self, address: Address, name: &str) {
        self.names.insert(address, name.into());
    }

    /// Takes in what explains a code.
    pub fn learn(&mut self, code: &Code) {
        self.codes.insert(code.hash(), code.clone());
    }

    /// Takes in the contracts that ran.
    pub(crate) fn meet(this: &mut Arc<Self>, trace: &Trace) {
        trace
            .frames
            .iter()
            .for_each(|frame| Self::meet_frame(this, frame));
    }

    fn meet_frame(this: &mut Arc<Self>, frame: &FrameTrace) {
        let known = this.contracts.get(&frame.contract) == Some(&frame.code_hash);
        if !known && frame.kind != FrameKind::DelegateCall {
            let this = Arc::make_mut(this);
            this.contracts.insert(frame.contract, frame.code_hash);
            if !this.names.contains_key(&frame.contract) {
                let name = this.new_name(&frame.code_hash);
                this.names.extend(name.map(|name| (frame.contract, name)));
            }
        }
        frame
            .children()
            .for_each(|child| Self::meet_frame(this, child));
    }

    /// The code's name, with a number from the second contract of it on.
    fn new_name(&self, code_hash: &Hash) -> Option<String> {
        let name = self.codes.get(code_hash)?.name();
        let taken = |name: &str| self.names.values().any(|it| it == name);
        let numbered = (2_u32..).map(|number| format!("{name}#{number}"));
        std::iter::once(name.to_owned())
            .chain(numbered)
            .find(|it| !taken(it))
    }

    pub(crate) fn code(&self, hash: &Hash) -> Option<&Code> {
        self.codes.get(hash)
    }

    pub(crate) fn abi(&self, hash: &Hash) -> Option<&Abi> {
        self.codes.get(hash)?.abi()
    }

    /// The ABI of the code that a contract ran last.
    pub(crate) fn abi_at(&self, contract: &Address) -> Option<&Abi> {
        self.abi(self.contracts.get(contract)?)
    }

    /// The name of an address, or the beginning of it.
    pub(crate) fn label(&self, address: &Address) -> String {
        let start = || format!("0x{}…", hex::encode(&address.0[..4]));
        self.names.get(address).cloned().unwrap_or_else(start)
    }

    /// The name of a code, or the beginning of its hash.
    pub(crate) fn code_label(&self, hash: &Hash) -> String {
        let start = || format!("code 0x{}…", hex::encode(&hash.0[..4]));
        self.codes
            .get(hash)
            .map_or_else(start, |it| it.name().into())
    }

    /// A value as one line as Rust would write it, with names in the place of
    /// addresses.
    pub fn value(&self, value: &Value) -> String {
        match value {
            Value::Null => "()".into(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::String(text) => self.text(text),
            Value::Array(values) => {
                let values: Vec<_> = values.iter().map(|it| self.value(it)).collect();
                format!("[{}]", values.join(", "))
            }
            Value::Object(fields) => {
                let mut all = fields.iter();
                if let (Some((name, value)), None) = (all.next(), all.next())
                    && name.starts_with(|it: char| it.is_ascii_uppercase())
                {
                    // A variant of an enum.
                    return match value {
                        Value::Object(_) => format!("{name} {}", self.value(value)),
                        _ => format!("{name}({})", self.value(value)),
                    };
                }
                let fields = fields.iter();
                let fields: Vec<_> = fields
                    .map(|(name, value)| format!("{name}: {}", self.value(value)))
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
        }
    }

    /// A place of the storage with names in the place of addresses, and the parts
    /// of a key as one would write them.
    pub fn place(&self, place: &str) -> String {
        let place = place.replace("[[", "[").replace("]]", "]").replace('"', "");
        let mut shown = String::with_capacity(place.len());
        let is_word = |it: char| it.is_ascii_alphanumeric();
        let mut rest = place.as_str();
        while let Some(start) = rest.find(is_word) {
            let (between, from) = rest.split_at(start);
            let end = from.find(|it| !is_word(it)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            shown.push_str(between);
            match Address::from_text(word, DEFAULT_PREFIX) {
                Ok(address) => shown.push_str(&self.label(&address)),
                Err(_) => shown.push_str(word),
            }
            rest = after;
        }
        shown.push_str(rest);
        shown.replace(',', ", ")
    }

    fn text(&self, text: &str) -> String {
        if let Ok(address) = Address::from_text(text, DEFAULT_PREFIX) {
            return self.label(&address);
        }
        let plain = |it: char| it.is_ascii_alphanumeric() || it == '_';
        let number = text.trim_start_matches('-');
        let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        let is_bytes = text.starts_with("0x");
        // A variant without fields; it may also be a text of one word.
        let is_variant = text.starts_with(|it: char| it.is_ascii_uppercase());
        match is_number || ((is_bytes || is_variant) && text.chars().all(plain)) {
            true => text.into(),
            false => format!("{text:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_name_addresses() {
        let mut known = Known::default();
        known.name(Address([7; 32]), "bob");
        let bob = Address([7; 32]).to_text(DEFAULT_PREFIX).unwrap();
        let place = format!("allowances[[\"{bob}\",\"{bob}\"]].len");
        assert_eq!(known.place(&place), "allowances[bob, bob].len");
        assert_eq!(known.place(&format!("a[{bob}][3]")), "a[bob][3]");
        assert_eq!(known.place("count"), "count");
    }

    #[test]
    fn values_read_as_rust() {
        let mut known = Known::default();
        let address = Address([7; 32]);
        let text = address.to_text(DEFAULT_PREFIX).unwrap();
        let stranger = Address([9; 32]).to_text(DEFAULT_PREFIX).unwrap();
        known.name(address, "token");
        let cases = [
            (
                json!({"Low": {"available": "300"}}),
                "Low { available: 300 }",
            ),
            (json!({"Some": 3}), "Some(3)"),
            (json!({"to": text, "n": 5}), "{ n: 5, to: token }"),
            (json!([text, stranger]), "[token, 0x09090909…]"),
            (json!("a \"b\""), r#""a \"b\"""#),
            (json!("0xab"), "0xab"),
            (json!(null), "()"),
        ];
        for (value, expected) in cases {
            let shown = known.value(&value);
            // The order of an object's fields is that of the JSON library.
            let other = expected.replace("{ n: 5, to: token }", "{ to: token, n: 5 }");
            assert!(shown == expected || shown == other, "{shown}");
        }
    }
}
