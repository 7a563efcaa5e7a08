//! 文件存储: the bytes of files, by key, in a folder or in a bucket.
//! Promises: bytes are on the disk, or acknowledged by the bucket, before `put` returns; a key is written once; credentials of a bucket come
//! from its own variables of the environment (`AWS_ACCESS_KEY_ID` ...) and appear in no log and no error.
//! Absent on purpose: what the bytes are, and who may see them; a module's rows know that.

use std::{path::Path as Folder, sync::Arc, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use object_store::{
    ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
    prefix::PrefixStore,
};
use protocols::contract::UtcMillis;

use crate::config::Config;

/// A person waits for the answer.
const PATIENCE: Duration = Duration::from_secs(20);
const RETRIES: usize = 3;

/// The bytes cannot be stored or had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// `[blob] url` names no store that we can use.
    #[error("cannot use {url} for files")]
    Place {
        /// The folder or URL; it has no credentials in it.
        url: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store failed.
    #[error("cannot {doing} file {key}")]
    Failed {
        /// What was to be done.
        doing: &'static str,
        /// Which.
        key: String,
        /// Why.
        source: object_store::Error,
    },
}

/// Where files lie.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<dyn ObjectStore>);

/// A file that lies there.
#[derive(Clone, Debug)]
pub struct Lying {
    /// Its key.
    pub key: String,
    /// Since when, by the store's clock.
    pub since: UtcMillis,
}

impl Blobs {
    /// The store that the configuration names: a folder in the data folder, or a bucket.
    ///
    /// # Errors
    /// [`BlobError::Place`].
    pub fn open(config: &Config) -> Result<Self, BlobError> {
        let url = &config.blob.url;
        if url.is_empty() {
            return Self::folder(&Folder::new(&config.store.data_dir).join("blobs"));
        }
        // The bucket is spoken with over TLS of the same kind as everywhere here; the second call in a process changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self::bucket(AmazonS3Builder::from_env(), url)
    }

    fn folder(folder: &Folder) -> Result<Self, BlobError> {
        let wrong = |source: Box<dyn std::error::Error + Send + Sync>| BlobError::Place {
            url: folder.display().to_string(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(|error| wrong(error.into()))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| wrong(error.into()))?;
        Ok(Self(Arc::new(store.with_fsync(true))))
    }

    fn bucket(builder: AmazonS3Builder, url: &str) -> Result<Self, BlobError> {
        let wrong = |source: Box<dyn std::error::Error + Send + Sync>| BlobError::Place {
            url: url.to_owned(),
            source,
        };
        let (_, prefix) = url.trim_start_matches("s3://").split_once('/').unwrap_or_default();
        let prefix = Path::parse(prefix.trim_end_matches('/')).map_err(|error| wrong(error.into()))?;
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let bucket = builder.with_url(url).with_retry(retry).build().map_err(|error| wrong(error.into()))?;
        Ok(if prefix.is_root() {
            Self(Arc::new(bucket))
        } else {
            Self(Arc::new(PrefixStore::new(bucket, prefix)))
        })
    }

    /// Stores the bytes under a key that nothing lies under.
    ///
    /// # Errors
    /// [`BlobError::Failed`].
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), BlobError> {
        let put = self.0.put(&Path::from(key), bytes.into()).await;
        put.map(|_| ()).map_err(|source| failed("store", key, source))
    }

    /// The bytes under the key.
    ///
    /// # Errors
    /// [`BlobError::Failed`], also when nothing lies there.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, BlobError> {
        let found = self.0.get(&Path::from(key)).await.map_err(|source| failed("find", key, source))?;
        found.bytes().await.map(|bytes| bytes.to_vec()).map_err(|source| failed("read", key, source))
    }

    /// Removes what lies under the key, if anything does.
    ///
    /// # Errors
    /// [`BlobError::Failed`].
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.0.delete(&Path::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(failed("delete", key, source)),
        }
    }

    /// Everything that lies in a folder of keys.
    pub fn list(&self, folder: &str) -> BoxStream<'static, Result<Lying, BlobError>> {
        let key = folder.to_owned();
        let listed = self.0.list(Some(&Path::from(folder)));
        listed
            .map(move |found| match found {
                Ok(found) => Ok(Lying {
                    key: found.location.to_string(),
                    since: UtcMillis::from_millis(found.last_modified.timestamp_millis()),
                }),
                Err(source) => Err(failed("list", &key, source)),
            })
            .boxed()
    }
}

fn failed(doing: &'static str, key: &str, source: object_store::Error) -> BlobError {
    BlobError::Failed { doing, key: key.to_owned(), source }
}

#[cfg(test)]
mod tests;
