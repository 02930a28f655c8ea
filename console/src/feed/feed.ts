// The page's side of the worker: incidents as signals.
import { batch, effect, signal } from "@preact/signals";
import { leave, token } from "../api/session";
import { t } from "../text";
import workerUrl from "./feed.worker?worker&url";
import type { Incident } from "./incident";
import { forgetOlder } from "./older";
import type { FromWorker, Link, Sighting, ToWorker } from "./messages";

export const incidents = signal<ReadonlyMap<string, Incident>>(new Map());
/** Whether what the gateway remembers was read once. */
export const read = signal(false);
export const link = signal<{ link: Link; sinceMs: number }>({ link: "connecting", sinceMs: Date.now() });

type Watcher = (seen: Sighting[], count: number) => void;
let worker: Worker | null = null;
let watcher: Watcher | null = null;

// Not in TypeScript's own types yet.
interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): typeof rules;
}
const { trustedTypes } = self as unknown as { trustedTypes?: Policies };
const trusted = trustedTypes?.createPolicy("resonance", {
  createScriptURL: (url: string) => {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError("A script of this page's own.");
    return url;
  },
});

/** Follows the session: a worker while somebody is signed in. */
export function follow(): void {
  effect(() => {
    const given = token.value;
    worker?.terminate();
    worker = null;
    batch(() => {
      incidents.value = new Map();
      read.value = false;
      forgetOlder();
      link.value = { link: "connecting", sinceMs: Date.now() };
    });
    if (given === null) return;
    worker = new Worker(trusted?.createScriptURL(workerUrl) ?? workerUrl, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => hear(data);
    const url = new URL("/ws/alerts?auth=frame", location.origin);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    say({ do: "open", url: url.href, token: given });
    if (watcher !== null) say({ do: "anomalies", wanted: true });
  });
}

export const retry = (): void => say({ do: "retry" });

/** Tells of every anomaly until the returned function is called. */
export function watchAnomalies(told: Watcher): () => void {
  watcher = told;
  say({ do: "anomalies", wanted: true });
  return () => {
    watcher = null;
    say({ do: "anomalies", wanted: false });
  };
}

function say(message: ToWorker): void {
  worker?.postMessage(message);
}

function hear(data: FromWorker): void {
  if (data.told === "anomalies") {
    watcher?.(data.seen, data.count);
  } else if (data.told === "incidents") {
    batch(() => {
      if (data.changed.length > 0 || data.gone.length > 0) {
        const next = new Map(incidents.value);
        for (const id of data.gone) next.delete(id);
        for (const one of data.changed) next.set(one.id, one);
        incidents.value = next;
      }
      if (data.whole) read.value = true;
    });
  } else if (data.link === "expired" || data.link === "refused") {
    leave(data.link === "expired" ? t().signIn.expired : data.sentence);
  } else {
    const same = link.peek().link === "waiting" && data.link === "connecting";
    link.value = { link: same ? "waiting" : data.link, sinceMs: same ? link.peek().sinceMs : data.sinceMs };
  }
}
