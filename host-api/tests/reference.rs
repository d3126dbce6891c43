//! `docs/host-functions.md` says what the table says.

use std::fmt::Write;
use std::path::Path;

use hull_host_api::{Group, HOST_FUNCTIONS, HostFunctionSpec, IMPORT_MODULE, ValueType, limits};

/// Set to write the page anew.
const BLESS: &str = "HULL_BLESS";

#[test]
fn the_reference_page_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/host-functions.md");
    let page = page();
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/host-functions.md differs from the table; {BLESS}=1 writes it"
    );
    for spec in HOST_FUNCTIONS {
        assert_eq!(
            page.matches(&format!("\n### `{}`\n", spec.name)).count(),
            1,
            "{}",
            spec.name
        );
    }
}

fn page() -> String {
    let mut page = format!(
        "# Host functions\n\n\
         Generated from the table in `host-api/src/functions.rs`; edit that.\n\n\
         A contract imports them from the module `{IMPORT_MODULE}`. Rules for all of them:\n\n\
         - Numbers are little-endian. `*_ptr` is an address in the contract's memory, `*_len` and \
         `*_cap` are bytes. Addresses and hashes have 32 bytes, amounts 16.\n\
         - A range outside the memory, a length over its limit, an unknown code or flag, a function \
         outside the frame's capabilities and a change of state in a view are halts: the frame's \
         changes are undone and its gas is gone.\n\
         - The base cost is taken first, the cost of bytes before they are copied or worked on.\n\
         - One gas is one picosecond of the reference machine.\n\n\
         | limit | value |\n|---|---:|\n"
    );
    for (what, value) in limits() {
        writeln!(page, "| {what} | {value} |").unwrap();
    }
    for group in Group::ALL {
        let functions = || HOST_FUNCTIONS.iter().filter(|spec| spec.group == group);
        if functions().next().is_none() {
            continue;
        }
        let needed = if group == Group::Base {
            ", open to every contract"
        } else {
            ""
        };
        write!(page, "\n## Group `{group}`{needed}\n").unwrap();
        functions().for_each(|spec| function(&mut page, spec));
    }
    page
}

fn limits() -> [(&'static str, u64); 12] {
    [
        ("bytes of a storage key", limits::MAX_KEY_LEN.into()),
        ("bytes of a stored value", limits::MAX_VALUE_LEN.into()),
        ("topics of an event", limits::MAX_TOPICS.into()),
        ("bytes of an event", limits::MAX_EVENT_DATA.into()),
        (
            "bytes of all events of an outermost call",
            limits::MAX_EVENT_BYTES_PER_CALL,
        ),
        ("bytes of input", limits::MAX_INPUT_LEN.into()),
        ("bytes of return data", limits::MAX_RETURN_LEN.into()),
        (
            "bytes kept of an abort message",
            limits::MAX_ABORT_LEN.into(),
        ),
        (
            "bytes kept of a debug message",
            limits::MAX_DEBUG_LEN.into(),
        ),
        ("bytes to hash or verify", limits::MAX_HASH_INPUT.into()),
        ("nesting of calls", limits::MAX_CALL_DEPTH.into()),
        ("addresses granted to a contract", limits::MAX_GRANTS.into()),
    ]
}

fn function(page: &mut String, spec: &HostFunctionSpec) {
    let params: Vec<_> = spec
        .params
        .iter()
        .map(|(name, ty)| format!("{name}: {}", shown(*ty)))
        .collect();
    let result = match (spec.result, spec.returns) {
        (Some(ty), _) => format!(" -> {}", shown(ty)),
        (None, true) => String::new(),
        (None, false) => " -> never".to_owned(),
    };
    let doc: Vec<_> = spec.doc.lines().map(str::trim).collect();
    let per_byte = match spec.cost.per_byte {
        0 => String::new(),
        gas => format!(" and {} for every byte", grouped(gas)),
    };
    let writes = if spec.writes { " Changes state." } else { "" };
    write!(
        page,
        "\n### `{name}`\n\n```text\n{name}({params}){result}\n```\n\n{doc}{writes}\n\nGas: {base}{per_byte}.\n",
        name = spec.name,
        params = params.join(", "),
        doc = doc.join(" "),
        base = grouped(spec.cost.base),
    )
    .unwrap();
}

fn shown(ty: ValueType) -> &'static str {
    match ty {
        ValueType::U32 => "u32",
        ValueType::U64 => "u64",
        ValueType::I64 => "i64",
    }
}

/// A number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
