// One connection to /ws/alerts that is opened again whenever it ends, and goes on where it was.
import type { Link } from "./messages";

const EXPIRED = 3000;
const FINAL_FROM = 3500;
const SHORTEST_MS = 50;
const LONGEST_MS = 2000;

export interface Frame {
  type: string;
  position?: string;
  recovered?: boolean;
  message?: string;
}

export interface Hooks {
  frame: (frame: Frame) => void;
  link: (link: Link, sentence: string) => void;
}

export class Resuming {
  private socket: WebSocket | null = null;
  private position = "";
  private waitMs = SHORTEST_MS;
  private timer = 0;
  private refusal = "";
  private ended = false;

  /** `url` is complete but for the position; without `resumes` a connection begins with what comes next. */
  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly hooks: Hooks,
    private readonly resumes = true,
  ) {
    this.open();
  }

  /** Tries at once, where it waits. */
  retry(): void {
    if (this.ended || this.socket !== null) return;
    clearTimeout(this.timer);
    this.open();
  }

  /** The network is gone: whoever hangs on a connection would not notice for long. */
  cut(): void {
    this.socket?.close();
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private open(): void {
    this.hooks.link("connecting", "");
    const after = this.resumes ? `&after=${encodeURIComponent(this.position)}` : "";
    const socket = new WebSocket(this.url + after);
    this.socket = socket;
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "auth", token: this.token }));
      this.hooks.link(this.resumes ? "catching" : "live", "");
    };
    socket.onmessage = (event: MessageEvent<string>) => this.read(event.data);
    socket.onclose = (event) => this.closed(event.code, event.reason);
  }

  private read(text: string): void {
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      return;
    }
    if (frame.type === "error") {
      this.refusal = frame.message ?? "";
      return;
    }
    this.hooks.frame(frame);
    if (frame.position !== undefined) this.position = frame.position;
    if (frame.type === "caught_up") {
      this.waitMs = SHORTEST_MS;
      this.hooks.link("live", "");
    }
  }

  private closed(code: number, reason: string): void {
    this.socket = null;
    if (this.ended) return;
    if (code === EXPIRED || code >= FINAL_FROM) {
      this.ended = true;
      this.hooks.link(code === EXPIRED ? "expired" : "refused", this.refusal || reason);
      return;
    }
    this.hooks.link("waiting", "");
    this.timer = self.setTimeout(() => this.open(), this.waitMs * (0.5 + Math.random()));
    this.waitMs = Math.min(LONGEST_MS, this.waitMs * 2);
  }
}
