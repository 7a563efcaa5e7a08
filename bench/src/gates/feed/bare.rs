//! The floor of the feed: a server in this process that listens on the loopback as the centre does and is asked the same by the same gates, but
//! stores nothing, reads nothing and judges nothing.
//! Promises: an answer has the bytes of the centre's own, with the number of another trip in them; whoever waits is woken at once.

use std::{io, sync::Arc};

use anyhow::Context as _;
use protocols::ids::TripNo;
use serde_json::Value;
use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use crate::{gates::line::Message, ingest::yard::Site};

/// What the centre has told of one change.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// The change as the centre keeps it.
    pub(super) body: String,
    /// The trip that it is about.
    pub(super) trip_no: String,
    /// A mark, as long as any.
    pub(super) mark: String,
}

/// A bare server, which ends when the value is dropped.
pub(super) struct Bare {
    pub(super) address: String,
    task: JoinHandle<()>,
}

/// What its connections share.
struct Shared {
    site: Site,
    sample: Sample,
    /// The changes of each yard.
    yards: Vec<watch::Sender<Vec<Arc<str>>>>,
    /// All trips, and the yard of each.
    trips: Vec<(TripNo, u32)>,
}

impl Bare {
    /// Starts it for these trips.
    ///
    /// # Errors
    /// When there is no port.
    pub(super) async fn start(site: Site, sample: Sample, trips: &[(TripNo, u32)]) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port")?;
        let address = listener.local_addr()?.to_string();
        let yards = (0..site.yards).map(|_| watch::Sender::new(Vec::new())).collect();
        let shared = Arc::new(Shared { site, sample, yards, trips: trips.to_vec() });
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                // Who hangs up has ended its own run.
                tokio::spawn(async move { shared.serve(stream).await });
            }
        });
        Ok(Self { address, task })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        while let Some(request) = Message::read(&mut stream).await? {
            let body = self.answer(&request).await.ok_or(io::ErrorKind::InvalidData)?;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }

    async fn answer(&self, request: &Message) -> Option<String> {
        let path = request.first.split(' ').nth(1)?;
        match path.split('?').next()? {
            "/gate/v1/hello" => Some(format!(
                r#"{{"epoch":1,"expected_seq":1,"expected_hash":"{}","revision":0,"time":"2026-01-01T00:00:00.000Z"}}"#,
                "0".repeat(64)
            )),
            "/gate/v1/changes" => {
                let gate = request.header("authorization")?.rsplit('-').next()?.parse().ok()?;
                let after = path.split_once("after=")?.1.split('&').next()?.parse().ok()?;
                self.changes(gate, after).await
            }
            _ => self.hold(&request.body),
        }
    }

    /// The next change of the gate's yard, as soon as there is one.
    async fn changes(&self, gate: u32, after: usize) -> Option<String> {
        let yard = self.yards.get(usize::try_from(self.site.yard_of(gate)).ok()?)?;
        let mut changes = yard.subscribe();
        let found = changes.wait_for(|changes| changes.len() > after).await.ok()?;
        let (change, newest, to) = (found.get(after)?.clone(), found.len(), after + 1);
        drop(found);
        let Sample { mark, .. } = &self.sample;
        let more = to < newest;
        Some(format!(
            "{{\"from\":{after},\"to\":{to},\"more\":{more},\"changes\":[{{\"rev\":{to},{change}],\"mark\":\"{mark}\"}}"
        ))
    }

    /// A word of customs about a trip.
    fn hold(&self, body: &[u8]) -> Option<String> {
        let said: Value = serde_json::from_slice(body).ok()?;
        let trip = said.get("trip_no")?.as_str()?;
        let (_, yard) = self.trips.iter().find(|(other, _)| other.as_str() == trip)?;
        let change = self.sample.body.replace(&self.sample.trip_no, trip);
        let change: Arc<str> = change.strip_prefix('{')?.into();
        self.yards.get(usize::try_from(*yard).ok()?)?.send_modify(|changes| changes.push(change));
        Some(r#"{"applied":true,"known":false,"status":"LOCKED"}"#.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::records::trip_no;

    /// What the gates are asked to apply in the floor is what the centre would have told them.
    #[tokio::test]
    async fn a_change_reaches_the_gates_of_its_yard_and_no_others() {
        let site = Site { yards: 2, gates_of_each: 2, trips_of_each: 1 };
        let trips = [(trip_no(0).unwrap(), 0), (trip_no(2).unwrap(), 1)];
        let sample_trip = trip_no(9).unwrap().to_string();
        let body = format!(r#"{{"op":"remove","trip_no":"{sample_trip}"}}"#);
        let sample = Sample { body, trip_no: sample_trip, mark: "0".repeat(64) };
        let bare = Bare::start(site, sample, &trips).await.unwrap();
        let found = super::super::drive(&bare.address, site, &trips).await.unwrap();
        assert_eq!(found.pairs, 4);
    }
}
