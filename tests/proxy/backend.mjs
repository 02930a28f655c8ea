// Backends as teams have them: socket.io and ws, on free ports; tells the ports, and lives as long as its input.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { WebSocketServer } from "ws";

const http = createServer((request, response) => response.end(`plain ${request.url}`));
const io = new Server(http, { pingInterval: 500, pingTimeout: 400 });
io.on("connection", (socket) => {
  socket.emit("welcome", {
    transport: socket.conn.transport.name,
    forwarded: socket.handshake.headers["x-forwarded-for"],
    auth: socket.handshake.auth,
  });
  socket.on("echo", (...values) => values.pop()(...values));
  socket.on("join", (room, done) => { socket.join(room); done(); });
  socket.on("say", (room, text) => io.to(room).emit("said", text));
  socket.on("leave me", () => socket.disconnect(true));
});

const ws = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  handleProtocols: (offered) => (offered.has("v2.chat") ? "v2.chat" : false),
  verifyClient: ({ req }, decide) => decide(req.url !== "/private", 403, "Members only", { "X-Why": "private" }),
});
ws.on("connection", (socket) => {
  socket.on("message", (data, binary) => {
    const text = data.toString();
    if (text.startsWith("close ")) return socket.close(Number(text.slice(6)), "as asked");
    if (text === "break") return socket.terminate();
    socket.send(data, { binary });
  });
  socket.on("close", (code, reason) => console.log(JSON.stringify({ closed: code, reason: reason.toString() })));
});

http.listen(0, "127.0.0.1", () =>
  console.log(JSON.stringify({ socketio: http.address().port, ws: ws.address().port })));
process.stdin.on("end", () => process.exit(0)).resume();
