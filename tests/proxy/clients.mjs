// Clients of the backends in backend.mjs: `node clients.mjs SCENARIO ADDRESS`; prints what they saw as JSON.
import { once } from "node:events";
import { io } from "socket.io-client";
import { WebSocket } from "ws";

const [scenario, address] = process.argv.slice(2);
const socketIo = async (transports) => {
  const client = io(address, { transports, reconnection: false, auth: { by: "test" } });
  const [welcome] = await Promise.race([
    new Promise((resolve) => client.once("welcome", (...values) => resolve(values))),
    new Promise((_, reject) => client.once("connect_error", reject)),
  ]);
  if (transports.length > 1 && client.io.engine.transport.name !== "websocket") await once(client.io.engine, "upgrade");
  const values = ["текст ✓", { deep: [1, null, true] }, Buffer.from([0, 255, 1])];
  const echoed = await new Promise((resolve) => client.emit("echo", ...values, (...back) => resolve(back)));
  const said = new Promise((resolve) => client.once("said", resolve));
  await new Promise((resolve) => client.emit("join", "room", resolve));
  client.emit("say", "room", "x".repeat(100_000));
  const length = (await said).length;
  // Longer than the server's ping interval and timeout together: heartbeats of its own go through.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  const connected = client.connected;
  const left = new Promise((resolve) => client.once("disconnect", resolve));
  client.emit("leave me");
  const transport = client.io.engine.transport.name;
  return { welcome, echoed: [echoed[0], echoed[1], [...echoed[2]]], length, connected, transport, reason: await left };
};
const open = async (path = "/", protocols = []) => {
  const client = new WebSocket(address + path, protocols);
  await once(client, "open");
  return client;
};
const echo = async (client, value) => {
  client.send(value);
  const [data, binary] = await once(client, "message");
  return binary ? data.length : data.toString();
};

const scenarios = {
  polling: () => socketIo(["polling"]),
  upgrade: () => socketIo(["polling", "websocket"]),
  websocket: () => socketIo(["websocket"]),
  async echo() {
    const client = await open("/room?x=1", ["v1.chat", "v2.chat"]);
    const seen = [];
    for (const value of ["hello", "", "текст ✓", "x".repeat(70_000), Buffer.alloc(100_000)])
      seen.push(await echo(client, value));
    client.ping("are you there");
    const [pong] = await once(client, "pong");
    return { protocol: client.protocol, extensions: client.extensions, pong: pong.toString(), lengths: seen.map((s) => s.length ?? s), texts: seen.slice(0, 3) };
  },
  async closes() {
    const codes = [];
    for (const code of [1000, 1008, 1011, 1013, 3000, 4000, 4999]) {
      const client = await open();
      client.send(`close ${code}`);
      const [seen, reason] = await once(client, "close");
      codes.push([code, seen, reason.toString()]);
    }
    return codes;
  },
  async breaks() {
    const client = await open();
    client.send("break");
    const [code] = await once(client, "close");
    return code;
  },
  async leaves() {
    for (const code of [1000, 3001, 4321]) {
      const client = await open();
      client.close(code, `code ${code}`);
      await once(client, "close");
    }
    const silent = await open();
    silent.close();
    const [code] = await once(silent, "close");
    return code;
  },
  async refused() {
    const client = new WebSocket(`${address}/private`);
    const [, response] = await once(client, "unexpected-response");
    let body = "";
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode, why: response.headers["x-why"], body };
  },
};
console.log(JSON.stringify(await scenarios[scenario]()));
process.exit(0);
