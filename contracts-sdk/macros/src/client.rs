//! The modules `messages` and `constructors`: typed inputs for callers.

use proc_macro2::{Ident, TokenStream as Tokens};
use quote::quote;
use syn::Type;

use crate::contract::Contract;
use crate::method::{self, Method};

pub(crate) fn modules(contract: &Contract, sdk: &Tokens) -> Tokens {
    let functions = |methods: &mut dyn Iterator<Item = &Method>| -> Vec<Tokens> {
        methods.map(|method| function(method, sdk)).collect()
    };
    let constructors = module_of(
        "constructors",
        "Calls of the contract's constructors as values, for whoever creates it.",
        &functions(&mut contract.constructors.iter()),
    );
    let messages = module_of(
        "messages",
        "The contract's messages as values, for whoever calls it.",
        &functions(&mut contract.messages.iter().chain(&contract.migrate)),
    );
    quote!(#constructors #messages)
}

/// A module of functions.
pub(crate) fn module_of(name: &str, doc: &str, functions: &[Tokens]) -> Tokens {
    let name = quote::format_ident!("{name}");
    quote! {
        #[doc = #doc]
        pub mod #name {
            #[allow(unused_imports)]
            use super::*;
            #(#functions)*
        }
    }
}

/// What a function makes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Constructor {
        /// Whether the crate around is the one that the contract is built from.
        own: bool,
    },
    Message,
}

/// A function that makes an input.
pub(crate) struct Function<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a Ident,
    pub(crate) attributes: &'a Tokens,
    pub(crate) arguments: &'a [(Ident, Type)],
    pub(crate) returns: &'a Type,
    pub(crate) selector: [u8; 4],
    pub(crate) view: bool,
    pub(crate) payable: bool,
}

impl Function<'_> {
    pub(crate) fn tokens(&self, sdk: &Tokens) -> Tokens {
        let Self {
            kind,
            name,
            attributes,
            arguments,
            returns,
            selector,
            view,
            payable,
        } = self;
        let names: Vec<_> = arguments.iter().map(|(name, _)| name).collect();
        let types = arguments.iter().map(|(_, ty)| ty);
        let (output, finish) = match kind {
            Kind::Constructor { .. } => {
                (quote!(Constructor), quote!(constructor(#payable, fallible)))
            }
            Kind::Message => (quote!(Message), quote!(message(#view, #payable, fallible))),
        };
        // A path of this machine stays out of the Wasm.
        let origin = (*kind == Kind::Constructor { own: true }).then(|| {
            quote! {
                #[cfg(not(target_family = "wasm"))]
                let input = input.of_crate(env!("CARGO_MANIFEST_DIR"));
            }
        });
        quote! {
            #attributes
            pub fn #name(
                #(#names: impl #sdk::codec::EncodeLike<#types>),*
            ) -> #sdk::#output<#returns> {
                #[allow(unused_imports)]
                use #sdk::rt::Infallible as _;
                // Only from here on may names hide those of the arguments.
                let input = #sdk::Input::new([#(#selector),*]) #(.with(&#names))*;
                let fallible = <#sdk::rt::Probe::<#returns>>::FALLIBLE;
                let input = input.#finish;
                #origin
                input
            }
        }
    }
}

fn function(method: &Method, sdk: &Tokens) -> Tokens {
    let attributes = &method.attributes;
    let default_doc = format!("The input of `{}`.", method.ident);
    let doc = (!attributes.iter().any(|a| a.path().is_ident("doc")))
        .then(|| quote!(#[doc = #default_doc]));
    Function {
        kind: match method.kind {
            method::Kind::Constructor => Kind::Constructor { own: true },
            _ => Kind::Message,
        },
        name: &method.ident,
        attributes: &quote!(#doc #(#attributes)*),
        arguments: &method.arguments,
        returns: &method.returns,
        selector: method.selector,
        view: method.view,
        payable: method.payable,
    }
    .tokens(sdk)
}
