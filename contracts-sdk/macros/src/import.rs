//! `import_abi!`: a client out of the ABI of a contract whose crate is not at
//! hand.

use std::collections::BTreeMap;
use std::path::Path;

use hull_abi::scale_info::form::PortableForm;
use hull_abi::scale_info::{Field, Type, TypeDef, TypeDefPrimitive};
use hull_abi::{Abi, TypeId};
use proc_macro2::{Ident, Span, TokenStream as Tokens};
use quote::quote;
use syn::{Error, LitStr, Result};

use crate::{client, names};

/// Deepest nesting of types inside each other.
const MAX_DEPTH: usize = 64;

pub(crate) fn expand(arguments: Tokens) -> Result<Tokens> {
    let path: LitStr = syn::parse2(arguments).map_err(|error| {
        Error::new(
            error.span(),
            "name the file with the callee's ABI: `import_abi!(\"abi/token.abi.json\")`",
        )
    })?;
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let text = std::fs::read_to_string(Path::new(&folder).join(path.value())).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".into(),
            _ => error.to_string(),
        };
        Error::new(
            path.span(),
            format!("{why}: a path starts at the folder with Cargo.toml"),
        )
    })?;
    let abi = Abi::from_json(&text)
        .map_err(|error| Error::new(path.span(), format!("not the ABI of a contract: {error}")))?;
    let sdk = names::sdk();
    let import = Import::new(&abi, path.span(), sdk);
    let constructors =
        import.methods(&abi.constructors, client::Kind::Constructor { own: false })?;
    let messages = import.methods(&abi.messages, client::Kind::Message)?;
    let constructors = client::module_of(
        "constructors",
        "Calls of the contract's constructors as values, for whoever creates it.",
        &constructors,
    );
    let messages = client::module_of(
        "messages",
        "The contract's messages as values, for whoever calls it.",
        &messages,
    );
    let types = import.definitions()?;
    Ok(quote! {
        // So that a change of the file is seen.
        const _: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", #path));
        #(#types)*
        #constructors
        #messages
    })
}

/// An ABI on its way to Rust.
struct Import<'a> {
    abi: &'a Abi,
    /// Where the file is named.
    span: Span,
    sdk: Tokens,
    /// The names of types that are defined here.
    names: BTreeMap<TypeId, Ident>,
}

impl<'a> Import<'a> {
    fn new(abi: &'a Abi, span: Span, sdk: Tokens) -> Self {
        let mut import = Self {
            abi,
            span,
            sdk,
            names: BTreeMap::new(),
        };
        let methods = abi.constructors.iter().chain(&abi.messages);
        for method in methods {
            method.args.iter().for_each(|arg| import.reach(arg.ty, 0));
            import.reach(method.returns, 0);
        }
        abi.errors.iter().for_each(|error| import.reach(*error, 0));
        import.name_types();
        import
    }

    fn error(&self, message: impl std::fmt::Display) -> Error {
        Error::new(self.span, message)
    }

    /// Marks a type and all in it as needed.
    fn reach(&mut self, id: TypeId, depth: usize) {
        let Some(ty) = self.abi.types.resolve(id) else {
            return;
        };
        if depth > MAX_DEPTH || self.names.contains_key(&id) {
            return;
        }
        let known = known(ty, &self.sdk);
        if matches!(ty.type_def, TypeDef::Composite(_) | TypeDef::Variant(_)) && known.is_none() {
            // By its own name here; where two types share one, `name_types` tells
            // them apart once all are known.
            let name = ty.path.segments.last().map_or("Type", String::as_str);
            self.names.insert(id, ident(name));
        }
        if let Some(Known::Whole(_)) = known {
            return;
        }
        let inner: Vec<TypeId> = match &ty.type_def {
            TypeDef::Composite(def) => def.fields.iter().map(|it| it.ty.id).collect(),
            TypeDef::Variant(def) => {
                let fields = def.variants.iter().flat_map(|it| &it.fields);
                fields.map(|it| it.ty.id).collect()
            }
            TypeDef::Sequence(def) => vec![def.type_param.id],
            TypeDef::Array(def) => vec![def.type_param.id],
            TypeDef::Tuple(def) => def.fields.iter().map(|it| it.id).collect(),
            TypeDef::Compact(def) => vec![def.type_param.id],
            TypeDef::Primitive(_) | TypeDef::BitSequence(_) => Vec::new(),
        };
        inner.into_iter().for_each(|it| self.reach(it, depth + 1));
    }

