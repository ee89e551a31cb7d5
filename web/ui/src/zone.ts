// Tells forms and texts the zone of who reads.

export function tellZone(): void {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;
  for (const element of document.querySelectorAll<HTMLElement>("[data-zone]")) {
    if (element instanceof HTMLInputElement) element.value = zone;
    else element.textContent = zone;
  }
}
