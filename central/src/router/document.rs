//! The OpenAPI document: what the handlers say of themselves, and what holds for all of them.
//! Promises: every operation names every status that it can answer with, each refusal in the one form of `declaration::problem`; no two
//! operations share a name.

use utoipa::{
    Number,
    openapi::{
        Components, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema,
        content::{Content, ContentBuilder},
        path::{Operation, PathItem},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    declaration::{problem::ProblemBody, query::MOST_ROWS},
    identity::session::login::COOKIE,
};

/// What any operation may answer, beside what its handler says.
const REFUSALS: [(&str, &str); 12] = [
    ("400", "not readable: broken JSON, a parameter that is none"),
    ("401", "nobody known: log in, or send a valid token"),
    ("403", "known, but may not: role, card or way of logging in"),
    ("404", "does not exist, or not for this person"),
    ("405", "this path has no such method"),
    ("409", "not in this status, or the record has moved on"),
    ("413", "too long"),
    ("415", "not the kind of content that is taken here"),
    ("422", "rules are broken: all of them, each with its field"),
    ("429", "too often; come back later"),
    ("500", "the service failed; nothing was changed"),
    ("503", "too much at once, or another system does not answer"),
];
const KIND: &str = "application/problem+json";

/// Adds what the handlers need not repeat.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(name(method, path));
            refuse(operation);
            bound(operation);
        }
    }
    let components = document.components.get_or_insert_with(Components::new);
    let (name, schema) =
        (<ProblemBody as utoipa::ToSchema>::name(), <ProblemBody as utoipa::PartialSchema>::schema());
    components.schemas.insert(name.into_owned(), schema);
    let mut nested = Vec::new();
    <ProblemBody as utoipa::ToSchema>::schemas(&mut nested);
    components.schemas.extend(nested);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    components
        .add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))));
    let either = ["token", "cookie"].map(|scheme| SecurityRequirement::new(scheme, Vec::<String>::new()));
    document.security = Some(either.into());
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("delete", &mut item.delete),
        ("patch", &mut item.patch),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Such as `post_smart_gate_records_unified_no_declare`.
fn name(method: &str, path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty() && !matches!(*part, "api" | "v1"));
    let parts: Vec<_> = parts.map(|part| part.trim_matches(['{', '}']).replace('-', "_")).collect();
    format!("{method}_{}", parts.join("_"))
}

fn refuse(operation: &mut Operation) {
    let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    for (status, says) in REFUSALS {
        let there = operation.responses.responses.entry(status.to_owned());
        let there = there.or_insert_with(|| RefOr::T(ResponseBuilder::new().description(says).build()));
        if let RefOr::T(Response { content, .. }) = there {
            // What a handler tells in a form of its own stays beside: who is no gate of ours is refused in the one form there, too.
            content.retain(|_, told| has_members(told));
            content.insert(KIND.to_owned(), RefOr::T(problem()));
        }
    }
}

/// Whether a content is told with its members, and not as any JSON.
fn has_members(told: &RefOr<Content>) -> bool {
    let RefOr::T(content) = told else { return false };
    matches!(&content.schema, Some(RefOr::T(Schema::Object(object))) if !object.properties.is_empty())
}

/// PO-204, of every list: pages count from 1 and have 1 to 100 rows.
fn bound(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let most = match parameter.name.as_str() {
            "page" => None,
            "page_size" => Some(Number::from(MOST_ROWS)),
            _ => continue,
        };
        if let Some(RefOr::T(Schema::Object(number))) = &mut parameter.schema {
            number.minimum = Some(Number::from(1_u64));
            number.maximum = most;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::router::document;

    /// PO-331, PO-332: whoever reads the document knows the form of every refusal; a client made from it has one function an operation.
    #[test]
    fn every_operation_has_a_name_of_its_own_and_tells_its_refusals() {
        let document = serde_json::to_value(document()).unwrap();
        let mut names = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned()), "{method} {path}: {name} is taken");
                let refusal =
                    &operation["responses"]["422"]["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(refusal, "#/components/schemas/Problem", "{method} {path}");
            }
        }
        assert!(names.contains("post_smart_gate_records_unified_no_declare"), "{names:?}");
        let schemas = &document["components"]["schemas"];
        assert!(
            schemas["Problem"]["properties"]["fields"]["items"]["$ref"] == "#/components/schemas/FieldError"
        );
        assert!(schemas["FieldError"]["properties"]["rule"].is_object());
    }

    /// Whoever makes a client from the document follows every reference.
    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = serde_json::to_value(document()).unwrap();
        let text = document.to_string();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for reference in text.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
    }

    /// Any JSON, on purpose: what somebody is typing. The other two are the signed acts of bindings.
    const ANY: [&str; 3] =
        ["/working-copies/{manual}/{key}", "/{unified_no}/declare", "/{unified_no}/delete-order"];

    /// PO-331, PO-204: whoever reads the document knows the members of every body, and what a page can be.
    #[test]
    fn every_body_and_every_page_is_told() {
        let document = serde_json::to_value(document()).unwrap();
        let operations = document["paths"].as_object().unwrap().iter();
        let operations = operations.flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
        });
        for (path, method, operation) in operations {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let told = schema.is_null() || schema["properties"].is_object();
            assert!(told || ANY.iter().any(|any| path.ends_with(any)), "{method} {path}: {schema}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let bounds = [&parameter["schema"]["minimum"], &parameter["schema"]["maximum"]];
                match parameter["name"].as_str().unwrap() {
                    "page" => assert_eq!((&parameter["in"], bounds[0].as_u64()), (&"query".into(), Some(1))),
                    "page_size" => assert_eq!(bounds.map(serde_json::Value::as_u64), [Some(1), Some(100)]),
                    name => {
                        let of_path = path.contains(&format!("{{{name}}}"));
                        assert_eq!(parameter["in"] == "path", of_path, "{method} {path}: {name}");
                    }
                }
            }
        }
    }
}
