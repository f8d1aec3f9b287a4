//! The OpenAPI document against the routes that there are.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    openapi::document,
    router::{administrator, customer},
};

/// The methods of each path of the document that needs a key.
fn described(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let paths = document["paths"].as_object().expect("paths").iter();
    let with_key = paths.map(|(path, operations)| {
        let operations = operations.as_object().expect("operations").iter();
        let methods = operations.filter(|(_, operation)| operation.get("security").is_none());
        (path.trim_end_matches('/').to_owned(), methods.map(|(method, _)| method.to_uppercase()).collect())
    });
    with_key.filter(|(_, methods): &(String, BTreeSet<String>)| !methods.is_empty()).collect()
}

#[tokio::test]
async fn the_document_has_every_route_that_needs_a_key_with_its_methods_and_no_other() {
    let world = World::new().await;
    let mut served = BTreeMap::new();
    for (path, _) in customer().into_iter().chain(administrator()) {
        let asked = path.replace("{id}", "x").replace("{edition}", "x").replace("{delivery}", "x");
        let key = format!("Token {ADMIN_KEY}");
        let answer = world.send(Method::TRACE, &asked, &[("authorization", &key)], "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let methods = answer.header("allow").expect("the methods that are").split(',');
        let methods = methods.map(str::to_owned).filter(|method| method != "HEAD").collect::<BTreeSet<_>>();
        served.insert(path.trim_end_matches('/').to_owned(), methods);
    }
    let live = world.send(Method::TRACE, "/live/x/index.m3u8", &[], "").await;
    assert_eq!(live.status, StatusCode::METHOD_NOT_ALLOWED);
    let methods = live.header("allow").expect("the methods that are").split(',').map(str::to_owned);
    let methods = methods.filter(|method| !["HEAD", "OPTIONS"].contains(&method.as_str())).collect();
    served.insert("/live/{id}/{piece}".to_owned(), methods);
    assert_eq!(described(&document("https://x")), served);
}

#[tokio::test]
async fn anybody_reads_the_document_and_every_reference_in_it_leads_somewhere() {
    let world = World::new().await;
    let answer = world.send(Method::GET, "/api/v1/schema/", &[], "").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, Some("application/json")));
    let document = answer.json();
    assert_eq!(document["servers"][0]["url"], "https://hansard.example");
    assert_eq!(document["openapi"], "3.1.0");
    let text = document.to_string();
    let mut references = 0;
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().expect("a pointer");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
        references += 1;
    }
    assert!(references > 50, "{references}");
    let ids = text.matches("\"operationId\"").count();
    let names: BTreeSet<&str> =
        text.split("\"operationId\":\"").skip(1).filter_map(|id| id.split('"').next()).collect();
    assert_eq!(names.len(), ids, "each operation has a name of its own");
}
