//! 密码算法: one choice for the whole process, `ring`, before anything that may speak TLS is made.
//! HTTP to the centre and to the panel is plain today; but in a build of the whole workspace its client can speak TLS, and asks for the choice.

/// Makes the choice; the first one stands.
pub(crate) fn choose() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
