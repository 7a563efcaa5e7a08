//! HTTP/1.1 on one connection that stays open, as light as it goes: messages with a length, one after the other.
//! Promises: an answer that comes before its question is sent is heard, as clients of HTTP hear it; the caller is told that the connection is
//! of no more use then.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    pin, select,
};

/// What one side says.
#[derive(Debug)]
pub(super) struct Message {
    /// The first line: what is asked, or how it went.
    pub(super) first: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// The next one; none when the other side has hung up between two.
    ///
    /// # Errors
    /// When the line breaks within it, or a header is none.
    pub(super) async fn read<R: AsyncBufRead + Unpin>(from: &mut R) -> io::Result<Option<Self>> {
        let Some(first) = read_line(from).await? else {
            return Ok(None);
        };
        let mut headers = Vec::new();
        loop {
            let line = read_line(from).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut message = Self { first, headers, body: Vec::new() };
        let length = message.header("content-length").and_then(|length| length.parse().ok());
        message.body.resize(length.unwrap_or_default(), 0);
        from.read_exact(&mut message.body).await?;
        Ok(Some(message))
    }

    /// What a header says; its name in small letters.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The status of an answer.
    pub(super) fn status(&self) -> Option<u16> {
        self.first.split(' ').nth(1)?.parse().ok()
    }

    /// How long an answer says to stay away.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.parse().ok().map(Duration::from_secs)
    }
}

/// A line of a head without its end; none when nothing more comes. What the other side began and did not end is no line: a header cut short
/// would pass for the end of the head.
async fn read_line<R: AsyncBufRead + Unpin>(from: &mut R) -> io::Result<Option<String>> {
    let mut line = String::new();
    if from.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let whole = line.strip_suffix('\n').ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Some(whole.strip_suffix('\r').unwrap_or(whole).to_owned()))
}

/// A connection of one gate, or of a program.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    token: String,
    /// What was asked was sent to its end, and nobody has said that this was the last answer.
    is_open: bool,
}

impl Line {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub(super) async fn open(address: &str, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, token: token.to_owned(), is_open: true })
    }

    /// Whether another question can be asked.
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Asks `GET path` or `POST path`.
    ///
    /// # Errors
    /// When the line breaks before the answer is there.
    pub(super) async fn ask(&mut self, what: &str, body: &str) -> io::Result<Message> {
        let request = format!(
            "{what} HTTP/1.1\r\nHost: centre\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.is_open = false;
        let (from, mut to) = self.stream.split();
        let mut from = BufReader::new(from);
        let (mut is_sent, mut is_lost) = (false, false);
        let answer = {
            let (send, answer) = (to.write_all(request.as_bytes()), Message::read(&mut from));
            pin!(send, answer);
            loop {
                select! {
                    sent = &mut send, if !is_sent && !is_lost => {
                        is_sent = sent.is_ok();
                        // The other side may have answered before it hung up.
                        is_lost = !is_sent;
                    }
                    answer = &mut answer => break answer?.ok_or(io::ErrorKind::UnexpectedEof)?,
                }
            }
        };
        self.is_open = is_sent && answer.header("connection") != Some("close");
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_follow_each_other_and_end_between_two() {
        let text = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 204 No Content\r\n\r\n";
        let mut from = BufReader::new(text.as_slice());
        let busy = Message::read(&mut from).await.unwrap().unwrap();
        assert_eq!(
            (busy.status(), busy.retry_after(), busy.body.as_slice()),
            (Some(503), Some(Duration::from_secs(2)), b"{}".as_slice())
        );
        let done = Message::read(&mut from).await.unwrap().unwrap();
        assert_eq!((done.status(), done.retry_after(), done.body.len()), (Some(204), None, 0));
        assert!(Message::read(&mut from).await.unwrap().is_none());
        // Cut within the first line, within a header, before the end of the head and within the body.
        for cut in [20, 40, 54, 72] {
            assert!(
                Message::read(&mut BufReader::new(text.get(..cut).unwrap())).await.is_err(),
                "cut at {cut}"
            );
        }
    }
}
