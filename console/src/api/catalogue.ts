// Names of features and kinds, from the gateway's catalogue.
import { effect, signal } from "@preact/signals";
import { language } from "../text";
import { get } from "./client";
import type { SchemaCatalogue, SchemaFeatureView } from "./schema";
import { token } from "./session";

const catalogue = signal<SchemaCatalogue | null>(null);

effect(() => {
  if (token.value !== null && catalogue.peek() === null) void fetchIt();
});

async function fetchIt(): Promise<void> {
  try {
    catalogue.value = await get<SchemaCatalogue>("/ml/catalogue");
  } catch {
    setTimeout(() => token.value !== null && void fetchIt(), 3000);
  }
}

export function feature(name: string): SchemaFeatureView | undefined {
  return catalogue.value?.features.find((one) => one.name === name);
}

export const featureNames = (): string[] => catalogue.value?.features.map((one) => one.name) ?? [];

export function featureName(name: string): string {
  return feature(name)?.names[language.value] ?? name.replaceAll("_", " ");
}

export function kindName(kind: string): string {
  const found = catalogue.value?.kinds.find((one) => one.kind === kind);
  return found?.names[language.value] ?? kind.replaceAll("_", " ");
}
