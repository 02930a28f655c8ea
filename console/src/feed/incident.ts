// An incident as the list needs it, put together from the frames of /ws/alerts in whatever order they come.
export type Severity = "unspecified" | "low" | "medium" | "high" | "critical";
export type Said = "true" | "false" | "withdrawn";

export const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];
export const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

export interface Incident {
  id: string;
  state: "open" | "resolved";
  severity: Severity;
  kind: string;
  userKey: string;
  userId: string | null;
  stream: string;
  openedUs: number;
  lastSeenUs: number;
  resolvedUs: number;
  vectors: number;
  vectorId: string;
  titles: Record<string, string>;
  stage: string;
  provider: string;
  verdict: Said | null;
  /** Numbers by which later news replaces earlier news. */
  alertOrder: number;
  wordsOrder: number;
  verdictUs: number;
  /** Milliseconds since the epoch when this page first heard of it. */
  heardMs: number;
}

export interface AlertFields {
  alert_id: string;
  revision: number;
  state: "open" | "resolved";
  user_key: string;
  user_id: string | null;
  stream: string;
  kind: string;
  severity: Severity;
  vector_id: string;
  opened_us: number;
  last_seen_us: number;
  resolved_us: number;
  vectors: number;
}

export interface WordFields {
  alert_id: string;
  revision: number;
  stage: string;
  alert: AlertFields;
  texts: { language: string; title: string }[];
  authorship: { provider: string } | null;
}

export interface VerdictFields {
  alert_id: string;
  true_alarm: boolean;
  withdrawn: boolean;
  given_us: number;
  alert: AlertFields | null;
}

/** Takes an alert; returns whether it was news. */
export function takeAlert(known: Map<string, Incident>, alert: AlertFields, nowMs: number): boolean {
  const order = (alert.state === "resolved" ? 1_000_000 : 0) + alert.revision;
  const old = known.get(alert.alert_id);
  if (old && old.alertOrder >= order) return false;
  known.set(alert.alert_id, {
    ...(old ?? EMPTY),
    id: alert.alert_id,
    state: alert.state,
    severity: alert.severity,
    kind: alert.kind,
    userKey: alert.user_key,
    userId: alert.user_id,
    stream: alert.stream,
    openedUs: alert.opened_us,
    lastSeenUs: alert.last_seen_us,
    resolvedUs: alert.resolved_us,
    vectors: alert.vectors,
    vectorId: alert.vector_id,
    alertOrder: order,
    heardMs: old?.heardMs ?? nowMs,
  });
  return true;
}

/** Of words with the same revisions, earlier ones first. */
const STAGES = ["escalated", "explained", "judged"];

/** Takes words; returns whether they were news. */
export function takeWords(known: Map<string, Incident>, words: WordFields, nowMs: number): boolean {
  const news = takeAlert(known, words.alert, nowMs);
  const old = known.get(words.alert_id);
  const order = (words.revision * 1_000_000 + words.alert.revision) * (STAGES.length + 1) + STAGES.indexOf(words.stage) + 1;
  if (!old || old.wordsOrder >= order) return news;
  const titles = Object.fromEntries(words.texts.map((text) => [text.language, text.title]));
  const provider = words.authorship?.provider ?? "";
  known.set(words.alert_id, { ...old, titles, stage: words.stage, provider, wordsOrder: order });
  return true;
}

/** Takes a verdict; returns whether it was news. */
export function takeVerdict(known: Map<string, Incident>, given: VerdictFields, nowMs: number): boolean {
  const news = given.alert !== null && takeAlert(known, given.alert, nowMs);
  const old = known.get(given.alert_id);
  if (!old || old.verdictUs >= given.given_us) return news;
  const verdict: Said = given.withdrawn ? "withdrawn" : given.true_alarm ? "true" : "false";
  known.set(given.alert_id, { ...old, verdict, verdictUs: given.given_us });
  return true;
}

const EMPTY = {
  titles: {},
  stage: "",
  provider: "",
  verdict: null,
  wordsOrder: -1,
  verdictUs: 0,
};
