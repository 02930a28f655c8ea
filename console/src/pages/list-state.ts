// What the list of incidents shows: filter, groups, order. Free of the page, so that it can be tried alone.
import { computed, signal } from "@preact/signals";
import { kindName } from "../api/catalogue";
import { incidents } from "../feed/feed";
import type { Incident, Severity } from "../feed/incident";
import { rank } from "../feed/incident";
import { older } from "../feed/older";
import { language } from "../text";

export type Grouping = "kind" | "user" | "none";
export type Shown = "open" | "resolved" | "all";

export const shown = signal<Shown>("all");
export const least = signal<Severity>("low");
export const kind = signal("");
export const text = signal("");
export const grouping = signal<Grouping>("kind");
export const folded = signal<ReadonlySet<string>>(new Set());
/** While somebody reads the list, nothing moves: these are the incidents that were there. */
export const frozen = signal<ReadonlySet<string> | null>(null);

export interface Group {
  key: string;
  label: string;
  severity: Severity;
  items: Incident[];
  people: number;
  open: number;
}

export type Row = { head: Group } | { item: Incident; group: string };

export function titleOf(incident: Incident): string {
  return incident.titles[language.value] ?? incident.titles["en"] ?? kindName(incident.kind);
}

export const whoOf = (incident: { userId: string | null; userKey: string }): string =>
  incident.userId ?? incident.userKey;

export const everything = computed<Incident[]>(() => {
  const live = incidents.value;
  const rest = [...older.value.values()].filter((one) => !live.has(one.id));
  return [...live.values(), ...rest];
});

export const kinds = computed<string[]>(() => [...new Set(everything.value.map((one) => one.kind))].sort());

const fitting = computed<Incident[]>(() => {
  const words = text.value.trim().toLowerCase();
  return everything.value.filter(
    (one) =>
      (shown.value === "all" || one.state === shown.value) &&
      rank(one.severity) >= rank(least.value) &&
      (kind.value === "" || one.kind === kind.value) &&
      (words === "" || `${whoOf(one)} ${one.userKey} ${titleOf(one)} ${one.kind}`.toLowerCase().includes(words)),
  );
});

export const fresh = computed<number>(() => {
  const held = frozen.value;
  return held === null ? 0 : fitting.value.reduce((n, one) => (held.has(one.id) ? n : n + 1), 0);
});

export const visible = computed<Incident[]>(() => {
  const held = frozen.value;
  return held === null ? fitting.value : everything.value.filter((one) => held.has(one.id));
});

export function hold(): void {
  if (frozen.peek() === null) frozen.value = new Set(fitting.peek().map((one) => one.id));
}

export function release(): void {
  frozen.value = null;
}

export const groups = computed<Group[]>(() => groupsOf(visible.value, grouping.value));

export function groupsOf(items: readonly Incident[], by: Grouping): Group[] {
  const found = new Map<string, Group>();
  for (const item of items) {
    const key = by === "kind" ? `${item.kind} ${item.severity}` : by === "user" ? item.userKey : "";
    let group = found.get(key);
    if (group === undefined) {
      const label = by === "kind" ? kindName(item.kind) : by === "user" ? whoOf(item) : "";
      group = { key, label, severity: item.severity, items: [], people: 0, open: 0 };
      found.set(key, group);
    }
    group.items.push(item);
    if (item.state === "open") group.open += 1;
    if (rank(item.severity) > rank(group.severity)) group.severity = item.severity;
  }
  for (const group of found.values()) {
    group.items.sort((a, b) => b.openedUs - a.openedUs || (a.id < b.id ? 1 : -1));
    group.people = new Set(group.items.map((one) => one.userKey)).size;
  }
  // An order that does not change with every incident that comes.
  return [...found.values()].sort((a, b) => rank(b.severity) - rank(a.severity) || (a.label < b.label ? -1 : 1));
}

export const rows = computed<Row[]>(() =>
  groups.value.flatMap((group): Row[] => {
    const items = group.items.map((item) => ({ item, group: group.key }));
    if (grouping.value === "none") return items;
    return folded.value.has(group.key) ? [{ head: group }] : [{ head: group }, ...items];
  }),
);

export function fold(key: string): void {
  const next = new Set(folded.value);
  if (!next.delete(key)) next.add(key);
  folded.value = next;
}
