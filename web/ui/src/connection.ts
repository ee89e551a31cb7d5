// A stream of server-sent events that comes back by itself, and rests while nobody looks.

export interface Stream {
  url(): string;
  opened?(first: boolean): void;
  message(event: MessageEvent<string>): void;
}

const firstWait = 500;
const longestWait = 15_000;
const restAfter = 30_000; // a hidden page gives its connection back: browsers have few

const away = new Set<Connection>();

export class Connection {
  private source?: EventSource;
  private wait = firstWait;
  private timer = 0;
  private first = true;
  private over = false;

  constructor(private readonly stream: Stream) {
    document.addEventListener("visibilitychange", this.look);
    this.open();
  }

  close(): void {
    this.over = true;
    document.removeEventListener("visibilitychange", this.look);
    this.drop();
    this.back();
  }

  private open(): void {
    if (this.over || this.source) return;
    const source = new EventSource(this.stream.url());
    this.source = source;
    source.onopen = () => {
      this.wait = firstWait;
      this.back();
      this.stream.opened?.(this.first);
      this.first = false;
    };
    source.onmessage = (event: MessageEvent<string>) => this.stream.message(event);
    source.addEventListener("end", () => this.close());
    source.onerror = () => this.lost();
  }

  // Waits longer each time: a server that comes back is not met by everybody at once.
  private lost(): void {
    if (this.source?.readyState === EventSource.CLOSED) void check();
    this.drop();
    away.add(this);
    showAway();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.open(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, longestWait);
  }

  private back(): void {
    away.delete(this);
    showAway();
  }

  private drop(): void {
    this.source?.close();
    this.source = undefined;
  }

  private readonly look = (): void => {
    window.clearTimeout(this.timer);
    if (document.hidden) {
      this.timer = window.setTimeout(() => this.drop(), restAfter);
    } else {
      this.wait = firstWait;
      this.open();
    }
  };
}

// A stream that was refused may have been so because nobody is signed in any more: then the
// page itself is redirected.
async function check(): Promise<void> {
  try {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 404) location.reload();
  } catch {
    // The server is away.
  }
}

let hint = 0;

// A short interruption is nobody's business.
function showAway(): void {
  const note = document.getElementById("away");
  if (!note) return;
  window.clearTimeout(hint);
  if (away.size === 0) {
    note.hidden = true;
  } else {
    hint = window.setTimeout(() => (note.hidden = away.size === 0), 1500);
  }
}
