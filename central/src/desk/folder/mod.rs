//! 交换文件夹: the folder through which letters go to customs and answers come back.
//! `letter`: a declaration as XML · `answer`: a receipt as XML.
//! ```text
//! out/   declarations for customs, which takes them away        in/    receipts from customs
//! tmp/   written, not handed over                               done/  receipts taken        bad/  not readable, with the reason beside
//! ```
//! Promises: what lies in `out` is whole; a file gets there by one rename and no second time; a receipt is taken once by its number
//! (PO-233), and leaves `in` only when the tables hold it; a file that cannot be read is kept, with its reason and one alert.
//! Source: spec SG-170, SG-171, SG-165; PO-233; decision 0052.

mod answer;
pub(super) mod letter;

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tokio::{fs, io::AsyncReadExt, io::AsyncWriteExt};

use super::settle::{self, Settled};
use crate::{
    binding::store as records,
    config::DeskConfig,
    declaration::{
        actor::Actor,
        lifecycle::Cause,
        outbox::{self, Open},
    },
    gate_feed::alert::{self, Alert, Trouble, Words},
    store::{Store, StoreError, execute},
};

/// Receipts taken in one round.
const AT_ONCE: usize = 200;
/// A receipt is a page of text.
const MOST_BYTES: u64 = 64 * 1024;

/// Why the folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The file system did not do it.
    #[error("cannot {what} {path}")]
    Io {
        /// What was to be done.
        what: Deed,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A declaration cannot be written as XML.
    #[error("cannot write the declaration as XML")]
    Letter(#[source] quick_xml::SeError),
}

impl FolderError {
    /// What it says, in both languages.
    pub(super) fn words(&self) -> Words {
        let zh = match self {
            Self::Io { what, path, .. } => format!("无法{} {}", what.words().0, path.display()),
            Self::Letter(_) => "无法将申报写成 XML".to_owned(),
        };
        Words::new(zh, self.to_string())
    }
}

/// What is done with a file or a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A folder, where there is none.
    Make,
    /// A file.
    Write,
    /// A letter, to customs.
    HandOver,
    /// A letter that is not to be delivered any more.
    Remove,
    /// A folder's files.
    List,
    /// A file.
    Read,
    /// Whether a file lies there.
    LookFor,
    /// A receipt.
    PutAway,
    /// A folder, to its disk.
    Sync,
}

impl Deed {
    /// In Chinese and in English.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Make => ("建立", "make"),
            Self::Write => ("写入", "write"),
            Self::HandOver => ("交出", "hand over"),
            Self::Remove => ("删除", "remove"),
            Self::List => ("列出", "list"),
            Self::Read => ("读取", "read"),
            Self::LookFor => ("查找", "look for"),
            Self::PutAway => ("移走", "put away"),
            Self::Sync => ("同步", "sync"),
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().1)
    }
}

/// The folder.
#[derive(Clone, Debug)]
pub struct DropFolder(PathBuf);

fn at<'a>(what: Deed, path: &'a Path) -> impl FnOnce(io::Error) -> FolderError + 'a {
    move |source| FolderError::Io { what, path: path.to_owned(), source }
}

impl DropFolder {
    /// The folder at this path; its parts are made when they are first needed.
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self(PathBuf::from(path))
    }

    async fn part(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.0.join(name);
        fs::create_dir_all(&path).await.map_err(at(Deed::Make, &path))?;
        Ok(path)
    }

    fn name(row: &Open) -> String {
        format!("{}-{}-{}.xml", row.number, row.version_no, row.message_no)
    }

    /// Writes a letter where nobody takes it from.
    ///
    /// # Errors
    /// [`FolderError`].
    pub async fn prepare(&self, row: &Open, text: &str) -> Result<(), FolderError> {
        let folder = self.part("tmp").await?;
        write_through(&folder.join(Self::name(row)), text.as_bytes()).await?;
        sync(&folder).await
    }

    /// Hands a letter over that was prepared; one that does not lie there any more has been handed over already.
    ///
    /// # Errors
    /// [`FolderError`].
    pub async fn place(&self, row: &Open) -> Result<(), FolderError> {
        let (from, to) = (self.part("tmp").await?, self.part("out").await?);
        let (written, placed) = (from.join(Self::name(row)), to.join(Self::name(row)));
        match fs::rename(&written, &placed).await {
            Ok(()) => sync(&to).await,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(at(Deed::HandOver, &placed)(error)),
        }
    }

    /// Removes letters that were prepared and are not to be delivered any more.
    async fn sweep(&self, store: &Store) -> Result<Result<(), FolderError>, StoreError> {
        let folder = match self.part("tmp").await {
            Ok(folder) => folder,
            Err(error) => return Ok(Err(error)),
        };
        let names = match names_in(&folder).await {
            Ok(names) => names,
            Err(error) => return Ok(Err(error)),
        };
        for name in names {
            // The message number is what is left of the name after the record and its version.
            let message_no = name.trim_end_matches(".xml").splitn(3, '-').nth(2).unwrap_or_default();
            if outbox::open(store.read(), message_no).await?.is_none() {
                let path = folder.join(&name);
                if let Err(error) = fs::remove_file(&path).await {
                    return Ok(Err(at(Deed::Remove, &path)(error)));
                }
            }
        }
        Ok(Ok(()))
    }
}

