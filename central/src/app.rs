//! The program: opens the store, starts its tasks, serves, stops in order.
//! This is the only file that spawns. The tasks: the desks, the upkeep of the feed, that of what people leave behind, the sending of notices, the
//! server, and that of the gates with its upkeep.

use std::{
    io::Write,
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

use anyhow::Context;
use protocols::contract::LiveStatus;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinHandle,
};

use crate::{
    appointment::duties,
    attendance,
    binding::CustomsAreas,
    blob::{BlobError, Blobs},
    clock::Clock,
    config::Config,
    connection::{self, PlainListener, PlainPeer},
    declaration::{
        attachment::Checker,
        codes, notice,
        paper::Fonts,
        reference::{Reference, RemoteError},
        upkeep as records_upkeep,
    },
    desk::{self, Desk},
    gate_feed::{
        changes::Answer,
        digests::Passes,
        greeting::{Greeted, Hello},
        intake::{room::Room, rush::Rush},
        live::place::Places,
        look::Looks,
        passage::store as passages,
        policy,
        snapshot::under_way::UnderWay,
        upkeep,
    },
    gate_identity::{
        authority::Authorities,
        listener::TlsListener,
        peer::GatePeer,
        upkeep::{self as gate_line, LineError},
    },
    identity::{
        Identities, enterprise, messenger,
        signing::trust::{Cards, CardsError},
        third_party::provider::{Providers, ProvidersError},
    },
    metrics::Metrics,
    router,
    store::{Store, StoreError, together::Together},
};

/// What every handler can reach.
#[derive(Clone, Debug)]
pub struct Central(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    store: Store,
    blobs: Blobs,
    checker: Checker,
    checks: Arc<Semaphore>,
    areas: CustomsAreas,
    identities: Identities,
    cards: Cards,
    providers: Providers,
    desk: Desk,
    reference: Reference,
    fonts: Fonts,
    metrics: Metrics,
    greetings: Together<Hello, Greeted>,
    statuses: Together<LiveStatus, bool>,
    intake: Arc<Semaphore>,
    intake_room: Room,
    intake_rush: Rush,
    snapshots: Arc<Semaphore>,
    snapshots_under_way: UnderWay,
    looks: Looks<Answer>,
    passes: Passes,
    streams: Places,
    gate_authorities: RwLock<Option<Arc<Authorities>>>,
    stopping: watch::Sender<bool>,
}

