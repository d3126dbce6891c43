//! A contract at hand: from a file, or built from the project.

use std::path::{Path, PathBuf};

use hull_abi::{Abi, Codec, Message};
use hull_build::Compiler;

use crate::error::{Error, nearest};
use crate::project::ProjectOptions;
use crate::ui::Ui;

/// The code and what explains it.
#[derive(Clone, Debug)]
pub(crate) struct Contract {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) wasm: Vec<u8>,
    /// The same code with names and lines.
    pub(crate) debug_wasm: Option<Vec<u8>>,
    pub(crate) abi: Option<Abi>,
    pub(crate) compiler: Option<Compiler>,
}

impl Contract {
    /// Reads a file, or builds the project if there is none.
    pub(crate) fn find(
        file: Option<&Path>,
        project: &ProjectOptions,
        ui: Ui,
    ) -> Result<Self, Error> {
        match file {
            Some(file) => Self::read(file),
            None => Self::build(project, ui),
        }
    }

    fn build(project: &ProjectOptions, ui: Ui) -> Result<Self, Error> {
        let built = project.build(ui)?;
        Ok(Self {
            name: built.record.name,
            wasm: read(&built.wasm)?,
            debug_wasm: Some(read(&built.debug_wasm)?),
            path: built.wasm,
            abi: built.abi,
            compiler: Some(built.record.compiler),
        })
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let wasm = read(path)?;
        require_wasm(path, &wasm)?;
        let bad = |source| Error::BadAbi {
            path: path.into(),
            source,
        };
        let abi = Abi::from_wasm(&wasm).map_err(bad)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let debug = path.with_file_name(format!("{stem}.debug.wasm"));
        let name = abi.as_ref().map_or(&*stem, |abi| &abi.name).to_owned();
        Ok(Self {
            path: path.into(),
            name,
            wasm,
            debug_wasm: std::fs::read(debug).ok(),
            abi,
            compiler: None,
        })
    }

    pub(crate) fn abi(&self) -> Result<&Abi, Error> {
        let path = || self.path.clone();
        self.abi
            .as_ref()
            .ok_or_else(|| Error::NoAbi { path: path() })
    }
}

/// The ABI of a `.wasm` or `.json` file, or of the project.
pub(crate) fn find_abi(
    file: Option<&Path>,
    project: &ProjectOptions,
    ui: Ui,
) -> Result<Abi, Error> {
    if let Some(file) = file {
        return abi_of_file(file);
    }
    let Contract { path, abi, .. } = Contract::build(project, ui)?;
    abi.ok_or(Error::NoAbi { path })
}

/// The ABI of a `.wasm` or `.json` file.
pub(crate) fn abi_of_file(file: &Path) -> Result<Abi, Error> {
    if file.extension().is_some_and(|it| it == "json") {
        let text = String::from_utf8_lossy(&read(file)?).into_owned();
        return Abi::from_json(&text).map_err(|source| Error::BadAbi {
            path: file.into(),
            source,
        });
    }
    let Contract { path, abi, .. } = Contract::read(file)?;
    abi.ok_or(Error::NoAbi { path })
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(Error::file("read", path))
}

fn require_wasm(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    const MAGIC: &[u8] = b"\0asm";
    if bytes.starts_with(MAGIC) {
        return Ok(());
    }
    let found = match bytes {
        [] => "nothing, it is empty".into(),
        bytes => to_hex(&bytes[..bytes.len().min(MAGIC.len())]),
    };
    let path = path.into();
    Err(Error::NotWasm { path, found })
}

/// What is called: a message or a constructor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Constructor,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Constructor => "constructor",
        }
    }

    fn of(self, abi: &Abi) -> &[Message] {
        match self {
            Self::Message => &abi.messages,
            Self::Constructor => &abi.constructors,
        }
    }

    /// The one of this name, or an error with the nearest one.
    pub(crate) fn named<'a>(self, abi: &'a Abi, name: &str) -> Result<&'a Message, Error> {
        let all = self.of(abi);
        if let Some(found) = all.iter().find(|it| it.name == name) {
            return Ok(found);
        }
        let known: Vec<_> = all.iter().map(|it| it.name.clone()).collect();
        Err(Error::UnknownName {
            contract: abi.name.clone(),
            kind: self.name(),
            name: name.into(),
            nearest: nearest(name, &known),
            known,
        })
    }
}

