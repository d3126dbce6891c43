//! `#[hull::scale]` and `#[hull::error]`: types that cross the boundary.

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, Fields, Generics, Ident, Item, Result};

use crate::{decode, encode, names};

pub(crate) fn expand(name: &str, arguments: &Tokens, item: Tokens) -> Result<Tokens> {
    if !arguments.is_empty() {
        return Err(Error::new(
            arguments.span(),
            format!("`{name}` has no options"),
        ));
    }
    let span = item.span();
    let sdk = names::sdk();
    let derives = derives(&item, &sdk)?;
    let (ident, generics, plain) = match syn::parse2(item)? {
        Item::Struct(item) => (item.ident, item.generics, false),
        Item::Enum(item) => {
            let plain = item
                .variants
                .iter()
                .all(|variant| matches!(variant.fields, Fields::Unit));
            (item.ident, item.generics, plain)
        }
        _ => {
            return Err(Error::new(
                span,
                format!("`#[hull::{name}]` is for structs and enums"),
            ));
        }
    };
    let topic = topic(&sdk, &ident, &generics, plain);
    Ok(quote!(#derives #topic))
}

/// The item with SCALE, and outside the Wasm with the description for the ABI.
pub(crate) fn derives(item: &Tokens, sdk: &Tokens) -> Result<Tokens> {
    let info = quote!(#sdk::abi::scale_info);
    let decode = match syn::parse2(item.clone()) {
        Ok(item) => match decode::implementation(&item, sdk)? {
            Some(decode) => Some((decode, encode::implementation(&item, sdk)?)),
            None => None,
        },
        // What is no type is refused by whoever asked.
        Err(_) => return Ok(item.clone()),
    };
    let (derived, item, decode) = match decode {
        Some((decode, encode)) => (None, without_codec(item)?, quote!(#decode #encode)),
        None => (
            Some(quote! {
                #[derive(#sdk::codec::Encode, #sdk::codec::Decode)]
                #[codec(crate = #sdk::codec)]
            }),
            item.clone(),
            Tokens::new(),
        ),
    };
    Ok(quote! {
        #derived
        #[cfg_attr(
            not(target_family = "wasm"),
            derive(#info::TypeInfo),
            scale_info(crate = #info)
        )]
        #item
        #decode
    })
}

/// The item with the codec's attributes for the description only: no other
/// derive is there to take them.
fn without_codec(item: &Tokens) -> Result<Tokens> {
    let mut item: Item = syn::parse2(item.clone())?;
    if let Item::Enum(item) = &mut item {
        let attributes = item.variants.iter_mut().flat_map(|it| &mut it.attrs);
        for attribute in attributes.filter(|it| it.path().is_ident("codec")) {
            let meta = &attribute.meta;
            *attribute = syn::parse_quote!(#[cfg_attr(not(target_family = "wasm"), #meta)]);
        }
    }
    Ok(quote!(#item))
}

/// A type without parameters can be a topic. A plain enum is one byte and needs
/// no hash.
fn topic(sdk: &Tokens, ident: &Ident, generics: &Generics, plain: bool) -> Option<Tokens> {
    let how = if plain {
        quote!(padded)
    } else {
        quote!(hashed)
    };
    generics.params.is_empty().then(|| {
        quote! {
            impl #sdk::Topic for #ident {
                fn write(&self, topics: &mut #sdk::rt::Topics) {
                    topics.#how(self);
                }
            }
        }
    })
}
