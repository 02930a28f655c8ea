// The users on the map: where each stands, and where it moves to. Free of drawing.
import type { SchemaVectorView } from "../api/schema";
import type { Severity } from "../feed/incident";
import type { Sighting } from "../feed/messages";

export interface Person {
  key: string;
  name: string;
  rate: number;
  /** Share of ordinary vectors as rare as the last one; null where no model scored it. */
  tail: number | null;
  severity: Severity | null;
  endUs: number;
  seenMs: number;
  /** Where the mark is, 0 to 1 from the left and from below, and how it gets to where it should be. */
  x: number;
  y: number;
}

export const MOST_PEOPLE = 2000;
const HIGHEST_RATE = 1000;
const RAREST = 1e-7;
const GONE_MS = 120_000;
const HALF_MS = 180;

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** Messages a minute on a logarithmic scale, 0 to 1. */
export const across = (rate: number): number => clamp(Math.log1p(rate) / Math.log1p(HIGHEST_RATE));

/** Rarity on a logarithmic scale: 0 ordinary, 1 one in ten million. */
export const upwards = (tail: number | null): number => (tail === null ? 0 : clamp(Math.log(Math.max(tail, RAREST)) / Math.log(RAREST)));

export class People {
  readonly all = new Map<string, Person>();

  takeVectors(vectors: readonly SchemaVectorView[], nowMs: number): void {
    for (let i = vectors.length - 1; i >= 0; i -= 1) {
      const one = vectors[i];
      if (!one) continue;
      const rate = one.features["messages_per_minute"] ?? 0;
      const severity = (one.severity as Severity | null) ?? null;
      this.take(one.user_key, one.user_id ?? one.user_key, rate, one.tail_probability, severity, one.end_us, nowMs);
    }
  }

  takeSightings(seen: readonly Sighting[], nowMs: number): void {
    for (const one of seen) {
      this.take(one.userKey, one.userId ?? one.userKey, one.rate, one.tail, one.severity, one.endUs, nowMs);
    }
  }

  /** Moves everybody nearer to where they should be; returns whether anybody still moves. */
  step(passedMs: number): boolean {
    const part = 1 - 2 ** (-passedMs / HALF_MS);
    let moves = false;
    for (const one of this.all.values()) {
      const [dx, dy] = [across(one.rate) - one.x, upwards(one.tail) - one.y];
      if (Math.abs(dx) + Math.abs(dy) < 5e-4) continue;
      one.x += dx * part;
      one.y += dy * part;
      moves = true;
    }
    return moves;
  }

  /** Forgets who was not seen for long. */
  sweep(nowMs: number): void {
    for (const [key, one] of this.all) if (nowMs - one.seenMs > GONE_MS) this.all.delete(key);
  }

  riskiest(most: number): Person[] {
    return [...this.all.values()]
      .sort((a, b) => (a.tail ?? 1) - (b.tail ?? 1) || b.rate - a.rate || (a.key < b.key ? -1 : 1))
      .slice(0, most);
  }

  private take(
    key: string,
    name: string,
    rate: number,
    tail: number | null,
    severity: Severity | null,
    endUs: number,
    nowMs: number,
  ): void {
    const old = this.all.get(key);
    if (old && old.endUs >= endUs) {
      if (old.endUs === endUs && old.tail === null) old.tail = tail;
      return;
    }
    if (!old && this.all.size >= MOST_PEOPLE) this.dropOldest();
    const place = old ?? { x: across(rate), y: 0 };
    this.all.set(key, { key, name, rate, tail, severity, endUs, seenMs: nowMs, x: place.x, y: place.y });
  }

  private dropOldest(): void {
    const oldest = this.all.keys().next().value;
    if (oldest !== undefined) this.all.delete(oldest);
  }
}
