// A person's features over time, a small chart each, with what is usual as a band.
import { useState } from "preact/hooks";
import { feature, featureName, featureNames } from "../../api/catalogue";
import { get } from "../../api/client";
import { type Resource, useResource } from "../../api/resource";
import type { SchemaAnomalyExplanation, SchemaIncidentView, SchemaTimeline } from "../../api/schema";
import { incidents } from "../../feed/feed";
import { Fault, Loading } from "../../parts/fault";
import { t } from "../../text";
import { SmallChart } from "./small-chart";

const FEW = 4;

export function TimeLines({ view, timeline }: { view: SchemaIncidentView; timeline: Resource<SchemaTimeline> }) {
  const [all, setAll] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const order = useOrder(view);
  const words = t().incident;
  const data = timeline.data;
  const names = all ? order : order.slice(0, FEW);
  return (
    <section class="panel">
      <div class="spread">
        <h2>{words.timeline}</h2>
        {data !== null && data.count > 1 && (
          <p class="legend muted small">
            {Object.keys(data.normal).length > 0 ? (
              <>
                <span class="swatch band" aria-hidden="true" /> {words.band}
              </>
            ) : (
              words.noBand
            )}
            <span class="swatch dot" aria-hidden="true" /> {words.anomalous}
          </p>
        )}
      </div>
      {timeline.fault && <Fault fault={timeline.fault} retry={timeline.reload} stale={data !== null} />}
      {timeline.loading && <Loading>{words.loading}</Loading>}
      {data !== null && data.count < 2 && <p class="muted">{words.timelineEmpty}</p>}
      {data !== null && data.count > 1 && (
        <>
          <div class="charts" onPointerLeave={() => setAt(null)}>
            {names.map((name) => (
              <SmallChart
                key={name}
                name={featureName(name)}
                unit={feature(name)?.unit ?? ""}
                definition={feature(name)?.definition ?? ""}
                vectors={data.vectors}
                values={data.vectors.map((vector) => vector.features[name] ?? null)}
                normal={data.normal[name] ?? null}
                from={view.opened_us}
                until={view.resolved_us || view.last_seen_us}
                at={at}
                onAt={setAt}
              />
            ))}
          </div>
          {order.length > FEW && (
            <button type="button" class="quiet" onClick={() => setAll(!all)}>
              {all ? words.showFewer : words.showAll(order.length)}
            </button>
          )}
        </>
      )}
    </section>
  );
}

/** Features, those that weigh most in this incident first. */
function useOrder(view: SchemaIncidentView): string[] {
  const path = `/ml/incidents/${encodeURIComponent(view.alert_id)}/explanation`;
  const stage = incidents.value.get(view.alert_id)?.stage ?? view.stage ?? "";
  const why = useResource(`${path} ${stage}`, (signal) => get<SchemaAnomalyExplanation>(path, { signal }));
  const weighty = Object.keys(why.data?.feature_importance ?? {});
  return [...weighty, ...featureNames().filter((name) => !weighty.includes(name))];
}
