//! Which operation of the OpenAPI document a request is, by its method and path, and what it is called with.

use serde_json::{Map, Value, json};

use super::{Variables, shell::Line};

/// A call of one operation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// Its id in the document.
    pub(super) operation: String,
    /// What stands in the path and behind it, by name.
    pub(super) arguments: Value,
    pub(super) body: Value,
    pub(super) has_key: bool,
    /// Where the answer is put.
    pub(super) file: Option<String>,
}

impl Call {
    /// One that needs nothing but its arguments, with the key.
    pub(super) fn plain(operation: &str, arguments: Value) -> Self {
        Self { operation: operation.to_owned(), arguments, body: Value::Null, has_key: true, file: None }
    }

    /// What a line calls of a service at `base`; a fault if no operation of the document is that.
    pub(super) fn of(line: &Line, document: &Value, base: &str, variables: &Variables) -> Result<Self, String> {
        let url = filled(&line.url, variables)?;
        let address = url.strip_prefix(base).ok_or_else(|| format!("{url} is not of {base}"))?;
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let unknown = || format!("no operation knows {} {path}", line.method);
        let method = line.method.to_ascii_lowercase();
        let mut known = document["paths"].as_object().into_iter().flatten();
        let (operation, mut arguments) = known
            .find_map(|(template, methods)| Some((methods.get(&method)?, matched(template, path)?)))
            .ok_or_else(unknown)?;
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let takes = |parameter: &Value| parameter["in"] == "query" && parameter["name"] == name;
            if !operation["parameters"].as_array().into_iter().flatten().any(takes) {
                return Err(format!("{path} takes no {name}"));
            }
            arguments.insert(name.to_owned(), json!(value));
        }
        let body = match &line.body {
            Some(text) => serde_json::from_str(&filled(text, variables)?).map_err(|error| error.to_string())?,
            None => Value::Null,
        };
        Ok(Self {
            operation: operation["operationId"].as_str().ok_or_else(unknown)?.to_owned(),
            arguments: Value::Object(arguments),
            body,
            has_key: line.has_key,
            file: line.file.clone(),
        })
    }
}

/// A text with the values of its variables.
fn filled(text: &str, variables: &Variables) -> Result<String, String> {
    let mut pieces = text.split('$');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_').unwrap_or(piece.len());
        let (name, rest) = piece.split_at(end);
        filled.push_str(variables.get(name).ok_or_else(|| format!("nothing says what ${name} is"))?);
        filled.push_str(rest);
    }
    Ok(filled)
}

/// What stands in a path in place of the names of a template, if it is one of those; with and without a slash at the end.
fn matched(template: &str, path: &str) -> Option<Map<String, Value>> {
    let parts = |path: &'_ str| path.trim_end_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let (names, parts) = (parts(template), parts(path));
    let pairs = names.iter().zip(&parts).map(|(name, part)| {
        match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => Some(Some((name.to_owned(), json!(part)))),
            None => (name == part).then_some(None),
        }
    });
    let pairs: Vec<_> = pairs.collect::<Option<_>>().filter(|_| names.len() == parts.len())?;
    Some(pairs.into_iter().flatten().collect())
}

#[test]
fn a_line_that_no_operation_knows_is_found() {
    let document = json!({ "paths": {
        "/things/": { "get": { "operationId": "list", "parameters": [{ "in": "query", "name": "of" }] } },
        "/things/{id}/": { "get": { "operationId": "one" } },
    } });
    let variables: Variables = [("BASE", "http://here"), ("ID", "7")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    let called = |text: &str| {
        let line = super::shell::read(&format!("```sh\n{text}\n```")).unwrap().remove(0);
        Call::of(&line, &document, "http://here", &variables).map(|call| (call.operation, call.arguments))
    };
    assert_eq!(called("curl -s \"$BASE/things?of=x\""), Ok(("list".to_owned(), json!({ "of": "x" }))));
    assert_eq!(called("curl -s \"$BASE/things/$ID/\""), Ok(("one".to_owned(), json!({ "id": "7" }))));
    for unknown in [
        "curl -s \"$BASE/thing/$ID/\"",
        "curl -s \"$BASE/things/$ID/more/\"",
        "curl -s -X DELETE \"$BASE/things/$ID/\"",
        "curl -s \"$BASE/things/?by=x\"",
        "curl -s \"$ELSEWHERE/things/\"",
    ] {
        assert!(called(unknown).is_err(), "{unknown}");
    }
}
