// What is known of a user, a channel or an address.
import { get } from "../api/client";
import { useResource } from "../api/resource";
import type { SchemaIncidents, SchemaLimitsView, SchemaPresence, SchemaTimeline } from "../api/schema";
import { featureName } from "../api/catalogue";
import { incidentOf } from "../feed/older";
import { figure, moment, stretch } from "../look/format";
import { Fault, Loading } from "../parts/fault";
import { SeverityMark } from "../parts/severity";
import { pathTo, place, searchFor } from "../route";
import { t } from "../text";
import { titleOf } from "./list-state";

const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)$/i;

export function SearchPage() {
  const asked = place.value.query.get("q")?.trim() ?? "";
  const words = t().searchPage;
  if (asked === "") return <p class="empty">{words.hint}</p>;
  return (
    <div class="page" key={asked}>
      <h1 class="break">
        {t().search.title}: {asked}
      </h1>
      <div class="columns">
        <User asked={asked} />
        {ADDRESS.test(asked) ? (
          <>
            <People place="address" asked={asked} />
            <Address asked={asked} />
          </>
        ) : (
          <People place="channel" asked={asked} />
        )}
      </div>
    </div>
  );
}

function User({ asked }: { asked: string }) {
  const words = t().searchPage;
  const query = { user: asked, limit: 50 };
  const found = useResource(`of ${asked}`, (signal) => get<SchemaIncidents>("/ml/incidents", { query, signal }));
  const path = `/ml/users/${encodeURIComponent(asked)}/features`;
  const line = useResource(path, (signal) => get<SchemaTimeline>(path, { signal }), 5000);
  const limits = useResource(`limits ${asked}`, (signal) =>
    get<SchemaLimitsView>(`/ml/limits/${encodeURIComponent(asked)}`, { signal }),
  );
  const last = line.data?.vectors.at(-1);
  return (
    <>
      <section class="panel">
        <h2>{words.user}</h2>
        {found.loading && <Loading>{words.loading}</Loading>}
        {found.fault && <Fault fault={found.fault} retry={found.reload} />}
        {found.data?.count === 0 && <p class="muted">{words.userNone}</p>}
        <ul class="similar">
          {found.data?.incidents.map((one) => (
            <li key={one.alert_id}>
              <a href={pathTo("incidents", one.alert_id)}>
                <SeverityMark severity={one.severity} />
                <span class="clip">{titleOf(incidentOf(one))}</span>
                <span class="muted nowrap">
                  {moment(one.opened_us)}{" "}
                  {one.state === "open" ? t().state.open : stretch(one.resolved_us - one.opened_us)}
                </span>
              </a>
            </li>
          ))}
        </ul>
      </section>
      {last && (
        <section class="panel">
          <h2>
            {t().incident.timeline} · {moment(last.end_us)}
          </h2>
          <table>
            <thead>
              <tr>
                <th scope="col">{t().incident.feature}</th>
                <th scope="col" class="right">
                  {t().incident.value}
                </th>
                <th scope="col" class="right">
                  {t().incident.usualValue}
                </th>
              </tr>
            </thead>
            <tbody>
              {Object.entries(last.features).map(([name, value]) => (
                <tr key={name}>
                  <td>{featureName(name)}</td>
                  <td class="right">{figure(value)}</td>
                  <td class="right muted">{figure(line.data?.normal[name]?.median)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {limits.data && <Limits view={limits.data} />}
    </>
  );
}

/** Who used the channel of late, or came from the address. */
function People({ place, asked }: { place: "channel" | "address"; asked: string }) {
  const words = t().searchPage;
  const path = `/ml/presence/${place}?${new URLSearchParams({ [place]: asked })}`;
  const found = useResource(asked.length > 128 ? null : path, (signal) => get<SchemaPresence>(path, { signal }), 5000);
  return (
    <section class="panel">
      <h2>
        {words[place]}: {words.people}
      </h2>
      {found.fault && <Fault fault={found.fault} retry={found.reload} />}
      {found.data?.count === 0 && <p class="muted">{place === "channel" ? words.channelNone : words.addressNone}</p>}
      <ul class="similar">
        {found.data?.people.map((one) => (
          <li key={one.user_key}>
            <a href={searchFor(one.user_id ?? one.user_key)}>
              <span />
              <span class="clip">{one.user_id ?? one.user_key}</span>
              <span class="muted nowrap">{moment(one.seen_us)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Address({ asked }: { asked: string }) {
  const path = `/ml/limits/addresses/${encodeURIComponent(asked)}`;
  const limits = useResource(path, (signal) => get<SchemaLimitsView>(path, { signal }));
  const words = t().searchPage;
  if (limits.fault) {
    return (
      <section class="panel">
        <h2>{words.address}</h2>
        {limits.fault.status === 422 || limits.fault.status === 400 ? (
          <p class="muted">{words.addressBad}</p>
        ) : (
          <Fault fault={limits.fault} retry={limits.reload} />
        )}
      </section>
    );
  }
  return limits.data && <Limits view={limits.data} title={words.limits} />;
}

function Limits({ view, title }: { view: SchemaLimitsView; title?: string }) {
  const words = t().searchPage;
  return (
    <section class="panel">
      <h2>{title ?? words.limits}</h2>
      <p>{view.blocked ? words.blocked : words.rate(figure(view.rate), figure(view.burst))}</p>
      <ul>
        {view.adjustments.map((one) => (
          <li key={one.source} class="spread">
            <span class="break">
              {one.source}: {one.reason}
            </span>
            {one.expires_us !== null && <span class="muted">{t().action.until(moment(one.expires_us))}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
