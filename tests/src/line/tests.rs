//! The proxy against an echoing far end.

use super::*;

const LONG: Duration = Duration::from_secs(10);
const BRIEF: Duration = Duration::from_millis(150);

/// Answers each byte with itself; tells how many it got.
async fn far_end() -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (address, heard) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut byte = [0];
                while stream.read_exact(&mut byte).await.is_ok() {
                    counted.fetch_add(1, Ordering::SeqCst);
                    stream.write_all(&byte).await.unwrap();
                }
            });
        }
    });
    (address, heard)
}

async fn ask(stream: &mut TcpStream) -> io::Result<u8> {
    stream.write_all(b"x").await?;
    let mut byte = [0];
    stream.read_exact(&mut byte).await?;
    Ok(byte[0])
}

async fn dial(proxy: &FaultProxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

#[tokio::test]
async fn an_open_line_carries_and_a_cut_one_resets() {
    let (centre, _) = far_end().await;
    let proxy = FaultProxy::start(centre).await.unwrap();
    let mut stream = dial(&proxy).await;
    assert_eq!(ask(&mut stream).await.unwrap(), b'x');
    proxy.set(Line::Cut);
    assert!(ask(&mut stream).await.is_err(), "a standing connection is reset");
    let mut fresh = dial(&proxy).await;
    assert!(ask(&mut fresh).await.is_err(), "a new one too");
    proxy.set(Line::Open);
    assert_eq!(ask(&mut dial(&proxy).await).await.unwrap(), b'x');
    let traffic = proxy.traffic();
    assert_eq!((traffic.connections, traffic.requests, traffic.answers), (3, 2, 2));
    assert_eq!(traffic.resets, 2);
}

#[tokio::test]
async fn a_black_hole_holds_everything_and_breaks_nothing() {
    let (centre, heard) = far_end().await;
    let proxy = FaultProxy::start(centre).await.unwrap();
    let mut stream = dial(&proxy).await;
    ask(&mut stream).await.unwrap();
    proxy.set(Line::BlackHole);
    assert!(tokio::time::timeout(BRIEF, ask(&mut stream)).await.is_err(), "no answer, no error");
    assert_eq!(heard.load(Ordering::SeqCst), 1);
    proxy.set(Line::Open);
    let mut byte = [0];
    tokio::time::timeout(LONG, stream.read_exact(&mut byte)).await.unwrap().unwrap();
    assert_eq!(heard.load(Ordering::SeqCst), 2, "what was sent into it arrives");
}

#[tokio::test]
async fn an_answer_may_be_lost_after_the_request_has_arrived() {
    let (centre, heard) = far_end().await;
    let proxy = FaultProxy::start(centre).await.unwrap();
    proxy.set(Line::ResetAnswers);
    assert!(ask(&mut dial(&proxy).await).await.is_err());
    assert_eq!(heard.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_may_break_in_the_middle_of_a_request() {
    let (centre, heard) = far_end().await;
    let proxy = FaultProxy::start(centre).await.unwrap();
    proxy.set(Line::ResetAfter(2));
    let mut stream = dial(&proxy).await;
    assert!(ask(&mut stream).await.is_ok() && ask(&mut stream).await.is_ok());
    assert!(ask(&mut stream).await.is_err());
    assert_eq!(heard.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn all_connections_are_reset_once_and_the_line_stays_as_it_was() {
    let (centre, _) = far_end().await;
    let proxy = FaultProxy::start(centre).await.unwrap();
    let mut stream = dial(&proxy).await;
    ask(&mut stream).await.unwrap();
    proxy.reset_all();
    assert!(ask(&mut stream).await.is_err());
    assert_eq!(proxy.now(), Line::Open);
    assert!(ask(&mut dial(&proxy).await).await.is_ok());
}

#[tokio::test]
async fn a_slow_line_is_late_by_what_it_says() {
    let (centre, _) = far_end().await;
    let proxy = FaultProxy::start(centre).await.unwrap();
    proxy.set(Line::Slow(BRIEF));
    let begun = crate::clock::now();
    ask(&mut dial(&proxy).await).await.unwrap();
    assert!(begun.elapsed() >= BRIEF * 2, "late each way");
}

#[tokio::test]
async fn the_line_may_lead_to_another_centre() {
    let ((one, _), (other, heard)) = (far_end().await, far_end().await);
    let proxy = FaultProxy::start(one).await.unwrap();
    proxy.lead_to(other);
    ask(&mut dial(&proxy).await).await.unwrap();
    assert_eq!(heard.load(Ordering::SeqCst), 1);
}
