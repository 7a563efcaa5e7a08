//! 显示与语音驱动: one display or voice of one lane, from the lane's newest state to its bytes.
//! Promises: only the newest state is looked at, so no old text waits before a newer one, and the lane never waits for a board; a board that
//! was away gets the screen of now, and no prompt of then; a mute board counts as online while its line is open, since nobody can know more;
//! when its lane ends, a board says so and does not go on letting vehicles pass.
//! Absent: what is shown and said (`notice`); wires and their retries (`protocols::display`).

use std::{sync::Arc, time::Duration};

use protocols::{
    display::{
        screen::Screen,
        session::{self, Session},
        voice::{self, Voice},
    },
    talk::{DeviceEvent, Input, Output, Talk},
    tick::Tick,
};
use tokio::sync::watch;
use tracing::{info, warn};

use super::{
    line::{Line, LineEvent, sleep_until},
    link::{LaneLink, Told},
    tally::Counted,
};
use crate::{
    clock::Clock,
    config::PortSettings,
    lane::Snapshot,
    notice::{self, Notice, Prompts, Shape},
    panel::DeviceMetrics,
};

/// How long a page stays before the next one of the same notice.
const PAGE: Duration = Duration::from_secs(3);
/// How long a board is still served after its lane has ended.
const FAREWELL: Duration = Duration::from_secs(1);

/// How a board is spoken with.
#[derive(Clone, Copy, Debug)]
pub enum SignConfig {
    /// A display.
    Panel {
        /// Its conversation.
        session: session::Config,
        /// Whether the board answers.
        answers: bool,
        /// How much it shows at once.
        shape: Shape,
    },
    /// A speech chip.
    Voice(voice::Config),
}

/// What a board is there for; one may do both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignRole {
    /// It shows what its lane says.
    pub shows: bool,
    /// It says it aloud.
    pub speaks: bool,
}

enum Conversation {
    Panel(Box<Session>),
    Voice(Box<Voice>),
}

impl Conversation {
    fn talk(&mut self) -> &mut (dyn Talk + Send) {
        match self {
            Self::Panel(session) => &mut **session,
            Self::Voice(voice) => &mut **voice,
        }
    }

    fn show(&mut self, screen: Screen, now: Tick) {
        match self {
            Self::Panel(session) => session.show(screen, now),
            Self::Voice(_) => {}
        }
    }

    /// In place of what is being said.
    fn say(&mut self, prompt: &str, now: Tick) {
        match self {
            Self::Panel(session) => session.say(prompt, now),
            Self::Voice(voice) => {
                voice.hush(now);
                voice.say(prompt, now);
            }
        }
    }
}

/// The pages of what is shown now.
struct Shown {
    notice: Notice,
    pages: Vec<Screen>,
    page: usize,
    /// When the next page comes; never with one page.
    turn_at: Option<Tick>,
}

/// One board's driver.
pub struct SignDriver {
    name: Arc<str>,
    config: SignConfig,
    role: SignRole,
    clock: Arc<dyn Clock>,
    line: Line,
    lane: LaneLink,
    live: watch::Receiver<Snapshot>,
    conversation: Option<Conversation>,
    shown: Option<Shown>,
    prompts: Prompts,
    told: Told,
    counted: Counted,
    metrics: DeviceMetrics,
}

impl SignDriver {
    /// A driver that has not touched its port yet. `lane` hears whether the board works; `live` is what the board tells of.
    #[expect(clippy::too_many_arguments, reason = "a driver is put together in one place, from its parts")]
    #[must_use]
    pub fn new(
        name: &str,
        port: &PortSettings,
        config: SignConfig,
        role: SignRole,
        lane: LaneLink,
        live: watch::Receiver<Snapshot>,
        clock: Arc<dyn Clock>,
        metrics: DeviceMetrics,
    ) -> Self {
        Self {
            name: name.into(),
            config,
            role,
            line: Line::new(port.clone(), clock.clone(), metrics.clone()),
            clock,
            lane,
            live,
            conversation: None,
            shown: None,
            prompts: Prompts::default(),
            told: Told::default(),
            counted: Counted::new(metrics.clone()),
            metrics,
        }
    }

    /// Runs until its lane has ended and the board was told.
    pub async fn run(mut self) {
        let mut buffer = [0; 512];
        let mut wake = None;
        let mut ends_at = None;
        self.live.mark_changed();
        while ends_at.is_none_or(|end| self.clock.tick() < end) {
            let until = [wake, self.turn_at(), ends_at].into_iter().flatten().min();
            tokio::select! {
                biased;
                changed = self.live.changed(), if ends_at.is_none() => match changed {
                    Ok(()) => self.lane_changed(),
                    // A board that is away, and a voice, need no farewell.
                    Err(_) if self.conversation.is_none() || !self.role.shows => break,
                    Err(_) => {
                        ends_at = Some(self.clock.tick() + FAREWELL);
                        self.put_up(notice::stopped());
                    }
                },
                event = self.line.next(&mut buffer) => self.line_event(event, &buffer),
                () = sleep_until(&*self.clock, until) => self.feed(Input::Deadline),
            }
            self.turn_page();
            wake = self.pump().await;
            self.told.spread(&self.name, std::iter::once(&self.lane), |_| None);
        }
        info!(device.name = %self.name, "device {} stops", self.name);
    }

