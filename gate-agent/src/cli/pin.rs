//! `pin`: from a PIN that a person types to the hash that the configuration takes.
//! Promises: at a terminal the PIN is asked for twice and not shown; it is in no argument, variable or error; a weak one is refused.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    process::ExitCode,
};

use anyhow::{Context, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::person::{Pin, PinHash};

pub(super) fn hash(out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let input = io::stdin();
    if input.is_terminal() {
        let first = ask("PIN (6 to 12 digits): ")?;
        let pin = Pin::chosen(&first)?;
        if ask("The same again: ")? != first {
            bail!("these were two different PINs");
        }
        print(&pin, out)?;
    } else {
        of_lines(&mut input.lock(), out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The first line is the PIN.
pub(super) fn of_lines(input: &mut impl BufRead, out: &mut impl Write) -> anyhow::Result<()> {
    let mut line = String::new();
    input.read_line(&mut line).context("cannot read the standard input")?;
    print(&Pin::chosen(line.trim_end_matches(['\r', '\n']))?, out)
}

fn print(pin: &Pin, out: &mut impl Write) -> anyhow::Result<()> {
    let hash = PinHash::of(pin).map_err(|error| anyhow::anyhow!("cannot hash the PIN: {error}"))?;
    Ok(writeln!(out, "{hash}")?)
}

/// What somebody types to prove himself: at a terminal it is not shown, else it is the first line.
pub(super) fn typed(what: &str) -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        return ask(what);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A line of the terminal that is not shown while it is typed.
fn ask(what: &str) -> anyhow::Result<String> {
    let _hidden = Hidden::begin().context("cannot keep the terminal from showing the PIN")?;
    // The standard output is for the hash alone.
    let mut screen = io::stderr().lock();
    write!(screen, "{what}")?;
    screen.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    writeln!(screen)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The terminal does not show what is typed, until this goes.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> io::Result<Self> {
        let shown = tcgetattr(io::stdin())?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(shown))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that has gone needs nothing any more.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
