//! `Encode` for types that cross the boundary.
//!
//! The same wire format as the codec's derive. Only, every field goes through
//! `Pick`, and the index of an enum is written in one place.

use proc_macro2::{Ident, TokenStream as Tokens};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Fields, Result};

use crate::decode;

/// The implementation, for types that [`decode::implementation`] has one for.
pub(crate) fn implementation(item: &DeriveInput, sdk: &Tokens) -> Result<Tokens> {
    let body = match &item.data {
        Data::Struct(data) => {
            let (pattern, fields) = fields(&data.fields, sdk);
            quote!(let Self #pattern = self; #fields)
        }
        Data::Enum(data) => variants(data, sdk)?,
        // The ABI has no unions; their own derive says so.
        Data::Union(_) => Tokens::new(),
    };
    let ident = &item.ident;
    let mut generics = item.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter
            .bounds
            .push(syn::parse_quote!(#sdk::codec::Encode));
    }
    let (generics, arguments, conditions) = generics.split_for_impl();
    Ok(quote! {
        impl #generics #sdk::codec::Encode for #ident #arguments #conditions {
            fn encode_to<Target: #sdk::codec::Output + ?Sized>(&self, target: &mut Target) {
                #[allow(unused_imports)]
                use #sdk::rt::PickAny as _;
                let _ = &target;
                #body
            }
        }

        impl #generics #sdk::codec::EncodeLike for #ident #arguments #conditions {}
    })
}

fn variants(data: &DataEnum, sdk: &Tokens) -> Result<Tokens> {
    if data.variants.is_empty() {
        return Ok(quote!(match *self {}));
    }
    let mut indices = Vec::with_capacity(data.variants.len());
    let mut contents = Vec::new();
    for (position, variant) in data.variants.iter().enumerate() {
        let index = decode::variant_index(position, variant)?;
        let ident = &variant.ident;
        indices.push(quote!(Self::#ident { .. } => #index,));
        if !variant.fields.is_empty() {
            let (pattern, fields) = fields(&variant.fields, sdk);
            contents.push(quote!(Self::#ident #pattern => { #fields }));
        }
    }
    let contents = (!contents.is_empty()).then(|| {
        quote! {
            #[allow(unreachable_patterns)]
            match self {
                #(#contents)*
                _ => {}
            }
        }
    });
    Ok(quote! {
        target.push_byte(match self { #(#indices)* });
        #contents
    })
}

/// A pattern that names the fields, and what writes them.
fn fields(fields: &Fields, sdk: &Tokens) -> (Tokens, Tokens) {
    let names: Vec<Ident> = (0..fields.len())
        .map(|index| format_ident!("field_{index}"))
        .collect();
    let writes = fields.iter().zip(&names).map(|(field, name)| {
        let ty = &field.ty;
        quote_spanned!(ty.span()=> #sdk::rt::Pick::<#ty>::new().put(#name, target);)
    });
    let writes = quote!(#(#writes)*);
    let pattern = match fields {
        Fields::Named(fields) => {
            let idents = fields.named.iter().map(|field| &field.ident);
            quote!({ #(#idents: #names),* })
        }
        Fields::Unnamed(_) => quote!((#(#names),*)),
        Fields::Unit => Tokens::new(),
    };
    (pattern, writes)
}
