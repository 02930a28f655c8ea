// What an operator, and what an admin, may do with a model.
import { useState } from "preact/hooks";
import { Refused, post } from "../../api/client";
import type { SchemaAliasChanged, SchemaModelEntry, SchemaTrainingBegun } from "../../api/schema";
import { mayAct, mayAdmin } from "../../api/session";
import { ask } from "../../parts/ask";
import { sentenceOf } from "../../parts/fault";
import { toast } from "../../parts/toast";
import { t } from "../../text";

export function ModelOrders({ model, changed }: { model: SchemaModelEntry; changed: () => void }) {
  const [busy, setBusy] = useState(false);
  const [version, setVersion] = useState("");
  const words = t().models;
  if (!mayAct.value) return null;
  const champion = model.aliases.find((one) => one.alias === "champion");
  const others = model.versions.filter((one) => one !== champion?.model_version);
  const path = `/ml/models/${encodeURIComponent(model.model_name)}`;

  const order = async (send: () => Promise<string>): Promise<void> => {
    setBusy(true);
    try {
      toast(await send());
    } catch (error) {
      toast(error instanceof Refused ? sentenceOf(error) : String(error));
    } finally {
      setBusy(false);
      changed();
    }
  };
  const train = async (): Promise<void> => {
    if ((await ask(words.trainConfirm, words.train)) === null) return;
    const body = { model_name: model.model_name, data_source: "recent_features", auto_deploy: true };
    await order(async () => (await post<SchemaTrainingBegun>("/ml/models/train", body)).message || words.trainBegun);
  };
  const rollBack = async (): Promise<void> => {
    const reason = await ask(words.rollbackConfirm(model.model_name), words.rollback, words.rollbackWhy);
    if (reason === null) return;
    await order(async () => (await post<SchemaAliasChanged>(`${path}/rollback`, { reason })).message || words.rolledBack);
  };
  const load = async (): Promise<void> => {
    const reason = await ask(words.loadConfirm(version.slice(0, 12)), words.load, words.rollbackWhy);
    if (reason === null) return;
    const body = { model_version: version, reason };
    await order(async () => (await post<SchemaAliasChanged>(`${path}/load`, body)).message || words.loaded);
  };

  return (
    <div class="line orders">
      <button type="button" disabled={busy || model.training !== null} onClick={() => void train()}>
        {words.train}
      </button>
      <button
        type="button"
        disabled={busy || !champion?.previous_version}
        title={champion?.previous_version ? words.rollbackTitle(champion.previous_version.slice(0, 12)) : undefined}
        onClick={() => void rollBack()}
      >
        {words.rollback}
      </button>
      {mayAdmin.value && others.length > 0 && (
        <>
          <select aria-label={words.versions} value={version} onChange={(event) => setVersion(event.currentTarget.value)}>
            <option value="">{words.versions}</option>
            {others.map((one) => (
              <option key={one} value={one}>
                {one.slice(0, 12)}
              </option>
            ))}
          </select>
          <button type="button" disabled={busy || version === ""} onClick={() => void load()}>
            {words.load}
          </button>
        </>
      )}
    </div>
  );
}
