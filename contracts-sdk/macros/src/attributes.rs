//! Finding the SDK's attributes on items.

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Attribute, Error, Expr, ExprLit, Lit, Meta, Result};

/// Whether an attribute is the SDK's of this name: `#[hull::message]`, or
/// `#[message]` after an import.
pub(crate) fn is(attribute: &Attribute, name: &str) -> bool {
    let path = attribute.path();
    path.segments.len() <= 2 && path.segments.last().is_some_and(|last| last.ident == name)
}

/// Whether one of the attributes is the SDK's of this name.
pub(crate) fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| is(attribute, name))
}

/// Attributes that generated items take over: documentation and conditions.
pub(crate) fn docs_and_cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc") || attribute.path().is_ident("cfg"))
        .cloned()
        .collect()
}

/// The lines of the documentation.
pub(crate) fn doc_lines(attributes: &[Attribute]) -> Vec<String> {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(line),
            ..
        }) = &meta.value
        else {
            return None;
        };
        meta.path.is_ident("doc").then(|| line.value())
    });
    let text: Vec<_> = lines.collect();
    let lines = text.iter().flat_map(|text| text.lines());
    lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned())
        .collect()
}

/// What a mark expands to when no contract took it off: the item, and an error.
pub(crate) fn outside(name: &str, item: Tokens) -> Result<Tokens> {
    let error = Error::new(
        proc_macro2::Span::call_site(),
        format!(
            "`#[hull::{name}]` marks a method inside a contract: put the `impl` \
             into a module with `#[hull::contract(..)]`"
        ),
    )
    .into_compile_error();
    Ok(quote!(#error #item))
}

/// Several errors as one.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    /// Keeps an error.
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value, or the error of the result, kept.
    pub(crate) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// All of them.
    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
