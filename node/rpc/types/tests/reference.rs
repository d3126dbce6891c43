//! What is written down of the API: the OpenRPC document, and the page of the book.
//! A change of the API is seen here; `HULL_BLESS=1` writes both anew.

use std::fmt::Write;
use std::path::Path;

use hull_rpc_types::{ErrorCode, openrpc};
use serde_json::Value;

/// Holds a file to a text, or writes it.
fn hold(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("HULL_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "the API is not what {} says: look at the change, then run `cargo xtask docs`",
        path.display()
    );
}

#[test]
fn the_document_is_kept() {
    let document = openrpc("0.0.0", true);
    let text = serde_json::to_string_pretty(&document).unwrap();
    hold("openrpc.json", &(text + "\n"));
}

#[test]
fn the_page_of_the_book_is_kept() {
    hold(
        "../../../docs/book/src/rpc.md",
        &page(&openrpc("0.0.0", true)),
    );
}

/// Every reference leads somewhere, and everything has words.
#[test]
fn the_document_is_whole() {
    let document = openrpc("0.0.0", true);
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(
            document.pointer(pointer).is_some(),
            "{pointer} leads nowhere"
        );
    }
    for method in document["methods"].as_array().unwrap() {
        assert!(method["summary"].as_str().unwrap().len() > 10, "{method}");
        for param in method["params"].as_array().unwrap() {
            assert!(
                !words(&param["schema"]).is_empty(),
                "{} of {}",
                param["name"],
                method["name"]
            );
        }
    }
}

fn page(document: &Value) -> String {
    let mut page = String::from(INTRODUCTION) + &errors();
    let methods = document["methods"].as_array().unwrap();
    for (title, prefix) in [("Methods", "hull_"), ("On a development node", "dev_")] {
        let _ = writeln!(page, "\n## {title}");
        let here = methods.iter().filter(|one| name(one).starts_with(prefix));
        here.for_each(|one| method(&mut page, one));
    }
    let _ = writeln!(page, "\n## Types");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        describe(&mut page, name, schema);
    }
    page
}

fn errors() -> String {
    let rows = ErrorCode::ALL.map(|one| {
        let later = if one.is_for_now() { "yes" } else { "" };
        format!("| `{}` | {} | {later} |\n", one.code(), one.message())
    });
    rows.concat()
}

fn name(of: &Value) -> &str {
    of["name"].as_str().unwrap()
}

fn words(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.replace('\n', " ").replace('|', "\\|")
}

fn method(page: &mut String, method: &Value) {
    let summary = method["summary"].as_str().unwrap();
    let _ = writeln!(page, "\n### `{}`\n\n{summary}", name(method));
    let params = method["params"].as_array().unwrap();
    if !params.is_empty() {
        let _ = writeln!(page, "\n| parameter | type | |\n|---|---|---|");
    }
    for param in params {
        let need = if param["required"] == true {
            ""
        } else {
            "optional. "
        };
        let (kind, words) = (kind(&param["schema"]), words(&param["schema"]));
        let _ = writeln!(page, "| `{}` | {kind} | {need}{words} |", name(param));
    }
    match method.get("x-notification") {
        Some(notice) => {
            let (kind, end) = (kind(&notice["schema"]), method["x-end"].as_str().unwrap());
            let _ = writeln!(
                page,
                "\nSends {kind} as `{}`; ended by `{end}`.",
                name(notice)
            );
        }
        None => {
            let _ = writeln!(page, "\nAnswers {}.", kind(&method["result"]["schema"]));
        }
    }
}

/// The type of a schema, as a link where it has a name.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(options) = schema[key].as_array() {
            let options: Vec<String> = options.iter().map(kind).collect();
            return options.join(" or ");
        }
    }
    match &schema["type"] {
        Value::String(one) if one == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(one) => one.clone(),
        Value::Array(some) => {
            let some: Vec<&str> = some.iter().filter_map(Value::as_str).collect();
            let list = kind(&schema["items"]);
            some.join(" or ")
                .replace("array", &format!("list of {list}"))
        }
        _ if schema.get("const").is_some() => format!("`{}`", schema["const"]),
        _ => "any".into(),
    }
}

fn describe(page: &mut String, name: &str, schema: &Value) {
    let _ = writeln!(page, "\n### {name}\n\n{}", words(schema));
    if let Some(pattern) = schema["pattern"].as_str() {
        let _ = writeln!(page, "\nText of the form `{pattern}`.");
    }
    fields(page, schema);
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|one| format!("`{one}`")).collect();
        let _ = writeln!(page, "\nOne of {}.", values.join(", "));
    }
    for variant in schema["oneOf"].as_array().into_iter().flatten() {
        let Some(own) = variant["properties"].as_object() else {
            let _ = writeln!(page, "\n- {}: {}", kind(variant), words(variant));
            continue;
        };
        let tag = own.iter().find(|(_, field)| field.get("const").is_some());
        if let Some((tag, value)) = tag {
            let _ = writeln!(page, "\n`{tag}` {}: {}", value["const"], words(variant));
        }
        fields(page, variant);
    }
}

fn fields(page: &mut String, schema: &Value) {
    let Some(fields) = schema["properties"].as_object() else {
        return;
    };
    let required = schema["required"].as_array();
    let told = fields
        .iter()
        .filter(|(_, field)| field.get("const").is_none());
    let mut begun = false;
    for (name, field) in told {
        if !begun {
            let _ = writeln!(page, "\n| field | type | |\n|---|---|---|");
            begun = true;
        }
        let is_there = required.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)));
        let need = if is_there { "" } else { "optional. " };
        let _ = writeln!(
            page,
            "| `{name}` | {} | {need}{} |",
            kind(field),
            words(field)
        );
    }
}

/// What is said before the methods.
const INTRODUCTION: &str = concat!(
    "# RPC reference\n\n",
    "<!-- Written by `cargo xtask docs` from the types in node/rpc/types. -->\n\n",
    "A node speaks JSON-RPC 2.0 over HTTP (`POST /`) and WebSocket on one port, \
     `127.0.0.1:4855` unless set otherwise. `rpc.discover` answers this page as an \
     [OpenRPC](https://open-rpc.org) document. Subscriptions need a WebSocket.\n\n",
    "```sh\n",
    "curl http://127.0.0.1:4855 -H 'content-type: application/json' \\\n",
    "  -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hull_status\"}'\n",
    "```\n\n",
    "- Parameters go by name. Bytes and hashes are `0x` and hexadecimal, addresses \
     bech32m text.\n",
    "- Gas, nonces and amounts are decimal text, because they may exceed 2^53, which is \
     as far as many readers of JSON are exact; numbers are taken too. Amounts are in the \
     smallest unit of the token, times in milliseconds since the Unix epoch.\n",
    "- A listing answers a page and a `cursor`; give it to get the next page. Without a \
     cursor there is no more.\n",
    "- A subscription begins with the next block, or at the height `from`: who was cut \
     off goes on where it was.\n\n",
    "## Errors\n\n",
    "Codes never change their meaning. `data` says `what` is wrong, `where`, and what to \
     do (`remedy`).\n\n",
    "| code | meaning | may succeed later |\n|---|---|---|\n",
);
