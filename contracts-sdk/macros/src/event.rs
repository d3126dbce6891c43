//! `#[hull::event]`.

use proc_macro2::TokenStream as Tokens;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Fields, Item, ItemStruct, Result};

use crate::{attributes, names, scale};

/// Topics of an event beside its signature.
const MAX_INDEXED: usize = 3;

pub(crate) fn expand(arguments: &Tokens, item: Tokens) -> Result<Tokens> {
    if !arguments.is_empty() {
        return Err(Error::new(arguments.span(), "`event` has no options"));
    }
    let span = item.span();
    let Item::Struct(mut item) = syn::parse2(item)? else {
        return Err(Error::new(
            span,
            "an event is a struct: declare one struct for every event",
        ));
    };
    if let Fields::Unnamed(fields) = &item.fields {
        return Err(Error::new(
            fields.span(),
            "the ABI names the fields of an event: write `{ name: Type }`",
        ));
    }
    if !item.generics.params.is_empty() {
        return Err(Error::new(
            item.generics.span(),
            "an event's signature names its types: remove the generic parameters",
        ));
    }
    let indexed = take_topics(&mut item)?;
    let sdk = names::sdk();
    let derived = scale::derives(&item.to_token_stream(), &sdk)?;
    let implementation = implementation(&item, &indexed, &sdk);
    let info = info(&item, &indexed, &sdk);
    Ok(quote!(#derived #implementation #info))
}

/// Takes `#[topic]` off the fields and says which had it.
fn take_topics(item: &mut ItemStruct) -> Result<Vec<bool>> {
    let mut count = 0;
    let mut indexed = Vec::with_capacity(item.fields.len());
    for field in &mut item.fields {
        let before = field.attrs.len();
        field
            .attrs
            .retain(|attribute| !attributes::is(attribute, "topic"));
        let marked = field.attrs.len() < before;
        count += usize::from(marked);
        if count > MAX_INDEXED {
            return Err(Error::new(
                field.span(),
                "an event has at most 3 topics beside its name: remove a `#[topic]`; the field \
                 stays in the data",
            ));
        }
        indexed.push(marked);
    }
    Ok(indexed)
}

/// `Name(Type,Type)`, the types as they are written.
fn signature(item: &ItemStruct) -> String {
    let types: Vec<_> = item
        .fields
        .iter()
        .map(|field| field.ty.to_token_stream().to_string().replace(' ', ""))
        .collect();
    format!("{}({})", item.ident, types.join(","))
}

fn implementation(item: &ItemStruct, indexed: &[bool], sdk: &Tokens) -> Tokens {
    let ident = &item.ident;
    let signature = names::digest(&signature(item));
    let topics = item
        .fields
        .iter()
        .zip(indexed)
        .filter(|(_, indexed)| **indexed)
        .map(|(field, _)| {
            let name = &field.ident;
            quote_spanned!(field.ty.span()=> topics.push(&self.#name);)
        });
    quote! {
        impl #sdk::Event for #ident {
            const SIGNATURE: [u8; 32] = [#(#signature),*];

            fn topics(&self, topics: &mut #sdk::rt::Topics) {
                let _ = &topics;
                #(#topics)*
            }
        }
    }
}

fn info(item: &ItemStruct, indexed: &[bool], sdk: &Tokens) -> Tokens {
    let ident = &item.ident;
    let name = ident.to_string();
    let docs = attributes::doc_lines(&item.attrs);
    let fields = item.fields.iter().zip(indexed).map(|(field, indexed)| {
        let ty = &field.ty;
        let name = field.ident.as_ref().map(ToString::to_string);
        let docs = attributes::doc_lines(&field.attrs);
        let add = if *indexed {
            quote!(indexed)
        } else {
            quote!(field)
        };
        quote!(.#add::<#ty>(#name).field_docs(&[#(#docs),*]))
    });
    quote! {
        #[cfg(not(target_family = "wasm"))]
        impl #sdk::abi::EventInfo for #ident {
            fn spec() -> #sdk::abi::EventSpec {
                #sdk::abi::EventSpec::new(#name, <Self as #sdk::Event>::SIGNATURE)
                    .docs(&[#(#docs),*])
                    #(#fields)*
            }
        }
    }
}
