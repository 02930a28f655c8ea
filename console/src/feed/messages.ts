// What the page and its worker say to one another.
import type { Incident, Severity } from "./incident";

export type Link = "connecting" | "catching" | "live" | "waiting" | "refused" | "expired";

export type ToWorker =
  | { do: "open"; url: string; token: string }
  | { do: "retry" }
  | { do: "anomalies"; wanted: boolean };

/** One anomaly of the map. `tail` is the share of ordinary vectors that are as rare; null where no model scored. */
export interface Sighting {
  userKey: string;
  userId: string | null;
  rate: number;
  tail: number | null;
  severity: Severity;
  endUs: number;
}

export type FromWorker =
  | { told: "link"; link: Link; sentence: string; sinceMs: number }
  | { told: "incidents"; changed: Incident[]; gone: string[]; whole: boolean }
  | { told: "anomalies"; seen: Sighting[]; count: number };
