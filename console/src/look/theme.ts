// Light, dark, or as the system has it; the choice is an attribute that the style goes by.
import { effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";
const KEY = "resonance.theme";
const kept = localStorage.getItem(KEY);

export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "auto");
const system = matchMedia("(prefers-color-scheme: light)");
const systemLight = signal(system.matches);
system.addEventListener("change", (event) => {
  systemLight.value = event.matches;
});

effect(() => {
  const light = theme.value === "light" || (theme.value === "auto" && systemLight.value);
  document.documentElement.dataset["theme"] = light ? "light" : "dark";
  localStorage.setItem(KEY, theme.value);
});

/** A colour of the style, for what is drawn on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
