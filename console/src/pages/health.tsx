// How everything is: services, lag, providers, budget.
import { get } from "../api/client";
import { useResource } from "../api/resource";
import type { SchemaProvidersHealth, SchemaServiceView, SchemaStatus } from "../api/schema";
import { ago, dollars, whole } from "../look/format";
import { Fault, Loading } from "../parts/fault";
import { StateWord } from "../parts/state";
import { t } from "../text";

const EVERY_MS = 5000;

export function HealthPage() {
  const status = useResource("status", (signal) => get<SchemaStatus>("/ml/status", { signal }), EVERY_MS);
  const writers = useResource(
    "writers",
    (signal) => get<SchemaProvidersHealth>("/ml/multi-llm/health", { signal }),
    EVERY_MS,
  );
  const words = t().health;
  const data = status.data;
  return (
    <div class="page">
      <div class="spread">
        <h1>{words.title}</h1>
        {data && (
          <p class="line">
            <StateWord state={data.state} /> <span class="break">{data.summary}</span>
          </p>
        )}
      </div>
      {status.fault && <Fault fault={status.fault} retry={status.reload} stale={data !== null} />}
      {status.loading && <Loading>{words.loading}</Loading>}
      {data && (
        <section aria-label={words.services} class="columns">
          {data.services.map((one) => (
            <Service key={one.service} service={one} />
          ))}
        </section>
      )}
      <div class="columns">
        {data && <Lag status={data} />}
        <div class="stack">
          <Providers health={writers.data} />
          {writers.fault && <Fault fault={writers.fault} retry={writers.reload} stale={writers.data !== null} />}
          {data && <Gateway status={data} />}
        </div>
      </div>
    </div>
  );
}

function Service({ service }: { service: SchemaServiceView }) {
  const words = t().health;
  return (
    <section class="panel service">
      <div class="spread">
        <h2 class="name">{service.service}</h2>
        <StateWord state={service.state} />
      </div>
      <p class="muted small">
        {words.instances(service.instances)}
        {service.version && ` · ${words.version} ${service.version}`}
      </p>
      {service.reasons.length === 0 ? (
        <p class="muted">{words.fine}</p>
      ) : (
        service.reasons.map((reason, i) => (
          <p key={i} class="note break">
            {reason}
          </p>
        ))
      )}
    </section>
  );
}

function Lag({ status }: { status: SchemaStatus }) {
  const words = t().health;
  return (
    <section class="panel">
      <h2>{words.lag}</h2>
      {status.lag_unknown && <p class="note break">{words.lagUnknown(status.lag_unknown)}</p>}
      {status.lag.length === 0 ? (
        <p class="muted">{words.lagNone}</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.lagColumns.service}</th>
                <th scope="col">{words.lagColumns.topic}</th>
                <th scope="col" class="right">
                  {words.lagColumns.partitions}
                </th>
                <th scope="col" class="right">
                  {words.lagColumns.records}
                </th>
              </tr>
            </thead>
            <tbody>
              {status.lag.map((one) => (
                <tr key={`${one.group} ${one.topic}`}>
                  <td>{one.service}</td>
                  <td>{one.topic}</td>
                  <td class="right">{one.partitions}</td>
                  <td class="right">{whole(one.records)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Providers({ health }: { health: SchemaProvidersHealth | null }) {
  const words = t().health;
  if (!health) return null;
  return (
    <>
      <section class="panel">
        <div class="spread">
          <h2>{words.providers}</h2>
          <StateWord state={health.state} />
        </div>
        <p class="break">{health.summary}</p>
        <ul class="providers">
          {health.providers.map((one) => (
            <li key={one.provider}>
              <div class="spread">
                <h3>{one.provider}</h3>
                {one.configured ? <StateWord state={one.state} /> : <span class="muted">{words.configured}</span>}
              </div>
              {one.configured && (
                <p class="muted small">
                  {one.breaker && `${words.breaker[one.breaker] ?? one.breaker} · `}
                  {one.models.join(", ")}
                  {" · "}
                  {one.last_success ? words.last(ago(Date.parse(one.last_success) * 1000)) : words.never}
                </p>
              )}
              {one.reason && one.configured && <p class="note break">{one.reason}</p>}
            </li>
          ))}
        </ul>
      </section>
      <section class="panel">
        <h2>{words.budget}</h2>
        {health.budgets.length === 0 ? (
          <p class="muted">{words.budgetNone}</p>
        ) : (
          health.budgets.map((one) => (
            <label key={one.scope} class="budget">
              <span class="spread">
                <span>{one.scope === "day" ? words.day : one.scope.replaceAll("_", " ")}</span>
                <span class="muted">{words.left(dollars(one.left), dollars(one.limit))}</span>
              </span>
              <meter min={0} max={one.limit || 1} low={one.limit * 0.1} value={one.left} />
            </label>
          ))
        )}
      </section>
    </>
  );
}

function Gateway({ status }: { status: SchemaStatus }) {
  const words = t().health;
  const { tracking } = status;
  return (
    <section class="panel">
      <h2>{words.gateway}</h2>
      <dl class="facts">
        <dt>{tracking.instance}</dt>
        <dd />
        <dt>{words.connections}</dt>
        <dd>{whole(tracking.connections)}</dd>
        <dt>{words.readers}</dt>
        <dd>{whole(tracking.alert_readers)}</dd>
        <dt>{words.unsent}</dt>
        <dd>{whole(tracking.unsent_events)}</dd>
        <dt>{words.dropped}</dt>
        <dd>{whole(tracking.dropped_events)}</dd>
      </dl>
    </section>
  );
}
