// What the scenarios ask, who asks it, and which answers are within their service level.
"use strict";

const { createHmac, randomBytes, randomInt } = require("node:crypto");
const WebSocket = require("ws");

const GATEWAY = process.env.RESONANCE_GATEWAY;
const SECRET = process.env.RESONANCE_JWT_SECRET;
const SOCKETS = GATEWAY.replace(/^http/, "ws");

// A hundred messages in a minute break the rule `message_flood`; a user may send as many at once.
const FLOOD = 100;
const FLOOD_PATIENCE_MS = 10_000;

// Milliseconds within which an answer must be there.
const LEVELS = { ml_api: 100, xai: 2000, llm: 5000, anomaly: 500, smart: 3000 };

function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function token(user, roles) {
  const claims = { sub: user, jti: randomBytes(8).toString("hex"), exp: Math.floor(Date.now() / 1000) + 3600, roles };
  const signed = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded(claims)}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

const OPERATOR = token("load-operator", ["operator"]);

function count(events, level, took_ms, right) {
  events.emit("counter", `slo.${level}.all`, 1);
  events.emit("counter", `slo.${level}.within`, right && took_ms <= LEVELS[level] ? 1 : 0);
  events.emit("histogram", `slo.${level}.ms`, took_ms);
}

function judge(level) {
  return (request, response, context, events, next) => {
    const took_ms = performance.now() - context.vars.began_ms;
    count(events, level, took_ms, response.statusCode === 200);
    if (response.statusCode !== 200) {
      events.emit("counter", `slo.${level}.status.${response.statusCode}`, 1);
    }
    next();
  };
}

function begin(request, context, events, next) {
  context.vars.began_ms = performance.now();
  next();
}

function operator(context, events, next) {
  context.vars.token = OPERATOR;
  context.vars.language = randomInt(2) ? "en" : "ru";
  next();
}

// A vector nobody asked about before.
function vector(context, events, next) {
  const perMinute = randomInt(20, 400);
  context.vars.features = {
    messages_per_minute: perMinute,
    requests_per_user: perMinute * randomInt(1, 20),
    avg_message_size: randomInt(20, 2000),
    error_rate: Math.random(),
    rate_limit_violations: randomInt(0, 60),
    connection_duration: randomInt(1, 7200),
    channels_count: randomInt(1, 12),
    channel_activity: Math.random() * 200,
    burstiness_score: Math.random() * 2 - 1,
    ip_entropy: Math.random() * 3,
    login_intervals: randomInt(1, 3600),
    jwt_token_reuse: randomInt(1, 5),
    jwt_token_churn: randomInt(0, 10),
  };
  next();
}

function log(context, events, next) {
  const about = [
    () => `ERROR: WebSocket connection failed for user user_${randomInt(1000)}`,
    () => `WARNING: High latency detected: ${randomInt(200, 5000)}ms`,
    () => `ERROR: Rate limit exceeded for IP 192.168.${randomInt(256)}.${randomInt(256)}`,
    () => `INFO: Session ${randomBytes(4).toString("hex")} closed after ${randomInt(3600)} s`,
  ];
  context.vars.entries = Array.from({ length: 100 }, () => about[randomInt(about.length)]());
  next();
}

function alert(context, events, next) {
  context.vars.alert = {
    alert_data: { message: "High error rate detected", metric: "error_rate", value: 0.11 + Math.random() / 2, threshold: 0.1 },
    context: { service: "websocket", environment: "production", affected_users: randomInt(1, 5000) },
    recipient_role: ["devops", "security", "developer", "support", "management"][randomInt(5)],
    language: context.vars.language,
  };
  next();
}

// Alerts as an operator sees them, one socket for all virtual users of a worker.
const waiting = new Map();
let alerts;

function watch() {
  alerts ??= new Promise((resolve, reject) => {
    const socket = new WebSocket(`${SOCKETS}/ws/alerts`, { headers: { Authorization: `Bearer ${OPERATOR}` } });
    socket.on("open", () => resolve(socket));
    socket.on("error", reject);
    socket.on("message", (text) => {
      const event = JSON.parse(text);
      if (event.type === "alert" && event.kind === "message_flood") {
        waiting.get(event.user_id)?.(event);
      }
    });
    socket._socket?.unref();
  });
  return alerts;
}

// Somebody comes, sends a hundred messages at once, and is found: from the last message to the anomaly at the operator.
async function flood(context, events) {
  await watch();
  const user = `load-${randomBytes(6).toString("hex")}`;
  const address = `198.19.${randomInt(256)}.${randomInt(256)}`;
  const socket = new WebSocket(`${SOCKETS}/ws`, { headers: { "X-Forwarded-For": address } });
  await new Promise((resolve, reject) => {
    socket.on("open", () => socket.send(JSON.stringify({ type: "auth", token: token(user, []), acks: true })));
    socket.on("message", (text) => JSON.parse(text).type === "ready" && resolve());
    socket.on("error", reject);
  });
  const found = new Promise((resolve) => waiting.set(user, resolve));
  const frame = JSON.stringify({ type: "message", channel: "lobby", data: { text: "Shall we meet at noon?" } });
  let sent_ms;
  for (let i = 0; i < FLOOD; i += 1) {
    sent_ms = performance.now();
    socket.send(frame);
  }
  const late = new Promise((resolve) => setTimeout(resolve, FLOOD_PATIENCE_MS).unref());
  const event = await Promise.race([found, late]);
  count(events, "anomaly", performance.now() - sent_ms, event !== undefined);
  waiting.delete(user);
  socket.send(JSON.stringify({ type: "bye" }));
  if (event === undefined) {
    throw new Error("no anomaly came");
  }
  context.vars.alertId = event.alert_id;
}

function floods(context, events, next) {
  flood(context, events).then(() => next(), next);
}

module.exports = {
  begin, operator, vector, log, alert, floods,
  mlApi: judge("ml_api"), xai: judge("xai"), llm: judge("llm"), smart: judge("smart"),
};
