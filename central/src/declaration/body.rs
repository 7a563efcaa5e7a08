//! 请求体: a body read into the shape that a handler knows.
//! Promises: what is no JSON is a 400; what is JSON of another shape is a 422 that names the member, so that a client need not guess.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, error::Category};

use super::{fault::FieldError, problem::Problem};

/// Reads a body.
///
/// # Errors
/// 400 when it is no JSON, 422 when it is of another shape.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    must_be_object(bytes)?;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let (path, why) = match serde_path_to_error::deserialize(&mut json) {
        Ok(read) => match json.end() {
            Ok(()) => return Ok(read),
            Err(why) => (String::new(), why),
        },
        Err(error) => (error.path().to_string(), error.into_inner()),
    };
    Err(match why.classify() {
        Category::Data => {
            let path = if path == "." { String::new() } else { path };
            let (zh, en) = ("数据结构有误", format!("not the shape that is taken here: {why}"));
            Problem::fields(vec![FieldError::format(path, "PO-331", zh, en, Value::Null)])
        }
        Category::Io | Category::Syntax | Category::Eof => Problem::malformed(why.to_string()),
    })
}

/// Reads a body that holds a secret: what is wrong is told without a word of it.
///
/// # Errors
/// As [`read`].
pub fn read_secret<T: DeserializeOwned>(bytes: &[u8], members: &str) -> Result<T, Problem> {
    must_be_object(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => {
            let en = format!("not the shape that is taken here; give {members}");
            Problem::fields(vec![FieldError::format(
                String::new(),
                "PO-331",
                "数据结构有误",
                en,
                Value::Null,
            )])
        }
        Category::Io | Category::Syntax | Category::Eof => Problem::malformed("the body is no JSON"),
    })
}

/// The library would read a struct from a list, too, member by member.
fn must_be_object(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        return Ok(());
    }
    Err(match serde_json::from_slice::<IgnoredAny>(bytes) {
        Ok(_) => {
            let (zh, en) = ("应为JSON对象", "must be a JSON object");
            Problem::fields(vec![FieldError::format(String::new(), "PO-331", zh, en, Value::Null)])
        }
        Err(error) => Problem::malformed(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use axum::{body::Bytes, http::StatusCode};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        number: u8,
    }

    /// PO-331, PO-332: no JSON is malformed; JSON of another shape names the member.
    #[test]
    fn what_cannot_be_read_says_where() {
        let read = |text: &'static str| read::<Shape>(&Bytes::from_static(text.as_bytes()));
        assert_eq!(read(r#"{"list": [{"number": 7}]}"#).unwrap().list[0].number, 7);
        for text in ["", "{", r#"{"list": []} x"#, "\u{feff}{}"] {
            assert_eq!(read(text).unwrap_err().status(), StatusCode::BAD_REQUEST, "{text}");
        }
        for (text, path) in [
            (r#"{"list": [{"number": 7}, {"number": 256}]}"#, "list[1].number"),
            (r#"{"list": 3}"#, "list"),
            (r#"{"list": [], "more": 1}"#, "more"),
            ("[]", ""),
            ("[[], 7]", ""),
            (" 7", ""),
        ] {
            let problem = read(text).unwrap_err();
            assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY, "{text}");
            assert_eq!(problem.first_field(), Some(path), "{text}");
        }
        let secret =
            read_secret::<Shape>(&Bytes::from_static(br#"{"list": "hunter2"}"#), "list").unwrap_err();
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
