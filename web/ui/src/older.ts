// Reads the lines before those that a page has, when somebody scrolls up to them or asks.
import { localise } from "./logline";

const nearTop = 60; // pixels

export function readOlder(log: HTMLElement): void {
  let busy = false;
  const read = async (): Promise<void> => {
    const link = olderLink(log);
    if (busy || !link) return;
    busy = true;
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${link.href}&section=lines`, { credentials: "same-origin" });
      if (answer.ok) prepend(log, await answer.text());
    } catch {
      // The server is away; whoever scrolls on asks again.
    }
    olderLink(log)?.removeAttribute("aria-busy");
    busy = false;
  };
  log.addEventListener("scroll", () => log.scrollTop < nearTop && void read(), { passive: true });
  log.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("[data-older]")) return;
    event.preventDefault();
    void read();
  });
}

// Says where the lines before the first one are, after some were taken away.
export function cutOlder(log: HTMLElement): void {
  const pages = log.dataset.pages;
  const lines = Array.from(log.querySelectorAll<HTMLTimeElement>(".line > time"));
  if (!pages || lines.length === 0) return;
  const first = lines[0].dateTime;
  const different = lines.findIndex((time) => time.dateTime !== first);
  const to = new URL(pages, location.href);
  to.searchParams.set("before", first);
  to.searchParams.set("skip", String(different < 0 ? lines.length : different));
  const link = olderLink(log) ?? newLink(log);
  link.href = to.href;
}

function olderLink(log: HTMLElement): HTMLAnchorElement | null {
  return log.querySelector<HTMLAnchorElement>("[data-older]");
}

function newLink(log: HTMLElement): HTMLAnchorElement {
  const link = document.createElement("a");
  link.className = "button";
  link.dataset.older = "";
  link.textContent = "Older lines";
  const around = document.createElement("p");
  around.className = "older";
  around.append(link);
  log.prepend(around);
  return link;
}

// Puts lines before the others without moving what is being read.
function prepend(log: HTMLElement, html: string): void {
  const older = document.createElement("template");
  older.innerHTML = html;
  localise(older.content);
  const below = log.scrollHeight - log.scrollTop;
  log.querySelector(".older")?.remove();
  log.prepend(older.content);
  log.scrollTop = log.scrollHeight - below;
}
