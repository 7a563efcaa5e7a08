//! Who reads the content of files: a process apart, or for tests and programs that embed the centre this process.
//! Promises: so many readings at once and no more; each ends in time, for the one who waits; a file that brings its reader down brings down
//! nothing else (apart), and is refused.
//! Source: spec PO-264, PO-267; decision 0043.

use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

use super::pdf::{self, Judged, Unfit};
use crate::{app::Central, declaration::problem::Problem};

/// A verdict is a line.
const MOST_WORDS: u64 = 4096;
const BACK_AFTER_S: u32 = 5;

/// Where files are read.
#[derive(Clone, Debug)]
pub enum Checker {
    /// In this process. A file may then take the process with it.
    Here,
    /// By this program, which is `central` itself, with `judge-pdf`.
    Apart(PathBuf),
}

impl Checker {
    pub(super) async fn judge(
        &self,
        central: &Central,
        bytes: Vec<u8>,
    ) -> Result<(Vec<u8>, Judged), Problem> {
        let patience = Duration::from_secs(central.config().attachment.check_s.into());
        let place = timeout(patience, Arc::clone(central.checks()).acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Err(Problem::busy(BACK_AFTER_S)) };
        match self {
            Self::Here => {
                // The place is given back when the reading ends, whoever still waits for it.
                let reading = tokio::task::spawn_blocking(move || {
                    let judged = pdf::judge(&bytes);
                    drop(place);
                    (bytes, judged)
                });
                match timeout(patience, reading).await {
                    Ok(Ok(read)) => Ok(read),
                    Ok(Err(_)) => Ok((Vec::new(), Judged::unfit(Unfit::Unreadable))),
                    Err(_) => Ok((Vec::new(), Judged::unfit(Unfit::TooMuch))),
                }
            }
            Self::Apart(program) => {
                let read = timeout(patience, apart(program, &bytes)).await;
                drop(place);
                match read {
                    Ok(Ok(Some(judged))) => Ok((bytes, judged)),
                    Ok(Ok(None)) => Ok((bytes, Judged::unfit(Unfit::TooMuch))),
                    Ok(Err(error)) => {
                        tracing::error!(%error, "cannot start the reader of files");
                        Err(Problem::upstream("files cannot be checked"))
                    }
                    Err(_) => Ok((bytes, Judged::unfit(Unfit::TooMuch))),
                }
            }
        }
    }
}

/// The verdict; none when the reader came down over the file.
async fn apart(program: &PathBuf, bytes: &[u8]) -> std::io::Result<Option<Judged>> {
    let mut reader = Command::new(program)
        .arg("judge-pdf")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut said = Vec::new();
    if let (Some(mut input), Some(output)) = (reader.stdin.take(), reader.stdout.take()) {
        // A reader that is gone before it has everything says nothing; that is all there is to know.
        let sent = async {
            drop(input.write_all(bytes).await);
            drop(input);
        };
        let mut output = output.take(MOST_WORDS);
        let ((), heard) = tokio::join!(sent, output.read_to_end(&mut said));
        heard?;
    }
    let ended = reader.wait().await?;
    Ok(if ended.success() { serde_json::from_slice(&said).ok() } else { None })
}
