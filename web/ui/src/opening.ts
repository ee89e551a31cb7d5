// The form by which a terminal is asked for.
import type { Place } from "./attachment";

interface Answer {
  endpoint?: string;
  run?: string;
  faults?: Record<string, string>;
  fault?: string;
}

export class Opening {
  private readonly form: HTMLFormElement;
  private readonly whole: HTMLElement;

  constructor(
    private readonly root: HTMLElement,
    private readonly opened: (place: Place) => void,
  ) {
    this.form = root.querySelector("form") as HTMLFormElement;
    this.whole = root.querySelector("[data-fault]") as HTMLElement;
    for (const element of root.querySelectorAll<HTMLElement>("[data-open]")) element.hidden = false;
    const button = root.querySelector<HTMLButtonElement>("button[data-open]");
    button?.addEventListener("click", () => void this.open());
    this.form.querySelector("[name=command]")?.addEventListener("keydown", (event) => {
      if ((event as KeyboardEvent).key !== "Enter") return;
      event.preventDefault(); // it would run without a terminal
      void this.open();
    });
  }

  hide(): void {
    this.form.hidden = true;
  }

  show(): void {
    this.form.hidden = false;
    this.form.querySelector<HTMLElement>("[name=command]")?.focus();
  }

  private async open(): Promise<void> {
    this.blame({});
    const asked = new URLSearchParams(Array.from(new FormData(this.form), ([name, value]) => [name, String(value)]));
    try {
      const answer = await fetch(this.root.dataset.terminal ?? "", { method: "POST", body: asked, headers: { Accept: "application/json" } });
      if (!answer.headers.get("Content-Type")?.startsWith("application/json")) {
        location.reload(); // signed out, or no longer allowed: the page says what is so
        return;
      }
      this.take((await answer.json()) as Answer, asked);
    } catch {
      this.blame({ fault: "Gondor could not be reached. Try again." });
    }
  }

  private take(answer: Answer, asked: URLSearchParams): void {
    if (!answer.endpoint || !answer.run) {
      this.blame(answer);
      return;
    }
    const what = `${asked.get("service")}: ${asked.get("command")?.trim() || "a shell"}`;
    this.opened({ endpoint: answer.endpoint, run: answer.run, what });
  }

  // Says what is wrong beside the fields at fault.
  private blame(answer: Answer): void {
    for (const fault of this.form.querySelectorAll(".field > .fault")) fault.remove();
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    this.whole.textContent = answer.fault ?? "";
    this.whole.hidden = !answer.fault;
    for (const [name, words] of Object.entries(answer.faults ?? {})) this.blameField(name, words);
  }

  private blameField(name: string, words: string): void {
    const field = this.form.querySelector<HTMLElement>(`[name="${name}"]`);
    if (!field) return;
    const fault = document.createElement("p");
    fault.className = "fault";
    fault.id = `${field.id}-fault`;
    fault.textContent = words;
    field.after(fault);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", fault.id);
    field.focus();
  }
}