/// `transfer(to: Address, amount: u128) -> Result<(), Error>`.
pub(crate) fn signature(codec: &Codec<'_>, abi: &Abi, message: &Message) -> String {
    let args = message.args.iter();
    let args: Vec<_> = args
        .map(|arg| format!("{}: {}", arg.name, codec.type_name(arg.ty)))
        .collect();
    let constructor = abi.constructors.iter().any(|it| std::ptr::eq(it, message));
    let returns = codec.type_name(message.returns);
    let returns = match returns == "()" || constructor {
        true => String::new(),
        false => format!(" -> {returns}"),
    };
    format!("{}({}){returns}", message.name, args.join(", "))
}

/// The input of a call whose arguments come as typed: by name, `name=value`, or
/// in their order.
pub(crate) fn input(abi: &Abi, message: &Message, args: &[String]) -> Result<Vec<u8>, Error> {
    let codec = abi.codec();
    let named = |text: &String| {
        let name = text.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| message.args.iter().any(|arg| arg.name == name))
    };
    let encoded = if args.iter().any(named) || args.len() != message.args.len() {
        codec.encode_call_text(message, args.iter().map(String::as_str))
    } else {
        let pairs = message.args.iter().zip(args);
        let texts: Vec<_> = pairs
            .map(|(arg, text)| format!("{}={text}", arg.name))
            .collect();
        codec.encode_call_text(message, texts.iter().map(String::as_str))
    };
    encoded.map_err(|source| Error::BadValue {
        signature: signature(&codec, abi, message),
        source,
    })
}

/// Bytes from hexadecimal, with `0x` or without.
pub(crate) fn bytes(text: &str) -> Result<Vec<u8>, Error> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode(digits).map_err(|error| Error::BadHex {
        text: text.into(),
        reason: error.to_string(),
    })
}

/// A hash as the user writes it.
pub(crate) fn hash_from_text(text: &str) -> Result<hull_rpc_types::Hash, Error> {
    text.parse().map_err(|reason: &str| Error::BadHex {
        text: text.into(),
        reason: reason.into(),
    })
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hull_abi::{AbiBuilder, MessageSpec};

    fn abi() -> Abi {
        AbiBuilder::new("purse", "1.0.0")
            .constructor(MessageSpec::new("new"))
            .message(
                MessageSpec::new("save")
                    .arg::<u32>("amount")
                    .arg::<String>("why"),
            )
            .message(MessageSpec::new("empty").returns::<bool>())
            .build()
    }

    #[test]
    fn arguments_come_by_name_or_in_their_order() {
        let abi = abi();
        let save = abi.message("save").unwrap();
        let texts = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let by_order = input(&abi, save, &texts(&["7", "a=b"])).unwrap();
        let by_name = input(&abi, save, &texts(&["why=a=b", "amount=7"])).unwrap();
        assert_eq!(by_order, by_name);
        let error = input(&abi, save, &texts(&["7"])).unwrap_err().to_json();
        assert_eq!(
            error["error"]["message"],
            "the arguments do not fit save(amount: u32, why: String)"
        );
    }

    #[test]
    fn a_name_nearby_is_meant() {
        let abi = abi();
        let nearest = |name| match Kind::Message.named(&abi, name) {
            Err(Error::UnknownName { nearest, .. }) => nearest,
            other => panic!("{other:?}"),
        };
        assert_eq!(nearest("sav").as_deref(), Some("save"));
        assert_eq!(nearest("emtpy").as_deref(), Some("empty"));
        assert_eq!(nearest("zzz"), None);
    }

    #[test]
    fn signatures_read_as_rust() {
        let abi = abi();
        let shown = |it| signature(&abi.codec(), &abi, it);
        assert_eq!(shown(&abi.messages[1]), "empty() -> bool");
        assert_eq!(shown(&abi.constructors[0]), "new()");
    }
}