/// Why nothing could be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error("cannot open the store")]
    Store(#[from] StoreError),
    /// The files.
    #[error("cannot open the files' store")]
    Blob(#[from] BlobError),
    /// The line to the reference system.
    #[error("cannot make the line to the reference system")]
    Reference(#[from] RemoteError),
    /// The files that `[cards]` names.
    #[error("cannot open what cards are believed by")]
    Cards(#[from] CardsError),
    /// The providers of identities.
    #[error("cannot open the providers of identities")]
    Providers(#[from] ProvidersError),
    /// What gates are certified by.
    #[error("cannot open the line to the gates")]
    GateLine(#[from] LineError),
}

impl Central {
    /// Opens the stores and seeds them; starts nothing.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(config: Config, clock: Clock, checker: Checker) -> Result<Self, OpenError> {
        let cards = Cards::open(&config.cards)?;
        let providers = Providers::open(&config.identity_providers)?;
        let blobs = Blobs::open(&config)?;
        let store = Store::open(&config.store, clock).await?;
        policy::seed(&store, &config).await?;
        enterprise::seed(&store, &config).await?;
        codes::seed(&store).await?;
        passages::catch_up(&store).await?;
        let reference = Reference::open(&config.reference, &store)?;
        let gate_authorities = gate_line::authorities(&config, &store).await?;
        Ok(Self(Arc::new(Inner {
            store,
            blobs,
            checker,
            checks: places(config.attachment.max_checks),
            areas: CustomsAreas::embedded(),
            identities: Identities::new(config.people.clone(), config.gates.clone()),
            cards,
            providers,
            desk: Desk::default(),
            reference,
            fonts: Fonts::at(config.print.fonts.clone()),
            metrics: Metrics::default(),
            greetings: Together::default(),
            statuses: Together::default(),
            intake: places(config.intake.max_batches),
            intake_room: Room::default(),
            intake_rush: Rush::default(),
            snapshots: places(config.feed.max_snapshots),
            snapshots_under_way: UnderWay::new(config.feed.most_snapshot_bytes()),
            looks: Looks::default(),
            passes: Passes::default(),
            streams: Places::new(config.feed.max_streams),
            gate_authorities: RwLock::new(gate_authorities),
            stopping: watch::Sender::new(false),
            config,
        })))
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Where files lie.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// Who reads what is uploaded.
    #[must_use]
    pub fn checker(&self) -> &Checker {
        &self.0.checker
    }

    /// Places for readings of files.
    #[must_use]
    pub fn checks(&self) -> &Arc<Semaphore> {
        &self.0.checks
    }

    /// 关区代码表.
    #[must_use]
    pub fn areas(&self) -> &CustomsAreas {
        &self.0.areas
    }

    /// Facts of other systems.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.0.reference
    }

    /// What is printed with.
    #[must_use]
    pub fn fonts(&self) -> &Fonts {
        &self.0.fonts
    }

    /// Who may call.
    #[must_use]
    pub fn identities(&self) -> &Identities {
        &self.0.identities
    }

    /// Whose cards are believed.
    #[must_use]
    pub fn cards(&self) -> &Cards {
        &self.0.cards
    }

    /// Who else may say who somebody is.
    #[must_use]
    pub fn providers(&self) -> &Providers {
        &self.0.providers
    }

    /// The desk's bell.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// The counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Gates that say hello, many in one transaction.
    #[must_use]
    pub fn greetings(&self) -> &Together<Hello, Greeted> {
        &self.0.greetings
    }

    /// Gates that say how they are, many in one transaction.
    #[must_use]
    pub fn statuses(&self) -> &Together<LiveStatus, bool> {
        &self.0.statuses
    }

    /// A place for one more batch of events; none when enough are under way.
    #[must_use]
    pub fn intake_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.intake).try_acquire_owned().ok()
    }

    /// The room for batches that are on their way in.
    #[must_use]
    pub fn intake_room(&self) -> &Room {
        &self.0.intake_room
    }

    /// How many batches are turned off for each that is taken.
    #[must_use]
    pub fn intake_rush(&self) -> &Rush {
        &self.0.intake_rush
    }

    /// A place for making one more snapshot; none when enough are being made.
    #[must_use]
    pub fn snapshot_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.snapshots).try_acquire_owned().ok()
    }

    /// The snapshots that are being made or sent.
    #[must_use]
    pub fn snapshots_under_way(&self) -> &UnderWay {
        &self.0.snapshots_under_way
    }

    /// The revisions at which gates listen.
    #[must_use]
    pub fn looks(&self) -> &Looks<Answer> {
        &self.0.looks
    }

    /// Who reads yards' indexes as a whole, and what was found.
    #[must_use]
    pub fn passes(&self) -> &Passes {
        &self.0.passes
    }

    /// Places for those who watch the gates.
    #[must_use]
    pub fn streams(&self) -> &Places {
        &self.0.streams
    }

    /// By whom gates are certified; none when gates of this machine only are served.
    #[must_use]
    pub fn gate_authorities(&self) -> Option<Arc<Authorities>> {
        self.0.gate_authorities.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on by others.
    pub fn set_gate_authorities(&self, authorities: Authorities) {
        *self.0.gate_authorities.write().unwrap_or_else(PoisonError::into_inner) =
            Some(Arc::new(authorities));
    }

    /// True once the service has been told to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.stopping.borrow()
    }

    /// Ends when the service is told to stop.
    pub async fn stopping(&self) {
        let mut stopping = self.0.stopping.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        drop(stopping.wait_for(|stopping| *stopping).await);
    }

    /// Tells long polls and the server to end.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }
}

