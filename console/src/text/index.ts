// The console's own words, in English and Russian; what happened is told by the gateway in the same languages.
import { computed, signal } from "@preact/signals";
import { en } from "./en";
import { ru } from "./ru";

export type Language = "en" | "ru";
export type Words = typeof en;

const KEY = "resonance.language";

function preferred(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === "en" || kept === "ru") return kept;
  return navigator.language.toLowerCase().startsWith("ru") ? "ru" : "en";
}

export const language = signal<Language>(preferred());
const words = computed<Words>(() => (language.value === "ru" ? ru : en));

export function speak(chosen: Language): void {
  localStorage.setItem(KEY, chosen);
  language.value = chosen;
  document.documentElement.lang = chosen;
}

/** The words of the language in use; a component that reads them is drawn again when it changes. */
export const t = (): Words => words.value;

/** Of texts in several languages the one in use, else English, else any. */
export function inLanguage<T extends { language: string }>(texts: readonly T[]): T | undefined {
  return (
    texts.find((one) => one.language === language.value) ?? texts.find((one) => one.language === "en") ?? texts[0]
  );
}
