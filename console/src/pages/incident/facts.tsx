import type { SchemaIncidentView } from "../../api/schema";
import { kindName } from "../../api/catalogue";
import { moment, stretch, whole } from "../../look/format";
import { searchFor } from "../../route";
import { t } from "../../text";

export function Facts({ view }: { view: SchemaIncidentView }) {
  const words = t().incident;
  const who = view.user_id ?? view.user_key;
  return (
    <section class="panel">
      <h2>{words.technicalFacts}</h2>
      <dl class="facts">
        <dt>{words.user}</dt>
        <dd>
          <a href={searchFor(who)}>{who}</a>
        </dd>
        <dt>{t().list.kind}</dt>
        <dd>{kindName(view.kind)}</dd>
        <dt>{words.opened}</dt>
        <dd>{moment(view.opened_us)}</dd>
        <dt>{view.resolved_us ? words.resolved : words.lastSeen}</dt>
        <dd>{moment(view.resolved_us || view.last_seen_us)}</dd>
        <dt>{words.lasted}</dt>
        <dd>{stretch((view.resolved_us || view.last_seen_us) - view.opened_us)}</dd>
        <dt>{words.vectors}</dt>
        <dd>{whole(view.vectors)}</dd>
        <dt>{words.stream}</dt>
        <dd>{view.stream}</dd>
        <dt>{words.forRole}</dt>
        <dd>{view.recipient_role}</dd>
      </dl>
      <p class="muted mono small break id">{view.alert_id}</p>
      {view.silenced_by.length > 0 && <p class="note">{words.silenced}</p>}
      {view.inhibited_by.length > 0 && <p class="note">{words.inhibited}</p>}
      <h3>{words.told}</h3>
      {view.told.length === 0 ? (
        <p class="muted">{words.toldNone}</p>
      ) : (
        <ul>
          {view.told.map((one) => (
            <li key={one.notification_id} class="spread">
              <span class="break">{one.receiver}</span>
              <span class="muted">{moment(one.sent_us)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
