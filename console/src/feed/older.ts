// Incidents from before what the gateway tells by itself, page by page from REST.
import { signal } from "@preact/signals";
import { get } from "../api/client";
import type { SchemaIncidentView, SchemaIncidents } from "../api/schema";
import type { Incident } from "./incident";

export const older = signal<ReadonlyMap<string, Incident>>(new Map());
export const exhausted = signal(false);
let cursor: string | null = null;

/** Forgets what was loaded, for whoever signs in next. */
export function forgetOlder(): void {
  older.value = new Map();
  exhausted.value = false;
  cursor = null;
}

export async function loadOlder(signal?: AbortSignal): Promise<void> {
  const page = await get<SchemaIncidents>("/ml/incidents", { query: { limit: 100, cursor }, signal });
  const next = new Map(older.value);
  for (const one of page.incidents) next.set(one.alert_id, incidentOf(one));
  cursor = page.next_cursor;
  older.value = next;
  exhausted.value = cursor === null;
}

export function incidentOf(view: SchemaIncidentView): Incident {
  const said = view.verdicts.reduce<SchemaIncidentView["verdicts"][number] | null>(
    (best, one) => (best === null || one.given_us > best.given_us ? one : best),
    null,
  );
  return {
    id: view.alert_id,
    state: view.state,
    severity: view.severity,
    kind: view.kind,
    userKey: view.user_key,
    userId: view.user_id ?? null,
    stream: view.stream,
    openedUs: view.opened_us,
    lastSeenUs: view.last_seen_us,
    resolvedUs: view.resolved_us,
    vectors: view.vectors,
    vectorId: "",
    titles: Object.fromEntries(view.texts.map((text) => [text.language, text.title])),
    stage: view.stage ?? "",
    provider: view.written?.provider ?? "",
    verdict: said?.verdict ?? null,
    alertOrder: -1,
    wordsOrder: -1,
    verdictUs: said?.given_us ?? 0,
    heardMs: 0,
  };
}
