// Groups a feed by the days of who reads; the server groups it by those of UTC.

export function groupByDay(): void {
  for (const feed of document.querySelectorAll<HTMLElement>("[data-days]")) regroup(feed);
}

function regroup(feed: HTMLElement): void {
  for (const heading of feed.querySelectorAll(".day")) heading.remove();
  let day = "";
  for (const time of feed.querySelectorAll<HTMLTimeElement>("time[data-clock]")) {
    const at = new Date(time.dateTime);
    time.textContent = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    time.title = at.toLocaleString();
    const its = inWords(at);
    if (its !== day) time.closest(".row")?.before(heading(its));
    day = its;
  }
}

function heading(day: string): HTMLElement {
  const element = document.createElement("h3");
  element.className = "day";
  element.textContent = day;
  return element;
}

function inWords(at: Date): string {
  const part = (options: Intl.DateTimeFormatOptions): string => at.toLocaleDateString("en-GB", options);
  return `${part({ weekday: "long" })}, ${part({ day: "numeric", month: "long", year: "numeric" })}`;
}
