//! The modules `messages` and `constructors`: typed inputs for callers.

use proc_macro2::TokenStream as Tokens;
use quote::quote;

use crate::contract::Contract;
use crate::method::{Kind, Method};

pub(crate) fn modules(contract: &Contract, sdk: &Tokens) -> Tokens {
    let constructors = module(
        "constructors",
        "Calls of the contract's constructors as values, for whoever creates it.",
        &contract.constructors,
        sdk,
    );
    let messages = contract.messages.iter().chain(&contract.migrate);
    let messages = module(
        "messages",
        "The contract's messages as values, for whoever calls it.",
        messages,
        sdk,
    );
    quote!(#constructors #messages)
}

fn module<'a>(
    name: &str,
    doc: &str,
    methods: impl IntoIterator<Item = &'a Method>,
    sdk: &Tokens,
) -> Tokens {
    let name = quote::format_ident!("{name}");
    let functions = methods.into_iter().map(|method| function(method, sdk));
    quote! {
        #[doc = #doc]
        pub mod #name {
            #[allow(unused_imports)]
            use super::*;
            #(#functions)*
        }
    }
}

fn function(method: &Method, sdk: &Tokens) -> Tokens {
    let Method {
        ident,
        arguments,
        returns,
        view,
        payable,
        selector,
        attributes,
        kind,
    } = method;
    let names: Vec<_> = arguments.iter().map(|(name, _)| name).collect();
    let types = arguments.iter().map(|(_, ty)| ty);
    let (output, finish) = if *kind == Kind::Constructor {
        (quote!(Constructor), quote!(constructor(#payable, fallible)))
    } else {
        (quote!(Message), quote!(message(#view, #payable, fallible)))
    };
    // A path of this machine stays out of the Wasm.
    let origin = (*kind == Kind::Constructor).then(|| {
        quote! {
            #[cfg(not(target_family = "wasm"))]
            let input = input.of_crate(env!("CARGO_MANIFEST_DIR"));
        }
    });
    let default_doc = format!("The input of `{ident}`.");
    let doc = (!attributes.iter().any(|a| a.path().is_ident("doc")))
        .then(|| quote!(#[doc = #default_doc]));
    quote! {
        #doc
        #(#attributes)*
        pub fn #ident(#(#names: impl #sdk::codec::EncodeLike<#types>),*) -> #sdk::#output<#returns> {
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
