//! What all identifiers share: text in place, printing, JSON through `parse`, and the excerpt that an error carries.
//! Promises: no allocation for identifiers of fixed width; an excerpt is at most 40 characters however long the input was.
//! Absent on purpose: any rule about a particular identifier.

use alloc::boxed::Box;
use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use serde::de;

/// `N` ASCII characters in place, so that numbers of fixed width are `Copy` and need no heap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Ascii<const N: usize>([u8; N]);

impl<const N: usize> Ascii<N> {
    /// Takes the text when it has exactly `N` bytes and `allowed` holds for each of them.
    pub(super) fn take(text: &str, allowed: impl Fn(&u8) -> bool) -> Option<Self> {
        let bytes: [u8; N] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(|byte| byte.is_ascii() && allowed(byte)).then_some(Self(bytes))
    }

    /// Takes bytes that are part of a value that `take` made.
    pub(super) const fn from_checked(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; N] {
        &self.0
    }

    /// `take` let only ASCII in, so the empty answer never shows; it keeps this free of `unsafe` and of a panic.
    pub(super) fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The refused text as an error carries it: quoted, escaped, cut after 40 characters so that no input can flood a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    const LONGEST: usize = 40;

    pub(super) fn of(text: &str) -> Self {
        Self(text.chars().take(Self::LONGEST).collect())
    }

    /// The beginning of the refused text, unquoted.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// How many bytes the text is, or `None` when it is not whole bytes of upper-case hex. Empty text is no byte.
pub(super) fn hex_length(text: &str) -> Option<usize> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    (text.len().is_multiple_of(2) && text.bytes().all(digit)).then_some(text.len() / 2)
}

/// Reads a string and parses it without an allocation in between.
pub(super) struct ParseVisitor<T>(pub(super) PhantomData<T>);

impl<T> de::Visitor<'_> for ParseVisitor<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Gives a type that has `parse` and `as_str` the rest of what a text is: `Display`, `Debug`, `FromStr` and JSON strings.
macro_rules! text_type {
    ($name:ident, $error:ty) => {
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }

        impl core::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::ids::text::ParseVisitor(core::marker::PhantomData))
            }
        }
    };
}
pub(super) use text_type;
