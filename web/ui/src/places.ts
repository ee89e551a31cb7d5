// How far logs have been read: one number for a log that is one alone, KEY:NUMBER for each of
// several.

export class Places {
  private readonly read = new Map<string, bigint>();

  constructor(text: string) {
    for (const place of text.split(",")) this.take(place);
  }

  // Notes that a line was read; false when it had been.
  take(place: string): boolean {
    const [key, number] = place.includes(":") ? place.split(":") : ["", place || "0"];
    const cursor = BigInt(number);
    if (cursor <= (this.read.get(key) ?? -1n)) return false;
    this.read.set(key, cursor);
    return true;
  }

  toString(): string {
    return Array.from(this.read, ([key, cursor]) => (key ? `${key}:${cursor}` : `${cursor}`)).join(",");
  }
}
