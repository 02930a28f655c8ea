// Who wrote the words, and what was said of them.
import type { SchemaIncidentView } from "../../api/schema";
import { t } from "../../text";

export function Written({ view }: { view: SchemaIncidentView }) {
  const words = t().incident;
  const written = view.written;
  if (!written) return null;
  return (
    <section class="panel">
      <h2>{words.words}</h2>
      <p>
        {words.writtenBy}: {written.provider === "offline" ? words.ownWriter : written.provider}
        {written.model && <span class="muted"> {written.model}</span>}
      </p>
      <ul class="judgements">
        {(written.judgements ?? []).map((one, i) => {
          const broken = (one.findings ?? []).filter((finding) => !finding.held);
          return (
            <li key={i}>
              {words.verdictOfJudge[one.outcome] ?? one.outcome}
              {one.outcome !== "own" && (
                <span class="muted"> · {words.judgedBy(one.judge === "guard" ? words.checks : one.judge)}</span>
              )}
              {(one.findings ?? []).length > 0 && (
                <span class="muted">
                  {" · "}
                  {words.principles((one.findings ?? []).length - broken.length, (one.findings ?? []).length)}
                </span>
              )}
              {broken.map((finding) => (
                <p key={finding.principle} class="note break">
                  {finding.principle}: {finding.reason}
                </p>
              ))}
            </li>
          );
        })}
      </ul>
      {(written.degraded ?? []).length > 0 && (
        <details>
          <summary class="muted">{words.degraded}</summary>
          {(written.degraded ?? []).map((reason, i) => (
            <p key={i} class="break">
              {reason}
            </p>
          ))}
        </details>
      )}
    </section>
  );
}
