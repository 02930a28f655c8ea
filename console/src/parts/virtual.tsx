// A list of rows of one height, of which only those that are seen are in the document.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

const SPARE = 8;

export interface VirtualProps<T> {
  rows: readonly T[];
  height: number;
  keyOf: (row: T) => string;
  draw: (row: T, index: number) => ComponentChildren;
  label: string;
  /** Index that is to be seen; changes scroll to it. */
  reveal?: number;
  onScrolled?: (away: boolean) => void;
}

export function Virtual<T>({ rows, height, keyOf, draw, label, reveal = -1, onScrolled }: VirtualProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, size: 800 });
  useLayoutEffect(() => {
    const at = box.current;
    if (!at) return;
    const measure = (): void => {
      setView((old) =>
        old.top === at.scrollTop && old.size === at.clientHeight ? old : { top: at.scrollTop, size: at.clientHeight },
      );
    };
    const observer = new ResizeObserver(measure);
    observer.observe(at);
    const scrolled = (): void => {
      measure();
      onScrolled?.(at.scrollTop > height);
    };
    at.addEventListener("scroll", scrolled, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      at.removeEventListener("scroll", scrolled);
    };
  }, []);
  useLayoutEffect(() => {
    const at = box.current;
    if (!at || reveal < 0) return;
    const top = reveal * height;
    if (top < at.scrollTop) at.scrollTop = top - height;
    else if (top + height > at.scrollTop + at.clientHeight) at.scrollTop = top + 2 * height - at.clientHeight;
  }, [reveal]);
  const first = Math.max(0, Math.floor(view.top / height) - SPARE);
  const last = Math.min(rows.length, Math.ceil((view.top + view.size) / height) + SPARE);
  return (
    <div class="virtual" ref={box}>
      <ul aria-label={label} style={{ height: `${rows.length * height}px` }}>
        {rows.slice(first, last).map((row, i) => (
          <li
            key={keyOf(row)}
            aria-setsize={rows.length}
            aria-posinset={first + i + 1}
            style={{ transform: `translateY(${(first + i) * height}px)`, height: `${height}px` }}
          >
            {draw(row, first + i)}
          </li>
        ))}
      </ul>
    </div>
  );
}
