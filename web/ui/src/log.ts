// Goes on with the logs of a page as they are written.
import { Connection } from "./connection";
import { gapElement, lineElement, localise, type Line } from "./logline";
import { cutOlder, readOlder } from "./older";
import { Places } from "./places";

const mostLines = 5000; // that a page keeps
const slack = 500; // more, so that lines are taken away seldom
const nearBottom = 40; // pixels

class Log {
  private readonly connection: Connection;
  private readonly read: Places;
  private waiting: Line[] = []; // for the next frame or, while somebody reads further up, for them
  private leftOut = 0;
  private framed = false;

  constructor(
    private readonly element: HTMLElement,
    private readonly newest: NewestButton,
  ) {
    this.read = new Places(element.dataset.after ?? "");
    element.addEventListener("scroll", () => this.waiting.length > 0 && this.plan(), { passive: true });
    this.connection = new Connection({
      url: () => this.url(),
      message: (event) => this.take(event),
    });
  }

  get gone(): boolean {
    return !this.element.isConnected;
  }

  close(): void {
    this.connection.close();
  }

  private url(): string {
    const url = new URL(this.element.dataset.log ?? "", location.href);
    url.searchParams.set("after", this.read.toString());
    return url.href;
  }

  private take(event: MessageEvent<string>): void {
    if (!this.read.take(event.lastEventId)) return; // it is there already
    this.waiting.push(JSON.parse(event.data) as Line);
    if (this.waiting.length > mostLines) {
      this.waiting.shift();
      this.leftOut++;
    }
    this.plan();
  }

  private plan(): void {
    if (this.framed) return;
    this.framed = true;
    requestAnimationFrame(() => {
      this.framed = false;
      this.write();
    });
  }

  // Writes all lines that came since the last frame at once, when who reads is at the end;
  // who reads further up is not disturbed.
  private write(): void {
    const e = this.element;
    if (!atEnd(e)) {
      this.newest.show(this.waiting.length + this.leftOut);
      return;
    }
    if (this.leftOut > 0) e.append(gapElement(this.leftOut));
    e.append(...this.waiting.map(lineElement));
    this.waiting = [];
    this.leftOut = 0;
    this.trim();
    e.scrollTop = e.scrollHeight;
    this.newest.hide();
    const note = e.parentElement?.querySelector("[data-log-note]");
    if (note) note.textContent = "";
  }

  private trim(): void {
    if (this.element.childElementCount <= mostLines + slack) return;
    const lines = Array.from(this.element.getElementsByClassName("line"));
    for (const line of lines.slice(0, lines.length - mostLines)) line.remove();
    cutOlder(this.element);
  }
}

function atEnd(log: HTMLElement): boolean {
  return log.scrollHeight - log.scrollTop - log.clientHeight < nearBottom;
}

// The button that leads back to the end of a log.
class NewestButton {
  private waiting = 0;

  constructor(
    log: HTMLElement,
    private readonly button: HTMLButtonElement,
  ) {
    log.addEventListener("scroll", () => (atEnd(log) ? this.hide() : this.show(this.waiting)), { passive: true });
    button.addEventListener("click", () => {
      log.scrollTop = log.scrollHeight;
      log.focus({ preventScroll: true });
    });
  }

  show(waiting: number): void {
    this.waiting = waiting;
    this.button.textContent = waiting === 0 ? "Newest ↓" : `${waiting} new ${waiting === 1 ? "line" : "lines"} ↓`;
    this.button.hidden = false;
  }

  hide(): void {
    this.waiting = 0;
    this.button.hidden = true;
  }
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
  for (const element of document.querySelectorAll<HTMLElement>(".log:not([data-begun])")) begin(element);
}

// Shows the end of a log, with times in the zone of who reads, and goes on with it unless it
// has ended.
function begin(element: HTMLElement): void {
  element.dataset.begun = "";
  localise(element);
  element.scrollTop = element.scrollHeight;
  const button = element.parentElement?.querySelector<HTMLButtonElement>("[data-newest]");
  if (!button) return;
  const newest = new NewestButton(element, button);
  readOlder(element);
  if (element.dataset.log) logs.set(element, new Log(element, newest));
}