    fn lane_changed(&mut self) {
        let now = self.live.borrow_and_update().clone();
        if self.role.shows {
            self.put_up(notice::notice(&now));
        }
        if self.role.speaks
            && let Some(prompt) = self.prompts.due(&now)
            && let Some(conversation) = &mut self.conversation
        {
            conversation.say(prompt, self.clock.tick());
        }
    }

    fn put_up(&mut self, notice: Notice) {
        let SignConfig::Panel { shape, .. } = &self.config else { return };
        if !self.role.shows || self.shown.as_ref().is_some_and(|shown| shown.notice == notice) {
            return;
        }
        let pages = notice::pages(&notice, *shape);
        let turn_at = (pages.len() > 1).then(|| self.clock.tick() + PAGE);
        self.shown = Some(Shown { notice, pages, page: 0, turn_at });
        self.show();
    }

    /// Gives the page of now to the conversation, if there is one.
    fn show(&mut self) {
        let screen = self.shown.as_ref().and_then(|shown| shown.pages.get(shown.page)).cloned();
        if let (Some(conversation), Some(screen)) = (&mut self.conversation, screen) {
            conversation.show(screen, self.clock.tick());
        }
    }

    fn turn_at(&self) -> Option<Tick> {
        self.shown.as_ref().and_then(|shown| shown.turn_at)
    }

    /// At each wake-up, so that a board that babbles does not keep a page up.
    fn turn_page(&mut self) {
        let now = self.clock.tick();
        if let Some(shown) = &mut self.shown
            && shown.turn_at.is_some_and(|at| now >= at)
        {
            shown.page = (shown.page + 1) % shown.pages.len().max(1);
            shown.turn_at = Some(now + PAGE);
            self.show();
        }
    }

    fn feed(&mut self, input: Input<'_>) {
        if let Some(conversation) = &mut self.conversation {
            conversation.talk().handle(input, self.clock.tick());
        }
    }

    fn line_event(&mut self, event: LineEvent, buffer: &[u8]) {
        match event {
            LineEvent::Opened => {
                let (conversation, answers) = match self.config {
                    SignConfig::Panel { session, answers, .. } => {
                        (Conversation::Panel(Box::new(Session::new(session))), answers)
                    }
                    SignConfig::Voice(config) => {
                        (Conversation::Voice(Box::new(Voice::new(config, self.clock.tick()))), true)
                    }
                };
                self.conversation = Some(conversation);
                self.counted.begin();
                if !answers {
                    self.online("its line is open; such boards do not answer".into());
                }
                self.feed(Input::Deadline);
                self.show();
            }
            LineEvent::Bytes(count) => self.feed(Input::Bytes(buffer.get(..count).unwrap_or_default())),
            LineEvent::Lost(why) | LineEvent::NotThere(why) => self.lost(why),
        }
    }

    /// Does what the conversation asks until it waits; returns until when.
    async fn pump(&mut self) -> Option<Tick> {
        loop {
            match self.conversation.as_mut()?.talk().poll() {
                Output::Send(bytes) => {
                    if let Err(error) = self.line.write(&bytes).await {
                        if let LineEvent::Lost(why) = self.line.lost(error) {
                            self.lost(why);
                        }
                        return None;
                    }
                }
                Output::Event(event) => self.heard(event),
                Output::Wait(until) => {
                    self.count();
                    return until;
                }
            }
        }
    }

    fn count(&mut self) {
        if let Some(conversation) = &mut self.conversation {
            self.counted.now(conversation.talk().counters());
        }
    }

    fn heard(&mut self, event: DeviceEvent) {
        match event {
            DeviceEvent::Online(what) => {
                info!(device.name = %self.name, "device {} answers: {what}", self.name);
                self.online(what);
            }
            DeviceEvent::Refused(what) => {
                warn!(device.name = %self.name, "device {} refuses: {what}", self.name);
            }
            DeviceEvent::Silent => {
                self.count();
                self.offline("does not answer".into());
                // A connection may be dead without telling: it is closed, and made again.
                if self.line.silent().is_some() {
                    self.conversation = None;
                }
            }
            DeviceEvent::Unsupported(what) => self.offline(format!("is not supported: {what}").into()),
            // Boards report nothing of vehicles.
            DeviceEvent::Configured | DeviceEvent::Seen(_) | DeviceEvent::Weight(_) => {}
        }
    }

    fn online(&mut self, what: Box<str>) {
        self.metrics.online.set(1);
        self.told.set(true, what);
    }

    fn lost(&mut self, why: Box<str>) {
        self.conversation = None;
        self.offline(why);
    }

    fn offline(&mut self, why: Box<str>) {
        if self.metrics.online.set(0) == 1 {
            warn!(device.name = %self.name, "device {} {why}", self.name);
        }
        self.told.set(false, why);
    }
}
