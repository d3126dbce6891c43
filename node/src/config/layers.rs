//! Layers of settings, and where each value came from.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::PathBuf;

use toml::{Table, Value};

use super::keys::{Config, KEYS, Key};

/// The file that is read where the command runs, if it is there.
const FILE: &str = "hulld.toml";
/// What variables of the environment begin with.
const PREFIX: &str = "HULL_";
/// How like a name has to be to be suggested, from 0 to 1.
const LIKE: f64 = 0.7;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The software.
    Default,
    /// A file, by its name.
    File(String),
    /// A variable of the environment, by its name.
    Environment(String),
    /// The command line, by the flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(name) | Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// What is wrong with settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such setting.
    #[error("{origin}: there is no setting `{name}`{suggestion}; `hulld config` lists all")]
    Unknown {
        /// Where it was set.
        origin: Origin,
        /// The name.
        name: String,
        /// The nearest right one, as part of a sentence.
        suggestion: String,
    },
    /// A value is of the wrong kind.
    #[error("{origin}: `{name}` is {found}; it has to be {expected}")]
    Kind {
        /// Where it was set.
        origin: Origin,
        /// The setting.
        name: String,
        /// The value.
        found: String,
        /// The kind.
        expected: String,
    },
    /// A file is no TOML.
    #[error("{file}: {reason}")]
    Syntax {
        /// The file.
        file: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// A file cannot be read.
    #[error("cannot read {file}: {reason}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A flag is not of the form `KEY=VALUE`.
    #[error("--set {text}: write it as KEY=VALUE, as in `--set rpc.batch=10`")]
    Set {
        /// What was written.
        text: String,
    },
}

/// Settings from everywhere, not yet put together.
#[derive(Default)]
pub struct Layers {
    values: Vec<(String, Given, Origin)>,
    errors: Vec<ConfigError>,
}

enum Given {
    /// Of a file: a kind of its own.
    Value(Value),
    /// Of environment or flag: the setting's kind decides.
    Text(String),
}

/// The settings that count.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The settings.
    pub config: Config,
    values: BTreeMap<&'static str, (Value, Origin)>,
}

impl Layers {
    /// Those of this process: the file, and the environment.
    pub(crate) fn from_process(file: Option<PathBuf>) -> Self {
        let mut layers = Self::default();
        let named = file.is_some();
        let path = file.unwrap_or_else(|| FILE.into());
        let name = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => layers.file(&name, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => (),
            Err(error) => layers.errors.push(ConfigError::Read {
                file: name,
                reason: error.to_string(),
            }),
        }
        for (name, value) in std::env::vars() {
            layers.environment(&name, &value);
        }
        layers
    }

    /// Adds the text of a file.
    pub fn file(&mut self, name: &str, text: &str) {
        match text.parse::<Table>() {
            Ok(table) => self.flatten(String::new(), table, &Origin::File(name.into())),
            Err(error) => self.errors.push(ConfigError::Syntax {
                file: name.into(),
                reason: error.to_string().trim_end().into(),
            }),
        }
    }

    fn flatten(&mut self, prefix: String, table: Table, origin: &Origin) {
        for (name, value) in table {
            let name = format!("{prefix}{name}");
            let is_room = prefix.is_empty();
            match value {
                Value::Table(inner) if is_room => self.flatten(format!("{name}."), inner, origin),
                value => self
                    .values
                    .push((name, Given::Value(value), origin.clone())),
            }
        }
    }