fn places(count: u32) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::try_from(count).unwrap_or(1)))
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// When the store, the port or the signals are not to be had.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let checker = Checker::Apart(std::env::current_exe().context("cannot tell which program this is")?);
    let central = Central::open(config, Clock::system(), checker).await?;
    let server = &central.config().server;
    let listener = listen(server.listen, server.port_search)?;
    let at = listener.local_addr().context("the listener has no address")?;
    writeln!(std::io::stdout(), "central listening on http://{at}")
        .context("cannot write to standard output")?;
    tracing::info!(server.address = %at, desk.mode = ?central.config().desk.mode, "central listening on http://{at}");
    let mut tasks = vec![
        tokio::spawn(desk::run(central.clone())),
        tokio::spawn(attendance::auto::run(central.clone())),
        tokio::spawn(duties::run(central.clone())),
        tokio::spawn(upkeep::run(central.clone())),
        tokio::spawn(messenger::run(central.clone())),
        tokio::spawn(records_upkeep::run(central.clone())),
        tokio::spawn(notice::deliver::run(central.clone())),
    ];
    tokio::spawn(stop_on_signal(central.clone()));
    let for_gates = gates_listener(&central, &mut tasks).await?;
    let listener = PlainListener::new(listener);
    let store = central.store().clone();
    let until_stopped = |central: Central| async move { central.stopping().await };
    let gates = async {
        let Some(listener) = for_gates else { return Ok(()) };
        let service = router::gates_router(central.clone()).into_make_service_with_connect_info::<GatePeer>();
        axum::serve(listener, service).with_graceful_shutdown(until_stopped(central.clone())).await
    };
    let people = async {
        let service = router::router(central.clone()).into_make_service_with_connect_info::<PlainPeer>();
        axum::serve(listener, service).with_graceful_shutdown(until_stopped(central.clone())).await
    };
    tokio::try_join!(people, gates).context("the server failed")?;
    // A transaction under way is rolled back when its task goes; whatever it was about still waits in the tables.
    tasks.iter().for_each(JoinHandle::abort);
    store.close().await.context("cannot close the store")?;
    tracing::info!("stopped");
    Ok(())
}

/// The gates' own listener, if there is to be one, and the upkeep of what it shows.
async fn gates_listener(
    central: &Central,
    tasks: &mut Vec<JoinHandle<()>>,
) -> anyhow::Result<Option<TlsListener>> {
    let config = central.config();
    let wanted = config.gate_line.listen().zip(central.gate_authorities());
    let Some((at, authorities)) = wanted else { return Ok(None) };
    let end = Arc::new(gate_line::own_end(config, &authorities, central.store().clock().now())?);
    let tcp = listen(at, false).context("gates.listen")?;
    let at = tcp.local_addr().context("the listener of gates has no address")?;
    writeln!(std::io::stdout(), "central listening for gates on https://{at}")
        .context("cannot write to standard output")?;
    tracing::info!(gates.address = %at, "central listening for gates on https://{at}");
    tasks.push(tokio::spawn(gate_line::run(central.clone(), Arc::clone(&end))));
    Ok(Some(TlsListener::new(tcp, end)?))
}

/// The wanted port, or with `search` one of the hundred after it.
fn listen(wanted: SocketAddr, search: bool) -> anyhow::Result<TcpListener> {
    let mut at = wanted;
    loop {
        match connection::listen(at) {
            Ok(listener) => return Ok(listener),
            Err(error)
                if search
                    && error.kind() == std::io::ErrorKind::AddrInUse
                    && at.port() < wanted.port().saturating_add(100) =>
            {
                at.set_port(at.port() + 1);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot listen on {at}")),
        }
    }
}

async fn stop_on_signal(central: Central) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("cannot wait for signals");
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!("stopping");
    central.stop();
}
