// Words times as the server does, as time goes by and in the zone of who reads.

// The time of day, with the day unless that is today. It is asked for each line of a log, for
// which the formats of Intl are slow.
export function clock(time: Date): string {
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
  if (time.toDateString() === new Date().toDateString()) return clock;
  return `${time.getDate()} ${months[time.getMonth()]} ${clock}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function ago(seconds: number): string {
  if (seconds < 45) return "just now";
  if (seconds < 3600) return units(Math.floor((seconds + 30) / 60), "minute");
  if (seconds < 36 * 3600) return units(Math.floor((seconds + 1800) / 3600), "hour");
  return units(Math.floor((seconds + 12 * 3600) / 86400), "day");
}

function units(n: number, unit: string): string {
  return n === 1 ? `1 ${unit} ago` : `${n} ${unit}s ago`;
}

function elapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

function set(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function tick(): void {
  const now = Date.now();
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-ago]")) {
    const time = new Date(element.dateTime);
    set(element, ago((now - time.getTime()) / 1000));
    element.title = time.toLocaleString(undefined, { dateStyle: "long", timeStyle: "medium" });
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-since]")) {
    set(element, elapsed((now - Date.parse(element.dataset.since ?? "")) / 1000));
  }
}

export function keepTime(): void {
  tick();
  window.setInterval(tick, 1000);
}
