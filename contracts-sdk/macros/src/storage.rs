//! `#[hull::storage]`: a struct of collections.

use std::collections::BTreeMap;

use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Field, Fields, Item, ItemStruct, LitInt, Meta, Result};

use crate::attributes::Errors;
use crate::names;

/// Slots are one byte.
const MAX_SLOT: usize = 255;

pub(crate) fn expand(arguments: Tokens, item: Tokens) -> Result<Tokens> {
    if !arguments.is_empty() {
        return Err(Error::new(arguments.span(), "`storage` has no options"));
    }
    let Item::Struct(mut item) = syn::parse2(item)? else {
        return Err(Error::new(
            proc_macro2::Span::call_site(),
            "storage is a struct whose fields are collections, such as `Value<u64>`",
        ));
    };
    let slots = slots(&mut item)?;
    let implementation = implementation(&item, &slots);
    let layout = layout(&item, &slots);
    Ok(quote!(#item #implementation #layout))
}

/// The slot of every field: its position, or what `#[slot(n)]` says.
fn slots(item: &mut ItemStruct) -> Result<Vec<u8>> {
    let fields = match &mut item.fields {
        Fields::Named(fields) => &mut fields.named,
        Fields::Unit => return Ok(Vec::new()),
        Fields::Unnamed(fields) => {
            return Err(Error::new(
                fields.span(),
                "the layout is part of the ABI: give the fields names",
            ));
        }
    };
    let mut errors = Errors::default();
    let mut taken = BTreeMap::new();
    let mut slots = Vec::with_capacity(fields.len());
    for (position, field) in fields.iter_mut().enumerate() {
        let Some(slot) = errors.keep(slot(position, field)) else {
            continue;
        };
        let name = field.ident.as_ref().map(ToString::to_string);
        if let Some(other) = taken.insert(slot, name.clone()) {
            errors.push(Error::new(
                field.span(),
                format!(
                    "slot {slot} belongs to `{}`: give one of the two another `#[slot(n)]`",
                    other.unwrap_or_default()
                ),
            ));
        }
        slots.push(slot);
    }
    errors.finish()?;
    Ok(slots)
}

fn slot(position: usize, field: &mut Field) -> Result<u8> {
    let marks: Vec<_> = field
        .attrs
        .extract_if(.., |attribute| attribute.path().is_ident("slot"))
        .collect();
    match marks.as_slice() {
        [] => u8::try_from(position)
            .ok()
            .filter(|slot| usize::from(*slot) < MAX_SLOT)
            .ok_or_else(|| Error::new(field.span(), "a storage struct has at most 255 fields")),
        [mark] => {
            let Meta::List(list) = &mark.meta else {
                return Err(Error::new(mark.span(), SLOT_HELP));
            };
            let number: LitInt = list
                .parse_args()
                .map_err(|_| Error::new(mark.span(), SLOT_HELP))?;
            number
                .base10_parse()
                .ok()
                .filter(|slot: &u8| usize::from(*slot) < MAX_SLOT)
                .ok_or_else(|| Error::new(number.span(), SLOT_HELP))
        }
        [_, second, ..] => Err(Error::new(second.span(), "a field has one slot")),
    }
}

const SLOT_HELP: &str = "a slot is a number from 0 to 254: `#[slot(7)]`";

fn implementation(item: &ItemStruct, slots: &[u8]) -> Tokens {
    let sdk = names::sdk();
    let ident = &item.ident;
    let (generics, arguments, conditions) = item.generics.split_for_impl();
    let fields = item.fields.iter().zip(slots).map(|(field, slot)| {
        let (name, ty) = (&field.ident, &field.ty);
        quote_spanned! {ty.span()=>
            #name: <#ty as #sdk::storage::Storage>::at(key.field::<#slot>())
        }
    });
    quote! {
        impl #generics #sdk::storage::Storage for #ident #arguments #conditions {
            #[inline]
            fn at(key: #sdk::storage::Key) -> Self {
                let _ = key;
                Self { #(#fields),* }
            }
        }
    }
}

fn layout(item: &ItemStruct, slots: &[u8]) -> Tokens {
    let sdk = names::sdk();
    let ident = &item.ident;
    let mut generics = item.generics.clone();
    let types: Vec<_> = item.fields.iter().map(|field| &field.ty).collect();
    if !generics.params.is_empty() {
        let conditions = &mut generics.make_where_clause().predicates;
        conditions.extend(
            types
                .iter()
                .map(|ty| -> syn::WherePredicate { syn::parse_quote!(#ty: #sdk::abi::Layout) }),
        );
    }
    let (generics, arguments, conditions) = generics.split_for_impl();
    let names = item
        .fields
        .iter()
        .filter_map(|field| field.ident.as_ref().map(ToString::to_string));
    quote! {
        #[cfg(not(target_family = "wasm"))]
        impl #generics #sdk::abi::Layout for #ident #arguments #conditions {
            fn layout() -> #sdk::abi::LayoutSpec {
                #sdk::abi::LayoutSpec::Group(#sdk::rt::vec![
                    #((#names, #sdk::rt::vec![#slots], <#types as #sdk::abi::Layout>::layout())),*
                ])
            }
        }
    }
}
