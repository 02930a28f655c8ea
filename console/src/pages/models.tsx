// Which versions are in use, what drifted, how trainings go, and what puts another version into service.
import { get } from "../api/client";
import { useResource } from "../api/resource";
import type { SchemaModelEntry, SchemaModelList, SchemaTrainingView, SchemaTrainings } from "../api/schema";
import { mayAct } from "../api/session";
import { featureName } from "../api/catalogue";
import { brief, figure, moment, percent, signed, stretch } from "../look/format";
import { Fault, Loading } from "../parts/fault";
import { t } from "../text";
import { ModelOrders } from "./models/orders";

const EVERY_MS = 3000;

export function ModelsPage() {
  const models = useResource("models", (signal) => get<SchemaModelList>("/ml/models", { signal }), EVERY_MS);
  const trainings = useResource(
    "trainings",
    (signal) => get<SchemaTrainings>("/ml/models/train", { query: { limit: 30 }, signal }),
    EVERY_MS,
  );
  const words = t().models;
  const again = (): void => {
    models.reload();
    trainings.reload();
  };
  return (
    <div class="page">
      <div class="spread">
        <h1>{words.title}</h1>
        {!mayAct.value && <p class="muted">{words.role}</p>}
      </div>
      {models.fault && <Fault fault={models.fault} retry={models.reload} stale={models.data !== null} />}
      {models.loading && <Loading>{words.loading}</Loading>}
      {models.data?.models.length === 0 && <p class="empty">{words.none}</p>}
      <div class="columns">
        {models.data?.models.map((one) => <Model key={one.model_name} model={one} changed={again} />)}
      </div>
      {trainings.fault && <Fault fault={trainings.fault} retry={trainings.reload} stale={trainings.data !== null} />}
      {trainings.data && <History trainings={trainings.data.trainings} />}
    </div>
  );
}

function Model({ model, changed }: { model: SchemaModelEntry; changed: () => void }) {
  const words = t().models;
  const names: Record<string, string> = { champion: words.champion, challenger: words.challenger, shadow: words.shadow };
  return (
    <section class="panel model stack">
      <div>
        <h2 class="name">{model.model_name}</h2>
        <p class="muted break">{model.purpose}</p>
      </div>
      {model.aliases.length === 0 && <p class="note">{words.noChampion}</p>}
      {model.aliases.map((one) => (
        <div key={one.alias} class={`alias ${one.alias}`}>
          <div class="spread">
            <strong>{names[one.alias] ?? one.alias}</strong>
            <code title={one.model_version}>{one.model_version.slice(0, 12)}</code>
          </div>
          <p class="muted small">
            {words.since(moment(one.since_us))}
            {one.share !== null && ` · ${words.share(percent(one.share))}`}
            {one.previous_version && ` · ${words.was(one.previous_version.slice(0, 12))}`}
          </p>
          <p class="break">{one.reason}</p>
        </div>
      ))}
      <Drift model={model} />
      <div>
        <h3 class="label">{words.training}</h3>
        {model.training ? <Progress training={model.training} /> : <p class="muted">{words.trainingNone}</p>}
      </div>
      <ModelOrders model={model} changed={changed} />
    </section>
  );
}

function Drift({ model }: { model: SchemaModelEntry }) {
  const words = t().models;
  return (
    <div>
      <h3 class="label">{words.drift}</h3>
      {model.drift.length === 0 ? (
        <p class="muted">{words.driftNone}</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.driftColumns.what}</th>
                <th scope="col" class="right">
                  {words.driftColumns.effect}
                </th>
                <th scope="col" class="right">
                  {words.driftColumns.interval}
                </th>
                <th scope="col" class="right">
                  {words.driftColumns.evidence}
                </th>
                <th scope="col">{words.driftColumns.since}</th>
              </tr>
            </thead>
            <tbody>
              {model.drift.map((one) => (
                <tr key={`${one.what} ${one.features.join(" ")}`}>
                  <td>
                    {one.features.map(featureName).join(" × ")}{" "}
                    <span class="muted">{words.kinds[one.what] ?? one.what}</span>
                  </td>
                  <td class="right">{one.effect === null ? "–" : signed(one.effect)}</td>
                  <td class="right nowrap">
                    {figure(one.low)} … {figure(one.high)}
                  </td>
                  <td class="right">{figure(one.evidence)}</td>
                  <td class="nowrap">{moment(one.since_us)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Progress({ training }: { training: SchemaTrainingView }) {
  const words = t().models;
  return (
    <label class="progress">
      <span class="spread">
        <span>{words.states[training.state] ?? training.state}</span>
        <span class="muted">{percent(training.progress)}</span>
      </span>
      <progress max={1} value={training.progress} />
      <span class="muted break">{training.message}</span>
    </label>
  );
}

function History({ trainings }: { trainings: readonly SchemaTrainingView[] }) {
  const words = t().models;
  const { historyColumns: columns } = words;
  return (
    <section class="panel">
      <h2>{words.history}</h2>
      {trainings.length === 0 ? (
        <p class="muted">{words.historyNone}</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{columns.began}</th>
                <th scope="col">{columns.model}</th>
                <th scope="col">{columns.trigger}</th>
                <th scope="col">{columns.outcome}</th>
                <th scope="col" class="right">
                  {columns.took}
                </th>
                <th scope="col">{columns.message}</th>
              </tr>
            </thead>
            <tbody>
              {trainings.map((one) => (
                <tr key={one.training_id}>
                  <td class="nowrap">{moment(one.started_us)}</td>
                  <td>{one.model_name}</td>
                  <td>{words.triggers[one.trigger] ?? one.trigger}</td>
                  <td>
                    {one.outcome ? (words.outcomes[one.outcome] ?? one.outcome) : (words.states[one.state] ?? one.state)}{" "}
                    {one.model_version && <code title={one.model_version}>{brief(one.model_version)}</code>}
                  </td>
                  <td class="right nowrap">{stretch(one.updated_us - one.started_us)}</td>
                  <td class="muted break">{one.message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
