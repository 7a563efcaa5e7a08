//! 密码算法: one choice for the whole process, `ring`, before anything that may speak TLS is made.
//! Clients that speak plain HTTP can speak TLS too, and ask for the choice.

/// Makes the choice; the first one stands.
pub(crate) fn choose() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
