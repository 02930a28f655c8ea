import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../text";

export const keysShown = signal(false);

export function KeysDialog() {
  const box = useRef<HTMLDialogElement>(null);
  const shown = keysShown.value;
  useEffect(() => {
    if (shown) box.current?.showModal();
  }, [shown]);
  if (!shown) return null;
  const close = (): void => {
    keysShown.value = false;
  };
  return (
    <dialog ref={box} onClose={close} aria-labelledby="keys">
      <h1 id="keys">{t().keys.title}</h1>
      <dl class="facts keys">
        {t().keys.list.map(([key, what]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <div class="line">
        <button type="button" class="primary" onClick={close} autofocus>
          {t().keys.close}
        </button>
      </div>
    </dialog>
  );
}
