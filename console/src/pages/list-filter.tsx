// What is chosen of the list: state, severity, kind, words, and how it is grouped.
import { kindName } from "../api/catalogue";
import { SEVERITIES, type Severity } from "../feed/incident";
import { t } from "../text";
import * as list from "./list-state";

export function Filter() {
  const words = t().list;
  return (
    <form class="filter" onSubmit={(event) => event.preventDefault()}>
      <div class="line" role="group" aria-label={words.state}>
        {(["open", "all", "resolved"] as const).map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={list.shown.value === one}
            onClick={() => changed(() => (list.shown.value = one))}
          >
            {one === "open" ? words.open : one === "all" ? words.all : words.over}
          </button>
        ))}
        <select
          aria-label={words.severity}
          value={list.least.value}
          onChange={(event) => changed(() => (list.least.value = event.currentTarget.value as Severity))}
        >
          {SEVERITIES.map((one) => (
            <option key={one} value={one}>
              {one === "critical" ? t().severity[one] : words.from(t().severity[one])}
            </option>
          ))}
        </select>
      </div>
      <div class="line">
        <input
          type="search"
          class="grow"
          aria-label={words.filter}
          placeholder={words.filter}
          value={list.text.value}
          onInput={(event) => changed(() => (list.text.value = event.currentTarget.value))}
        />
        <select
          aria-label={words.kind}
          class="narrow"
          value={list.kind.value}
          onChange={(event) => changed(() => (list.kind.value = event.currentTarget.value))}
        >
          <option value="">{words.anyKind}</option>
          {list.kinds.value.map((one) => (
            <option key={one} value={one}>
              {kindName(one)}
            </option>
          ))}
        </select>
        <select
          aria-label={words.group}
          class="narrow"
          value={list.grouping.value}
          onChange={(event) => changed(() => (list.grouping.value = event.currentTarget.value as list.Grouping))}
        >
          <option value="kind">{words.byKind}</option>
          <option value="user">{words.byUser}</option>
          <option value="none">{words.byNone}</option>
        </select>
      </div>
    </form>
  );
}

/** Whoever changes the filter wants to see what fits now. */
function changed(change: () => void): void {
  list.release();
  change();
}

export function clear(): void {
  list.text.value = "";
  list.kind.value = "";
  list.least.value = "low";
}
