// Makes an element's content that of some HTML, changing only what differs, so that focus,
// scroll positions, what somebody is typing and what they have opened stay.

export function morph(element: Element, html: string): void {
  const wanted = document.createElement("template");
  wanted.innerHTML = html;
  morphChildren(element, wanted.content);
}

function morphChildren(from: ParentNode & Node, to: ParentNode & Node): void {
  const ids = new Set(Array.from(to.childNodes, idOf));
  let next = from.firstChild;
  for (const wanted of Array.from(to.childNodes)) {
    const match = find(next, wanted);
    if (!match) {
      from.insertBefore(wanted, next);
      continue;
    }
    removeUntil(next, match, ids);
    if (next && next.isConnected && next !== match) from.insertBefore(match, next);
    morphNode(match, wanted);
    next = match.nextSibling;
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

// Removes what stands before a match and is wanted no more: an element that is moved loses
// its scroll position, one whose neighbours go does not.
function removeUntil(first: ChildNode | null, match: ChildNode, ids: Set<string>): void {
  for (let node = first; node && node !== match; ) {
    const gone = node;
    node = node.nextSibling;
    if (!ids.has(idOf(gone)) || !idOf(gone)) gone.remove();
  }
}

// Finds the node that stands for the wanted one: that of the same ID, or the next one of the
// same kind when neither has an ID.
function find(next: ChildNode | null, wanted: ChildNode): ChildNode | null {
  const id = idOf(wanted);
  for (let node = next; node; node = node.nextSibling) {
    if (id) {
      if (idOf(node) === id) return node;
    } else {
      return node.nodeName === wanted.nodeName && !idOf(node) ? node : null;
    }
  }
  return null;
}

function idOf(node: Node): string {
  return node instanceof Element ? node.id : "";
}

function morphNode(node: ChildNode, wanted: ChildNode): void {
  if (!(node instanceof Element) || !(wanted instanceof Element)) {
    if (node.nodeValue !== wanted.nodeValue) node.nodeValue = wanted.nodeValue;
    return;
  }
  if (node.hasAttribute("data-keep") || isEdited(node)) return;
  morphAttributes(node, wanted);
  morphChildren(node, wanted);
}

function morphAttributes(node: Element, wanted: Element): void {
  for (const { name } of Array.from(node.attributes)) {
    const opened = name === "open" && node instanceof HTMLDetailsElement;
    if (!wanted.hasAttribute(name) && !opened) node.removeAttribute(name);
  }
  for (const { name, value } of Array.from(wanted.attributes)) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
}

// A field that has the focus, or holds something else than it began with, is somebody's.
function isEdited(node: Element): boolean {
  if (node instanceof HTMLInputElement) {
    return node === document.activeElement || node.value !== node.defaultValue || node.checked !== node.defaultChecked;
  }
  if (node instanceof HTMLTextAreaElement) {
    return node === document.activeElement || node.value !== node.defaultValue;
  }
  return node instanceof HTMLSelectElement;
}
