//! One line and whoever looks at it: bytes both ways, remarks, silences, until somebody or something ends it.
//! Promises: an observer hears of a silence before it hears the bytes behind it; every byte goes to the observer before the dialogue
//! answers it; a line that is not there at first is an error, one that goes away later is waited for.
//! Absent: what observers make of it (`watch`, `record`).

use std::{io, ops::ControlFlow, pin::pin, sync::Arc, time::Duration};

use protocols::tick::Tick;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    clock::{Clock, SystemClock},
    config::PortSettings,
    drivers::{Attended, Dialogue, Heard, Say},
};

/// What an observer hears of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'a> {
    /// The line is open.
    Opened,
    /// The device said this.
    Said(&'a [u8]),
    /// The dialogue asked this.
    Asked(&'a [u8]),
    /// In words for the person.
    Remark(&'a str),
    /// The line is gone; why.
    Gone(&'a str),
    /// The time that the observer named has come.
    Due,
}

/// Whoever looks at a line.
pub(super) trait Observer {
    /// Something happened; `Break` ends it.
    fn event(&mut self, event: Event<'_>, now: Tick) -> io::Result<ControlFlow<()>>;
    /// When it wants to be woken.
    fn due(&self) -> Option<Tick>;
}

/// What ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Ctrl-C or SIGTERM.
    Stopped,
    /// The time was up.
    TimeUp,
    /// The observer had enough.
    Enough,
}

/// Holds a line and lets the dialogue speak on it; `limit` long at most.
pub(super) async fn attend(
    port: &PortSettings,
    dialogue: &mut Option<Dialogue>,
    observer: &mut impl Observer,
    limit: Option<Duration>,
) -> anyhow::Result<Ending> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut line = Attended::new(port, clock.clone());
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut stop = pin!(async {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    });
    let end = limit.map(|limit| clock.tick() + limit);
    let (mut buffer, mut opened, mut wake) = ([0; 1024], false, None);
    loop {
        let until = [end, wake, observer.due()].into_iter().flatten().min();
        let heard = tokio::select! {
            biased;
            () = &mut stop => return Ok(Ending::Stopped),
            heard = line.next(&mut buffer, until) => heard,
        };
        let now = clock.tick();
        if observer.due().is_some_and(|due| due <= now) && observer.event(Event::Due, now)?.is_break() {
            return Ok(Ending::Enough);
        }
        let went = match heard {
            Heard::Opened => {
                opened = true;
                let went = observer.event(Event::Opened, now)?;
                dialogue.iter_mut().for_each(|dialogue| dialogue.begin(now));
                went
            }
            Heard::Bytes(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                let went = observer.event(Event::Said(bytes), now)?;
                dialogue.iter_mut().for_each(|dialogue| dialogue.hear(bytes, now));
                went
            }
            Heard::Gone(why) => {
                dialogue.iter_mut().for_each(Dialogue::end);
                observer.event(Event::Gone(&why), now)?
            }
            Heard::NotThere(why) if !opened => anyhow::bail!("{why}"),
            Heard::NotThere(_) | Heard::Time => ControlFlow::Continue(()),
        };
        if went.is_break() {
            return Ok(Ending::Enough);
        }
        if end.is_some_and(|end| end <= now) {
            return Ok(Ending::TimeUp);
        }
        if let Some(dialogue) = dialogue {
            if wake.is_some_and(|wake| wake <= now) {
                dialogue.wake(now);
            }
            match speak(&mut line, dialogue, observer, &*clock).await? {
                ControlFlow::Continue(until) => wake = until,
                ControlFlow::Break(()) => return Ok(Ending::Enough),
            }
        }
    }
}

/// Does what the dialogue wants until it waits; until when.
async fn speak(
    line: &mut Attended,
    dialogue: &mut Dialogue,
    observer: &mut impl Observer,
    clock: &dyn Clock,
) -> io::Result<ControlFlow<(), Option<Tick>>> {
    loop {
        let went = match dialogue.poll() {
            Say::Wait(until) => return Ok(ControlFlow::Continue(until)),
            Say::Send(bytes) => {
                // Told first: the answer may come before the write returns.
                let told = observer.event(Event::Asked(&bytes), clock.tick())?;
                match line.write(&bytes).await {
                    Ok(()) => told,
                    Err(error) => {
                        line.close("a request was not taken");
                        dialogue.end();
                        observer.event(Event::Gone(&error.to_string()), clock.tick())?
                    }
                }
            }
            Say::Remark(text) => observer.event(Event::Remark(&text), clock.tick())?,
            Say::Discard => {
                line.discard();
                ControlFlow::Continue(())
            }
            Say::HangUp(why) => {
                line.close(&why);
                dialogue.end();
                observer.event(Event::Gone(&why), clock.tick())?
            }
        };
        if went.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
}
