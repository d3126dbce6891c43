//! The module as a whole.

use std::collections::BTreeMap;

use hull_host_api::{Capabilities, Group};
use proc_macro2::{Ident, TokenStream as Tokens};
use quote::quote;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Attribute, Error, ImplItem, Item, ItemImpl, ItemMod, Result, Type, Visibility};

use crate::attributes::{self, Errors};
use crate::method::{Kind, Method};
use crate::{abi, capabilities, client, dispatch, names};

/// A contract, read and checked.
pub(crate) struct Contract {
    /// The storage struct.
    pub(crate) root: Ident,
    pub(crate) capabilities: Capabilities,
    pub(crate) constructors: Vec<Method>,
    pub(crate) messages: Vec<Method>,
    pub(crate) fallback: Option<Method>,
    pub(crate) migrate: Option<Method>,
    /// The types with `#[hull::event]`.
    pub(crate) events: Vec<Ident>,
    /// The types with `#[hull::error]`.
    pub(crate) errors: Vec<Ident>,
}

/// The module that the contract is read from.
struct Module {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    ident: Ident,
    items: Vec<Item>,
}

pub(crate) fn expand(arguments: Tokens, item: Tokens) -> Result<Tokens> {
    let capabilities = arguments_of(arguments)?;
    let mut module = Module::parse(item)?;
    let contract = match Contract::read(&mut module, capabilities) {
        Ok(contract) => contract,
        // The module without its marks keeps further errors away.
        Err(error) => {
            let error = error.into_compile_error();
            let module = module.with(&Tokens::new());
            return Ok(quote!(#error #module));
        }
    };
    let sdk = names::sdk();
    let entries = dispatch::entries(&contract, &sdk);
    let client = client::modules(&contract, &sdk);
    let name = module.ident.to_string();
    let abi = abi::function(&contract, &name, &module.attributes, &sdk);
    let whole = module.with(&quote!(#entries #client #abi));
    let (visibility, ident) = (&module.visibility, &module.ident);
    // What callers and tools need is found beside the module too, which is the
    // root of the crate.
    Ok(quote! {
        #whole

        #[allow(unused_imports)]
        #visibility use #ident::{constructors, messages};
        #[cfg(not(target_family = "wasm"))]
        #[allow(unused_imports)]
        #visibility use #ident::abi;
    })
}

fn arguments_of(arguments: Tokens) -> Result<Capabilities> {
    let mut declared = Capabilities::LEAST;
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("capabilities") {
            meta.parse_nested_meta(|meta| capabilities::entry(&mut declared, &meta))
        } else {
            Err(meta.error("unknown option: there is `capabilities(..)`"))
        }
    });
    parser.parse2(arguments)?;
    Ok(declared)
}

impl Module {
    fn parse(item: Tokens) -> Result<Self> {
        const HELP: &str = "a contract is a module with its content: \
            `#[hull::contract(..)] mod name { .. }`";
        let span = item.span();
        let module: ItemMod = syn::parse2(item).map_err(|_| Error::new(span, HELP))?;
        let Some((_, items)) = module.content else {
            return Err(Error::new(module.ident.span(), HELP));
        };
        Ok(Self {
            attributes: module.attrs,
            visibility: module.vis,
            ident: module.ident,
            items,
        })
    }

    /// The module with more in it.
    fn with(&self, more: &Tokens) -> Tokens {
        let Self {
            attributes,
            visibility,
            ident,
            items,
        } = self;
        quote! {
            #(#attributes)*
            #visibility mod #ident {
                #(#items)*
                #more
            }
        }
    }
}

impl Contract {
    fn read(module: &mut Module, capabilities: Capabilities) -> Result<Self> {
        let mut errors = Errors::default();
        let mut methods = Vec::new();
        let mut root: Option<Ident> = None;
        for item in &mut module.items {
            let Item::Impl(block) = item else { continue };
            let found = marked(block, &mut errors);
            if found.is_empty() {
                continue;
            }
            if let Some(ident) = errors.keep(owner(block, root.as_ref())) {
                root = Some(ident);
            }
            methods.extend(found);
        }
        errors.finish()?;

        let mut errors = Errors::default();
        check_selectors(&methods, &mut errors);
        let fallback = single(&mut methods, Kind::Fallback, &mut errors);
        let migrate = single(&mut methods, Kind::Migrate, &mut errors);
        let (constructors, messages): (Vec<_>, Vec<_>) = methods
            .into_iter()
            .partition(|method| method.kind == Kind::Constructor);
        errors.finish()?;
        let Some(root) = root.filter(|_| !constructors.is_empty()) else {
            return Err(Error::new(
                module.ident.span(),
                "the contract has no constructor: mark a method of its storage struct, such as \
                 `#[hull::constructor] pub fn new(&mut self) {}`",
            ));
        };
        check_items(&module.items, &root, &capabilities)?;
        Ok(Self {
            root,
            capabilities,
            constructors,
            messages,
            fallback,
            migrate,
            events: marked_types(&module.items, "event"),
            errors: marked_types(&module.items, "error"),
        })
    }
}

/// Takes the marked methods of a block.
fn marked(block: &mut ItemImpl, errors: &mut Errors) -> Vec<Method> {
    let mut found = Vec::new();
    for item in &mut block.items {
        if let ImplItem::Fn(method) = item
            && let Some(Some(method)) = errors.keep(Method::take(method))
        {
            found.push(method);
        }
    }
    found
}

/// The struct that a block with marked methods belongs to.
fn owner(block: &ItemImpl, known: Option<&Ident>) -> Result<Ident> {
    if let Some((_, path, _)) = &block.trait_ {
        return Err(Error::new(
            path.span(),
            "messages are methods of the storage struct itself: move them to an `impl` without a \
             trait",
        ));
    }
    let ident = match &*block.self_ty {
        Type::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    }
    .filter(|_| block.generics.params.is_empty())
    .ok_or_else(|| {
        Error::new(
            block.self_ty.span(),
            "a contract's storage struct has a plain name and no generic parameters",
        )
    })?;
    match known {
        Some(known) if *known != ident => Err(Error::new(
            ident.span(),
            format!("a contract has one storage struct, and that is `{known}`: move these methods"),
        )),
        _ => Ok(ident),
    }
}

/// The only method of its kind.
fn single(methods: &mut Vec<Method>, kind: Kind, errors: &mut Errors) -> Option<Method> {
    let mut found: Vec<_> = methods
        .extract_if(.., |method| method.kind == kind)
        .collect();
    for further in found.iter().skip(1) {
        errors.push(Error::new(
            further.ident.span(),
            format!(
                "a contract has one `{}`: remove this or the other",
                kind.name()
            ),
        ));
    }
    found.truncate(1);
    found.pop()
}

fn check_selectors(methods: &[Method], errors: &mut Errors) {
    let mut seen = BTreeMap::new();
    for method in methods {
        if matches!(method.kind, Kind::Fallback | Kind::Migrate) {
            continue;
        }
        let constructor = method.kind == Kind::Constructor;
        if let Some(other) = seen.insert((constructor, method.selector), &method.ident) {
            errors.push(Error::new(
                method.ident.span(),
                format!(
                    "`{}` has the selector of `{other}`: rename it, or choose one with \
                     `selector = 0x01020304`",
                    method.ident
                ),
            ));
        }
    }
}

/// The types of a module that have this attribute.
fn marked_types(items: &[Item], name: &str) -> Vec<Ident> {
    let types = items.iter().filter_map(|item| match item {
        Item::Struct(item) => Some((&item.ident, &item.attrs)),
        Item::Enum(item) => Some((&item.ident, &item.attrs)),
        _ => None,
    });
    types
        .filter(|(_, attributes)| attributes::has(attributes, name))
        .map(|(ident, _)| ident.clone())
        .collect()
}

/// Holds what the module declares against the capabilities.
fn check_items(items: &[Item], root: &Ident, declared: &Capabilities) -> Result<()> {
    let mut errors = Errors::default();
    let mut has_root = false;
    for item in items {
        match item {
            Item::Struct(item) if item.ident == *root => {
                has_root = attributes::has(&item.attrs, "storage");
                if !item.fields.is_empty() && !declared.groups.contains(Group::Storage) {
                    errors.push(Error::new(
                        item.ident.span(),
                        "the contract stores something: say how much, as in \
                         `#[hull::contract(capabilities(storage = \"64 KiB\"))]`",
                    ));
                }
            }
            Item::Struct(item)
                if attributes::has(&item.attrs, "event")
                    && !declared.groups.contains(Group::Events) =>
            {
                errors.push(Error::new(
                    item.ident.span(),
                    "the contract has an event: declare it, as in \
                     `#[hull::contract(capabilities(events))]`",
                ));
            }
            _ => {}
        }
    }
    if !has_root {
        errors.push(Error::new(
            root.span(),
            format!(
                "`{root}` is not in this module as storage: write `#[hull::storage] pub struct \
                 {root} {{ .. }}` beside this `impl`"
            ),
        ));
    }
    errors.finish()
}
