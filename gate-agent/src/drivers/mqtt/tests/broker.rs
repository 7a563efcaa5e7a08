//! A scripted broker: takes one client at a time, grants what it asks, delivers what the test says, and shows what was published.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use rumqttc::v5::mqttbytes::{
    Error, QoS,
    v5::{ConnAck, ConnectReturnCode, Packet, PingResp, PubAck, Publish, SubAck, SubscribeReasonCode},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// What a test turns while it runs.
#[derive(Default)]
pub(crate) struct Knobs {
    /// It answers nothing any more, and keeps the connection.
    pub(crate) mute: AtomicBool,
    /// It throws its client out, once.
    pub(crate) throw_out: AtomicBool,
    /// It refuses whoever comes.
    pub(crate) refuse: AtomicBool,
    /// It does not acknowledge what it is given.
    pub(crate) withhold: AtomicBool,
    /// How often a client was taken.
    pub(crate) taken: AtomicUsize,
}

/// The broker as its test holds it.
pub(crate) struct Broker {
    pub(crate) port: u16,
    pub(crate) knobs: Arc<Knobs>,
    deliver: mpsc::UnboundedSender<Publish>,
    published: mpsc::UnboundedReceiver<Publish>,
    pub(crate) filters: mpsc::UnboundedReceiver<String>,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let knobs = Arc::new(Knobs::default());
        let (deliver, mut to_client) = mpsc::unbounded_channel();
        let (tell, published) = mpsc::unbounded_channel();
        let (ask, filters) = mpsc::unbounded_channel();
        let its = Arc::clone(&knobs);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                serve(client, &its, &mut to_client, &tell, &ask).await;
            }
        });
        Self { port, knobs, deliver, published, filters }
    }

    pub(crate) fn deliver(&self, topic: &str, payload: &str) {
        self.deliver.send(Publish::new(topic, QoS::AtMostOnce, payload.to_owned(), None)).unwrap();
    }

    pub(crate) fn deliver_retained(&self, topic: &str, payload: &str) {
        let mut publish = Publish::new(topic, QoS::AtMostOnce, payload.to_owned(), None);
        publish.retain = true;
        self.deliver.send(publish).unwrap();
    }

    /// The next thing that the client published.
    pub(crate) async fn published(&mut self) -> Publish {
        let next = tokio::time::timeout(crate::drivers::tests::PATIENCE, self.published.recv());
        next.await.expect("nothing was published").expect("the broker ended")
    }

    /// What the client published and nobody has looked at.
    pub(crate) fn left(&mut self) -> usize {
        std::iter::from_fn(|| self.published.try_recv().ok()).count()
    }
}

async fn serve(
    mut client: TcpStream,
    knobs: &Knobs,
    deliver: &mut mpsc::UnboundedReceiver<Publish>,
    tell: &mpsc::UnboundedSender<Publish>,
    ask: &mpsc::UnboundedSender<String>,
) {
    let mut buffer = BytesMut::new();
    // As any broker: nothing before it was asked for.
    let mut is_subscribed = false;
    loop {
        tokio::select! {
            read = client.read_buf(&mut buffer) => if !matches!(read, Ok(1..)) { return },
            Some(publish) = deliver.recv(), if is_subscribed => if !send(&mut client, Packet::Publish(publish)).await { return },
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
        if knobs.throw_out.swap(false, Ordering::SeqCst) {
            return;
        }
        loop {
            let packet = match Packet::read(&mut buffer, None) {
                Ok(packet) => packet,
                Err(Error::InsufficientBytes(_)) => break,
                Err(error) => panic!("the client sent {error}"),
            };
            if knobs.mute.load(Ordering::SeqCst) {
                continue;
            }
            is_subscribed |= matches!(packet, Packet::Subscribe(_));
            let Some(answer) = answer(packet, knobs, tell, ask) else { continue };
            if !send(&mut client, answer).await {
                return;
            }
        }
    }
}

fn answer(
    packet: Packet,
    knobs: &Knobs,
    tell: &mpsc::UnboundedSender<Publish>,
    ask: &mpsc::UnboundedSender<String>,
) -> Option<Packet> {
    match packet {
        Packet::Connect(..) => {
            let code = if knobs.refuse.load(Ordering::SeqCst) {
                ConnectReturnCode::NotAuthorized
            } else {
                knobs.taken.fetch_add(1, Ordering::SeqCst);
                ConnectReturnCode::Success
            };
            Some(Packet::ConnAck(ConnAck { session_present: false, code, properties: None }))
        }
        Packet::Subscribe(asked) => {
            let granted = asked.filters.iter().map(|filter| SubscribeReasonCode::Success(filter.qos));
            let return_codes = granted.collect();
            asked.filters.into_iter().for_each(|filter| drop(ask.send(filter.path)));
            Some(Packet::SubAck(SubAck { pkid: asked.pkid, return_codes, properties: None }))
        }
        Packet::Publish(publish) => {
            let pkid = publish.pkid;
            let _ = tell.send(publish);
            (!knobs.withhold.load(Ordering::SeqCst)).then(|| Packet::PubAck(PubAck::new(pkid, None)))
        }
        Packet::PingReq(_) => Some(Packet::PingResp(PingResp)),
        _ => None,
    }
}

async fn send(client: &mut TcpStream, packet: Packet) -> bool {
    let mut bytes = BytesMut::new();
    packet.write(&mut bytes, None).unwrap();
    client.write_all(&bytes).await.is_ok()
}
