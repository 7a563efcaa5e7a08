"""A relay and input board that is pymodbus's: 16 coils and 16 inputs as unit 1.

    board.py serial PATH      at a device file, which it makes
    board.py tcp PORT         on this machine

Says "ready" once it can be asked, then every write of coils as a line of JSON. Takes "INPUT LEVEL" on standard input, and ends
with it.
"""

import asyncio
import json
import os
import sys
import time
import tty

from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

UNIT = 1
INPUTS = 2  # the function that reads them
COILS = (5, 15)  # the functions that write them


def tell(**what):
    print(json.dumps({"mono_us": time.monotonic_ns() // 1000, **what}), flush=True)


async def seen(function, _start, address, _count, _registers, values):
    if function in COILS and values is not None:
        tell(coil=address, values=[bool(value) for value in values])


def board():
    bits = lambda: [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    words = lambda: [SimData(0, values=0, datatype=DataType.REGISTERS)]
    return SimDevice(UNIT, simdata=(bits(), bits(), words(), words()), action=seen)


def null_modem(path):
    """Two pseudo-terminals, back to back: the gate opens `path`, pymodbus what is returned."""
    ends = [os.openpty() for _ in range(2)]
    for _, near in ends:
        tty.setraw(near)  # stays open, so that the far end outlives whoever opens it
    for (far, _), (other, _) in zip(ends, reversed(ends)):
        pass_on = lambda far=far, other=other: os.write(other, os.read(far, 4096))
        asyncio.get_running_loop().add_reader(far, pass_on)
    os.symlink(os.ttyname(ends[0][1]), path)
    return os.ttyname(ends[1][1])


async def main(kind, place):
    if kind == "serial":
        server = ModbusSerialServer(board(), port=null_modem(place), baudrate=9600)
    else:
        server = ModbusTcpServer(board(), address=("127.0.0.1", int(place)))
    await server.serve_forever(background=True)
    tell(ready=place)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        channel, level = line.split()
        await server.async_setValues(UNIT, INPUTS, int(channel), [level == b"1"])
    await server.shutdown()


asyncio.run(main(*sys.argv[1:]))
