// Users by risk, moving: how much each sends, and how rare what it does is.
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api/client";
import { useResource } from "../api/resource";
import type { SchemaRecentVectors } from "../api/schema";
import { incidents, watchAnomalies } from "../feed/feed";
import { ago, figure, oneIn } from "../look/format";
import { theme } from "../look/theme";
import { axes, down, draw, left, palette } from "../map/draw";
import { People, type Person } from "../map/people";
import { Fault } from "../parts/fault";
import { SeverityMark } from "../parts/severity";
import { go, searchFor } from "../route";
import { language, t } from "../text";
import "../look/map.css";

const POLL_MS = 2000;
const TABLE_MS = 1000;
const NEAR = 18;

export function MapPage() {
  const people = useRef(new People()).current;
  const [still, setStill] = useState(false);
  const [table, setTable] = useState<Person[]>([]);
  const [rate, setRate] = useState(0);
  const recent = useResource(
    "vectors",
    (signal) => get<SchemaRecentVectors>("/ml/features/recent", { query: { limit: 300 }, signal }),
    POLL_MS,
  );
  useEffect(() => {
    if (recent.data) people.takeVectors(recent.data.vectors, Date.now());
  }, [recent.data]);
  useEffect(() => {
    let counted = 0;
    const end = watchAnomalies((seen, count) => {
      counted += count;
      people.takeSightings(seen, Date.now());
    });
    const timer = setInterval(() => {
      people.sweep(Date.now());
      setTable(people.riskiest(20));
      setRate((old) => 0.7 * old + (0.3 * counted * 1000) / TABLE_MS);
      counted = 0;
    }, TABLE_MS);
    return () => {
      end();
      clearInterval(timer);
    };
  }, []);
  const words = t().map;
  const flagged = [...people.all.values()].filter((one) => one.severity !== null).length;
  const scored = table.some((one) => one.tail !== null);
  return (
    <div class="page map-page">
      <div class="spread">
        <h1>{words.title}</h1>
        <p class="line muted">
          <span>{words.users(people.all.size)}</span>·<span>{words.flagged(flagged)}</span>·
          <span class="rate">{words.perSecond(rate < 0.05 ? "0" : rate.toFixed(rate < 10 ? 1 : 0))}</span>
          <button type="button" aria-pressed={still} onClick={() => setStill(!still)}>
            {still ? words.moving : words.still}
          </button>
        </p>
      </div>
      <p class="muted">{words.about}</p>
      {recent.fault && <Fault fault={recent.fault} retry={recent.reload} stale={recent.data !== null} />}
      {table.length > 0 && !scored && <p class="note">{words.noModel}</p>}
      <div class="map-columns">
        <Canvas people={people} still={still} />
        <Riskiest table={table} loading={recent.loading} />
      </div>
    </div>
  );
}

function Canvas({ people, still }: { people: People; still: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const ground = useRef<HTMLCanvasElement>(null);
  const pointed = useRef<string | null>(null);
  const isStill = useRef(still);
  isStill.current = still;
  useEffect(() => {
    const [at, under] = [canvas.current, ground.current];
    const [pen, groundPen] = [at?.getContext("2d"), under?.getContext("2d", { alpha: true })];
    if (!at || !under || !pen || !groundPen) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let paints = palette();
    let size = { width: 0, height: 0 };
    let frame = 0;
    let last = performance.now();
    const observer = new ResizeObserver(() => {
      size = { width: at.clientWidth, height: at.clientHeight };
      for (const one of [pen, groundPen]) {
        one.canvas.width = Math.round(size.width * devicePixelRatio);
        one.canvas.height = Math.round(size.height * devicePixelRatio);
        one.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      }
      axes(groundPen, size, paints);
    });
    observer.observe(at);
    // Once the attribute that the style goes by has changed.
    const forget = theme.subscribe(() => setTimeout(() => axes(groundPen, size, (paints = palette()))));
    const tick = (now: number): void => {
      if (!isStill.current) people.step(calm ? 1e6 : now - last);
      last = now;
      draw(pen, size, people.all.values(), paints, Date.now(), pointed.current);
      frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      forget();
    };
  }, [language.value]);
  const nearest = (event: PointerEvent | MouseEvent): Person | null => {
    const at = canvas.current;
    if (!at) return null;
    const box = at.getBoundingClientRect();
    const size = { width: at.clientWidth, height: at.clientHeight };
    let [best, distance]: [Person | null, number] = [null, NEAR];
    for (const one of people.all.values()) {
      const far = Math.hypot(left(one.x, size) - event.clientX + box.left, down(one.y, size) - event.clientY + box.top);
      if (far < distance) [best, distance] = [one, far];
    }
    return best;
  };
  return (
    <div class="map">
      <canvas ref={ground} aria-hidden="true" />
      <canvas
        ref={canvas}
      role="img"
      aria-label={`${t().map.title}. ${t().map.about}`}
      onPointerMove={(event) => {
        pointed.current = nearest(event)?.key ?? null;
        event.currentTarget.style.cursor = pointed.current ? "pointer" : "default";
      }}
      onPointerLeave={() => (pointed.current = null)}
      onClick={(event) => {
        const found = nearest(event);
        if (found) go(searchFor(found.name));
      }}
      />
    </div>
  );
}

function Riskiest({ table, loading }: { table: readonly Person[]; loading: boolean }) {
  const words = t().map;
  const open = new Map<string, number>();
  for (const one of incidents.value.values()) {
    if (one.state === "open") open.set(one.userKey, (open.get(one.userKey) ?? 0) + 1);
  }
  return (
    <section class="panel riskiest">
      <h2>{words.table}</h2>
      {table.length === 0 ? (
        <p class="muted">{loading ? words.loading : words.none}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{words.columns.user}</th>
              <th scope="col" class="right">
                {words.columns.risk}
              </th>
              <th scope="col" class="right">
                {words.columns.rate}
              </th>
              <th scope="col" class="right">
                {words.columns.open}
              </th>
            </tr>
          </thead>
          <tbody>
            {table.map((one) => (
              <tr key={one.key}>
                <td class="clip">
                  <a href={searchFor(one.name)} title={ago(one.endUs)}>
                    <SeverityMark severity={one.severity ?? "unspecified"} /> {one.name}
                  </a>
                </td>
                <td class="right">{oneIn(one.tail)}</td>
                <td class="right">{figure(one.rate)}</td>
                <td class="right">{open.get(one.key) ?? 0}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