/// Takes every receipt that lies in the folder. What the file system refuses is logged and tried again in the next round.
///
/// # Errors
/// [`StoreError`].
pub async fn take_answers(store: &Store, config: &DeskConfig) -> Result<(), StoreError> {
    let folder = DropFolder::new(&config.folder);
    if let Err(error) = folder.sweep(store).await? {
        tracing::warn!(error = &error as &dyn std::error::Error, "the drop folder cannot be swept");
    }
    let names = match folder.part("in").await {
        Ok(path) => names_in(&path).await,
        Err(error) => Err(error),
    };
    let names = match names {
        Ok(names) => names,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the drop folder cannot be read");
            return Ok(());
        }
    };
    for name in names.iter().take(AT_ONCE) {
        if let Err(error) = take(store, config, &folder, name).await? {
            tracing::warn!(error = &error as &dyn std::error::Error, "a receipt stays in the drop folder");
        }
    }
    Ok(())
}

/// The files of a folder that are whole: whoever writes one gives it its name when it is.
async fn names_in(folder: &Path) -> Result<Vec<String>, FolderError> {
    let read = at(Deed::List, folder);
    let mut entries = match fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) => return Err(read(error)),
    };
    let mut names = Vec::new();
    loop {
        let entry = match entries.next_entry().await {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(error) => return Err(read(error)),
        };
        let is_file = entry.file_type().await.is_ok_and(|kind| kind.is_file());
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_file && !name.starts_with('.') && name.to_lowercase().ends_with(".xml") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// One receipt: into the tables first, out of the way afterwards. Whatever is interrupted in between is taken up again from the start.
async fn take(
    store: &Store,
    config: &DeskConfig,
    folder: &DropFolder,
    name: &str,
) -> Result<Result<(), FolderError>, StoreError> {
    let path = folder.0.join("in").join(name);
    let bytes = match read(&path).await {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(at(Deed::Read, &path)(error))),
    };
    let why = match answer::read(&bytes) {
        Ok(answer) => store_answer(store, config, answer).await?.err(),
        Err(why) => Some(why),
    };
    let Some(why) = why else { return Ok(put_away(folder, name, &path, "done").await) };
    if let Err(error) = explain(folder, name, &why).await {
        return Ok(Err(error));
    }
    tell(store, name, &bytes, why).await?;
    Ok(put_away(folder, name, &path, "bad").await)
}

/// Stores a receipt and what it does to its record, in one transaction; a refusal says why there is no such record.
async fn store_answer(
    store: &Store,
    config: &DeskConfig,
    answer: answer::Answer,
) -> Result<Result<(), Words>, StoreError> {
    let mut tx = store.begin().await?;
    let Some(record) = records::find(tx.conn(), &answer.number).await? else {
        let number = answer.number;
        let why =
            Words::new(format!("没有编号为 {number} 的单证"), format!("no record has the number {number}"));
        return Ok(Err(why));
    };
    let cause = Cause { message_no: Some(answer.message_no), ..Cause::by(Actor::customs()) };
    let said =
        settle::Said { code: &answer.code, version_no: answer.version_no, receipt_41: config.receipt_41 };
    match settle::settle(&mut tx, &record, &said, cause.saying(answer.text)).await? {
        Settled::Known => {}
        Settled::Applied(_) | Settled::Kept(_) => tx.commit().await?,
    }
    Ok(Ok(()))
}

async fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than is allowed tells that there is too much.
    fs::File::open(path).await?.take(MOST_BYTES + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// Puts the reason where the file will lie, in both languages.
async fn explain(folder: &DropFolder, name: &str, why: &Words) -> Result<(), FolderError> {
    let (tmp, bad) = (folder.part("tmp").await?, folder.part("bad").await?);
    let reason = format!("{name}.reason.txt");
    let (written, placed) = (tmp.join(&reason), bad.join(&reason));
    write_through(&written, format!("{}\n{}\n", why.zh, why.en).as_bytes()).await?;
    fs::rename(&written, &placed).await.map_err(at(Deed::Write, &placed))
}

/// Raises the alert about a file, once for the same content under the same name.
async fn tell(store: &Store, name: &str, bytes: &[u8], why: Words) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    let sql = "INSERT INTO bad_file (sha256, name, at, reason) VALUES ($1, $2, $3, $4) ON CONFLICT (sha256, name) DO NOTHING";
    let sha256 = hex::encode(Sha256::digest(bytes));
    let values = [sha256.into(), name.into(), tx.now().as_millis().into(), why.en.as_str().into()];
    if execute(tx.conn(), sql, values).await? == 1 {
        alert::raise(&tx, &Alert::of(&Trouble::BadFile { name, why })).await?;
    }
    tx.commit().await
}

/// Moves a file out of `in`; one of the same name that lies there already is kept.
async fn put_away(folder: &DropFolder, name: &str, path: &Path, part: &str) -> Result<(), FolderError> {
    let to = folder.part(part).await?;
    let mut target = to.join(name);
    let mut again = 1_u32;
    while fs::try_exists(&target).await.map_err(at(Deed::LookFor, &target))? {
        again += 1;
        target = to.join(format!("{name}.{again}"));
    }
    match fs::rename(path, &target).await {
        Ok(()) => sync(&to).await,
        // Another process of the centre has put it away.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(Deed::PutAway, &target)(error)),
    }
}

async fn write_through(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let mut file = fs::File::create(path).await.map_err(at(Deed::Write, path))?;
    file.write_all(bytes).await.map_err(at(Deed::Write, path))?;
    file.sync_all().await.map_err(at(Deed::Write, path))
}

async fn sync(folder: &Path) -> Result<(), FolderError> {
    let opened = fs::File::open(folder).await.map_err(at(Deed::Sync, folder))?;
    opened.sync_all().await.map_err(at(Deed::Sync, folder))
}
