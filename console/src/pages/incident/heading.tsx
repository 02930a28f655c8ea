// Which incident it is, and the verdict on it.
import { useEffect, useState } from "preact/hooks";
import { kindName } from "../../api/catalogue";
import { Refused, post } from "../../api/client";
import type { SchemaIncidentView, SchemaVerdictView } from "../../api/schema";
import { mayAct } from "../../api/session";
import { isTyping } from "../../keys";
import { sentenceOf } from "../../parts/fault";
import { SeverityWord } from "../../parts/severity";
import { toast } from "../../parts/toast";
import { searchFor } from "../../route";
import { inLanguage, t } from "../../text";

type Said = "true" | "false" | "withdrawn";

export function Heading({ view, changed }: { view: SchemaIncidentView; changed: () => void }) {
  const words = inLanguage(view.texts);
  const who = view.user_id ?? view.user_key;
  return (
    <header class="incident-head">
      <div>
        <h1 class="break">{words?.title ?? kindName(view.kind)}</h1>
        <p class="line muted">
          <SeverityWord severity={view.severity} />
          <span class={`state ${view.state}`}>{t().state[view.state]}</span>
          <a class="break" href={searchFor(who)}>
            {who}
          </a>
        </p>
      </div>
      <VerdictOn view={view} changed={changed} />
    </header>
  );
}

function VerdictOn({ view, changed }: { view: SchemaIncidentView; changed: () => void }) {
  const [given, setGiven] = useState<Said | null>(null);
  const [busy, setBusy] = useState(false);
  const newest = [...view.verdicts].sort((a, b) => b.given_us - a.given_us)[0];
  const said = given ?? newest?.verdict ?? null;
  const words = t().verdict;
  useEffect(() => setGiven(null), [newest?.given_us]);

  const say = async (verdict: Said): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try {
      await post<SchemaVerdictView>("/ml/feedback", { alert_id: view.alert_id, verdict });
      setGiven(verdict);
      changed();
      if (verdict === "withdrawn") toast(words.undone);
      else toast(verdict === "true" ? words.doneTrue : words.doneFalse, words.undo, () => void say("withdrawn"));
    } catch (error) {
      toast(`${words.failed} ${error instanceof Refused ? sentenceOf(error) : ""}`);
    } finally {
      setBusy(false);
    }
  };

  useEffect(() => {
    if (!mayAct.value) return;
    const press = (event: KeyboardEvent): void => {
      if (isTyping(event)) return;
      if (event.key === "t") void say("true");
      else if (event.key === "f") void say("false");
      else if (event.key === "u" && said !== null && said !== "withdrawn") void say("withdrawn");
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  return (
    <div class="verdict" role="group" aria-label={words.title}>
      <span class="muted">{words.title}</span>
      {mayAct.value ? (
        <div class="line">
          {(["true", "false"] as const).map((one) => (
            <button key={one} type="button" disabled={busy} aria-pressed={said === one} onClick={() => void say(one)}>
              {one === "true" ? "✓" : "✗"} {words[one]}
            </button>
          ))}
          <button
            type="button"
            class="quiet"
            disabled={busy || said === null || said === "withdrawn"}
            onClick={() => void say("withdrawn")}
          >
            {words.undo}
          </button>
        </div>
      ) : (
        <p>
          {said === "true" ? words.saidTrue : said === "false" ? words.saidFalse : <span class="muted">{words.role}</span>}
        </p>
      )}
    </div>
  );
}
