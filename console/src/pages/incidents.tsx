// The list of incidents, and beside it the one that was chosen.
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api/client";
import { useResource } from "../api/resource";
import type { SchemaActionList } from "../api/schema";
import { kindName } from "../api/catalogue";
import { read } from "../feed/feed";
import type { Incident } from "../feed/incident";
import { exhausted, loadOlder } from "../feed/older";
import { isTyping } from "../keys";
import { moment, stretch } from "../look/format";
import { Loading } from "../parts/fault";
import { SeverityMark } from "../parts/severity";
import { toast } from "../parts/toast";
import { Virtual } from "../parts/virtual";
import { go, pathTo, place } from "../route";
import { t } from "../text";
import { IncidentPage } from "./incident";
import { Overview } from "./overview";
import { Filter, clear } from "./list-filter";
import * as list from "./list-state";

const ROW = 34;

export function IncidentsPage() {
  const chosen = place.value.id;
  return (
    <div class={`split ${chosen === null ? "" : "chosen"}`}>
      <List chosen={chosen} />
      <section class="detail" aria-label={t().list.columns.what}>
        {chosen === null ? <Overview /> : <IncidentPage key={chosen} id={chosen} />}
      </section>
    </div>
  );
}

function List({ chosen }: { chosen: string | null }) {
  const rows = list.rows.value;
  const waiting = useResource("waiting", (signal) =>
    get<SchemaActionList>("/ml/actions", { query: { state: "proposed", limit: 1000 }, signal }), 10_000);
  const decisions = new Set(waiting.data?.actions.map((one) => one.alert_id));
  const reveal = rows.findIndex((row) => "item" in row && row.item.id === chosen);
  const over = useRef(false);
  const away = useRef(false);
  const settle = (): void => (over.current || away.current ? list.hold() : list.release());
  useListKeys(chosen);
  useEffect(() => list.release, []);
  const words = t().list;
  return (
    <section
      class="list"
      aria-label={words.title}
      onPointerEnter={() => {
        over.current = true;
        settle();
      }}
      onPointerLeave={() => {
        over.current = false;
        settle();
      }}
    >
      <Filter />
      <div class="summary spread">
        <span>
          {words.incidents(list.visible.value.length)}
          {decisions.size > 0 && <span class="muted"> · {words.waiting(decisions.size)}</span>}
        </span>
        <Fresh />
      </div>
      {rows.length === 0 ? (
        <Nothing />
      ) : (
        <Virtual
          rows={rows}
          height={ROW}
          label={words.title}
          reveal={reveal}
          keyOf={(row) => ("head" in row ? `group ${row.head.key}` : row.item.id)}
          draw={(row) =>
            "head" in row ? (
              <Head group={row.head} />
            ) : (
              <Line item={row.item} current={row.item.id === chosen} decide={decisions.has(row.item.id)} />
            )
          }
          onScrolled={(isAway) => {
            away.current = isAway;
            settle();
          }}
        />
      )}
      <Older />
    </section>
  );
}

function Fresh() {
  const count = list.fresh.value;
  return (
    <span class="fresh" aria-live="polite">
      {count > 0 && (
        <button type="button" class="quiet" onClick={list.release}>
          ↑ {t().list.fresh(count)}
        </button>
      )}
    </span>
  );
}

function Head({ group }: { group: list.Group }) {
  const isFolded = list.folded.value.has(group.key);
  return (
    <button type="button" class="head inset" aria-expanded={!isFolded} onClick={() => list.fold(group.key)}>
      <svg width="10" height="10" aria-hidden="true" class={isFolded ? "" : "down"}>
        <path d="M3 1l4 4-4 4" fill="none" stroke="currentColor" stroke-width="1.6" />
      </svg>
      <SeverityMark severity={group.severity} />
      <span class="clip">{group.label}</span>
      <span class="muted nowrap">
        {t().severity[group.severity]} · {t().list.incidents(group.items.length)} · {t().list.people(group.people)}
        {group.open > 0 && ` · ${t().list.openCount(group.open)}`}
      </span>
    </button>
  );
}

function Line({ item, current, decide }: { item: Incident; current: boolean; decide: boolean }) {
  const lasts = (item.state === "resolved" ? item.resolvedUs : item.lastSeenUs) - item.openedUs;
  return (
    <a class={`row inset ${item.state}`} href={pathTo("incidents", item.id)} aria-current={current ? "true" : undefined}>
      <SeverityMark severity={item.severity} />
      <span class="time muted">{moment(item.openedUs)}</span>
      <span class="who clip" title={list.whoOf(item)}>
        {list.whoOf(item)}
      </span>
      <span class="what clip" title={list.titleOf(item)}>
        {list.grouping.value === "kind" ? t().list.vectors(item.vectors) : kindName(item.kind)}
      </span>
      <span class="flags">
        {decide && item.state === "open" && (
          <span class="flag" title={t().action.waits}>
            ⚑<span class="hidden">{t().action.waits}</span>
          </span>
        )}
        {item.verdict === "true" && <span title={t().verdict.saidTrue}>✓<span class="hidden">{t().verdict.saidTrue}</span></span>}
        {item.verdict === "false" && <span title={t().verdict.saidFalse}>✗<span class="hidden">{t().verdict.saidFalse}</span></span>}
      </span>
      <span class="lasts right muted">{item.state === "open" ? t().state.open : stretch(lasts)}</span>
    </a>
  );
}

function Nothing() {
  const words = t().list;
  if (!read.value) return <Loading>{words.loading}</Loading>;
  const filtered = list.text.value !== "" || list.kind.value !== "" || list.least.value !== "low";
  return (
    <div class="empty">
      <strong>{words.empty}</strong>
      {filtered ? words.emptyFilter : words.emptyOpen}
      {filtered && (
        <p>
          <button type="button" class="quiet" onClick={clear}>
            {words.clear}
          </button>
        </p>
      )}
    </div>
  );
}

function Older() {
  const [busy, setBusy] = useState(false);
  if (list.shown.value === "open") return null;
  const load = async (): Promise<void> => {
    setBusy(true);
    try {
      await loadOlder();
      list.release();
    } catch (error) {
      toast((error as Error).message || t().fault.network);
    } finally {
      setBusy(false);
    }
  };
  return (
    <p class="older">
      {exhausted.value ? (
        <span class="muted">{t().list.noOlder}</span>
      ) : (
        <button type="button" class="quiet" disabled={busy} onClick={() => void load()}>
          {t().list.older}
        </button>
      )}
    </p>
  );
}

function useListKeys(chosen: string | null): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (isTyping(event)) return;
      const step = event.key === "j" || event.key === "ArrowDown" ? 1 : event.key === "k" || event.key === "ArrowUp" ? -1 : 0;
      if (step !== 0) {
        const ids = list.rows.peek().flatMap((row) => ("item" in row ? row.item.id : []));
        const at = chosen === null ? -1 : ids.indexOf(chosen);
        const next = ids[at < 0 ? (step > 0 ? 0 : ids.length - 1) : at + step];
        if (next !== undefined) go(pathTo("incidents", next));
        event.preventDefault();
      } else if (event.key === "Escape" && chosen !== null) {
        go(pathTo("incidents"));
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [chosen]);
}
