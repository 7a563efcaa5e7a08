//! The port to the centre: six calls, and every way in which they fail that the gate treats differently.
//! Implementations: [`super::HttpLink`], and the tests' centre in memory.

use std::{future::Future, sync::Arc, time::Duration};

use protocols::{
    contract::{
        DigestsAnswer, DigestsRequest, EventsAck, EventsRefusal, Hash, HelloAnswer, HelloRequest, LiveStatus,
    },
    ids::GateId,
};
use tokio::sync::mpsc;

use crate::{cache::Feed, identity::Untrusted};

/// Where a snapshot's lines go, in order, without line feeds, many at a time; full means that the disk is slower than the line.
pub type SnapshotLines = mpsc::Sender<Vec<String>>;

/// Why the centre did not answer as hoped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No connection, no answer in time, or the line was cut; whether the centre took it is unknown.
    #[error("the centre cannot be reached: {0}")]
    Unreachable(Arc<str>),
    /// 503: it sheds load.
    #[error("the centre is busy for {} s", retry_after.as_secs())]
    Busy {
        /// How long to leave it alone.
        retry_after: Duration,
    },
    /// 409 to events.
    #[error("the centre expects event {} ({:?})", .0.expected_seq, .0.code)]
    Refused(EventsRefusal),
    /// 410 to changes: only a snapshot helps; a hello tells whether the centre was restored.
    #[error("the centre no longer has changes after this revision, or knows another one")]
    TooOld,
    /// 401 or 403: the token, or the certificate, does not count.
    #[error("the centre refuses this gate: {said} ({code})")]
    Unauthorised {
        /// The key of the refusal.
        code: Arc<str>,
        /// In words.
        said: Arc<str>,
    },
    /// Who answers is not known for the centre (fault C9).
    #[error("{0}")]
    Untrusted(Untrusted),
    /// There is no certificate to show.
    #[error("this gate is not enrolled: gate-agent enrol gets it a certificate")]
    NotEnrolled,
    /// 404: an older centre does not have this call.
    #[error("the centre does not know this call")]
    Unknown,
    /// Anything else; a person has to look.
    #[error("the centre answered {0}")]
    Unexpected(Arc<str>),
}

/// 中心连接.
pub trait CentreLink: Send + Sync + 'static {
    /// Who is there, with which journal.
    fn hello(&self, request: &HelloRequest) -> impl Future<Output = Result<HelloAnswer, LinkError>> + Send;

    /// Revisions after `after`, whose mark is shown to the centre if it is known; waits up to `wait` for one.
    fn changes(
        &self,
        after: u64,
        mark: Option<Hash>,
        wait: Duration,
    ) -> impl Future<Output = Result<Feed, LinkError>> + Send;

    /// The whole index, with a number that its signature is to name; ends with `Ok` when the stream ended in order (which says nothing about its digest).
    fn snapshot(
        &self,
        nonce: Hash,
        lines: SnapshotLines,
    ) -> impl Future<Output = Result<(), LinkError>> + Send;

    /// At most 500 events, as they were sealed, contiguous.
    fn events(
        &self,
        gate_id: &GateId,
        epoch: u32,
        events: &[String],
    ) -> impl Future<Output = Result<EventsAck, LinkError>> + Send;

    /// How the gate is now.
    fn status(&self, status: &LiveStatus) -> impl Future<Output = Result<(), LinkError>> + Send;

    /// Whether the index is the centre's, as a whole or in a part.
    fn digests(
        &self,
        request: &DigestsRequest,
    ) -> impl Future<Output = Result<DigestsAnswer, LinkError>> + Send;
}
