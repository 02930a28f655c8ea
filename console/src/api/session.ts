// Who is signed in. The token lives as long as the tab: in sessionStorage, in no address and in no cookie.
import { computed, signal } from "@preact/signals";
import type { SchemaCallerView } from "./schema";

export type Role = SchemaCallerView["roles"][number];

const KEY = "resonance.token";

export const token = signal<string | null>(sessionStorage.getItem(KEY));
export const caller = signal<SchemaCallerView | null>(null);
/** Why the last token does not hold any more, for the sign-in page. */
export const farewell = signal<string | null>(null);

export const mayAct = computed(() => caller.value?.roles.includes("operator") ?? false);
export const mayAdmin = computed(() => caller.value?.roles.includes("admin") ?? false);

export function enter(given: string, who: SchemaCallerView): void {
  sessionStorage.setItem(KEY, given);
  farewell.value = null;
  caller.value = who;
  token.value = given;
}

export function leave(why: string | null = null): void {
  sessionStorage.removeItem(KEY);
  farewell.value = why;
  caller.value = null;
  token.value = null;
}

/** The highest of the roles that concern the console. */
export function highest(roles: readonly Role[]): Role {
  return roles.includes("admin") ? "admin" : roles.includes("operator") ? "operator" : "viewer";
}
