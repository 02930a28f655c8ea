// Draws the map: its axes on one canvas, who moves on another.
import type { Severity } from "../feed/incident";
import { oneIn, whole } from "../look/format";
import { colour } from "../look/theme";
import { t } from "../text";
import { across, upwards, type Person } from "./people";

const LEFT = 62;
const BOTTOM = 34;
const TOP = 26;
const RIGHT = 18;
const FADES_MS = 30_000;
const RATES = [0, 1, 3, 10, 30, 100, 300, 1000];
const TAILS = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7];

export interface Palette {
  font: string;
  text: string;
  muted: string;
  line: string;
  accent: string;
  marks: Record<Severity, string>;
}

export function palette(): Palette {
  const muted = colour("muted");
  return {
    font: colour("font"),
    text: colour("text"),
    muted,
    line: colour("line"),
    accent: colour("accent"),
    marks: {
      unspecified: muted,
      low: colour("low"),
      medium: colour("medium"),
      high: colour("high"),
      critical: colour("critical"),
    },
  };
}

export interface Size {
  width: number;
  height: number;
}

export const left = (x: number, size: Size): number => LEFT + x * (size.width - LEFT - RIGHT);
export const down = (y: number, size: Size): number => size.height - BOTTOM - y * (size.height - BOTTOM - TOP);

export function draw(
  pen: CanvasRenderingContext2D,
  size: Size,
  people: Iterable<Person>,
  paints: Palette,
  nowMs: number,
  pointed: string | null,
): void {
  pen.clearRect(0, 0, size.width, size.height);
  let named: Person | null = null;
  for (const one of people) {
    pen.globalAlpha = Math.max(0.25, 1 - (nowMs - one.seenMs) / FADES_MS);
    mark(pen, left(one.x, size), down(one.y, size), one.severity, paints);
    if (one.key === pointed) named = one;
  }
  pen.globalAlpha = 1;
  if (named) label(pen, size, named, paints);
}

/** What stands still, on a canvas of its own. */
export function axes(pen: CanvasRenderingContext2D, size: Size, paints: Palette): void {
  pen.clearRect(0, 0, size.width, size.height);
  pen.font = `11px ${paints.font}`;
  pen.lineWidth = 1;
  pen.strokeStyle = paints.line;
  pen.fillStyle = paints.muted;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const tail of TAILS) {
    const y = Math.round(down(upwards(tail), size)) + 0.5;
    pen.beginPath();
    pen.moveTo(LEFT, y);
    pen.lineTo(size.width - RIGHT, y);
    pen.stroke();
    pen.fillText(oneIn(tail), LEFT - 8, y);
  }
  pen.textAlign = "left";
  pen.fillText(t().map.rare, 8, 9);
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const rate of RATES) pen.fillText(whole(rate), left(across(rate), size), size.height - BOTTOM + 5);
  pen.fillText(t().map.rate, (LEFT + size.width) / 2, size.height - 13);
}

function mark(pen: CanvasRenderingContext2D, x: number, y: number, severity: Severity | null, paints: Palette): void {
  pen.beginPath();
  if (severity === null || severity === "unspecified") {
    pen.arc(x, y, 2.6, 0, 2 * Math.PI);
    pen.fillStyle = paints.muted;
    pen.fill();
    return;
  }
  pen.fillStyle = pen.strokeStyle = paints.marks[severity];
  if (severity === "low") {
    pen.lineWidth = 1.8;
    pen.arc(x, y, 4, 0, 2 * Math.PI);
    pen.stroke();
    return;
  }
  if (severity === "medium") {
    pen.moveTo(x, y - 5);
    pen.lineTo(x + 5, y + 4);
    pen.lineTo(x - 5, y + 4);
  } else if (severity === "high") {
    pen.moveTo(x, y - 6);
    pen.lineTo(x + 6, y);
    pen.lineTo(x, y + 6);
    pen.lineTo(x - 6, y);
  } else {
    pen.rect(x - 5.5, y - 5.5, 11, 11);
  }
  pen.fill();
}

function label(pen: CanvasRenderingContext2D, size: Size, one: Person, paints: Palette): void {
  const [x, y] = [left(one.x, size), down(one.y, size)];
  pen.strokeStyle = paints.accent;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.arc(x, y, 10, 0, 2 * Math.PI);
  pen.stroke();
  pen.font = `600 12px ${paints.font}`;
  pen.fillStyle = paints.text;
  pen.textBaseline = "bottom";
  const toLeft = x > size.width * 0.7;
  pen.textAlign = toLeft ? "right" : "left";
  pen.fillText(one.name.slice(0, 60), x + (toLeft ? -14 : 14), Math.max(16, y - 4));
}
