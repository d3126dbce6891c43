//! One entry point of a contract: a marked method.

use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, FnArg, ImplItemFn, LitInt, Meta, Pat, Result, ReturnType, Type, parse_quote,
};

use crate::attributes;
use crate::names;

/// What a method is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Constructor,
    Message,
    Fallback,
    Migrate,
}

impl Kind {
    const ALL: [Self; 4] = [
        Self::Constructor,
        Self::Message,
        Self::Fallback,
        Self::Migrate,
    ];

    /// The name of its attribute.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Constructor => "constructor",
            Self::Message => "message",
            Self::Fallback => "fallback",
            Self::Migrate => "migrate",
        }
    }
}

/// A marked method, checked.
pub(crate) struct Method {
    pub(crate) kind: Kind,
    pub(crate) ident: Ident,
    pub(crate) arguments: Vec<(Ident, Type)>,
    pub(crate) returns: Type,
    /// Takes `&self`.
    pub(crate) view: bool,
    pub(crate) payable: bool,
    pub(crate) selector: [u8; 4],
    /// Documentation and conditions.
    pub(crate) attributes: Vec<Attribute>,
}

impl Method {
    /// The selector as the dispatcher compares it.
    pub(crate) fn selector_number(&self) -> u32 {
        u32::from_le_bytes(self.selector)
    }

    /// The name in the ABI.
    pub(crate) fn name(&self) -> String {
        unraw(&self.ident)
    }

    /// Takes the mark off a method and reads it; `None` if there is none.
    pub(crate) fn take(method: &mut ImplItemFn) -> Result<Option<Self>> {
        let mut found = None;
        let mut kept = Vec::with_capacity(method.attrs.len());
        for attribute in method.attrs.drain(..) {
            let kind = Kind::ALL
                .into_iter()
                .find(|kind| attributes::is(&attribute, kind.name()));
            match (kind, &found) {
                (None, _) => kept.push(attribute),
                (Some(kind), None) => found = Some((kind, attribute)),
                (Some(_), Some(_)) => {
                    return Err(Error::new(
                        attribute.span(),
                        "a method has one purpose: remove this mark or the other",
                    ));
                }
            }
        }
        method.attrs = kept;
        found
            .map(|(kind, mark)| Self::read(kind, &mark, method))
            .transpose()
    }

    fn read(kind: Kind, mark: &Attribute, method: &ImplItemFn) -> Result<Self> {
        check_signature(method)?;
        let view = receiver_is_shared(kind, method)?;
        let (payable, selector) = options(kind, mark)?;
        if payable && view {
            return Err(Error::new(
                method.sig.ident.span(),
                "a view cannot take a value: use `&mut self`, or remove `payable`",
            ));
        }
        let arguments = method
            .sig
            .inputs
            .iter()
            .skip(1)
            .map(argument)
            .collect::<Result<Vec<_>>>()?;
        if kind == Kind::Fallback && arguments.len() != 1 {
            return Err(Error::new(
                method.sig.ident.span(),
                "a fallback takes the whole input: `(&mut self, input: Vec<u8>)`",
            ));
        }
        let returns = match &method.sig.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, returns) => (**returns).clone(),
        };
        check_return(kind, &returns)?;
        let ident = method.sig.ident.clone();
        Ok(Self {
            kind,
            selector: selector.unwrap_or_else(|| names::selector(&unraw(&ident))),
            arguments,
            returns,
            view,
            payable,
            attributes: attributes::docs_and_cfgs(&method.attrs),
            ident,
        })
    }
}

fn unraw(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").into()
}

