"""A master that is pymodbus's: asks a board everything that it can be asked, and tells the answers as lines of JSON.

    master.py serial PATH
    master.py tcp HOST:PORT
"""

import asyncio
import json
import sys

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

PATIENCE = 8


def client(kind, place):
    settings = {"timeout": PATIENCE, "retries": 0, "reconnect_delay": 0}
    if kind == "serial":
        return AsyncModbusSerialClient(place, baudrate=9600, **settings)
    host, port = place.rsplit(":", 1)
    return AsyncModbusTcpClient(host, port=int(port), **settings)


async def main(kind, place):
    master = client(kind, place)
    assert await master.connect(), f"nobody is at {place}"

    async def ask(name, question, count=None):
        try:
            answer = await question
        except ModbusIOException:
            told = "nothing"
        else:
            if answer.isError():
                told = {"exception": answer.exception_code}
            elif count is None:
                told = "done"
            else:
                told = answer.registers if answer.registers else [int(bit) for bit in answer.bits[:count]]
        print(json.dumps({"asked": name, "told": told}), flush=True)

    await ask("coils", master.read_coils(0, count=8), 8)
    await ask("inputs", master.read_discrete_inputs(0, count=8), 8)
    await ask("one input", master.read_discrete_inputs(1, count=1), 1)
    await ask("coil 3 on", master.write_coil(3, True))
    await ask("coils", master.read_coils(0, count=8), 8)
    await ask("coils 3 and 4", master.write_coils(3, [False, True]))
    await ask("coils", master.read_coils(0, count=8), 8)
    await ask("version", master.read_holding_registers(0x8000, count=1), 1)
    await ask("address", master.write_register(0x4000, 1))
    await ask("coils that it has not", master.read_coils(0, count=64), 64)
    await ask("a coil that it has not", master.write_coil(8, True))
    await ask("a register that it has not", master.read_holding_registers(1, count=2), 2)
    await ask("a function that it has not", master.write_registers(1, [1, 2]))
    await ask("a function that nobody has", master.read_device_information())
    await ask("open", master.write_coil(0, True))
    await ask("open", master.write_coil(0, False))
    # Not the last word: a board that is not there costs the others nothing.
    await ask("another board", master.read_coils(0, count=8, device_id=9), 8)
    if not master.connected:
        assert await master.connect()
    await ask("coils", master.read_coils(0, count=8), 8)
    master.close()


asyncio.run(main(*sys.argv[1:]))
