import type { SchemaNormalView, SchemaVectorView } from "../../api/schema";
import { clock, figure } from "../../look/format";
import { t } from "../../text";

const WIDTH = 300;
const HEIGHT = 56;

interface SmallChartProps {
  name: string;
  unit: string;
  definition: string;
  vectors: readonly SchemaVectorView[];
  values: readonly (number | null)[];
  normal: SchemaNormalView | null;
  /** The incident's beginning and end, microseconds. */
  from: number;
  until: number;
  /** Index of the vector that is pointed at, the same in all charts. */
  at: number | null;
  onAt: (index: number | null) => void;
}

export function SmallChart({ name, unit, definition, vectors, values, normal, from, until, at, onAt }: SmallChartProps) {
  const first = vectors[0]?.end_us ?? 0;
  const span = (vectors.at(-1)?.end_us ?? 0) - first || 1;
  const x = (us: number): number => (WIDTH * Math.min(1, Math.max(0, (us - first) / span)));
  const known = values.filter((value): value is number => value !== null);
  const edges = [...known, ...[normal?.low, normal?.high].filter((one): one is number => one != null)];
  const [low, high] = [Math.min(...edges), Math.max(...edges)];
  const room = (high - low) * 0.08 || 1;
  const y = (value: number): number => HEIGHT - (HEIGHT * (value - low + room)) / (high - low + 2 * room);
  const path = vectors
    .flatMap((vector, i) => {
      const value = values[i];
      return value == null ? [] : [`${x(vector.end_us).toFixed(1)} ${y(value).toFixed(1)}`];
    })
    .join("L");
  const shown = at ?? vectors.length - 1;
  const vector = vectors[shown];
  const band = normal?.low != null && normal.high != null ? { low: normal.low, high: normal.high } : null;
  const flagged = vectors.flatMap((one, i) => (one.severity && values[i] != null ? [i] : []));
  const spoken = `${name}: ${figure(values[vectors.length - 1])} ${unit}. ${
    band ? `${t().incident.band}: ${figure(band.low)}–${figure(band.high)}.` : ""
  } ${t().incident.anomalous}: ${flagged.length}.`;
  return (
    <figure class="small-chart">
      <figcaption title={definition}>
        <span class="clip">{name}</span>
        <span class="nowrap">
          {at !== null && vector && <span class="muted">{clock(vector.end_us)} </span>}
          <strong>{figure(values[shown])}</strong> <span class="muted">{unit}</span>
        </span>
      </figcaption>
      <svg
        role="img"
        aria-label={spoken}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const us = first + (span * (event.clientX - box.left)) / box.width;
          onAt(nearest(vectors, us));
        }}
      >
        {until >= first && from <= first + span && (
          <rect class="during" x={x(from)} width={Math.max(1.5, x(until) - x(from))} y="0" height={HEIGHT} />
        )}
        {band && <rect class="band" x="0" width={WIDTH} y={y(band.high)} height={Math.max(1.5, y(band.low) - y(band.high))} />}
        {normal?.median != null && <path class="median" d={`M0 ${y(normal.median)}H${WIDTH}`} />}
        <path class="value" d={`M${path}`} />
        {flagged.map((i) => (
          <path key={i} class="dot" d={`M${x(vectors[i]?.end_us ?? 0)} ${y(values[i] ?? 0)}h0`} />
        ))}
        {at !== null && vector && <path class="cursor" d={`M${x(vector.end_us)} 0V${HEIGHT}`} />}
      </svg>
    </figure>
  );
}

function nearest(vectors: readonly SchemaVectorView[], us: number): number {
  let best = 0;
  for (let i = 1; i < vectors.length; i += 1) {
    const [one, other] = [vectors[i], vectors[best]];
    if (one && other && Math.abs(one.end_us - us) < Math.abs(other.end_us - us)) best = i;
  }
  return best;
}
