// Incidents of the same kind before this one, those of the same person first.
import { get } from "../../api/client";
import { useResource } from "../../api/resource";
import type { SchemaIncidentView, SchemaIncidents } from "../../api/schema";
import { moment } from "../../look/format";
import { Fault } from "../../parts/fault";
import { SeverityMark } from "../../parts/severity";
import { pathTo } from "../../route";
import { t } from "../../text";

const MOST = 6;

export function Similar({ view }: { view: SchemaIncidentView }) {
  const query = { kind: view.kind, until_us: view.opened_us, limit: 100 };
  const found = useResource(`similar ${view.alert_id}`, (signal) => get<SchemaIncidents>("/ml/incidents", { query, signal }));
  const words = t().incident;
  const near = [...(found.data?.incidents ?? [])]
    .sort((a, b) => likeness(b, view) - likeness(a, view) || b.opened_us - a.opened_us)
    .slice(0, MOST);
  return (
    <section class="panel">
      <h2>{words.similar}</h2>
      {found.fault && <Fault fault={found.fault} retry={found.reload} />}
      {found.data && near.length === 0 && <p class="muted">{words.similarNone}</p>}
      <ul class="similar">
        {near.map((one) => (
          <li key={one.alert_id}>
            <a href={pathTo("incidents", one.alert_id)}>
              <SeverityMark severity={one.severity} />
              <span class="clip">{one.user_key === view.user_key ? words.sameUser : (one.user_id ?? one.user_key)}</span>
              <span class="muted nowrap">
                {verdictOf(one)} {moment(one.opened_us)}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

const likeness = (one: SchemaIncidentView, to: SchemaIncidentView): number =>
  (one.user_key === to.user_key ? 2 : 0) + (one.severity === to.severity ? 1 : 0);

function verdictOf(view: SchemaIncidentView): string {
  const newest = [...view.verdicts].sort((a, b) => b.given_us - a.given_us)[0];
  return newest?.verdict === "true" ? "✓" : newest?.verdict === "false" ? "✗" : "";
}
