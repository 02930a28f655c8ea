// Pages that are loaded when they are first looked at.
import type { ComponentChildren, FunctionComponent } from "preact";
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";

const Fallback = createContext<ComponentChildren>(null);

export function Suspense({ fallback, children }: { fallback: ComponentChildren; children: ComponentChildren }) {
  return <Fallback.Provider value={fallback}>{children}</Fallback.Provider>;
}

export function lazy(load: () => Promise<FunctionComponent>): FunctionComponent {
  let loaded: FunctionComponent | null = null;
  return function Later() {
    const fallback = useContext(Fallback);
    const [fault, setFault] = useState<unknown>(null);
    const [, setTurn] = useState(0);
    useEffect(() => {
      if (loaded) return;
      load().then((found) => {
        loaded = found;
        setTurn((old) => old + 1);
      }, setFault);
    }, []);
    if (fault) throw fault;
    const Page = loaded;
    return Page ? <Page /> : <>{fallback}</>;
  };
}
