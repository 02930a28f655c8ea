import { t } from "../text";

const SHAPES: Record<string, string> = {
  up: "M2 6.5l3 3 5-7",
  degraded: "M6 1.5v5.2M6 9.2v1.4",
  down: "M2 2l8 8M10 2l-8 8",
};

/** How a service is, by a sign and a word. */
export function StateWord({ state }: { state: string }) {
  return (
    <span class={`state-word ${state}`}>
      <svg width="12" height="12" aria-hidden="true">
        <path d={SHAPES[state] ?? "M3 6h6"} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
      </svg>
      {t().health.states[state] ?? state}
    </span>
  );
}
