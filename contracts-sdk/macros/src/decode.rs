//! `Decode` for types that cross the boundary.
//!
//! The same wire format as the codec's derive. Only, every field goes through
//! `Pick`, which decodes texts and bytes in little code.

use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DataEnum, DeriveInput, Error, Expr, Fields, Lit, Result, Variant};

/// Most variants: their index is one byte.
const MAX_VARIANTS: usize = 256;

/// The implementation; `None` if attributes of the codec ask for its own derive.
pub(crate) fn implementation(item: &DeriveInput, sdk: &Tokens) -> Result<Option<Tokens>> {
    let body = match &item.data {
        Data::Struct(data) if !has_codec(&item.attrs, &data.fields) => {
            let fields = fields(&data.fields, sdk);
            quote!(::core::result::Result::Ok(Self #fields))
        }
        Data::Enum(data) if data.variants.iter().all(is_plain) => variants(data, sdk)?,
        _ => return Ok(None),
    };
    let ident = &item.ident;
    let mut generics = item.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter
            .bounds
            .push(syn::parse_quote!(#sdk::codec::Decode));
    }
    let (generics, arguments, conditions) = generics.split_for_impl();
    Ok(Some(quote! {
        impl #generics #sdk::codec::Decode for #ident #arguments #conditions {
            fn decode<Source: #sdk::codec::Input>(
                source: &mut Source,
            ) -> ::core::result::Result<Self, #sdk::codec::Error> {
                #[allow(unused_imports)]
                use #sdk::rt::PickAny as _;
                let _ = &source;
                #body
            }
        }
    }))
}

fn is_codec(attribute: &Attribute) -> bool {
    attribute.path().is_ident("codec")
}

fn has_codec(attributes: &[Attribute], fields: &Fields) -> bool {
    attributes.iter().any(is_codec) || fields.iter().any(|field| field.attrs.iter().any(is_codec))
}

/// Whether a variant needs nothing of the codec but an index.
fn is_plain(variant: &Variant) -> bool {
    let other = variant
        .attrs
        .iter()
        .any(|attribute| is_codec(attribute) && index_of(attribute).is_none());
    !other && !has_codec(&[], &variant.fields)
}

/// `#[codec(index = 5)]`.
fn index_of(attribute: &Attribute) -> Option<u8> {
    let mut index = None;
    let parsed = attribute.parse_nested_meta(|meta| {
        if !meta.path.is_ident("index") {
            return Err(meta.error("not an index"));
        }
        let number: syn::LitInt = meta.value()?.parse()?;
        index = Some(number.base10_parse()?);
        Ok(())
    });
    parsed.ok().and(index)
}

fn variants(data: &DataEnum, sdk: &Tokens) -> Result<Tokens> {
    if data.variants.len() > MAX_VARIANTS {
        return Err(Error::new(
            data.enum_token.span,
            "an enum that crosses the boundary has at most 256 variants",
        ));
    }
    let mut arms = Vec::with_capacity(data.variants.len());
    for (position, variant) in data.variants.iter().enumerate() {
        let index = variant_index(position, variant)?;
        let (ident, fields) = (&variant.ident, fields(&variant.fields, sdk));
        arms.push(quote!(#index => ::core::result::Result::Ok(Self::#ident #fields),));
    }
    Ok(quote! {
        match source.read_byte()? {
            #(#arms)*
            _ => ::core::result::Result::Err("no variant of this index".into()),
        }
    })
}

/// What the codec takes: its attribute, else the discriminant, else the position.
pub(crate) fn variant_index(position: usize, variant: &Variant) -> Result<u8> {
    if let Some(index) = variant
        .attrs
        .iter()
        .filter(|it| is_codec(it))
        .find_map(index_of)
    {
        return Ok(index);
    }
    let Some((_, discriminant)) = &variant.discriminant else {
        return u8::try_from(position)
            .map_err(|_| Error::new(variant.span(), "an index is at most 255"));
    };
    match discriminant {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse(),
            other => Err(Error::new(other.span(), "an index is a number up to 255")),
        },
        other => Err(Error::new(
            other.span(),
            "write the index as a number up to 255",
        )),
    }
}

fn fields(fields: &Fields, sdk: &Tokens) -> Tokens {
    let values = fields.iter().map(|field| {
        let ty = &field.ty;
        let name = field.ident.as_ref().map(|name| quote!(#name:));
        quote_spanned!(ty.span()=> #name #sdk::rt::Pick::<#ty>::new().pick(source)?)
    });
    match fields {
        Fields::Named(_) => quote!({ #(#values),* }),
        Fields::Unnamed(_) => quote!((#(#values),*)),
        Fields::Unit => Tokens::new(),
    }
}
