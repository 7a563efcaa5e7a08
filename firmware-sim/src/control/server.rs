//! Takes connections to the control socket and hands their lines to the yard.
//! Promises: answers of one connection come in the order of its lines; a line that is no order is answered, not dropped;
//! a connection that waits for a vehicle holds up no other.
//! Absent: access control; the socket's folder decides who may open it.

use super::order::Order;
use crate::yard::task::Asked;
use serde_json::{Value, json};
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

/// Longest line, bytes.
const LINE_MAX: u64 = 64 * 1024;

/// Serves connections until the yard is gone.
pub async fn serve(listener: UnixListener, orders: mpsc::Sender<Asked>) {
    while !orders.is_closed() {
        if let Ok((stream, _)) = listener.accept().await {
            let orders = orders.clone();
            // A connection that breaks concerns nobody else.
            tokio::spawn(async move { converse(stream, orders).await });
        }
    }
}

async fn converse(stream: UnixStream, orders: mpsc::Sender<Asked>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let mut line = String::new();
    loop {
        line.clear();
        if (&mut read).take(LINE_MAX).read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if line.trim().is_empty() {
            continue;
        }
        let mut answer = ask(&line, &orders).await.to_string();
        answer.push('\n');
        write.write_all(answer.as_bytes()).await?;
    }
}

async fn ask(line: &str, orders: &mpsc::Sender<Asked>) -> Value {
    let order: Order = match serde_json::from_str(line) {
        Ok(order) => order,
        Err(error) => return json!({ "error": error.to_string() }),
    };
    let (answer, told) = oneshot::channel();
    match orders.send(Asked { order, answer }).await {
        Ok(()) => told.await.unwrap_or_else(|_| json!({ "error": "the simulator stops" })),
        Err(_) => json!({ "error": "the simulator stops" }),
    }
}
