// What is proposed and done about an incident.
import { useState } from "preact/hooks";
import { Refused, post } from "../../api/client";
import type { SchemaActionAbout, SchemaActionView, SchemaIncidentView } from "../../api/schema";
import { mayAct } from "../../api/session";
import { moment } from "../../look/format";
import { ask } from "../../parts/ask";
import { sentenceOf } from "../../parts/fault";
import { toast } from "../../parts/toast";
import { inLanguage, t } from "../../text";

type Step = "approve" | "reject" | "undo";

export function Actions({ view, changed }: { view: SchemaIncidentView; changed: () => void }) {
  const words = t().action;
  return (
    <section class="panel">
      <h2>{words.title}</h2>
      {view.actions.length === 0 && <p class="muted">{words.none}</p>}
      {view.actions.length > 0 && !mayAct.value && <p class="muted small">{words.role}</p>}
      <ol class="actions">
        {view.actions.map((action) => (
          <Action key={action.action_id} action={action} changed={changed} />
        ))}
      </ol>
    </section>
  );
}

function Action({ action, changed }: { action: SchemaActionAbout; changed: () => void }) {
  const [busy, setBusy] = useState(false);
  const words = t().action;
  const said = inLanguage(action.texts);
  const title = said?.title ?? action.kind.replaceAll("_", " ");
  const decide = async (step: Step): Promise<void> => {
    if (step === "approve" && !action.dry_run && (await ask(words.confirm(title), words.yes)) === null) return;
    setBusy(true);
    try {
      await post<SchemaActionView>(`/ml/actions/${encodeURIComponent(action.action_id)}/${step}`, {});
    } catch (error) {
      toast(error instanceof Refused ? sentenceOf(error) : String(error));
    } finally {
      setBusy(false);
      changed();
    }
  };
  return (
    <li class={`action ${action.state}`}>
      <div class="spread">
        <h3 class="break">{title}</h3>
        <span class="tag">{words.states[action.state] ?? action.state}</span>
      </div>
      {said && <p class="muted break">{said.consequences}</p>}
      {action.dry_run && <p class="muted break">{words.dryRun}</p>}
      {action.outcome && <p class="break">{action.outcome}</p>}
      {action.state === "proposed" && <p class="muted small">{words.expires(moment(action.expires_us))}</p>}
      {action.state === "succeeded" && action.effect_until_us > 0 && (
        <p class="muted small">{words.until(moment(action.effect_until_us))}</p>
      )}
      {mayAct.value && (
        <div class="line">
          {action.state === "proposed" && (
            <>
              <button
                type="button"
                class={action.dry_run ? "" : "primary"}
                disabled={busy}
                onClick={() => void decide("approve")}
              >
                {words.approve}
              </button>
              <button type="button" disabled={busy} onClick={() => void decide("reject")}>
                {words.reject}
              </button>
            </>
          )}
          {action.state === "failed" && (
            <button type="button" disabled={busy} onClick={() => void decide("approve")}>
              {words.again}
            </button>
          )}
          {action.state === "succeeded" && !action.dry_run && (
            <button type="button" disabled={busy} onClick={() => void decide("undo")}>
              {words.undo}
            </button>
          )}
        </div>
      )}
    </li>
  );
}
