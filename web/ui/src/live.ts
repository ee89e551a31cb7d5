// Fetches the sections of a page that show what has changed.
import { Connection } from "./connection";
import { morph } from "./morph";

const shortestPause = 250; // between two fetches of one section

interface Change {
  noun: string;
}

// A section of what no event tells, such as how far a drain has come, says after how many
// seconds it is fetched again.
class Section {
  private busy = false;
  private stale = false;

  constructor(
    private readonly element: HTMLElement,
    private readonly swapped: () => void,
  ) {
    const seconds = Number(element.dataset.every);
    if (seconds) window.setInterval(() => void (document.hidden || this.refresh()), seconds * 1000);
  }

  shows(noun: string): boolean {
    const nouns = this.element.dataset.nouns;
    return !nouns || nouns.split(" ").includes(noun);
  }

  // However many changes come, one fetch is under way, and one more behind it.
  async refresh(): Promise<void> {
    this.stale = true;
    if (this.busy) return;
    this.busy = true;
    while (this.stale) {
      this.stale = false;
      await this.fetch();
      await new Promise((done) => window.setTimeout(done, shortestPause));
    }
    this.busy = false;
  }

  private async fetch(): Promise<void> {
    try {
      const answer = await fetch(this.element.dataset.live ?? "", { credentials: "same-origin" });
      if (answer.status === 401 || answer.status === 404) {
        location.reload(); // signed out, or gone: the whole page says what is so
        return;
      }
      if (!answer.ok) return; // the next change tries again
      morph(this.element, await answer.text());
      this.swapped();
    } catch {
      // The server is away; when its stream is back, every section is fetched.
    }
  }
}

export function followChanges(swapped: () => void): void {
  const events = document.body.dataset.events;
  const elements = document.querySelectorAll<HTMLElement>("[data-live]");
  if (!events || elements.length === 0) return;
  const sections = Array.from(elements, (element) => new Section(element, swapped));
  new Connection({
    url: () => events,
    // What changed before the stream was there is not told by it.
    opened: () => sections.forEach((section) => void section.refresh()),
    message: (event) => {
      const change = JSON.parse(event.data) as Change;
      sections.filter((section) => section.shows(change.noun)).forEach((section) => void section.refresh());
    },
  });
}
