//! `capabilities(storage = "64 KiB", events, calls = "granted")`.

use hull_host_api::{CAPABILITIES_SECTION, Callees, Capabilities, Group, Upgrade};
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::{Error, Lit, LitStr, Result, Token};

/// Reads one entry of the list into the declaration.
pub(crate) fn entry(declared: &mut Capabilities, meta: &ParseNestedMeta<'_>) -> Result<()> {
    let Some(name) = meta.path.get_ident().map(ToString::to_string) else {
        return Err(meta.error(UNKNOWN));
    };
    let group = match name.as_str() {
        "storage" => {
            declared.storage_quota = quota(meta)?;
            Group::Storage
        }
        "calls" => {
            declared.callees = callees(meta)?;
            Group::Call
        }
        // No group: without one, it is the creator who upgrades.
        "upgrade" if declared.upgrade == Upgrade::Never => {
            declared.upgrade = upgrade(meta)?;
            return Ok(());
        }
        "upgrade" => return Err(meta.error("`upgrade` is declared twice: remove one")),
        "set_code" => Group::Upgrade,
        "events" => Group::Events,
        "transfer" => Group::Transfer,
        "delegate" => Group::Delegate,
        "instantiate" => Group::Instantiate,
        "terminate" => Group::Terminate,
        "crypto" => Group::Crypto,
        "debug" => Group::Debug,
        _ => return Err(meta.error(UNKNOWN)),
    };
    if declared.groups.contains(group) {
        return Err(meta.error(format!("`{name}` is declared twice: remove one")));
    }
    declared.groups = declared.groups.with(group);
    Ok(())
}

const UNKNOWN: &str = "unknown capability: there are `storage = \"64 KiB\"`, `events`, `transfer`, \
    `calls = \"granted\"` or `\"any\"`, `delegate`, `instantiate`, \
    `upgrade = \"narrowing\"` or `\"widening\"`, `set_code`, `terminate`, `crypto` and `debug`";

fn quota(meta: &ParseNestedMeta<'_>) -> Result<u64> {
    const HELP: &str = "how much may the contract store? Write a number of bytes, or a size like \
        `storage = \"64 KiB\"` (B, KiB, MiB or GiB)";
    if !meta.input.peek(Token![=]) {
        return Err(meta.error(HELP));
    }
    match meta.value()?.parse()? {
        Lit::Int(bytes) => bytes.base10_parse(),
        Lit::Str(text) => size(&text.value()).ok_or_else(|| Error::new(text.span(), HELP)),
        other => Err(Error::new(other.span(), HELP)),
    }
}

/// The bytes of a size such as `64 KiB`.
fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_')?;
    let number: u64 = text.get(..digits)?.replace('_', "").parse().ok()?;
    let unit = match text.get(digits..)?.trim() {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

fn callees(meta: &ParseNestedMeta<'_>) -> Result<Callees> {
    choice(
        meta,
        "which contracts may it call? Write `calls = \"granted\"` for those named when it is \
         created, or `calls = \"any\"`",
        &[("granted", Callees::Granted), ("any", Callees::Any)],
    )
}

fn upgrade(meta: &ParseNestedMeta<'_>) -> Result<Upgrade> {
    choice(
        meta,
        "what may new code do? Write `upgrade = \"narrowing\"` if at most what the contract may \
         today, or `upgrade = \"widening\"` if whatever it declares",
        &[
            ("narrowing", Upgrade::Narrowing),
            ("widening", Upgrade::Widening),
        ],
    )
}

fn choice<T: Copy>(meta: &ParseNestedMeta<'_>, help: &str, choices: &[(&str, T)]) -> Result<T> {
    if !meta.input.peek(Token![=]) {
        return Err(meta.error(help));
    }
    let text: LitStr = meta.value()?.parse()?;
    choices
        .iter()
        .find(|(name, _)| *name == text.value())
        .map(|(_, choice)| *choice)
        .ok_or_else(|| Error::new(text.span(), help))
}

/// The custom section.
pub(crate) fn section(declared: &Capabilities) -> Tokens {
    let bytes = declared.encode();
    let len = Capabilities::ENCODED_LEN;
    quote! {
        #[used]
        #[unsafe(link_section = #CAPABILITIES_SECTION)]
        static CAPABILITIES: [u8; #len] = [#(#bytes),*];
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_units_and_do_not_overflow() {
        assert_eq!(size("64 KiB"), Some(65_536));
        assert_eq!(size("1_000B"), Some(1_000));
        assert_eq!(size("3 GiB"), Some(3 << 30));
        for wrong in [
            "",
            "64",
            "KiB",
            "64 KB",
            "64 kib",
            "-1 B",
            "99999999999 GiB",
            "1.5 MiB",
        ] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
