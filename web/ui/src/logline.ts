// A line of a log as the page shows it.
import { clock } from "./time";

export interface Line {
  time: string;
  stream: string;
  replica?: string;
  level?: string;
  mark?: string;
  text: string;
}

export function lineElement(line: Line): HTMLElement {
  const element = document.createElement("div");
  element.className = `line ${line.stream} ${line.level ?? ""}`;
  const time = document.createElement("time");
  time.dateTime = line.time;
  element.append(time);
  if (line.replica) element.append(child("b", line.replica));
  if (line.mark) element.append(child("em", line.mark));
  element.append(child("span", line.text));
  localise(element);
  return element;
}

// What stands in the place of lines that are not kept.
export function gapElement(lines: number): HTMLElement {
  const element = child("div", `${lines} lines are left out here: more came than a page keeps.`);
  element.className = "line gap";
  return element;
}

// Shows the times of lines in the zone of who reads.
export function localise(lines: ParentNode): void {
  for (const time of lines.querySelectorAll<HTMLTimeElement>("time")) {
    const at = new Date(time.dateTime);
    time.textContent = clock(at);
    time.title = at.toLocaleString();
  }
}

function child(name: string, text: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