    /// Tells types of one name apart: the second `Pair` becomes `Pair2`.
    fn name_types(&mut self) {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        for name in self.names.values_mut() {
            let count = taken.entry(name.to_string()).or_default();
            *count += 1;
            if *count > 1 {
                *name = ident(&format!("{name}{count}"));
            }
        }
    }

    fn methods(&self, methods: &[hull_abi::Message], kind: client::Kind) -> Result<Vec<Tokens>> {
        let sdk = &self.sdk;
        let function = |method: &hull_abi::Message| {
            let arguments = method.args.iter();
            let arguments = arguments
                .map(|arg| Ok((ident(&arg.name), syn::parse2(self.ty(arg.ty, 0)?)?)))
                .collect::<Result<Vec<_>>>()?;
            let returns: syn::Type = syn::parse2(self.ty(method.returns, 0)?)?;
            let name = ident(&method.name);
            let docs = match method.docs.as_slice() {
                [] => vec![format!("The input of `{}`.", method.name)],
                lines => lines.iter().map(|line| format!(" {line}")).collect(),
            };
            Ok(client::Function {
                kind,
                name: &name,
                attributes: &quote!(#(#[doc = #docs])*),
                arguments: &arguments,
                returns: &returns,
                selector: method.selector,
                view: !method.mutates,
                payable: method.payable,
            }
            .tokens(sdk))
        };
        methods.iter().map(function).collect()
    }

    /// The type as Rust.
    fn ty(&self, id: TypeId, depth: usize) -> Result<Tokens> {
        let sdk = &self.sdk;
        if let Some(name) = self.names.get(&id) {
            return Ok(quote!(#name));
        }
        let ty = self.abi.types.resolve(id);
        let ty = ty.filter(|_| depth <= MAX_DEPTH);
        let ty = ty.ok_or_else(|| self.error(format!("type {id} is missing or endless")))?;
        let inner = |id: TypeId| self.ty(id, depth + 1);
        match known(ty, sdk) {
            Some(Known::Whole(tokens)) => return Ok(tokens),
            Some(Known::Generic(tokens)) => {
                let params = ty.type_params.iter().filter_map(|it| it.ty);
                let params = params.map(|it| inner(it.id)).collect::<Result<Vec<_>>>()?;
                return Ok(quote!(#tokens<#(#params),*>));
            }
            None => {}
        }
        Ok(match &ty.type_def {
            TypeDef::Sequence(def) => {
                let of = inner(def.type_param.id)?;
                quote!(#sdk::rt::Vec<#of>)
            }
            TypeDef::Array(def) => {
                let (of, len) = (inner(def.type_param.id)?, def.len as usize);
                quote!([#of; #len])
            }
            TypeDef::Tuple(def) => {
                let of = def.fields.iter().map(|it| inner(it.id));
                let of = of.collect::<Result<Vec<_>>>()?;
                quote!((#(#of,)*))
            }
            TypeDef::Compact(def) => {
                let of = inner(def.type_param.id)?;
                quote!(#sdk::codec::Compact<#of>)
            }
            TypeDef::Primitive(def) => self.primitive(def)?,
            _ => return Err(self.error(format!("type {id} has no counterpart in contracts"))),
        })
    }

    fn primitive(&self, def: &TypeDefPrimitive) -> Result<Tokens> {
        let sdk = &self.sdk;
        Ok(match def {
            TypeDefPrimitive::Bool => quote!(bool),
            TypeDefPrimitive::Str => quote!(#sdk::rt::String),
            TypeDefPrimitive::U8 => quote!(u8),
            TypeDefPrimitive::U16 => quote!(u16),
            TypeDefPrimitive::U32 => quote!(u32),
            TypeDefPrimitive::U64 => quote!(u64),
            TypeDefPrimitive::U128 => quote!(u128),
            TypeDefPrimitive::I8 => quote!(i8),
            TypeDefPrimitive::I16 => quote!(i16),
            TypeDefPrimitive::I32 => quote!(i32),
            TypeDefPrimitive::I64 => quote!(i64),
            TypeDefPrimitive::I128 => quote!(i128),
            other => {
                return Err(self.error(format!("{other:?} has no counterpart in contracts")));
            }
        })
    }

    fn definitions(&self) -> Result<Vec<Tokens>> {
        let definition = |(id, name): (&TypeId, &Ident)| {
            let ty = self.abi.types.resolve(*id);
            let ty = ty.ok_or_else(|| self.error(format!("type {id} is missing")))?;
            self.definition(ty, name)
        };
        self.names.iter().map(definition).collect()
    }

    fn definition(&self, ty: &Type<PortableForm>, name: &Ident) -> Result<Tokens> {
        let sdk = &self.sdk;
        let docs = docs(&ty.docs);
        let body = match &ty.type_def {
            TypeDef::Composite(def) => {
                let fields = self.fields(&def.fields, true)?;
                let end = def.fields.first().is_none_or(|it| it.name.is_none());
                let end = end.then(|| quote!(;));
                quote!(pub struct #name #fields #end)
            }
            TypeDef::Variant(def) => {
                let mut variants = Vec::with_capacity(def.variants.len());
                for variant in &def.variants {
                    let (name, index) = (ident(&variant.name), variant.index);
                    let docs = self::docs(&variant.docs);
                    let fields = self.fields(&variant.fields, false)?;
                    variants.push(quote!(#docs #[codec(index = #index)] #name #fields));
                }
                quote!(pub enum #name { #(#variants,)* })
            }
            _ => return Err(self.error(format!("`{name}` is no type with a name"))),
        };
        Ok(quote! {
            #docs
            #[#sdk::scale]
            #[derive(Clone, Debug, PartialEq, Eq)]
            #[allow(missing_docs)]
            #body
        })
    }

    fn fields(&self, fields: &[Field<PortableForm>], public: bool) -> Result<Tokens> {
        let public = public.then(|| quote!(pub));
        let mut written = Vec::with_capacity(fields.len());
        let named = fields.first().is_some_and(|field| field.name.is_some());
        for field in fields {
            let (ty, docs) = (self.ty(field.ty.id, 0)?, docs(&field.docs));
            let name = field.name.as_deref().filter(|_| named).map(ident);
            let name = name.map(|name| quote!(#name:));
            written.push(quote!(#docs #public #name #ty));
        }
        Ok(match (fields, named) {
            ([], _) => Tokens::new(),
            (_, true) => quote!({ #(#written),* }),
            (_, false) => quote!((#(#written),*)),
        })
    }
}

/// A type that exists already.
enum Known {
    Whole(Tokens),
    /// With the type's parameters.
    Generic(Tokens),
}

fn known(ty: &Type<PortableForm>, sdk: &Tokens) -> Option<Known> {
    let path: Vec<&str> = ty.path.segments.iter().map(String::as_str).collect();
    Some(match path.as_slice() {
        ["Option"] => Known::Generic(quote!(::core::option::Option)),
        ["Result"] => Known::Generic(quote!(::core::result::Result)),
        ["BTreeMap"] => Known::Generic(quote!(#sdk::rt::BTreeMap)),
        ["BTreeSet"] => Known::Generic(quote!(#sdk::rt::BTreeSet)),
        ["hull_host_api", "types", "Address"] => Known::Whole(quote!(#sdk::Address)),
        ["hull_host_api", "types", "Hash"] => Known::Whole(quote!(#sdk::Hash)),
        ["hull_sdk", "error", "CallError"] => Known::Whole(quote!(#sdk::CallError)),
        _ => return None,
    })
}

fn ident(name: &str) -> Ident {
    syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site()))
}

fn docs(lines: &[String]) -> Tokens {
    let lines = lines.iter().map(|line| format!(" {line}"));
    quote!(#(#[doc = #lines])*)
}
