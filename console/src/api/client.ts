// Asks the gateway's public REST, and turns its problem details (RFC 9457) into errors with a sentence.
import { language } from "../text";
import { leave, token } from "./session";

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
  ) {
    super(detail);
  }
}

export interface Asked {
  query?: Record<string, string | number | null | undefined>;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Another token than that of the session. */
  token?: string;
}

export const get = <T>(path: string, asked: Asked = {}): Promise<T> => ask<T>("GET", path, asked);
export const post = <T>(path: string, body: unknown, asked: Asked = {}): Promise<T> =>
  ask<T>("POST", path, { ...asked, body });

async function ask<T>(method: string, path: string, asked: Asked): Promise<T> {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(asked.query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  const headers: Record<string, string> = {
    Accept: "application/json",
    "Accept-Language": language.value,
    Authorization: `Bearer ${asked.token ?? token.value ?? ""}`,
  };
  const init: RequestInit = { method, headers, cache: "no-store", credentials: "omit", signal: asked.signal ?? null };
  if (asked.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(asked.body);
  }
  const answer = await reached(url, init);
  if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T;
  const refusal = await problemOf(answer);
  if (answer.status === 401 && asked.token === undefined) leave(refusal.message);
  throw refusal;
}

async function reached(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused(0, "", "");
  }
}

async function problemOf(answer: Response): Promise<Refused> {
  try {
    const problem = (await answer.json()) as { title?: string; detail?: string };
    return new Refused(answer.status, problem.title ?? answer.statusText, problem.detail ?? "");
  } catch {
    return new Refused(answer.status, answer.statusText, "");
  }
}