    /// Adds a variable of the environment, if it is one of a setting or nearly so.
    pub fn environment(&mut self, name: &str, value: &str) {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            return;
        };
        let found = KEYS.iter().find(|key| variable(key) == name);
        let rooms = KEYS
            .iter()
            .map(|key| key.name.split('.').next().unwrap_or_default());
        let mut rooms = rooms.map(|room| format!("{}_", room.to_uppercase()));
        // Other variables of the same beginning belong to other tools.
        if found.is_none() && !rooms.any(|room| rest.starts_with(&room)) {
            return;
        }
        let key = match found {
            Some(key) => key.name.to_string(),
            None => rest.to_lowercase().replacen('_', ".", 1),
        };
        let origin = Origin::Environment(name.into());
        self.values.push((key, Given::Text(value.into()), origin));
    }

    /// Adds what a flag says.
    pub fn set(&mut self, key: &str, value: &str, flag: &str) {
        let origin = Origin::Flag(flag.into());
        self.values
            .push((key.into(), Given::Text(value.into()), origin));
    }

    /// Adds `KEY=VALUE`.
    pub fn set_text(&mut self, text: &str) {
        match text.split_once('=') {
            Some((key, value)) => self.set(key.trim(), value.trim(), "--set"),
            None => self.errors.push(ConfigError::Set { text: text.into() }),
        }
    }

    /// Puts the layers together.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read(self) -> Result<Effective, ConfigError> {
        if let Some(error) = self.errors.into_iter().next() {
            return Err(error);
        }
        let defaults = Table::try_from(Config::default()).expect("defaults are values of TOML");
        let mut values = BTreeMap::new();
        for key in KEYS {
            let (room, field) = key.name.split_once('.').expect("names have two parts");
            values.insert(key.name, (defaults[room][field].clone(), Origin::Default));
        }
        for (name, given, origin) in self.values {
            let Some(key) = KEYS.iter().find(|key| key.name == name) else {
                let suggestion = suggestion(&name);
                return Err(ConfigError::Unknown {
                    origin,
                    name,
                    suggestion,
                });
            };
            let default = &values[key.name].0;
            let value = typed(default, given).map_err(|found| ConfigError::Kind {
                origin: origin.clone(),
                name: name.clone(),
                found,
                expected: kind(default).into(),
            })?;
            values.insert(key.name, (value, origin));
        }
        let config = assemble(&values)?;
        Ok(Effective { config, values })
    }
}

impl Effective {
    /// Where a setting's value came from.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.values.get(name).map(|(_, origin)| origin)
    }

    /// All settings, each with its value and where that came from.
    pub fn to_json(&self) -> serde_json::Value {
        let values = self.values.iter().map(|(name, (value, origin))| {
            let entry = serde_json::json!({ "value": value, "origin": origin.to_string() });
            ((*name).to_owned(), entry)
        });
        serde_json::Value::Object(values.collect())
    }

    /// All settings as a file that says the same, with where each came from.
    pub fn to_toml(&self) -> String {
        let lines: Vec<(&Key, String)> = KEYS
            .iter()
            .map(|key| {
                let field = key
                    .name
                    .split_once('.')
                    .map_or(key.name, |(_, field)| field);
                (key, format!("{field} = {}", self.values[key.name].0))
            })
            .collect();
        let width = lines.iter().map(|(_, line)| line.len()).max().unwrap_or(0);
        let (mut text, mut room) = (String::new(), "");
        for (key, line) in lines {
            let here = key.name.split('.').next().unwrap_or_default();
            if here != room {
                let gap = if room.is_empty() { "" } else { "\n" };
                let _ = writeln!(text, "{gap}[{here}]");
                room = here;
            }
            let origin = &self.values[key.name].1;
            let _ = writeln!(text, "{line:width$}  # {origin}: {}", key.doc);
        }
        text
    }
}

/// The name of the variable of a setting.
fn variable(key: &Key) -> String {
    format!("{PREFIX}{}", key.name.replace('.', "_").to_uppercase())
}

fn suggestion(name: &str) -> String {
    let likeness = |key: &Key| strsim::jaro_winkler(name, key.name);
    let nearest = KEYS
        .iter()
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    match nearest.filter(|key| likeness(key) >= LIKE) {
        Some(key) => format!("; did you mean `{}`?", key.name),
        None => String::new(),
    }
}

/// The value as one of the default's kind, or the value that is not.
fn typed(default: &Value, given: Given) -> Result<Value, String> {
    let text = match given {
        Given::Value(value) if value.same_type(default) => return Ok(value),
        Given::Value(value) => return Err(format!("`{value}`")),
        Given::Text(text) => text,
    };
    let value = match default {
        Value::String(_) => Some(Value::String(text.clone())),
        Value::Integer(_) => text.replace('_', "").parse().ok().map(Value::Integer),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Array(_) => {
            let items = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            let items = items.map(|item| Value::String(item.into()));
            Some(Value::Array(items.collect()))
        }
        _ => None,
    };
    value.ok_or_else(|| format!("`{text}`"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list of texts",
        _ => "something else",
    }
}

/// Ranges are those of the fields' types, so each value is tried by itself.
fn assemble(values: &BTreeMap<&'static str, (Value, Origin)>) -> Result<Config, ConfigError> {
    let mut table = Table::try_from(Config::default()).expect("defaults are values of TOML");
    for (name, (value, origin)) in values {
        let (room, field) = name.split_once('.').expect("names have two parts");
        table[room][field] = value.clone();
        if let Err(error) = table.clone().try_into::<Config>() {
            return Err(ConfigError::Kind {
                origin: origin.clone(),
                name: (*name).into(),
                found: format!("`{value}`"),
                expected: format!("in range ({})", error.message()),
            });
        }
    }
    Ok(table.try_into().expect("each value was tried"))
}
