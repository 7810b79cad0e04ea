import { take } from "./find.js";

/**
 * data-stream="/live/…" listens to server-sent events there. Each event named in data-stream-events (space-separated)
 * becomes a DOM event "stream:<name>" on the element, its JSON data in event.detail; so
 * hx-get="…" hx-trigger="stream:graded" reloads a part, and a module may listen itself.
 */
export function startStreams(root) {
  closeOrphans();
  for (const element of take(root, "[data-stream]", "stream")) {
    const names = (element.dataset.streamEvents ?? "").split(/\s+/).filter(Boolean);
    openStream(element, element.dataset.stream, names, (name, data) =>
      element.dispatchEvent(new CustomEvent(`stream:${name}`, { bubbles: true, detail: data })),
    );
  }
}

// A browser gives one host few connections: the streams of elements that were swapped out must not keep theirs.
const open = new Map();

function closeOrphans() {
  for (const [element, close] of open) if (!element.isConnected) close();
}

/**
 * Opens an EventSource that ends with its element. EventSource itself reconnects after a lost connection; after an
 * answer that isn't a stream (a proxy's 502) it gives up, so we try again, ever more slowly (1 s to 30 s).
 */
export function openStream(element, url, names, receive) {
  let source;
  let wait = 1000;
  const connect = () => {
    source = new EventSource(url, { withCredentials: true });
    source.addEventListener("open", () => {
      wait = 1000;
      element.dataset.streamState = "open";
    });
    source.addEventListener("error", () => {
      element.dataset.streamState = "lost";
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => open.has(element) && element.isConnected && connect(), wait);
      wait = Math.min(wait * 2, 30000);
    });
    for (const name of names) {
      source.addEventListener(name, (event) => {
        if (!element.isConnected) return close();
        let data = null;
        try {
          data = event.data ? JSON.parse(event.data) : null;
        } catch {
          return; // not ours: every event carries JSON
        }
        receive(name, data);
      });
    }
  };
  const close = () => {
    open.delete(element);
    source.close();
  };
  open.set(element, close);
  connect();
  window.addEventListener("pagehide", close);
  return close;
}
