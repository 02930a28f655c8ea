// What is shown where something cannot be had.
import { Component, type ComponentChildren } from "preact";
import type { Refused } from "../api/client";
import { t } from "../text";

export function sentenceOf(fault: Refused): string {
  if (fault.status === 0) return fault.message || t().fault.network;
  return fault.message || (fault.status === 403 ? t().fault.role : `${fault.status} ${fault.title}`);
}

export function Fault({ fault, retry, stale = false }: { fault: Refused; retry?: () => void; stale?: boolean }) {
  return (
    <div class="note bad line" role="alert">
      <span class="break">
        {sentenceOf(fault)} {stale && t().fault.stale}
      </span>
      {retry && (
        <button type="button" class="quiet" onClick={retry}>
          {t().fault.retry}
        </button>
      )}
    </div>
  );
}

/** A part that fails takes no other part with it. */
export class Guard extends Component<{ children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };
  static override getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }
  override render() {
    return this.state.failed ? <div class="note bad">{t().fault.render}</div> : this.props.children;
  }
}

export function Loading({ children }: { children: ComponentChildren }) {
  return (
    <p class="empty pulse" role="status">
      {children}
    </p>
  );
}
