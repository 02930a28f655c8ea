// Reads /ws/alerts beside the page, which gets what changed ten times a second, however much comes.
import type { AlertFields, Incident, VerdictFields, WordFields } from "./incident";
import { takeAlert, takeVerdict, takeWords } from "./incident";
import type { FromWorker, Link, Sighting, ToWorker } from "./messages";
import { Resuming, type Frame } from "./socket";

const EVERY_MS = 100;
const MOST = 5000;
const MOST_SEEN = 400;
const RATE = "messages_per_minute";

const known = new Map<string, Incident>();
let changed = new Set<string>();
let gone: string[] = [];
let whole = false;
let seen: Sighting[] = [];
let seenCount = 0;
let timer = 0;
let news: Resuming | null = null;
let anomalies: Resuming | null = null;
let wanted = false;
let access = { url: "", token: "" };

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.do === "open") {
    access = { url: data.url, token: data.token };
    news?.end();
    news = new Resuming(`${data.url}&kinds=alert,enriched,verdict`, data.token, { frame: take, link: tellLink });
    watch(wanted);
  } else if (data.do === "retry") {
    news?.retry();
    anomalies?.retry();
  } else {
    watch(data.wanted);
  }
};
self.addEventListener("online", () => news?.retry());
self.addEventListener("offline", () => {
  news?.cut();
  anomalies?.cut();
});

function watch(want: boolean): void {
  wanted = want;
  anomalies?.end();
  anomalies = null;
  if (!want || access.token === "") return;
  const hooks = { frame: sight, link: () => {} };
  anomalies = new Resuming(`${access.url}&kinds=explanation`, access.token, hooks, false);
}

function take(frame: Frame): void {
  const nowMs = Date.now();
  let id = "";
  let isNews = false;
  if (frame.type === "alert") {
    const alert = frame as Frame & AlertFields;
    [id, isNews] = [alert.alert_id, takeAlert(known, alert, nowMs)];
  } else if (frame.type === "enriched") {
    const words = frame as Frame & WordFields;
    [id, isNews] = [words.alert_id, takeWords(known, words, nowMs)];
  } else if (frame.type === "verdict") {
    const given = frame as Frame & VerdictFields;
    [id, isNews] = [given.alert_id, takeVerdict(known, given, nowMs)];
  } else if (frame.type === "caught_up") {
    whole = true;
    flush();
    return;
  }
  if (!isNews) return;
  changed.add(id);
  if (known.size > MOST) forgetOldest();
  schedule();
}

function forgetOldest(): void {
  const resolved = [...known.values()].find((one) => one.state === "resolved");
  const oldest = resolved?.id ?? known.keys().next().value;
  if (oldest === undefined) return;
  known.delete(oldest);
  changed.delete(oldest);
  gone.push(oldest);
}

interface ExplanationFields extends Frame {
  user_key: string;
  user_id: string | null;
  attributions: { feature: string; value: number }[];
  anomaly: { tail_probability: number | null; severity: Sighting["severity"]; end_us: number };
}

function sight(frame: Frame): void {
  if (frame.type !== "explanation") return;
  const { user_key, user_id, attributions, anomaly } = frame as ExplanationFields;
  seenCount += 1;
  const rate = attributions.find((one) => one.feature === RATE)?.value ?? 0;
  const { tail_probability: tail, severity, end_us: endUs } = anomaly;
  seen.push({ userKey: user_key, userId: user_id, rate, tail, severity, endUs });
  if (seen.length > MOST_SEEN) seen.shift();
  schedule();
}

function schedule(): void {
  if (timer === 0) timer = self.setTimeout(flush, EVERY_MS);
}

function flush(): void {
  clearTimeout(timer);
  timer = 0;
  if (changed.size > 0 || gone.length > 0 || whole) {
    const list = [...changed].flatMap((id) => known.get(id) ?? []);
    tell({ told: "incidents", changed: list, gone, whole });
    [changed, gone, whole] = [new Set(), [], false];
  }
  if (seenCount > 0) {
    tell({ told: "anomalies", seen, count: seenCount });
    [seen, seenCount] = [[], 0];
  }
}

function tellLink(link: Link, sentence: string): void {
  flush();
  tell({ told: "link", link, sentence, sinceMs: Date.now() });
}

function tell(message: FromWorker): void {
  self.postMessage(message);
}
