// A value from REST that is asked for again now and then; while it cannot be had, the last one stays with the reason.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { language } from "../text";
import { Refused } from "./client";

export interface Resource<T> {
  data: T | null;
  fault: Refused | null;
  loading: boolean;
  reload: () => void;
  set: (data: T) => void;
}

/** Asks for `key`; null asks nothing. `everyMs` asks again while the page is looked at. */
export function useResource<T>(key: string | null, ask: (signal: AbortSignal) => Promise<T>, everyMs = 0): Resource<T> {
  const [state, setState] = useState<{ key: string | null; data: T | null; fault: Refused | null }>({
    key: null,
    data: null,
    fault: null,
  });
  const asking = useRef(ask);
  asking.current = ask;
  const [turn, setTurn] = useState(0);
  const full = key === null ? null : `${key} ${language.value}`;
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    let timer = 0;
    const run = async (): Promise<void> => {
      if (!document.hidden || everyMs === 0) {
        try {
          const data = await asking.current(stop.signal);
          if (!stop.signal.aborted) setState({ key, data, fault: null });
        } catch (error) {
          if (stop.signal.aborted) return;
          const fault = error instanceof Refused ? error : new Refused(0, "", String(error));
          setState((old) => ({ key, data: old.key === key ? old.data : null, fault }));
        }
      }
      if (everyMs > 0 && !stop.signal.aborted) timer = self.setTimeout(() => void run(), everyMs);
    };
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [full, everyMs, turn]);
  const current = state.key === key;
  return {
    data: current ? state.data : null,
    fault: current ? state.fault : null,
    loading: key !== null && (!current || (state.data === null && state.fault === null)),
    reload: useCallback(() => setTurn((old) => old + 1), []),
    set: useCallback((data: T) => setState({ key, data, fault: null }), [key]),
  };
}
