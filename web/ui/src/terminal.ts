// Opens terminals in the processes of an instance. Only their page loads this.
import "@xterm/xterm/css/xterm.css";
import "./terminal.css";
import { Attachment, type Ending, type Place } from "./attachment";
import { Opening } from "./opening";
import { Screen } from "./screen";
import { styleStrictly } from "./strictstyles";

class TerminalPage {
  private readonly key: string; // of what this tab remembers, so that a reload comes back
  private readonly others = new BroadcastChannel("gondor-terminal");
  private readonly opening: Opening;
  private screen?: Screen;
  private attachment?: Attachment;

  constructor(private readonly root: HTMLElement) {
    this.key = `terminal ${root.dataset.instance}`;
    this.opening = new Opening(root, (place) => this.join(place));
    this.find("[data-end]").addEventListener("click", () => void this.stop());
    this.find("[data-again]").addEventListener("click", () => this.again());
    this.find("[data-aloud]").addEventListener("change", (event) => this.screen?.readAloud((event.target as HTMLInputElement).checked));
    this.others.onmessage = (event: MessageEvent<string>) => this.takenOver(event.data);
    const left = sessionStorage.getItem(this.key);
    if (left) this.join(JSON.parse(left) as Place);
  }

  private find<E extends HTMLElement>(selector: string): E {
    const found = this.root.querySelector<E>(selector);
    if (!found) throw new Error(`the page has no ${selector}`);
    return found;
  }

  private join(place: Place): void {
    this.opening.hide();
    this.find("[data-screen]").hidden = false;
    this.find("[data-what]").textContent = place.what;
    this.show("moving", "Connecting…");
    this.buttons(true);
    this.find<HTMLElement>("[data-end]").dataset.run = place.run;
    const screen = (this.screen ??= new Screen(
      this.find("[data-xterm]"),
      (data) => this.attachment?.input(data),
      (size) => this.attachment?.resize(size),
    ));
    screen.clear();
    screen.focus();
    this.others.postMessage(place.run);
    this.attachment = new Attachment(place, screen.size, {
      joined: () => this.show("good", "Connected"),
      output: (data) => screen.write(data),
      lost: () => this.show("moving", "Connection lost; trying again…"),
      remember: (now) => sessionStorage.setItem(this.key, JSON.stringify(now)),
      ended: (ending) => this.ended(ending),
    });
  }

  private ended(ending: Ending): void {
    sessionStorage.removeItem(this.key);
    this.show(ending.code === 0 ? "good" : "bad", inWords(ending));
    this.buttons(false);
  }

  // Another tab that was made of this one has taken the terminal.
  private takenOver(run: string): void {
    if (!this.attachment || this.find<HTMLElement>("[data-end]").dataset.run !== run) return;
    this.attachment.leave();
    this.ended({ message: "another tab has taken it over" });
  }

  private async stop(): Promise<void> {
    const run = this.find<HTMLElement>("[data-end]").dataset.run ?? "";
    try {
      const answer = await fetch(`${run}/stop`, { method: "POST", headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
    } catch {
      this.show("moving", "It could not be ended; try again.");
    }
  }

  private again(): void {
    this.find("[data-screen]").hidden = true;
    this.opening.show();
  }

  private buttons(going: boolean): void {
    this.find("[data-end]").hidden = !going;
    this.find("[data-again]").hidden = going;
    if (!going && document.activeElement === document.body) this.find("[data-again]").focus();
  }

  private show(tone: string, words: string): void {
    const status = this.find("[data-status]");
    const dot = document.createElement("i");
    dot.setAttribute("aria-hidden", "true");
    status.className = `state ${tone}`;
    status.replaceChildren(dot, words);
  }
}

function inWords(ending: Ending): string {
  if (ending.code === 0) return "Ended well.";
  if (ending.code === undefined) return `Ended: ${ending.message}.`;
  if (ending.message.startsWith("exit status")) return `Ended with exit code ${ending.code}.`;
  return `Ended with exit code ${ending.code}: ${ending.message}.`;
}

styleStrictly();
const root = document.querySelector<HTMLElement>("[data-terminal]");
if (root) new TerminalPage(root);
