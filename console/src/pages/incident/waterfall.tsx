// From the usual score to that of the vector, feature by feature; the same as a table for who does not see it.
import { featureName, feature } from "../../api/catalogue";
import type { SchemaAnomalyExplanation, SchemaTimeline } from "../../api/schema";
import { figure, signed } from "../../look/format";
import { t } from "../../text";

const MOST = 8;

export interface Step {
  name: string;
  part: number;
  from: number;
  to: number;
}

/** The largest parts one by one, the others together, from the base value on. */
export function stepsOf(names: readonly string[], parts: readonly number[], base: number, most = MOST): Step[] {
  const all = names.map((name, i) => ({ name, part: parts[i] ?? 0 }));
  const shown = all.length > most + 1 ? all.slice(0, most) : all;
  const rest = all.slice(shown.length);
  if (rest.length > 0) shown.push({ name: "", part: rest.reduce((sum, one) => sum + one.part, 0) });
  let at = base;
  return shown.map(({ name, part }) => {
    const from = at;
    at += part;
    return { name, part, from, to: at };
  });
}

export function Waterfall({ explanation, timeline }: { explanation: SchemaAnomalyExplanation; timeline: SchemaTimeline | null }) {
  const words = t().incident;
  const names = Object.keys(explanation.feature_importance);
  const base = explanation.base_value ?? 0;
  const steps = stepsOf(names, explanation.shap_values, base);
  const ends = [base, ...steps.map((one) => one.to), explanation.score ?? base];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const span = high - low || 1;
  const x = (value: number): number => (100 * (value - low)) / span;
  const rest = names.length - steps.filter((one) => one.name !== "").length;
  return (
    <table class="waterfall">
      <caption class="hidden">{words.waterfall}</caption>
      <thead>
        <tr>
          <th scope="col">{words.feature}</th>
          <th scope="col" class="right">
            {words.value}
          </th>
          <th scope="col" class="right">
            {words.usualValue}
          </th>
          <th scope="col" class="chart">
            <span class="hidden">{words.waterfall}</span>
          </th>
          <th scope="col" class="right">
            {words.share}
          </th>
        </tr>
      </thead>
      <tbody>
        <Total label={words.base} value={base} at={x(base)} />
        {steps.map((step) => (
          <tr key={step.name}>
            <th scope="row" title={feature(step.name)?.definition}>
              {step.name === "" ? words.rest(rest) : featureName(step.name)}
            </th>
            <td class="right">{step.name === "" ? "" : figure(explanation.features[step.name])}</td>
            <td class="right muted">{step.name === "" ? "" : figure(timeline?.normal[step.name]?.median)}</td>
            <td class="chart">
              <svg aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 16">
                <rect
                  class={step.part >= 0 ? "up" : "down"}
                  x={Math.min(x(step.from), x(step.to))}
                  width={Math.max(0.6, Math.abs(x(step.to) - x(step.from)))}
                  y="2"
                  height="12"
                />
              </svg>
            </td>
            <td class="right nowrap">
              <span aria-hidden="true" class={step.part >= 0 ? "up" : "down"}>
                {step.part >= 0 ? "▲" : "▼"}
              </span>{" "}
              {signed(step.part)}
            </td>
          </tr>
        ))}
        <Total label={words.score} value={explanation.score ?? 0} at={x(explanation.score ?? base)} />
      </tbody>
    </table>
  );
}

function Total({ label, value, at }: { label: string; value: number; at: number }) {
  return (
    <tr class="total">
      <th scope="row">{label}</th>
      <td />
      <td />
      <td class="chart">
        <svg aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 16">
          <rect class="at" x={Math.max(0, Math.min(99.3, at - 0.35))} width="0.7" y="0" height="16" />
        </svg>
      </td>
      <td class="right">{figure(value)}</td>
    </tr>
  );
}
