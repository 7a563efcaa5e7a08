//! One vehicle through the lane: loop, tag, coil, loops again.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

use super::{
    agent::{Agent, POLL, Program, SILENCE, serial_lane},
    board::{Asked, Board, input},
    reader::Reader,
};

/// Nothing that a working agent does takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// What a vehicle takes at least between the loop and the reader's field, and behind the barrier: the agent's records of
/// loop and passage are then on the disk.
const PAUSE: Duration = Duration::from_millis(20);
/// Beyond the silence that the agent keeps behind an answer, until the bus counts as quiet.
const MARGIN: Duration = Duration::from_millis(2);

/// When the tag comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// While the bus is quiet: what is measured then holds no waiting for the bus.
    Quiet,
    /// So long after an answer of the board, whatever the bus does then.
    After(Duration),
}

/// What one passage showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    /// From the last byte of the tag's frame to the last byte of the pulse's request.
    pub(crate) decision: Duration,
    /// From the pulse's request to the next request: how long the exchange kept the bus.
    pub(crate) bus: Duration,
}

/// The agent, its players, and the next vehicle.
#[derive(Debug)]
pub(crate) struct Lane {
    /// How the agent is started.
    pub(crate) program: Program,
    pub(crate) board: Board,
    reader: Reader,
    agent: Option<Agent>,
    bindings: u32,
    vehicle: u32,
}

impl Lane {
    /// Players and configuration; the agent is not started yet. `beside` are devices and lanes of the same gate that others
    /// play, as its file has them.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn open(binary: &Path, data: &Path, bindings: u32, beside: &str) -> anyhow::Result<Self> {
        let (board, reader) = (Board::start()?, Reader::start()?);
        let site = format!("{}\n{beside}", serial_lane(reader.device(), board.device()));
        let program = Program::configure(binary, data, &site)?;
        Ok(Self { program, board, reader, agent: None, bindings, vehicle: 0 })
    }

    /// Kills the agent that runs, if one does, and starts another.
    ///
    /// # Errors
    /// When the system does not start it.
    pub(crate) fn restart(&mut self) -> anyhow::Result<&mut Agent> {
        self.agent = None;
        self.board.forget();
        Ok(self.agent.insert(self.program.start()?))
    }

    /// The agent that runs.
    ///
    /// # Errors
    /// When none does.
    pub(crate) fn agent(&mut self) -> anyhow::Result<&mut Agent> {
        self.agent.as_mut().context("no agent runs")
    }

    /// A vehicle stands before the barrier.
    pub(crate) fn arrive(&self) {
        self.board.set(input::APPROACH | input::CLOSED);
    }

    /// The reader tells the vehicle's tag to an agent that may not listen yet.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn tell_nobody_yet(&self) -> anyhow::Result<()> {
        self.reader.discard()?;
        self.tell().map(drop)
    }

    /// The reader tells the vehicle's tag.
    ///
    /// # Errors
    /// What the system says.
    fn tell(&self) -> anyhow::Result<Instant> {
        self.reader.tell(self.vehicle % self.bindings)
    }

    /// The next vehicle arrives, is read and drives through.
    ///
    /// # Errors
    /// When the agent does not do its part within half a minute.
    pub(crate) fn pass(&mut self, moment: Moment) -> anyhow::Result<Passed> {
        let passed = self.drive(moment);
        let (vehicle, log) = (self.vehicle, self.program.log());
        passed.with_context(|| {
            format!("vehicle {vehicle} did not pass; the agent's words are in {}", log.display())
        })
    }

    fn drive(&mut self, moment: Moment) -> anyhow::Result<Passed> {
        self.board.forget();
        self.arrive();
        self.board.told(input::APPROACH | input::CLOSED, PATIENCE)?;
        thread::sleep(PAUSE);
        self.board.forget();
        match moment {
            Moment::Quiet => self.wait_for_a_quiet_bus()?,
            Moment::After(pause) => {
                self.board.next(PATIENCE)?;
                thread::sleep(pause);
            }
        }
        let told = self.tell()?;
        let opened = self.board.wait(Asked::Open, PATIENCE)?;
        let next = self.board.next(PATIENCE)?;
        self.leave()?;
        Ok(Passed { decision: opened.at.duration_since(told), bus: next.at.duration_since(opened.at) })
    }

    /// The arm is up; the vehicle drives through and the arm comes down behind it.
    ///
    /// # Errors
    /// When the agent does not look.
    pub(crate) fn leave(&mut self) -> anyhow::Result<()> {
        // Up is told twice: on a busy machine an answer may come too late for the agent, and an arm that was never seen up holds the lane.
        for inputs in [input::OPEN | input::EXIT, input::OPEN | input::EXIT, input::CLOSED] {
            self.board.set(inputs);
            self.board.told(inputs, PATIENCE)?;
        }
        self.vehicle += 1;
        thread::sleep(PAUSE);
        Ok(())
    }

    /// Returns between two polls, when the silence behind the last answer is over.
    fn wait_for_a_quiet_bus(&self) -> anyhow::Result<()> {
        let silence = SILENCE + MARGIN;
        loop {
            let seen = self.board.next(PATIENCE)?;
            let left = silence.saturating_sub(seen.answered.elapsed());
            if seen.answered.elapsed() < POLL / 2 && self.board.quiet(left)?.is_none() {
                return Ok(());
            }
        }
    }
}
