// Where the page is: in the fragment of the address, which no server sees and no log keeps.
import { computed, signal } from "@preact/signals";

const fragment = signal(location.hash);
addEventListener("hashchange", () => {
  fragment.value = location.hash;
});

export interface Place {
  page: string;
  id: string | null;
  query: URLSearchParams;
}

export const place = computed<Place>(() => {
  const [path = "", query = ""] = fragment.value.replace(/^#\/?/, "").split("?");
  const [page = "", id] = path.split("/");
  return { page: page || "incidents", id: id ? decoded(id) : null, query: new URLSearchParams(query) };
});

export const pathTo = (page: string, id?: string): string =>
  id === undefined ? `#/${page}` : `#/${page}/${encodeURIComponent(id)}`;
export const searchFor = (text: string): string => `#/search?${new URLSearchParams({ q: text }).toString()}`;

export function go(path: string): void {
  location.hash = path;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
