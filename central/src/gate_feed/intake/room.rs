//! 接收余量: what gates send is held in memory before it is taken, and no more of it at once than there is room for.
//! Promises: a body that finds no room is read away, so that its line serves on, and turned off with 503; whoever lets a body trickle gives
//! its room back after `WITHIN`, and holds no place of the intake meanwhile: that is given to a body that is there.
//! Absent on purpose: an order of who comes first. Those who were turned off come back by chances of their own (`gate-agent` `sync::backoff`).
//! Source: invariant I6; fault C8.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use futures::StreamExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::rush::Rush;
use crate::declaration::problem::Problem;

/// Of all bodies together: some forty of those that gates send day by day.
const KIB: u32 = 6 * 1024;
/// No body takes more, however long it is, nor does one that does not say how long it is: one gate alone keeps nobody out.
const MOST_KIB: u32 = KIB / 2;
/// A batch of 4 MiB by a line of 1 Mbit/s.
const WITHIN: Duration = Duration::from_secs(40);

/// The room for bodies.
#[derive(Clone, Debug)]
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(KIB).unwrap_or(1))))
    }
}

impl Room {
    /// The body, and the room that it takes for as long as that is kept.
    ///
    /// # Errors
    /// 503 without room, 408 for who is too slow, 413 for what is too long.
    pub async fn read(
        &self,
        request: Request,
        rush: &Rush,
    ) -> Result<(Bytes, OwnedSemaphorePermit), Problem> {
        let Ok(room) = Arc::clone(&self.0).try_acquire_many_owned(kib(request.headers())) else {
            // An end that comes too late is not waited for, and its line is given up.
            drop(timeout(WITHIN, read_away(request.into_body())).await);
            return Err(Problem::busy(rush.turned_off()));
        };
        match timeout(WITHIN, Bytes::from_request(request, &())).await {
            Ok(Ok(bytes)) => Ok((bytes, room)),
            Ok(Err(refusal)) => Err(Problem::refused_by_framework(refusal.status(), &refusal.body_text())),
            Err(_) => Err(Problem::refused_by_framework(
                StatusCode::REQUEST_TIMEOUT,
                "the body took too long to come",
            )),
        }
    }
}

/// What a body takes, by what it says of itself.
fn kib(headers: &HeaderMap) -> u32 {
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let kib = length.map_or(u64::MAX, |length| length / 1024 + 1);
    u32::try_from(kib).unwrap_or(u32::MAX).min(MOST_KIB)
}

async fn read_away(body: Body) {
    let mut parts = body.into_data_stream();
    while let Some(Ok(_)) = parts.next().await {}
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn request(length: Option<usize>, body: Body) -> Request {
        let mut request = Request::builder();
        if let Some(length) = length {
            request = request.header(header::CONTENT_LENGTH, length);
        }
        request.body(body).unwrap()
    }

    /// Fault C8: room is what a body says of itself, given back with it; a length that is not told, or is none, takes the most.
    #[tokio::test]
    async fn bodies_take_their_room_and_give_it_back() {
        let room = Room::default();
        let (first, held) = room.read(request(Some(5), Body::from("12345")), &Rush::default()).await.unwrap();
        assert_eq!((first.as_ref(), room.0.available_permits()), (b"12345".as_slice(), 6 * 1024 - 1));
        let (_, untold) = room.read(request(None, Body::from("1")), &Rush::default()).await.unwrap();
        assert_eq!(room.0.available_permits(), 3 * 1024 - 1, "one alone keeps nobody out");
        let turned_off = room.read(request(None, Body::from("1")), &Rush::default()).await.unwrap_err();
        assert_eq!(turned_off.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop((held, untold));
        assert_eq!(room.0.available_permits(), 6 * 1024);
    }

    /// Fault C8: whoever lets a body trickle has room for a while, and then none.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_gives_its_room_back() {
        let room = Room::default();
        let trickle = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, std::io::Error>("a"), ()))
        });
        let slow = room
            .read(request(Some(1_000_000), Body::from_stream(trickle)), &Rush::default())
            .await
            .unwrap_err();
        assert_eq!(slow.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(room.0.available_permits(), 6 * 1024);
    }

    /// Fault C8: what finds no room is read to its end, so that the next request of its line is understood.
    #[tokio::test]
    async fn a_body_without_room_is_read_away() {
        let room = Room::default();
        let all = Arc::clone(&room.0).try_acquire_many_owned(KIB).unwrap();
        let (tell, told) = tokio::sync::oneshot::channel();
        let mut parts = vec!["some", "more"].into_iter();
        let mut tell = Some(tell);
        let body = stream::poll_fn(move |_| {
            let next = parts.next().map(Ok::<_, std::io::Error>);
            if next.is_none() {
                tell.take().map(|tell| tell.send(()));
            }
            std::task::Poll::Ready(next)
        });
        let turned_off =
            room.read(request(Some(8), Body::from_stream(body)), &Rush::default()).await.unwrap_err();
        assert_eq!(turned_off.status(), StatusCode::SERVICE_UNAVAILABLE);
        told.await.expect("the body was not read to its end");
        drop(all);
    }
}
