import { useState } from "preact/hooks";
import { Refused, get } from "../api/client";
import type { SchemaCallerView } from "../api/schema";
import { enter, farewell } from "../api/session";
import { Choices } from "../parts/choices";
import { sentenceOf } from "../parts/fault";
import { t } from "../text";

const COMMAND = "resonance token --user me --role operator";

export function SignIn() {
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const words = t().signIn;
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const given = String(form.get("token") ?? "").trim().replace(/^Bearer\s+/i, "");
    if (given === "") return setFault(words.empty);
    setBusy(true);
    setFault(null);
    try {
      enter(given, await get<SchemaCallerView>("/ml/me", { token: given }));
    } catch (error) {
      setFault(error instanceof Refused ? sentenceOf(error) : String(error));
      setBusy(false);
    }
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={(event) => void submit(event)} autocomplete="off">
        <h1 class="brand">
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" />
          {t().product}
        </h1>
        {(fault ?? farewell.value) && (
          <p class="note bad break" role="alert">
            {fault ?? farewell.value}
          </p>
        )}
        <label>
          {words.label}
          <textarea
            name="token"
            spellcheck={false}
            autocapitalize="off"
            autocomplete="off"
            autofocus
            aria-describedby="token-hint"
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.shiftKey) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
          />
        </label>
        <p id="token-hint" class="muted">
          {words.hint}
        </p>
        <button class="primary" type="submit" disabled={busy}>
          {busy ? words.busy : words.go}
        </button>
        <p class="muted">{words.make}</p>
        <pre tabIndex={0}>{COMMAND}</pre>
        <div class="line">
          <Choices />
        </div>
      </form>
    </main>
  );
}
