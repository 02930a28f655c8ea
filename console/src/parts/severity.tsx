// Severities differ by shape and by word, not by colour alone.
import type { Severity } from "../feed/incident";
import { t } from "../text";

const SHAPES: Record<Severity, string> = {
  unspecified: "M4 8h8",
  low: "M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9z",
  medium: "M8 2.5L14 13H2z",
  high: "M8 1.2L14.8 8L8 14.8L1.2 8z",
  critical: "M2 2h12v12H2zM8 4.4v4.4M8 10.6v1.2",
};

export function SeverityMark({ severity, spoken = true }: { severity: Severity; spoken?: boolean }) {
  const hollow = severity === "low" || severity === "unspecified";
  return (
    <span class={`mark ${severity}`} title={t().severity[severity]}>
      <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
        <path d={SHAPES[severity]} class={hollow ? "hollow" : "full"} />
        {severity === "critical" && <path d="M8 4.4v4.4M8 10.6v1.2" class="inside" />}
      </svg>
      {spoken && <span class="hidden">{t().severity[severity]}</span>}
    </span>
  );
}

export function SeverityWord({ severity }: { severity: Severity }) {
  return (
    <span class="severity-word">
      <SeverityMark severity={severity} spoken={false} />
      {t().severity[severity]}
    </span>
  );
}
