// One incident: what happened, why, and what can be done.
import { useRef } from "preact/hooks";
import { get } from "../api/client";
import { useResource } from "../api/resource";
import type { SchemaIncidentView, SchemaTimeline } from "../api/schema";
import { incidents } from "../feed/feed";
import { Fault, Guard, Loading } from "../parts/fault";
import { pathTo } from "../route";
import { inLanguage, t } from "../text";
import { Actions } from "./incident/actions";
import { Explained } from "./incident/explained";
import { Facts } from "./incident/facts";
import { Heading } from "./incident/heading";
import { Similar } from "./incident/similar";
import { TimeLines } from "./incident/time-lines";
import { Written } from "./incident/written";

const CALM_MS = 20_000;
const SOON_MS = 1_500;
const MOVING_MS = 2_000;
const MOVING = new Set(["approved", "running", "undoing"]);

export function IncidentPage({ id }: { id: string }) {
  const known = incidents.value.get(id);
  // News of the feed asks anew: words, its end, verdicts of others.
  const stamp = known ? `${known.alertOrder} ${known.wordsOrder} ${known.verdictUs}` : "";
  const path = `/ml/incidents/${encodeURIComponent(id)}`;
  const key = `${path} ${stamp}`;
  const kept = useRef<SchemaIncidentView | null>(null);
  // An incident that was raised this moment is known to the orchestrator a moment later.
  const everyMs = kept.current === null ? SOON_MS : CALM_MS;
  const found = useResource(key, (signal) => get<SchemaIncidentView>(path, { signal }), everyMs);
  // While it is asked for anew, what is known of it stays.
  if (found.data !== null) kept.current = found.data;
  const last = kept.current;
  const moving = last?.actions.some((one) => MOVING.has(one.state)) ?? false;
  useResource(moving ? `${key} moving` : null, async () => found.reload(), MOVING_MS);
  const user = last?.user_key;
  const line = useResource(
    user === undefined ? null : `timeline ${user} ${last?.stream ?? ""} ${known?.alertOrder ?? ""}`,
    (signal) => get<SchemaTimeline>(`/ml/users/${encodeURIComponent(user ?? "")}/features`, { query: { stream: last?.stream }, signal }),
    CALM_MS,
  );
  if (last === null) {
    if (found.fault?.status === 404 && !known) return <p class="empty">{t().incident.missing}</p>;
    if (found.fault && found.fault.status !== 404) return <Fault fault={found.fault} retry={found.reload} />;
    return <Loading>{t().incident.loading}</Loading>;
  }
  return (
    <article class="incident">
      <a class="back" href={pathTo("incidents")}>
        ← {t().incident.back}
      </a>
      <Heading view={last} changed={found.reload} />
      {found.fault && <Fault fault={found.fault} retry={found.reload} stale />}
      <div class="incident-columns">
        <div class="stack">
          <What view={last} />
          <Guard>
            <Explained view={last} timeline={line.data} />
          </Guard>
          <Guard>
            <TimeLines view={last} timeline={line} />
          </Guard>
        </div>
        <div class="stack">
          <Actions view={last} changed={found.reload} />
          <Facts view={last} />
          <Written view={last} />
          <Similar view={last} />
        </div>
      </div>
    </article>
  );
}

function What({ view }: { view: SchemaIncidentView }) {
  const words = inLanguage(view.texts);
  return (
    <section class="panel what-happened">
      <h2>{t().incident.what}</h2>
      {words === undefined ? (
        <p class="muted pulse">{t().incident.notWritten}</p>
      ) : (
        <>
          <p class="break" lang={words.language}>
            {words.summary}
          </p>
          {words.recommendations.length > 0 && (
            <>
              <h3>{t().incident.steps}</h3>
              <ol class="steps" lang={words.language}>
                {words.recommendations.map((step, i) => (
                  <li key={i} class="break">
                    {step}
                  </li>
                ))}
              </ol>
            </>
          )}
        </>
      )}
    </section>
  );
}
