//! A certificate as a caller presents it, and what it proves.
//! Promises: nothing here writes; each refusal says which check failed, and nothing of keys or texts.

use protocols::{
    base64::Alphabet::Standard,
    contract::UtcMillis,
    ikey::{Algorithm, Certificate, Holder},
};
use sea_orm::ConnectionTrait;

use super::trust::{Cards, Distrust};
use crate::{
    declaration::problem::Problem,
    identity::card::{refusal, revocation},
    store::StoreError,
};

/// 出示的证书.
#[derive(Debug)]
pub(in crate::identity) struct Presented {
    pub(in crate::identity) certificate: Certificate,
    pub(in crate::identity) holder: Holder,
}

impl Presented {
    /// Reads it: an accepted algorithm, a card's certificate, and a key of that algorithm.
    pub(in crate::identity) fn read(cards: &Cards, alg: &str, certificate: &str) -> Result<Self, Problem> {
        let algorithm = Algorithm::parse(alg).filter(|algorithm| cards.algorithms().contains(algorithm));
        let algorithm = algorithm.ok_or_else(|| refusal::invalid("the algorithm is not accepted"))?;
        let der =
            Standard.decode(certificate).ok_or_else(|| refusal::invalid("the certificate is not Base64"))?;
        let certificate =
            Certificate::from_der(&der).map_err(|error| refusal::invalid(&error.to_string()))?;
        let holder = certificate.holder().ok_or_else(|| refusal::invalid("the certificate names no card"))?;
        if certificate.algorithm() != algorithm {
            return Err(refusal::invalid("the certificate's key is not of the algorithm named"));
        }
        Ok(Self { certificate, holder })
    }

    /// Whether it is believed at this time; none when it is.
    pub(in crate::identity) async fn distrusted<C: ConnectionTrait>(
        &self,
        cards: &Cards,
        conn: &C,
        at: UtcMillis,
    ) -> Result<Option<Distrust>, StoreError> {
        if !self.certificate.may_sign() || !self.certificate.is_understood() {
            return Ok(Some(Distrust::Use));
        }
        let path = match cards.path(&self.certificate, at) {
            Ok(path) => path,
            Err(why) => return Ok(Some(why)),
        };
        for certificate in std::iter::once(&self.certificate).chain(path) {
            if revocation::since(conn, certificate).await?.is_some_and(|since| since <= at) {
                return Ok(Some(Distrust::Revoked));
            }
        }
        Ok(None)
    }

    /// Refuses a certificate that is not believed.
    pub(in crate::identity) async fn must_be_trusted<C: ConnectionTrait>(
        &self,
        cards: &Cards,
        conn: &C,
        at: UtcMillis,
    ) -> Result<(), Problem> {
        match self.distrusted(cards, conn, at).await? {
            None => Ok(()),
            Some(why) => Err(refusal::invalid(&why.to_string())),
        }
    }

    /// Refuses a signature that is not this card's over this text.
    pub(in crate::identity) fn must_have_signed(&self, text: &str, value: &str) -> Result<(), Problem> {
        let value = Standard.decode(value).ok_or_else(|| refusal::invalid("the signature is not Base64"))?;
        if self.certificate.key().holds(text.as_bytes(), &value) {
            Ok(())
        } else {
            Err(refusal::invalid("the signature is not this card's over this text"))
        }
    }
}