fn check_signature(method: &ImplItemFn) -> Result<()> {
    let signature = &method.sig;
    let name = &signature.ident;
    if let Some(token) = &signature.asyncness {
        return Err(Error::new(
            token.span(),
            format!("a contract runs to its end in one go: remove `async` from `{name}`"),
        ));
    }
    if let Some(token) = &signature.unsafety {
        return Err(Error::new(
            token.span(),
            format!(
                "anyone can call `{name}` with any arguments: it must be safe, remove `unsafe`"
            ),
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new(
            signature.generics.span(),
            format!(
                "`{name}` is called with bytes, so its types must be known: \
                 remove the generic parameters"
            ),
        ));
    }
    Ok(())
}

fn receiver_is_shared(kind: Kind, method: &ImplItemFn) -> Result<bool> {
    let name = &method.sig.ident;
    let Some(receiver) = method.sig.receiver() else {
        return Err(Error::new(
            name.span(),
            match kind {
                Kind::Constructor => format!(
                    "a constructor writes to the storage that it is given: make `&mut self` the \
                     first parameter of `{name}`"
                ),
                _ => format!(
                    "`{name}` needs the contract's storage: make `&self` (a view) or `&mut self` \
                     its first parameter"
                ),
            },
        ));
    };
    if receiver.reference.is_none() || receiver.colon_token.is_some() {
        return Err(Error::new(
            receiver.span(),
            "storage is borrowed: write `&self` for a view, or `&mut self` to change it",
        ));
    }
    let shared = receiver.mutability.is_none();
    if shared && matches!(kind, Kind::Constructor | Kind::Migrate) {
        return Err(Error::new(
            receiver.span(),
            format!("a {} changes storage: write `&mut self`", kind.name()),
        ));
    }
    Ok(shared)
}

/// `(payable, selector = 0x01020304)`.
fn options(kind: Kind, mark: &Attribute) -> Result<(bool, Option<[u8; 4]>)> {
    let (mut payable, mut selector) = (false, None);
    if matches!(mark.meta, Meta::Path(_)) {
        return Ok((payable, selector));
    }
    mark.parse_nested_meta(|meta| {
        if meta.path.is_ident("payable") && kind != Kind::Migrate {
            payable = true;
            Ok(())
        } else if meta.path.is_ident("selector")
            && matches!(kind, Kind::Constructor | Kind::Message)
        {
            let number: LitInt = meta.value()?.parse()?;
            selector = Some(number.base10_parse::<u32>()?.to_be_bytes());
            Ok(())
        } else {
            Err(meta.error(match kind {
                Kind::Migrate => "`migrate` has no options",
                Kind::Fallback => "unknown option: there is `payable`",
                _ => "unknown option: there are `payable` and `selector = 0x01020304`",
            }))
        }
    })?;
    Ok((payable, selector))
}

fn argument(argument: &FnArg) -> Result<(Ident, Type)> {
    let FnArg::Typed(argument) = argument else {
        return Err(Error::new(argument.span(), "`self` comes first"));
    };
    let Pat::Ident(pattern) = &*argument.pat else {
        return Err(Error::new(
            argument.pat.span(),
            "the ABI needs a name for this argument: take it apart inside the method",
        ));
    };
    owned(&argument.ty)?;
    Ok((pattern.ident.clone(), (*argument.ty).clone()))
}

/// Arguments come out of the input, so there is nobody to borrow them from.
fn owned(ty: &Type) -> Result<()> {
    match ty {
        Type::Reference(reference) => Err(Error::new(
            ty.span(),
            match &*reference.elem {
                Type::Path(path) if path.path.is_ident("str") => {
                    "arguments are decoded from the input: take a `String`"
                }
                Type::Slice(_) => "arguments are decoded from the input: take a `Vec`",
                _ => "arguments are decoded from the input: take it by value, without `&`",
            },
        )),
        Type::ImplTrait(_) => Err(Error::new(
            ty.span(),
            "the ABI needs to know this type: name it instead of `impl`",
        )),
        _ => Ok(()),
    }
}

fn check_return(kind: Kind, returns: &Type) -> Result<()> {
    match returns {
        Type::Reference(_) => Err(Error::new(
            returns.span(),
            "a result leaves the contract: return it by value, without `&`",
        )),
        Type::ImplTrait(_) => Err(Error::new(
            returns.span(),
            "the ABI needs to know this type: name it instead of `impl`",
        )),
        Type::Path(path) if kind == Kind::Constructor && path.path.is_ident("Self") => {
            Err(Error::new(
                returns.span(),
                "a constructor writes to `&mut self` and returns nothing, or `Result<(), Error>`",
            ))
        }
        _ => Ok(()),
    }
}
