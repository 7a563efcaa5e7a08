//! 身份保管: the identity that the line speaks with now, and whoever exchanges it.
//! Promises: a renewal takes effect at the next call, without a restart; a gate that is enrolled while its agent runs is connected within
//! seconds; an authority that the centre no longer names is believed no more; what stood in the way is told for as long as it does;
//! what is written here never replaces an identity that somebody else has put there meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocols::contract::{Credentials, UtcMillis};
use tokio::sync::watch;
use tracing::{info, warn};

use super::{
    file::{Identity, IdentityError, IdentityFiles},
    key::GateKey,
    time::TrustedTime,
};

/// 身份保管.
#[derive(Debug)]
pub struct IdentityKeeper {
    files: IdentityFiles,
    /// Held while the identity is read, or read and exchanged for another: each of the line, the renewal and the neighbours may do so.
    folder: Mutex<()>,
    time: Arc<TrustedTime>,
    current: watch::Sender<Option<Identity>>,
    /// What a person must know, for whoever looks at the gate: the first of `troubles`.
    trouble: watch::Sender<Option<Arc<str>>>,
    troubles: Mutex<Troubles>,
    /// The centre said so, whatever this machine's clock says.
    has_expired: Mutex<bool>,
    /// The floor that lies on the disk.
    kept: Mutex<UtcMillis>,
}

/// By who finds it, since each knows only of its own that it is over.
#[derive(Debug, Default)]
struct Troubles {
    /// The identity cannot be read, or is not there.
    folder: Option<Arc<str>>,
    /// The next certificate does not come.
    renewal: Option<Arc<str>>,
}

/// A floor that is older by this is written again: a disk is not for clocks.
const KEEP_AGAIN_MS: i64 = 60 * 60 * 1000;

impl IdentityKeeper {
    /// With what lies in the folder; a file that cannot be read is told, and the gate works without a line.
    #[must_use]
    pub fn open(files: IdentityFiles, time: Arc<TrustedTime>) -> Arc<Self> {
        let kept = time.floor();
        let keeper = Self {
            files,
            folder: Mutex::new(()),
            time,
            current: watch::Sender::new(None),
            trouble: watch::Sender::new(None),
            troubles: Mutex::default(),
            has_expired: Mutex::new(false),
            kept: Mutex::new(kept),
        };
        keeper.look();
        Arc::new(keeper)
    }

    /// The identity, and every next one.
    #[must_use]
    pub fn current(&self) -> watch::Receiver<Option<Identity>> {
        self.current.subscribe()
    }

    /// What a person must know of it.
    #[must_use]
    pub fn trouble(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.trouble.subscribe()
    }

    /// By which time certificates are judged.
    #[must_use]
    pub const fn time(&self) -> &Arc<TrustedTime> {
        &self.time
    }

    /// Takes up what lies in the folder: somebody may have enrolled the gate.
    pub fn look(&self) {
        let _alone = self.alone();
        self.take_up();
    }

    fn alone(&self) -> MutexGuard<'_, ()> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_up(&self) {
        match self.files.load() {
            Ok(Some(found)) => {
                self.time.not_before(found.not_before);
                let exchanged = self.current.send_if_modified(|current| {
                    let is_new = current.as_ref() != Some(&found);
                    *current = Some(found);
                    is_new
                });
                if exchanged {
                    // A folder that could not be read at the start has told nothing of the time either.
                    self.files.floor().into_iter().for_each(|floor| self.time.not_before(floor));
                    self.settled();
                }
                self.folder_is(None);
            }
            Ok(None) => self.folder_is(Some("this gate has no certificate: gate-agent enrol gets one")),
            Err(error) => self.folder_is(Some(&with_cause(&error))),
        }
    }

    /// The key to ask with.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn asking_key(&self) -> Result<GateKey, IdentityError> {
        self.files.asking_key()
    }

    /// Takes what the centre answered to that key, which was asked for as `before`. A gate that was enrolled again meanwhile stays so: the centre has
    /// revoked then what it answered.
    ///
    /// # Errors
    /// [`IdentityError`]; the identity before stays in use then.
    pub fn take(&self, before: &Identity, key: &GateKey, answered: Credentials) -> Result<(), IdentityError> {
        let _alone = self.alone();
        if matches!(self.files.load(), Ok(Some(found)) if found.certificate != before.certificate) {
            info!("the gate was enrolled again while its certificate was renewed");
        } else {
            let next = Identity::new(key, answered);
            self.files.answered(&next)?;
            info!(until = %next.not_after, "the gate's certificate is exchanged, good until {}", next.not_after);
        }
        self.take_up();
        self.in_trouble(None);
        Ok(())
    }

    /// What a hello told: the time, and the authorities by which the centre is to be known.
    pub fn heard(&self, at: UtcMillis, authorities: &[Box<str>]) {
        let Some(identity) = self.current.borrow().clone() else { return };
        self.time.told(at, identity.not_after);
        if !authorities.is_empty() && identity.authorities != authorities {
            self.believe(identity, authorities);
        }
        let floor = self.time.floor();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if floor.as_millis() < kept.as_millis() + KEEP_AGAIN_MS {
            return;
        }
        match self.files.keep_floor(floor) {
            Ok(()) => *kept = floor,
            Err(error) => warn!(error = %with_cause(&error), "the time cannot be kept"),
        }
    }

    /// Only these from now on. An identity that has taken the place of the one that heard it came with authorities of its own, and the next hello
    /// tells again.
    fn believe(&self, mut heard: Identity, authorities: &[Box<str>]) {
        let _alone = self.alone();
        if !matches!(self.files.load(), Ok(Some(found)) if found != heard) {
            heard.authorities = authorities.to_vec();
            match self.files.save(&heard) {
                Ok(()) => info!("the centre is known by {} authorities now", heard.authorities.len()),
                Err(error) => warn!(error = %with_cause(&error), "the centre's authorities cannot be kept"),
            }
        }
        self.take_up();
    }

    /// The centre says that the certificate is over.
    pub fn expired(&self) {
        *self.has_expired.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// Whether it has said so of the present one.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        *self.has_expired.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present one is good, and no other is needed yet: it is a new one, or the centre says so, whatever it said before.
    pub fn settled(&self) {
        *self.has_expired.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.in_trouble(None);
    }

    /// Tells a person why the next certificate does not come, or that there is nothing to tell of it any more.
    pub fn in_trouble(&self, what: Option<&str>) {
        self.tell(|troubles| troubles.renewal = what.map(Arc::from));
    }

    fn folder_is(&self, what: Option<&str>) {
        self.tell(|troubles| troubles.folder = what.map(Arc::from));
    }

    fn tell(&self, change: impl FnOnce(&mut Troubles)) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut troubles);
        let first = troubles.folder.as_ref().or(troubles.renewal.as_ref());
        self.trouble.send_if_modified(|trouble| {
            let is_new = trouble.as_ref() != first;
            if is_new {
                if let Some(what) = first {
                    warn!("the gate's identity: {what}");
                }
                *trouble = first.cloned();
            }
            is_new
        });
    }
}

pub(super) fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
