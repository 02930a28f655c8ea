// Why it was flagged: the attribution, and what would make it ordinary.
import { useState } from "preact/hooks";
import { Refused, get, post } from "../../api/client";
import { useResource } from "../../api/resource";
import type { SchemaAnomalyExplanation, SchemaIncidentView, SchemaTimeline } from "../../api/schema";
import { mayAct } from "../../api/session";
import { incidents } from "../../feed/feed";
import { figure } from "../../look/format";
import { Fault, Loading, sentenceOf } from "../../parts/fault";
import { toast } from "../../parts/toast";
import { t } from "../../text";
import { Waterfall } from "./waterfall";

export function Explained({ view, timeline }: { view: SchemaIncidentView; timeline: SchemaTimeline | null }) {
  const [asked, setAsked] = useState<SchemaAnomalyExplanation | null>(null);
  const [busy, setBusy] = useState(false);
  const path = `/ml/incidents/${encodeURIComponent(view.alert_id)}/explanation`;
  const stage = incidents.value.get(view.alert_id)?.stage ?? view.stage ?? "";
  const kept = useResource(`${path} ${stage}`, (signal) => get<SchemaAnomalyExplanation>(path, { signal }));
  const shown = asked ?? kept.data;
  const words = t().incident;
  const ask = async (): Promise<void> => {
    setBusy(true);
    try {
      const body = { alert_id: view.alert_id, methods: ["shap", "counterfactual"] };
      setAsked(await post<SchemaAnomalyExplanation>("/ml/explain/anomaly", body));
    } catch (error) {
      toast(error instanceof Refused ? sentenceOf(error) : String(error));
    } finally {
      setBusy(false);
    }
  };
  const button = (label: string) => (
    <button type="button" disabled={busy} onClick={() => void ask()}>
      {busy ? words.whyAsking : label}
    </button>
  );
  if (shown === null) {
    return (
      <section class="panel">
        <h2>{words.why}</h2>
        {kept.loading ? (
          <Loading>{words.whyAsking}</Loading>
        ) : kept.fault && kept.fault.status !== 404 ? (
          <Fault fault={kept.fault} retry={kept.reload} />
        ) : (
          <div class="line">
            <span class="muted">{view.stage === "facts" ? words.whyEmpty : words.whyLost}</span>
            {mayAct.value && button(words.whyAsk)}
          </div>
        )}
      </section>
    );
  }
  const unit = words.unit[shown.unit as keyof typeof words.unit] ?? shown.unit;
  const against = words.against[shown.reference as keyof typeof words.against] ?? "";
  const bound = shown.error_bound === null || shown.error_bound < 1e-6 ? words.exact : words.within(figure(shown.error_bound));
  return (
    <>
      <section class="panel">
        <h2>{words.why}</h2>
        <p class="break natural">{shown.natural_explanation}</p>
        <Waterfall explanation={shown} timeline={timeline} />
        <p class="muted small">
          {[unit, against, bound].filter(Boolean).join(" · ")}
        </p>
        <details>
          <summary class="muted">{words.technical}</summary>
          <p class="break mono technical">{shown.technical_explanation}</p>
        </details>
      </section>
      <section class="panel">
        <h2>{words.counter}</h2>
        <Counter explanation={shown} asked={asked !== null} button={mayAct.value ? button(words.counterAsk) : null} />
      </section>
    </>
  );
}

function Counter({ explanation, asked, button }: { explanation: SchemaAnomalyExplanation; asked: boolean; button: unknown }) {
  const words = t().incident;
  const { suggestions, text } = explanation.counterfactual;
  if (suggestions.length > 0) {
    return (
      <ul class="steps">
        {suggestions.map((one, i) => (
          <li key={i} class="break">
            {one}
          </li>
        ))}
      </ul>
    );
  }
  if (asked) return <p class="break muted">{text || words.counterNone}</p>;
  return (
    <div class="line">
      <span class="muted">{words.counterRole}</span>
      {button as never}
    </div>
  );
}
