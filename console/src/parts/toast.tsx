// Short news at the corner of the page, with what takes it back.
import { signal } from "@preact/signals";

interface Toast {
  id: number;
  sentence: string;
  label: string | null;
  act: (() => void) | null;
}

const LASTS_MS = 9000;
const toasts = signal<readonly Toast[]>([]);
let last = 0;

export function toast(sentence: string, label: string | null = null, act: (() => void) | null = null): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value.slice(-2), { id, sentence, label, act }];
  setTimeout(() => drop(id), LASTS_MS);
}

function drop(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div class="toast" key={one.id}>
          <span class="break">{one.sentence}</span>
          {one.label && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                drop(one.id);
                one.act?.();
              }}
            >
              {one.label}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
