// Keys that hold on every page.
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { keysShown } from "./parts/keys-dialog";
import { go, pathTo } from "./route";

const GO: Record<string, string> = { i: "incidents", m: "map", o: "models", h: "health" };
const TOGETHER_MS = 1200;

export function isTyping(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement | null;
  return (
    event.ctrlKey || event.metaKey || event.altKey || at?.closest("input, textarea, select, dialog, [contenteditable]") != null
  );
}

export function useKeys(search: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    let g = 0;
    const press = (event: KeyboardEvent): void => {
      if (isTyping(event)) {
        if (event.key === "Escape") (event.target as HTMLElement).blur();
        return;
      }
      const page = GO[event.key];
      if (event.key === "/") {
        event.preventDefault();
        search.current?.focus();
        search.current?.select();
      } else if (event.key === "?") {
        keysShown.value = true;
      } else if (event.key === "g") {
        g = event.timeStamp;
      } else if (page && event.timeStamp - g < TOGETHER_MS) {
        go(pathTo(page));
        g = 0;
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
