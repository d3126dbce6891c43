//! The OpenRPC document.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::methods::{write_dev_methods, write_methods, write_subscriptions};
use crate::{ErrorCode, ErrorData, Method, Subscription};

/// The version of OpenRPC that the document follows.
const OPENRPC: &str = "1.3.2";

/// The OpenRPC document of all methods, with those of a development node if `dev` is
/// set. `version` is that of the software.
///
/// A subscription is described as the method that begins it, with `x-notification`
/// and `x-end` beside what OpenRPC knows.
pub fn openrpc(version: &str, dev: bool) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut writer = Writer {
        schemas: settings.into_generator(),
        methods: Vec::new(),
    };
    write_methods(&mut writer);
    write_subscriptions(&mut writer);
    if dev {
        write_dev_methods(&mut writer);
    }
    writer.finish(version)
}

pub(crate) struct Writer {
    schemas: SchemaGenerator,
    methods: Vec<Value>,
}

impl Writer {
    pub(crate) fn method<M>(&mut self)
    where
        M: Method,
        M::Params: JsonSchema,
        M::Answer: JsonSchema,
    {
        let answer = self.schemas.subschema_for::<M::Answer>();
        let params = self.params::<M::Params>();
        self.methods.push(json!({
            "name": M::NAME,
            "summary": M::DOC,
            "paramStructure": "by-name",
            "params": params,
            "result": { "name": "answer", "schema": answer },
            "errors": errors(),
        }));
    }

    pub(crate) fn subscription<S>(&mut self)
    where
        S: Subscription,
        S::Params: JsonSchema,
        S::Item: JsonSchema,
    {
        let item = self.schemas.subschema_for::<S::Item>();
        let params = self.params::<S::Params>();
        self.methods.push(json!({
            "name": S::NAME,
            "summary": S::DOC,
            "description": "A subscription, over WebSocket alone. The answer is its id.",
            "paramStructure": "by-name",
            "params": params,
            "result": { "name": "subscription", "schema": { "type": ["string", "integer"] } },
            "errors": errors(),
            "x-notification": { "name": S::NOTICE, "schema": item },
            "x-end": S::END,
        }));
    }

    /// The fields of the type of the parameters, each a parameter.
    fn params<P: JsonSchema>(&mut self) -> Vec<Value> {
        let schema = P::json_schema(&mut self.schemas);
        let fields = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &String| {
            required.is_some_and(|names| names.iter().any(|one| one.as_str() == Some(name)))
        };
        let fields = fields.into_iter().flatten();
        let mut params: Vec<Value> = fields
            .map(|(name, schema)| {
                json!({ "name": name, "required": is_required(name), "schema": schema })
            })
            .collect();
        // What is required comes first; the sort keeps the rest.
        params.sort_by_key(|param| param["required"] != json!(true));
        params
    }

    fn finish(mut self, version: &str) -> Value {
        let data = self.schemas.subschema_for::<ErrorData>();
        let errors: Map<String, Value> = ErrorCode::ALL
            .into_iter()
            .map(|error| {
                let name = format!("{error:?}");
                let value = json!({
                    "code": error.code(),
                    "message": error.message(),
                    "data": data,
                });
                (name, value)
            })
            .collect();
        let schemas = self.schemas.take_definitions(true);
        json!({
            "openrpc": OPENRPC,
            "info": {
                "title": "Hull",
                "version": version,
                "description": "JSON-RPC 2.0 of a Hull node, over HTTP and WebSocket.",
                "license": { "name": "Apache-2.0" },
            },
            "methods": self.methods,
            "components": { "schemas": schemas, "errors": errors },
        })
    }
}

/// What every method may answer.
fn errors() -> Vec<Value> {
    let names = ErrorCode::ALL.into_iter();
    let names = names.map(|error| json!({ "$ref": format!("#/components/errors/{error:?}") }));
    names.collect()
}
