//! The entry points: exported functions that choose a method by its selector.

use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::capabilities;
use crate::contract::Contract;
use crate::method::Method;

/// The exports and the section with the capabilities. They exist only in the
/// Wasm of the contract itself: the feature `library` leaves them out where
/// another contract depends on this one for its messages.
pub(crate) fn entries(contract: &Contract, sdk: &Tokens) -> Tokens {
    let section = capabilities::section(&contract.capabilities);
    let instantiate = entry(contract, &contract.constructors, None, "instantiate", sdk);
    let call = entry(
        contract,
        &contract.messages,
        contract.fallback.as_ref(),
        "call",
        sdk,
    );
    let migrate = contract
        .migrate
        .as_slice()
        .first()
        .map(|_| entry(contract, contract.migrate.as_slice(), None, "migrate", sdk));
    quote! {
        // The lint looks at attributes around the one with the condition.
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(all(target_family = "wasm", not(feature = "library")))]
            const _: () = {
                #[allow(unused_imports)]
                use #sdk::rt::{Infallible as _, PickAny as _};
                #section
                #instantiate
                #call
                #migrate
            };
        };
    }
}

fn entry(
    contract: &Contract,
    methods: &[Method],
    fallback: Option<&Method>,
    export: &str,
    sdk: &Tokens,
) -> Tokens {
    // Asking once is less code where nobody takes a value.
    let payable = methods.iter().chain(fallback).any(|method| method.payable);
    let deny = (!payable).then(|| quote!(#sdk::rt::deny_payment();));
    let arms = methods
        .iter()
        .map(|method| arm(contract, method, payable, sdk));
    let otherwise = match fallback {
        Some(method) => fallback_arm(contract, method, payable, sdk),
        None => quote!(_ => #sdk::rt::unreadable()),
    };
    let Contract { root, .. } = contract;
    // Without a fallback input that is too short to choose is the end.
    let selector = match fallback {
        Some(_) => quote!(#sdk::rt::selector_if_any()),
        None => quote!(::core::option::Option::Some(#sdk::rt::selector())),
    };
    quote! {
        const _: () = {
            #[unsafe(export_name = #export)]
            extern "C" fn entry() {
                #deny
                #sdk::rt::input();
                let mut contract =
                    <#root as #sdk::storage::Storage>::at(#sdk::storage::Key::ROOT);
                let contract = &mut contract;
                match #selector {
                    #(#arms)*
                    #otherwise,
                }
            }
        };
    }
}

/// Refuses a value where only some of the methods do.
fn deny_payment(method: &Method, some_payable: bool, sdk: &Tokens) -> Option<Tokens> {
    (some_payable && !method.payable).then(|| quote!(#sdk::rt::deny_payment();))
}

fn arm(contract: &Contract, method: &Method, some_payable: bool, sdk: &Tokens) -> Tokens {
    let Contract { root, .. } = contract;
    let Method {
        ident, arguments, ..
    } = method;
    let selector = method.selector_number();
    let deny = deny_payment(method, some_payable, sdk);
    let names: Vec<_> = (0..arguments.len())
        .map(|index| quote::format_ident!("argument_{index}"))
        .collect();
    let decoded = names.iter().zip(arguments).map(|(name, (_, ty))| {
        quote_spanned!(ty.span()=> let #name: #ty = #sdk::rt::Pick::<#ty>::new().argument();)
    });
    let reply = quote_spanned! {method.returns.span()=>
        #sdk::rt::reply(&result, #sdk::rt::Probe(&result).failed())
    };
    let conditions = conditions(method);
    quote! {
        #(#conditions)*
        ::core::option::Option::Some(#selector) => {
            #deny
            #(#decoded)*
            #sdk::rt::end();
            let result = #root::#ident(contract, #(#names),*);
            #reply
        }
    }
}

fn fallback_arm(contract: &Contract, method: &Method, some_payable: bool, sdk: &Tokens) -> Tokens {
    let Contract { root, .. } = contract;
    let ident = &method.ident;
    let deny = deny_payment(method, some_payable, sdk);
    quote! {
        _ => {
            #deny
            #sdk::rt::reply_raw(#root::#ident(contract, #sdk::rt::whole()))
        }
    }
}

/// The `#[cfg]`s of a method hold for its arm too.
fn conditions(method: &Method) -> impl Iterator<Item = &syn::Attribute> {
    method
        .attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
}
