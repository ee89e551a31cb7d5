// Goes on with the logs of a page as they are written.
import { Connection } from "./connection";
import { clock } from "./time";

const mostLines = 5000; // that a page keeps
const nearBottom = 40; // pixels

interface Line {
  time: string;
  stream: string;
  replica?: string;
  text: string;
}

class Log {
  private readonly connection: Connection;
  private readonly note: HTMLElement | null;
  private waiting: Line[] = [];
  private after: string;

  constructor(private readonly element: HTMLElement) {
    this.after = element.dataset.after ?? "0";
    this.note = element.parentElement?.querySelector<HTMLElement>("[data-log-note]") ?? null;
    begin(element);
    this.connection = new Connection({
      url: () => `${element.dataset.log}?after=${this.after}`,
      message: (event) => this.take(event),
    });
  }

  get gone(): boolean {
    return !this.element.isConnected;
  }

  close(): void {
    this.connection.close();
  }

  private take(event: MessageEvent<string>): void {
    if (BigInt(event.lastEventId) <= BigInt(this.after)) return; // it is there already
    this.after = event.lastEventId;
    this.waiting.push(JSON.parse(event.data) as Line);
    if (this.waiting.length === 1) requestAnimationFrame(() => this.write());
  }

  // Writes all lines that came since the last frame at once, and follows them only when
  // who reads is at the end.
  private write(): void {
    const e = this.element;
    const follows = e.scrollHeight - e.scrollTop - e.clientHeight < nearBottom;
    e.append(...this.waiting.map(lineElement));
    this.waiting = [];
    while (follows && e.childElementCount > mostLines) e.firstElementChild?.remove();
    if (follows) e.scrollTop = e.scrollHeight;
    if (this.note) this.note.textContent = "";
  }
}

// Shows the end of a log, with times in the zone of who reads.
function begin(element: HTMLElement): void {
  for (const time of element.querySelectorAll<HTMLTimeElement>(".line > time")) {
    time.textContent = clock(new Date(time.dateTime));
    time.title = new Date(time.dateTime).toLocaleString();
  }
  element.scrollTop = element.scrollHeight;
}

function lineElement(line: Line): HTMLElement {
  const element = document.createElement("div");
  element.className = `line ${line.stream}`;
  const time = document.createElement("time");
  time.dateTime = line.time;
  time.textContent = clock(new Date(line.time));
  time.title = new Date(line.time).toLocaleString();
  element.append(time);
  if (line.replica) element.append(child("b", line.replica));
  if (line.stream === "stderr") element.append(child("em", "err"));
  element.append(child("span", line.text));
  return element;
}

function child(name: string, text: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

const logs = new Map<HTMLElement, Log>();

// followLogs begins with logs that are new in the page and ends those that have left it.
export function followLogs(): void {
  for (const [element, log] of logs) {
    if (log.gone) {
      log.close();
      logs.delete(element);
    }
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-log]")) {
    if (!logs.has(element)) logs.set(element, new Log(element));
  }
  for (const ended of document.querySelectorAll<HTMLElement>(".log:not([data-log]):not([data-ended])")) {
    ended.dataset.ended = "";
    begin(ended);
  }
}
