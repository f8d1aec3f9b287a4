//! One operation of the document: what it takes and answers.

use axum::http::Method;
use serde_json::{Map, Value, json};

/// One operation.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// In its canonical spelling, with a slash at its end.
    pub(crate) path: String,
    /// Its name for whoever generates code of it.
    id: String,
    summary: String,
    query: Vec<Value>,
    headers: Vec<Value>,
    body: Option<&'static str>,
    answers: Map<String, Value>,
    is_public: bool,
    is_for_administrators: bool,
}

/// What an answer holds.
pub(crate) fn holds(description: &str, schema: &str) -> Value {
    let content = json!({ "application/json": { "schema": refers(schema) } });
    json!({ "description": description, "content": content })
}

/// A reference to a schema of the document.
pub(crate) fn refers(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

impl Operation {
    /// One that needs a key, and that any error can answer.
    pub(crate) fn new(
        method: Method,
        path: impl Into<String>,
        id: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        let mut answers = Map::new();
        answers.insert("401".to_owned(), holds("There is no key, or a wrong one.", "Problem"));
        answers.insert("default".to_owned(), holds("It was not done; the code says why.", "Problem"));
        Self {
            method,
            path: path.into(),
            id: id.into(),
            summary: summary.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            answers,
            is_public: false,
            is_for_administrators: false,
        }
    }

    /// The same for anybody.
    pub(crate) fn public(mut self) -> Self {
        self.answers.remove("401");
        self.is_public = true;
        self
    }

    /// The same for keys with the scope `admin` only.
    pub(crate) fn for_administrators(mut self) -> Self {
        self.is_for_administrators = true;
        self
    }

    /// Answers with an object.
    pub(crate) fn answers(self, status: u16, schema: &str) -> Self {
        let description = if status == 201 { "It was created." } else { "It was done." };
        self.answers_as(status, holds(description, schema))
    }

    /// Answers without a body.
    pub(crate) fn answers_nothing(self, status: u16) -> Self {
        self.answers_as(status, json!({ "description": "It was done." }))
    }

    pub(crate) fn answers_as(mut self, status: u16, answer: Value) -> Self {
        self.answers.insert(status.to_string(), answer);
        self
    }

    /// Refuses with a code, which stands in the documentation.
    pub(crate) fn refuses(self, status: u16, description: &str) -> Self {
        self.answers_as(status, holds(description, "Problem"))
    }

    /// Takes a body, and says which of its fields are wrong.
    pub(crate) fn takes(mut self, schema: &'static str) -> Self {
        self.body = Some(schema);
        self.wrong_fields()
    }

    /// Takes parameters after the path, and says which of them are wrong.
    pub(crate) fn narrowed_by(mut self, parameters: Vec<Value>) -> Self {
        self.query = parameters;
        self.wrong_fields()
    }

    /// Takes a header.
    pub(crate) fn header(mut self, name: &str, description: &str) -> Self {
        self.headers.push(json!({
            "name": name, "in": "header", "description": description, "schema": { "type": "string" },
        }));
        self
    }

    fn wrong_fields(self) -> Self {
        self.answers_as(400, holds("Something is wrong with the request.", "Rejection"))
    }

    /// The operation as the document has it.
    pub(crate) fn described(self) -> Value {
        let in_path = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let mut parameters: Vec<Value> = in_path
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let has_object = !parameters.is_empty();
        parameters.extend(self.query);
        parameters.extend(self.headers);
        let mut answers = self.answers;
        if has_object {
            answers.insert("404".to_owned(), holds("There is no such object.", "Problem"));
        }
        if !self.method.is_safe() && !self.is_public {
            parameters.push(json!({
                "name": "Idempotency-Key", "in": "header", "schema": { "type": "string", "maxLength": 255 },
                "description": "A request that was done and is repeated with the same key gets the first answer again for an hour.",
            }));
            answers.entry("409").or_insert_with(|| holds("A request with the same key is still running.", "Problem"));
        }
        if !self.is_public {
            answers.insert(
                "429".to_owned(),
                holds("There were too many requests; `Retry-After` says when to come back.", "Problem"),
            );
        }
        if !self.method.is_safe() || self.is_for_administrators {
            answers.insert("403".to_owned(), holds("The key does not allow that.", "Problem"));
        }
        let mut described = json!({
            "operationId": self.id, "summary": self.summary, "parameters": parameters, "responses": answers,
        });
        if let Some(schema) = self.body {
            described["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": refers(schema) } } });
        }
        if self.is_public {
            described["security"] = json!([]);
        }
        described
    }
}
