// Numbers and times as people read them, in the language in use.
import { language, t } from "../text";

const cached = new Map<string, Intl.NumberFormat>();

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language.value + JSON.stringify(options);
  const found = cached.get(key) ?? new Intl.NumberFormat(language.value, options);
  cached.set(key, found);
  return found;
}

/** A value with three digits that matter. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value !== 0 && (Math.abs(value) < 1e-5 || Math.abs(value) >= 1e7)) {
    return numbers({ notation: "scientific", maximumSignificantDigits: 3 }).format(value);
  }
  return numbers(Math.abs(value) >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 }).format(value);
}

/** A value with its sign. */
export function signed(value: number): string {
  return numbers({ maximumSignificantDigits: 3, signDisplay: "always" }).format(value);
}

export const whole = (value: number): string => numbers({ maximumFractionDigits: 0 }).format(value);
export const percent = (share: number): string => numbers({ style: "percent", maximumFractionDigits: 0 }).format(share);
export const dollars = (value: number): string =>
  numbers({ style: "currency", currency: "USD", maximumFractionDigits: 2 }).format(value);

/** How rare a tail probability is, as "one in n". */
export function oneIn(tail: number | null): string {
  if (tail === null || !(tail > 0)) return "–";
  const n = 1 / tail;
  return n >= 1e6 ? numbers({ notation: "compact", maximumSignificantDigits: 2 }).format(n) : whole(Math.max(1, n));
}

const two = (n: number): string => String(n).padStart(2, "0");

/** Hours, minutes and seconds of this day; of another day with its date. */
export function moment(us: number): string {
  if (us <= 0) return "–";
  const at = new Date(us / 1000);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (at.toDateString() === new Date().toDateString()) return clock;
  return `${at.toLocaleDateString(language.value, { day: "2-digit", month: "2-digit", year: "2-digit" })} ${clock}`;
}

export function clock(us: number): string {
  const at = new Date(us / 1000);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** A stretch of time in one or two units. */
export function stretch(us: number): string {
  const { s, min, h, d } = t().time.units;
  const seconds = Math.max(0, Math.round(us / 1e6));
  if (seconds < 60) return `${seconds} ${s}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} ${min}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} ${h} ${two(minutes % 60)} ${min}`;
  return `${Math.floor(hours / 24)} ${d} ${hours % 24} ${h}`;
}

export function ago(us: number): string {
  const seconds = Date.now() * 1000 - us;
  return seconds < 2e6 ? t().time.now : t().time.ago(stretch(seconds));
}

/** A long id, short enough to tell it from others. */
export function brief(id: string): string {
  return id.length > 14 ? `${id.slice(0, 12)}…` : id;
}
