//! Strict JSON: one pass over a payload, into a tree that borrows from it, or the reason why not.
//! Promises: a name stands once in an object; nothing lies more than 32 deep; no number exceeds 63 bits; a payload may
//! hold one value, an array of them, or several glued together, and each is told by itself, so that one bad event does
//! not cost its neighbours. Members that nobody asks for are read as strictly as the others.
//! Absent: floats outside of this file: what is asked for comes as whole numbers, thousandths or milliseconds.
//! Source: MQTT readers page, sections 5 (glued objects) and 10 (rule 3).

use alloc::borrow::{Cow, ToOwned as _};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use serde::Deserialize as _;
use serde::de::value::Error as PlainError;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::contract::{Kg, UtcMillis};

/// How deep objects and arrays may lie in each other.
const DEEPEST: usize = 32;
/// What 63 bits hold.
const LARGEST: f64 = 9_223_372_036_854_775_808.0;

/// One value.
#[derive(Clone, Debug)]
pub(super) enum Node<'a> {
    Null,
    Flag(bool),
    Whole(i64),
    Real(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Object<'a>),
}

/// One object: its members, sorted by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

/// Tells each object of a payload, those in arrays one by one, until one is refused by its syntax.
pub(super) fn each(payload: &[u8], mut told: impl FnMut(Result<&Object<'_>, Refusal>)) {
    let mut stream = serde_json::Deserializer::from_slice(payload);
    // `end` looks for more without taking it.
    while stream.end().is_err() {
        let why = Cell::new(None);
        let found = Reader { depth: 1, why: &why }.deserialize(&mut stream);
        match found {
            Ok(Node::Object(object)) => told(Ok(&object)),
            Ok(Node::List(events)) => events.iter().for_each(|event| match event {
                Node::Object(object) => told(Ok(object)),
                _ => told(Err(Refusal::NotAnObject)),
            }),
            Ok(_) => return told(Err(Refusal::NotAnObject)),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                return told(Err(why.take().unwrap_or(Refusal::Malformed { line, column })));
            }
        }
    }
}

