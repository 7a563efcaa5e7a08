//! Comes with the codecs.
