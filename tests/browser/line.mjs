// A line that can be cut, between a browser and the centre: what goes through is gone, and nobody answers any more until it is mended.

import { connect, createServer } from "node:net";

/** Listens on a free port and passes everything on to `centre`, `host:port`. */
export async function line(centre) {
  const [host, port] = centre.split(":");
  const sockets = new Set();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(Number(port), host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {});
    }
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    close: () => server.close(),
  };
}

/** Gives the simulator an order over its control socket; its answer. */
export function order(control, wanted) {
  return new Promise((done, failed) => {
    const socket = connect(control);
    let said = "";
    socket.on("error", failed);
    socket.on("data", (bytes) => {
      said += bytes;
      if (!said.includes("\n")) return;
      socket.destroy();
      const answer = JSON.parse(said);
      if (answer.error) failed(new Error(`the simulator refuses: ${answer.error}`));
      else done(answer);
    });
    socket.write(`${JSON.stringify(wanted)}\n`);
  });
}