/// The one object that a payload is.
pub(super) fn one<T>(payload: &[u8], read: impl Fn(&Object<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
    let (mut found, mut count) = (Err(Refusal::NotAnObject), 0_usize);
    each(payload, |object| {
        count += 1;
        found = object.and_then(&read);
    });
    if count > 1 { Err(Refusal::UnknownForm) } else { found }
}

impl<'a> Object<'a> {
    /// A member; null is as good as absent.
    pub(super) fn get(&self, name: &str) -> Option<&Node<'a>> {
        let place = self.0.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.0.get(place).map(|(_, node)| node).filter(|node| !matches!(node, Node::Null))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text of at most so many characters.
    pub(super) fn text(&self, name: &'static str, most: usize) -> Result<Option<&str>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::Text(text)) if text.chars().nth(most).is_none() => Ok(Some(text)),
            Some(Node::Text(_)) => Err(Refusal::Field { name, rule: "shorter" }),
            Some(_) => Err(Refusal::Field { name, rule: "a text" }),
        }
    }

    /// The same, to keep.
    pub(super) fn kept(&self, name: &'static str, most: usize) -> Result<Option<Box<str>>, Refusal> {
        Ok(self.text(name, most)?.map(Box::from))
    }

    /// A text that may stand as a number: identifiers of some cameras do either way.
    pub(super) fn label(&self, name: &'static str, most: usize) -> Result<Option<Cow<'_, str>>, Refusal> {
        match self.get(name) {
            Some(Node::Whole(number)) => Ok(Some(Cow::Owned(format!("{number}")))),
            _ => Ok(self.text(name, most)?.map(Cow::Borrowed)),
        }
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::Flag(flag)) => Ok(Some(*flag)),
            Some(_) => Err(Refusal::Field { name, rule: "true or false" }),
        }
    }

    /// A whole number that fits the caller's type.
    pub(super) fn whole<T: TryFrom<i64>>(&self, name: &'static str) -> Result<Option<T>, Refusal> {
        let rule = "a whole number in its range";
        match self.get(name) {
            None => Ok(None),
            Some(Node::Whole(number)) => match T::try_from(*number) {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(Refusal::Field { name, rule }),
            },
            Some(_) => Err(Refusal::Field { name, rule }),
        }
    }

    pub(super) fn object(&self, name: &'static str) -> Result<Option<&Object<'a>>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::Object(object)) => Ok(Some(object)),
            Some(_) => Err(Refusal::Field { name, rule: "an object" }),
        }
    }

    pub(super) fn list(&self, name: &'static str) -> Result<Option<&[Node<'a>]>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::List(list)) => Ok(Some(list)),
            Some(_) => Err(Refusal::Field { name, rule: "an array" }),
        }
    }

    /// A score as thousandths, where `full` is certain: 1 or 100.
    pub(super) fn permille(&self, name: &'static str, full: u16) -> Result<Option<u16>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(node) => match node.permille(full) {
                Some(permille) => Ok(Some(permille)),
                None => Err(Refusal::Field { name, rule: "a score in its range" }),
            },
        }
    }

    /// Seconds since 1970 in UTC, with a fraction, to the nearest millisecond: a double holds no decimal exactly.
    pub(super) fn seconds(&self, name: &'static str) -> Result<Option<UtcMillis>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Node::Whole(seconds)) => Ok(Some(UtcMillis::from_millis(seconds.saturating_mul(1000)))),
            Some(Node::Real(seconds)) => {
                let half = if *seconds < 0.0 { -0.5 } else { 0.5 };
                // The cast saturates, and `from_millis` bounds what is left.
                Ok(Some(UtcMillis::from_millis((seconds * 1000.0 + half) as i64)))
            }
            Some(_) => Err(Refusal::Field { name, rule: "seconds since 1970" }),
        }
    }

    /// Kilograms, exact to two decimals.
    pub(super) fn kg(&self, name: &'static str) -> Result<Option<Kg>, Refusal> {
        let kg = match self.get(name) {
            None => return Ok(None),
            Some(Node::Whole(number)) => {
                Kg::deserialize(IntoDeserializer::<PlainError>::into_deserializer(*number)).ok()
            }
            Some(Node::Real(number)) => Kg::from_f64(*number).ok(),
            Some(_) => None,
        };
        kg.map(Some).ok_or(Refusal::Field { name, rule: "kilograms with at most two decimals" })
    }
}

impl Node<'_> {
    /// A score as thousandths, rounded to the nearest, where `full` is certain.
    pub(super) fn permille(&self, full: u16) -> Option<u16> {
        let full = f64::from(full);
        let score = match self {
            Node::Whole(score) => f64::from(i16::try_from(*score).ok()?),
            Node::Real(score) => *score,
            _ => return None,
        };
        // Bounded just before the cast; the half rounds to nearest.
        (0.0..=full).contains(&score).then_some((score * 1000.0 / full + 0.5) as u16)
    }
}

/// Reads one value; what it refuses by itself stands in `why`, because serde's error is only a text.
#[derive(Clone, Copy)]
struct Reader<'c> {
    depth: usize,
    why: &'c Cell<Option<Refusal>>,
}

impl Reader<'_> {
    fn refuse<E: serde::de::Error>(&self, why: Refusal) -> E {
        self.why.set(Some(why));
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth > DEEPEST {
            return Err(self.refuse(Refusal::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node<'de>, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(Node::Whole(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Node<'de>, E> {
        i64::try_from(number).map(Node::Whole).map_err(|_| self.refuse(Refusal::HugeNumber))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Node<'de>, E> {
        if number.abs() < LARGEST { Ok(Node::Real(number)) } else { Err(self.refuse(Refusal::HugeNumber)) }
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(inner)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(Name)? {
            members.push((name, map.next_value_seed(inner)?));
        }
        members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let twice = |(one, next): (&(Cow<'_, str>, _), &(Cow<'_, str>, _))| one.0 == next.0;
        if members.iter().zip(members.iter().skip(1)).any(twice) {
            return Err(self.refuse(Refusal::DuplicateMember));
        }
        Ok(Node::Object(Object(members)))
    }
}

/// Reads a member's name.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Writes a member when there is something to write.
pub(super) fn put(object: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}

/// Thousandths as the score that they mean, where `full` is certain.
pub(super) fn score(permille: u16, full: u16) -> f64 {
    f64::from(permille) * f64::from(full) / 1000.0
}
