// What stands around every page: where to go, search, the state of the connection, who is signed in.
import { Suspense, lazy } from "./lazy";
import { useEffect, useRef, useState } from "preact/hooks";
import { caller, highest, leave } from "./api/session";
import { incidents, link, retry } from "./feed/feed";
import { useKeys } from "./keys";
import { clock } from "./look/format";
import { Choices } from "./parts/choices";
import { Guard, Loading } from "./parts/fault";
import { KeysDialog, keysShown } from "./parts/keys-dialog";
import { IncidentsPage } from "./pages/incidents";
import { go, pathTo, place, searchFor } from "./route";
import { t } from "./text";

const PAGES = ["incidents", "map", "models", "health"] as const;
// Most cuts are over before anybody would have read of them.
const PATIENCE_MS = 1200;
const LATER = {
  map: lazy(() => import("./pages/map").then((page) => page.MapPage)),
  models: lazy(() => import("./pages/models").then((page) => page.ModelsPage)),
  health: lazy(() => import("./pages/health").then((page) => page.HealthPage)),
  search: lazy(() => import("./pages/search").then((page) => page.SearchPage)),
};

export function Frame() {
  const search = useRef<HTMLInputElement>(null);
  const content = useRef<HTMLElement>(null);
  useKeys(search);
  const { page } = place.value;
  useEffect(() => {
    const name = page in t().nav ? t().nav[page as keyof ReturnType<typeof t>["nav"]] : t().search.title;
    document.title = `${name} · ${t().product}`;
  });
  const Later = LATER[page as keyof typeof LATER];
  return (
    <div class="frame">
      <header class="top">
        <a class="skip" href="#content" onClick={(event) => {
          event.preventDefault();
          content.current?.focus();
        }}>
          {t().skip}
        </a>
        <a class="brand" href={pathTo("incidents")}>
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" />
          {t().product}
        </a>
        <nav aria-label={t().nav.main}>
          {PAGES.map((one) => (
            <a key={one} class="inset" href={pathTo(one)} aria-current={page === one ? "page" : undefined}>
              {t().nav[one]}
              {one === "incidents" && <OpenCount />}
            </a>
          ))}
        </nav>
        <search class="find">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              const text = search.current?.value.trim();
              if (text) go(searchFor(text));
            }}
          >
            <input ref={search} type="search" aria-label={t().search.label} placeholder={t().search.hint} maxLength={256} />
          </form>
        </search>
        <LinkState />
        <Account />
      </header>
      <Banner />
      <main id="content" ref={content} tabIndex={-1}>
        <Guard key={page}>
          {Later ? (
            <Suspense fallback={<Loading>…</Loading>}>
              <Later />
            </Suspense>
          ) : (
            <IncidentsPage />
          )}
        </Guard>
      </main>
      <KeysDialog />
    </div>
  );
}

function OpenCount() {
  let open = 0;
  for (const one of incidents.value.values()) if (one.state === "open") open += 1;
  return <span class="badge">{open}</span>;
}

function LinkState() {
  const { link: state } = link.value;
  const words = t().link;
  const name = { live: words.live, connecting: words.connecting, catching: words.catching, waiting: words.waiting };
  const shape = {
    live: <circle cx="6" cy="6" r="4" fill="var(--good)" />,
    connecting: <circle cx="6" cy="6" r="4" fill="none" stroke="var(--muted)" stroke-width="2" />,
    catching: <circle cx="6" cy="6" r="4" fill="none" stroke="var(--accent)" stroke-width="2" />,
    waiting: <path d="M2 2l8 8M10 2l-8 8" stroke="var(--bad)" stroke-width="2.2" fill="none" />,
  };
  const key = state === "refused" || state === "expired" ? "waiting" : state;
  return (
    <span class="link" role="status" title={key === "waiting" ? words.waitingTitle : words.liveTitle}>
      <svg width="12" height="12" aria-hidden="true">
        {shape[key]}
      </svg>
      {name[key]}
    </span>
  );
}

function Banner() {
  const { link: state, sinceMs } = link.value;
  const [late, setLate] = useState(false);
  const waits = state === "waiting";
  useEffect(() => {
    if (!waits) return setLate(false);
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [waits]);
  if (!late) return null;
  return (
    <div class="banner" role="status">
      <span>{t().link.banner(clock(sinceMs * 1000))}</span>
      <button type="button" class="quiet" onClick={retry}>
        {t().link.retry}
      </button>
    </div>
  );
}

function Account() {
  const who = caller.value;
  const box = useRef<HTMLDetailsElement>(null);
  const close = (): void => {
    if (box.current) box.current.open = false;
  };
  return (
    <details
      class="menu"
      ref={box}
      onKeyDown={(event) => event.key === "Escape" && close()}
      onFocusOut={(event) => !box.current?.contains(event.relatedTarget as Node | null) && event.relatedTarget && close()}
    >
      <summary class="clip">{who ? who.user_id : "…"}</summary>
      <div>
        {who && (
          <p class="break">
            {t().signIn.as(who.user_id, t().signIn.roles[highest(who.roles)])}
            {who.expires_us !== null && <span class="muted"> {t().signIn.expires(clock(who.expires_us))}</span>}
          </p>
        )}
        <Choices />
        <p class="line">
          <a href="/openapi.json">{t().help.api}</a>
          <a href="/asyncapi.json">{t().help.events}</a>
          <a href={`${import.meta.env.BASE_URL}licences.txt`}>{t().help.licences}</a>
          <button type="button" class="quiet" onClick={() => (keysShown.value = true)}>
            {t().help.keys}
          </button>
        </p>
        <button type="button" onClick={() => leave()}>
          {t().signIn.out}
        </button>
      </div>
    </details>
  );
}
