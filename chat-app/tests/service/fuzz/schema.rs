//! As much of JSON Schema as the description uses.

use serde_json::{Map, Value, json};

/// The description.
pub(super) struct Document<'a>(pub(super) &'a Value);

impl Document<'_> {
    /// What a reference refers to.
    pub(super) fn resolve<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.resolve(self.0.pointer(&reference[1..]).expect("a reference")),
            None => value,
        }
    }

    /// Whether a value is of a schema; what is wrong if not.
    pub(super) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let schema = self.resolve(schema);
        let wrong = |what: &str| Err(format!("{value} is not {what}: {schema}"));
        for part in list(schema, "allOf") {
            self.check(part, value)?;
        }
        for kind in ["oneOf", "anyOf"] {
            let mut parts = list(schema, kind).peekable();
            if parts.peek().is_some() && !parts.any(|part| self.check(part, value).is_ok()) {
                return wrong(kind);
            }
        }
        if let Some(kinds) = schema.get("type")
            && !kinds
                .as_array()
                .map_or_else(|| is(kinds, value), |kinds| kinds.iter().any(|kind| is(kind, value)))
        {
            return wrong("of the type");
        }
        if schema.get("enum").is_some() && !list(schema, "enum").any(|allowed| allowed == value) {
            return wrong("in the list");
        }
        if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
            values.iter().try_for_each(|value| self.check(items, value))?;
        }
        match value.as_object() {
            Some(fields) => self.check_fields(schema, fields),
            None => Ok(()),
        }
    }

    fn check_fields(&self, schema: &Value, fields: &Map<String, Value>) -> Result<(), String> {
        if let Some(name) = list(schema, "required").find(|name| !fields.contains_key(name.as_str().unwrap()))
        {
            return Err(format!("{name} is missing"));
        }
        let described = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        for (name, schema) in described {
            if let Some(value) = fields.get(name) {
                self.check(schema, value).map_err(|problem| format!("{name}: {problem}"))?;
            }
        }
        Ok(())
    }

    /// A value of a schema.
    pub(super) fn example(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        let part = list(schema, "oneOf").chain(list(schema, "anyOf")).find(|part| part["type"] != "null");
        if let Some(part) = part {
            return self.example(part);
        }
        if let Some(value) = list(schema, "enum").next() {
            return value.clone();
        }
        let kind = schema["type"].as_array().map_or(&schema["type"], |kinds| &kinds[0]);
        match kind.as_str() {
            Some("string") => json!("abcdefgh"),
            Some("integer" | "number") => json!(1),
            Some("boolean") => json!(true),
            Some("array") => json!([self.example(&schema["items"])]),
            _ => self.object(schema),
        }
    }

    fn object(&self, schema: &Value) -> Value {
        let mut fields: Map<String, Value> = Map::new();
        for part in list(schema, "allOf") {
            fields.extend(self.example(part).as_object().cloned().unwrap_or_default());
        }
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            fields.insert(name.clone(), self.example(schema));
        }
        Value::Object(fields)
    }
}

fn list<'v>(schema: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}
