// A question before what cannot be taken back lightly; the browser's own dialog keeps the focus in it.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../text";

interface Question {
  sentence: string;
  yes: string;
  /** Label of a reason that is asked for, too. */
  reason: string | null;
  answer: (reason: string | null) => void;
}

const question = signal<Question | null>(null);

/** The reason, empty where none was asked for or given; null where the answer is no. */
export function ask(sentence: string, yes: string, reason: string | null = null): Promise<string | null> {
  return new Promise((resolve) => {
    question.value = {
      sentence,
      yes,
      reason,
      answer: (said) => {
        question.value = null;
        resolve(said);
      },
    };
  });
}

export function Question() {
  const asked = question.value;
  const box = useRef<HTMLDialogElement>(null);
  const reason = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (asked && !box.current?.open) box.current?.showModal();
  }, [asked]);
  if (!asked) return null;
  return (
    <dialog ref={box} aria-labelledby="question" onClose={() => question.value === asked && asked.answer(null)}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          asked.answer(reason.current?.value.trim() ?? "");
        }}
      >
        <p id="question" class="break">
          {asked.sentence}
        </p>
        {asked.reason && (
          <label>
            <span class="muted">{asked.reason}</span>
            <textarea ref={reason} rows={2} maxLength={500} />
          </label>
        )}
        <div class="line">
          <button type="button" onClick={() => asked.answer(null)}>
            {t().action.no}
          </button>
          <button type="submit" class="primary">
            {asked.yes}
          </button>
        </div>
      </form>
    </dialog>
  );
}
