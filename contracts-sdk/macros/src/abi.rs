//! The function `abi`, outside the Wasm.

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::Attribute;

use crate::attributes;
use crate::contract::Contract;
use crate::method::Method;

pub(crate) fn function(
    contract: &Contract,
    name: &str,
    module: &[Attribute],
    sdk: &Tokens,
) -> Tokens {
    let Contract {
        root,
        events,
        errors,
        ..
    } = contract;
    let docs = attributes::doc_lines(module);
    let capabilities = contract.capabilities.encode();
    let constructors = contract.constructors.iter().map(|it| {
        let spec = spec(it, sdk);
        quote!(.constructor(#spec))
    });
    let messages = contract.messages.iter().map(|it| {
        let spec = spec(it, sdk);
        quote!(.message(#spec))
    });
    let fallback = contract.fallback.as_ref().map(|it| {
        let (payable, docs) = (it.payable, attributes::doc_lines(&it.attributes));
        quote!(.fallback(#payable, &[#(#docs),*]))
    });
    let migration = contract.migrate.as_ref().map(|it| {
        let docs = attributes::doc_lines(&it.attributes);
        quote!(.migration(&[#(#docs),*]))
    });
    quote! {
        /// The contract's ABI, with documentation.
        #[cfg(not(target_family = "wasm"))]
        pub fn abi() -> #sdk::abi::Abi {
            let builder = #sdk::abi::AbiBuilder::new(#name, env!("CARGO_PKG_VERSION"))
                .docs(&[#(#docs),*])
                .capabilities(#sdk::abi::capabilities(&[#(#capabilities),*]))
                #(#constructors)*
                #(#messages)*
                #fallback
                #migration
                #(.event(<#events as #sdk::abi::EventInfo>::spec()))*
                #(.error::<#errors>())*;
            #sdk::abi::with_storage::<#root>(builder).build()
        }
    }
}

fn spec(method: &Method, sdk: &Tokens) -> Tokens {
    let Method {
        arguments,
        returns,
        selector,
        ..
    } = method;
    let name = method.name();
    let docs = attributes::doc_lines(&method.attributes);
    let arguments = arguments.iter().map(|(name, ty)| {
        let name = name.to_string();
        quote!(.arg::<#ty>(#name))
    });
    let mutates = (!method.view).then(|| quote!(.mutates()));
    let payable = method.payable.then(|| quote!(.payable()));
    quote! {
        #sdk::abi::MessageSpec::new(#name)
            .selector([#(#selector),*])
            #(#arguments)*
            .returns::<#returns>()
            #mutates
            #payable
            .docs(&[#(#docs),*])
    }
}
