//! A TCP connection: an answer carries its request's number.
//! Promises: one request out at a time; an answer of an earlier request is dropped by its number, whenever it comes; bytes
//! that are no Modbus end the connection.
//! Absent: connecting anew, which is a new session. Several requests at once: boards that are polled ten times a second need
//! no pipeline, and a barrier's pulse must not stand behind one.
//! Source: Modbus messaging on TCP/IP implementation guide V1.0b, 3.1 and 4.4; `goburrow/modbus` issue 64 and
//! `NModbus/NModbus` issue 88 for masters that stay one answer behind for ever.

use super::{Asked, Verdict};
use crate::relay::exchange::Counters;
use crate::relay::mbap::{Header, Stream};
use crate::relay::wire::{Mismatch, Response};
use crate::tick::Tick;
use alloc::vec::Vec;

#[derive(Debug, Default)]
pub(crate) struct TcpLine {
    stream: Stream,
    /// Number of the newest request.
    transaction: u16,
    asked: Option<Asked>,
    broken: bool,
}

impl TcpLine {
    pub(super) fn ask(&mut self, asked: Asked) -> Vec<u8> {
        self.transaction = self.transaction.wrapping_add(1);
        let header = Header { transaction: self.transaction, unit: asked.unit };
        let frame = header.frame(&asked.request.pdu());
        self.asked = Some(asked);
        frame
    }

    pub(super) fn receive(&mut self, bytes: &[u8], now: Tick, counters: &mut Counters) -> Option<Verdict> {
        self.stream.push(bytes);
        let mut verdict = None;
        loop {
            match self.stream.pull() {
                Ok(Some((header, pdu))) => verdict = verdict.or(self.judge(header, &pdu, now, counters)),
                Ok(None) => return verdict,
                Err(_) => {
                    // The good frame before it counts; `expire` tells the rest.
                    counters.malformed += u64::from(!self.broken);
                    self.broken = true;
                    return verdict;
                }
            }
        }
    }

    fn judge(&mut self, header: Header, pdu: &[u8], now: Tick, counters: &mut Counters) -> Option<Verdict> {
        let Some(asked) = self.asked.take_if(|_| header.transaction == self.transaction) else {
            counters.late += 1;
            return None;
        };
        let answer = if header.unit == asked.unit {
            Response::from_pdu(pdu, &asked.request)
        } else {
            Err(Mismatch::Address)
        };
        Some(match answer {
            Ok(response) => Verdict::Answer(response),
            Err(mismatch) => {
                counters.missed(Some(mismatch));
                Verdict::Missed { late_until: now, silent: false }
            }
        })
    }

    pub(super) fn expire(&mut self, now: Tick, counters: &mut Counters) -> Option<Verdict> {
        if self.broken {
            return Some(Verdict::Broken);
        }
        self.asked.take_if(|asked| now >= asked.due)?;
        counters.missed(None);
        Some(Verdict::Missed { late_until: now, silent: true })
    }

    pub(super) fn free_from(&self) -> Option<Tick> {
        self.asked.is_none().then(Tick::default)
    }

    pub(super) fn wake(&self) -> Option<Tick> {
        self.asked.as_ref().map(|asked| asked.due)
    }
}
