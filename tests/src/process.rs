//! One child process: started, stopped, killed, frozen, started again; its output in a file.
//! Promises: signals go to the child that was started here and to nothing else; a child never outlives its `Process`; what it wrote
//! stays readable after its end, over all its starts.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// How to start it.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables beside those of this process.
    pub env: Vec<(String, String)>,
    /// Where standard output and standard error go, both, appended.
    pub log: PathBuf,
}

/// A child, or the place of one.
#[derive(Debug)]
pub struct Process {
    /// How it is started; changes count from the next start on.
    pub launch: Launch,
    child: Option<Child>,
    /// Length of the log when the present child was started.
    log_begin: u64,
}

impl Process {
    /// Not running yet.
    #[must_use]
    pub const fn new(launch: Launch) -> Self {
        Self { launch, child: None, log_begin: 0 }
    }

    /// Starts it.
    ///
    /// # Errors
    /// When it runs already, or the system cannot start it.
    pub fn start(&mut self) -> Result<()> {
        if self.is_running()? {
            bail!("{} runs already", self.name());
        }
        let log = OpenOptions::new().create(true).append(true).open(&self.launch.log);
        let log = log.with_context(|| format!("cannot open {}", self.launch.log.display()))?;
        self.log_begin = log.metadata().context("the log tells no length")?.len();
        let mut command = Command::new(&self.launch.program);
        // Somebody's own settings must not reach into a yard.
        let foreign = std::env::vars_os()
            .map(|(name, _)| name)
            .filter(|name| name.as_encoded_bytes().starts_with(b"KAKOU_"));
        foreign.for_each(|name| {
            command.env_remove(name);
        });
        let child = command
            .args(&self.launch.args)
            .envs(self.launch.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("cannot share the log")?)
            .stderr(log)
            // Ctrl-C at a terminal reaches the demo only, which then stops its children in order.
            .process_group(0)
            .spawn();
        self.child = Some(child.with_context(|| format!("cannot start {}", self.launch.program.display()))?);
        Ok(())
    }

    /// True while the child lives, also while it is frozen.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn is_running(&mut self) -> Result<bool> {
        let Some(child) = &mut self.child else { return Ok(false) };
        Ok(child.try_wait().context("cannot ask for the child")?.is_none())
    }

    /// Its process id, while it was started and not waited for.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// An error when the child has ended, with what it wrote last.
    ///
    /// # Errors
    /// That it has ended.
    pub fn must_run(&mut self) -> Result<()> {
        if self.is_running()? {
            return Ok(());
        }
        bail!("{} has ended; it wrote last:\n{}", self.name(), self.log_tail(20));
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// When the system refuses; a child that has ended already is no error.
    pub fn kill(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        if child.try_wait().context("cannot ask for the child")?.is_none() {
            child.kill().with_context(|| format!("cannot kill {}", self.name()))?;
            child.wait().context("cannot wait for the child")?;
        }
        Ok(())
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// When it does not end within that time; it is killed then.
    pub async fn stop(&mut self, within: Duration) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        let ended = self.ended(within).await;
        if ended.is_err() {
            self.kill()?;
        }
        ended.with_context(|| format!("{} does not stop on SIGTERM", self.name()))
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When it does not end within that time, or was not started.
    pub async fn ended(&mut self, within: Duration) -> Result<ExitStatus> {
        let name = self.name();
        let Some(child) = &mut self.child else { bail!("{name} was not started") };
        let what = format!("the end of {name}");
        let status =
            wait::until(what, within, async || child.try_wait().context("cannot ask for the child")).await?;
        self.child = None;
        Ok(status)
    }

    /// SIGSTOP: it stands still with all its connections open.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&mut self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// SIGCONT: it goes on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn thaw(&mut self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&mut self, signal: Signal) -> Result<()> {
        self.must_run()?;
        let pid = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        let pid = pid.with_context(|| format!("{} has no process id", self.name()))?;
        kill_process(pid, signal).with_context(|| format!("cannot signal {}", self.name()))
    }

    /// What the present child wrote so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn output(&self) -> Result<String> {
        read_from(&self.launch.log, self.log_begin)
    }

    /// The last lines of the log, over all starts; never an error, since it is used to explain one.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        let text = read_from(&self.launch.log, 0).unwrap_or_else(|error| format!("{error:#}"));
        let all: Vec<&str> = text.lines().collect();
        all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
    }

    fn name(&self) -> String {
        self.launch.program.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody is left to tell; the system takes what remains.
        let _ = self.kill();
    }
}

fn read_from(path: &Path, begin: u64) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    file.seek(SeekFrom::Start(begin)).context("cannot seek in the log")?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(folder: &Path, script: &str) -> Process {
        let args = vec!["-c".to_owned(), script.to_owned()];
        Process::new(Launch { program: "/bin/sh".into(), args, env: Vec::new(), log: folder.join("log") })
    }

    #[tokio::test]
    async fn a_child_is_frozen_thawed_stopped_and_started_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut child =
            sh(folder.path(), "trap 'echo bye; exit 3' TERM; echo hello; while :; do sleep 0.02; done");
        child.start().unwrap();
        let hello = async |child: &Process| Ok(child.output()?.contains("hello"));
        let within = Duration::from_secs(10);
        wait::until_true("hello", within, async || hello(&child).await).await.unwrap();
        child.freeze().unwrap();
        assert!(child.is_running().unwrap(), "frozen is not dead");
        child.thaw().unwrap();
        assert_eq!(child.stop(within).await.unwrap().code(), Some(3));
        assert_eq!(child.output().unwrap(), "hello\nbye\n");

        child.start().unwrap();
        wait::until_true("hello again", within, async || hello(&child).await).await.unwrap();
        child.kill().unwrap();
        assert!(!child.is_running().unwrap());
        assert_eq!(child.output().unwrap(), "hello\n", "the output of this start only");
        let ended = child.must_run().unwrap_err().to_string();
        assert!(ended.contains("sh has ended; it wrote last:\nhello\nbye\nhello"), "{ended}");
    }

    #[tokio::test]
    async fn a_child_does_not_outlive_its_process() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = sh(folder.path(), "exec sleep 600");
        child.start().unwrap();
        let pid = child.pid().unwrap();
        drop(child);
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}
