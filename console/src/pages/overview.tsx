// Beside the list while nothing is chosen: how much is open, and of what kind.
import { kindName } from "../api/catalogue";
import { SEVERITIES, type Severity } from "../feed/incident";
import { whole } from "../look/format";
import { SeverityWord } from "../parts/severity";
import { t } from "../text";
import * as list from "./list-state";

export function Overview() {
  const all = list.everything.value;
  const open = all.filter((one) => one.state === "open");
  const kinds = [...new Set(all.map((one) => one.kind))]
    .map((kind) => ({
      kind,
      open: open.filter((one) => one.kind === kind).length,
      all: all.filter((one) => one.kind === kind).length,
    }))
    .sort((a, b) => b.open - a.open || b.all - a.all);
  const most = Math.max(1, ...kinds.map((one) => one.all));
  const words = t().overview;
  const show = (severity: Severity): void => {
    list.release();
    list.shown.value = "open";
    list.least.value = severity;
  };
  return (
    <div class="overview">
      <h1>{words.title}</h1>
      <div class="tiles">
        {[...SEVERITIES].reverse().map((severity) => (
          <button key={severity} type="button" class="tile" onClick={() => show(severity)}>
            <strong>{whole(open.filter((one) => one.severity === severity).length)}</strong>
            <SeverityWord severity={severity} />
          </button>
        ))}
      </div>
      {kinds.length > 0 && (
        <section class="panel">
          <h2>{words.kinds}</h2>
          <table class="by-kind">
            <thead>
              <tr>
                <th scope="col">{t().list.kind}</th>
                <th scope="col" class="right">
                  {words.openHead}
                </th>
                <th scope="col" class="right">
                  {words.allHead}
                </th>
                <th scope="col" class="bar">
                  <span class="hidden">{words.allHead}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {kinds.map((one) => (
                <tr key={one.kind}>
                  <th scope="row">{kindName(one.kind)}</th>
                  <td class="right">{whole(one.open)}</td>
                  <td class="right muted">{whole(one.all)}</td>
                  <td class="bar">
                    <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
                      <rect width={(100 * one.all) / most} height="12" opacity="0.35" />
                      <rect width={(100 * one.open) / most} height="12" />
                    </svg>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <p class="muted">{t().list.keys}</p>
    </div>
  );
}
