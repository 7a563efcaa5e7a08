//! 对端: who is at the other end of a gate's line, and whether what it shows counts.
//! Promises: over TLS a gate is who its certificate says, asked of the table at every request; over plain HTTP only this machine is heard,
//! and nothing that came through a proxy, whatever the proxy says of it. Each refusal says precisely why, and is logged.
//! Source: fault C9; docs/decisions 0080.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts, connect_info::MockConnectInfo},
    http::{StatusCode, request::Parts},
};
use protocols::ikey::Certificate;

use super::{
    authority,
    certificate::{self, GateCertificate, Invalid},
};
use crate::{app::Central, connection::PlainPeer, declaration::problem::Problem};

/// What proxies add. It is never believed; that it is there says that the request is not of this machine.
const OF_PROXIES: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// The other end of a connection over TLS. Its certificate is not judged yet; that it has the key is sure.
#[derive(Clone, Debug)]
pub struct GatePeer {
    /// From where.
    pub address: SocketAddr,
    /// What it has shown, DER.
    pub certificate: Option<Arc<[u8]>>,
}

/// 线路: how a request of a gate came.
#[derive(Clone, Debug)]
pub enum Line {
    /// Over plain HTTP, from this machine.
    Local,
    /// Over TLS.
    Tls(GatePeer),
}

impl Line {
    /// From where, for logs and limits.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Local => "this machine".to_owned(),
            Self::Tls(peer) => peer.address.ip().to_canonical().to_string(),
        }
    }

    /// The certificate of this centre that was shown, though it may not count any more.
    ///
    /// # Errors
    /// 401, saying why.
    pub async fn certificate(&self, central: &Central) -> Result<GateCertificate, Problem> {
        let shown = match self {
            Self::Tls(GatePeer { certificate: Some(shown), .. }) => shown,
            Self::Tls(_) => return Err(self.refused(NEEDED)),
            Self::Local => return Err(Problem::unknown_caller()),
        };
        let Some(authorities) = central.gate_authorities() else { return Err(self.refused(FOREIGN)) };
        let fingerprint = authority::fingerprint(shown);
        let kept = certificate::by_fingerprint(central.store().read(), &fingerprint).await?;
        // What stands in the table was made here; its authority may have been retired since.
        if let Some(kept) = kept.filter(|kept| authorities.have(&kept.authority)) {
            return Ok(kept);
        }
        let is_ours = Certificate::from_der(shown).is_ok_and(|shown| authorities.have_issued(&shown));
        Err(self.refused(if is_ours { UNKNOWN } else { FOREIGN }))
    }

    /// The same, and it counts now. The first time that it is shown ends those before it.
    ///
    /// # Errors
    /// 401, saying why.
    pub async fn valid_certificate(&self, central: &Central) -> Result<GateCertificate, Problem> {
        let shown = self.certificate(central).await?;
        match shown.check(central.store().clock().now()) {
            Ok(()) => {}
            Err(why) => {
                if why == Invalid::Superseded {
                    certificate::raise_copy(central.store(), &shown).await?;
                }
                return Err(self.refused(words(why)));
            }
        }
        if shown.first_used_at.is_none() {
            certificate::used(central.store(), &shown).await?;
        }
        Ok(shown)
    }

    /// A refusal, which is logged.
    pub(super) fn refused(&self, (code, zh, en): Words) -> Problem {
        tracing::warn!(gate.refusal = code, from = self.address(), "a gate's line is refused: {en}");
        Problem::new(StatusCode::UNAUTHORIZED, code, zh, en)
    }
}

/// Key and both texts of a refusal.
pub(super) type Words = (&'static str, &'static str, &'static str);

const NEEDED: Words = (
    "GATE_CERTIFICATE_NEEDED",
    "需出示卡口证书",
    "show the certificate of a gate; a gate gets one by an enrolment code",
);
const FOREIGN: Words =
    ("GATE_CERTIFICATE_FOREIGN", "证书不是本中心签发的", "the certificate is not of this centre's authority");
const UNKNOWN: Words = (
    "GATE_CERTIFICATE_UNKNOWN",
    "本中心没有该证书的登记",
    "the certificate is of this centre's authority, but the centre does not know it; enrol again",
);

/// 401 for a certificate that does not count any more.
pub(crate) fn invalid(why: Invalid) -> Problem {
    let (code, zh, en) = words(why);
    Problem::new(StatusCode::UNAUTHORIZED, code, zh, en)
}

/// What is said of a certificate that does not count.
pub(super) const fn words(why: Invalid) -> Words {
    match why {
        Invalid::Expired => (
            "GATE_CERTIFICATE_EXPIRED",
            "卡口证书已过期",
            "the certificate has expired; it can be renewed once, with approval",
        ),
        Invalid::Revoked => ("GATE_CERTIFICATE_REVOKED", "卡口证书已吊销", "the certificate was revoked"),
        Invalid::Superseded => (
            "GATE_CERTIFICATE_SUPERSEDED",
            "卡口证书已被更新的证书取代",
            "the gate has a newer certificate in use; this one is a copy",
        ),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Line {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<GatePeer>>() {
            return Ok(Self::Tls(peer.clone()));
        }
        let address = parts.extensions.get::<ConnectInfo<PlainPeer>>().map(|info| info.0.0);
        let address =
            address.or_else(|| parts.extensions.get::<MockConnectInfo<SocketAddr>>().map(|info| info.0));
        let near = address.is_some_and(|address| address.ip().to_canonical().is_loopback());
        let forwarded = OF_PROXIES.iter().any(|name| parts.headers.contains_key(*name));
        if near && !forwarded {
            return Ok(Self::Local);
        }
        let from = address.map_or_else(|| "nowhere".to_owned(), |address| address.ip().to_string());
        tracing::warn!(from, forwarded, "a gate's call over plain HTTP from elsewhere is refused");
        let en = "over plain HTTP gates of this machine only are served, and not through a proxy; call gates.listen over TLS";
        Err(Problem::forbidden("GATE_PLAIN_HTTP", "卡口须经TLS连接中心", en))
    }
}

/// The peer's address, if the request came over TLS.
pub(crate) fn address_over_tls(parts: &Parts) -> Option<String> {
    parts.extensions.get::<ConnectInfo<GatePeer>>().map(|info| info.0.address.ip().to_string())
}
