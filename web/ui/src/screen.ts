// The screen of a terminal, in the dashboard's colours.
import { FitAddon } from "@xterm/addon-fit";
import { Terminal, type ITheme } from "@xterm/xterm";
import type { Size } from "./attachment";

const mostPending = 8 << 20; // bytes that wait to be drawn; what comes faster is left out

export class Screen {
  private readonly terminal: Terminal;
  private readonly fit = new FitAddon();
  private pending = 0;
  private leftOut = 0;

  constructor(
    element: HTMLElement,
    readonly typed: (data: Uint8Array) => void,
    readonly resized: (size: Size) => void,
  ) {
    this.terminal = new Terminal({
      fontFamily: colour("--mono"),
      fontSize: 13.5,
      lineHeight: 1.25,
      scrollback: 5000,
      minimumContrastRatio: 4.5, // WCAG 2.2, criterion 1.4.3
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      theme: theme(),
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (this.terminal.options.theme = theme()));
    this.terminal.loadAddon(this.fit);
    this.terminal.open(element);
    this.terminal.textarea?.setAttribute("aria-describedby", "screen-hint");
    new ResizeObserver(() => this.fit.fit()).observe(element);
    this.fit.fit();
    this.terminal.onData((data) => typed(new TextEncoder().encode(data)));
    this.terminal.onBinary((data) => typed(Uint8Array.from(data, (c) => c.charCodeAt(0))));
    this.terminal.onResize(resized);
    this.letTabLeave();
  }

  get size(): Size {
    return { cols: this.terminal.cols, rows: this.terminal.rows };
  }

  clear(): void {
    this.terminal.reset();
  }

  focus(): void {
    this.terminal.focus();
  }

  // Lets screen readers read what comes.
  readAloud(on: boolean): void {
    this.terminal.options.screenReaderMode = on;
  }

  // Draws output. A browser takes all that a server sends, so that what can't be drawn in time
  // is left out, and said to be.
  write(data: Uint8Array): void {
    if (this.pending > mostPending) {
      this.leftOut += data.length;
      return;
    }
    if (this.leftOut > 0) {
      this.terminal.write(`\r\n\x1b[0m[${this.leftOut} bytes are left out here]\r\n`);
      this.leftOut = 0;
    }
    this.pending += data.length;
    this.terminal.write(data, () => (this.pending -= data.length));
  }

  // A terminal takes all keys; Escape and then Tab move on, so that it is no trap (WCAG 2.2,
  // criterion 2.1.2).
  private letTabLeave(): void {
    let escaped = false;
    this.terminal.attachCustomKeyEventHandler((event) => {
      if (event.type !== "keydown" || event.key === "Shift") return true;
      const leaves = escaped && event.key === "Tab";
      escaped = event.key === "Escape";
      return !leaves;
    });
  }
}

function theme(): ITheme {
  return {
    background: colour("--sunk"),
    foreground: colour("--ink"),
    cursor: colour("--blue"),
    cursorAccent: colour("--sunk"),
    selectionBackground: `${colour("--blue")}55`,
    scrollbarSliderBackground: `${colour("--soft")}55`,
    scrollbarSliderHoverBackground: `${colour("--soft")}88`,
    scrollbarSliderActiveBackground: `${colour("--soft")}aa`,
  };
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
