import { take } from "./find.js";

/**
 * data-stream="/live/…" listens to server-sent events there. Each event named in data-stream-events (space-separated)
 * becomes a DOM event "stream:<name>" on the element, its JSON data in event.detail; so
 * hx-get="…" hx-trigger="stream:graded" reloads a part, and a module may listen itself.
 */
export function startStreams(root) {
  for (const element of take(root, "[data-stream]", "stream")) {
    const names = (element.dataset.streamEvents ?? "").split(/\s+/).filter(Boolean);
    openStream(element, element.dataset.stream, names, (name, data) =>
      element.dispatchEvent(new CustomEvent(`stream:${name}`, { bubbles: true, detail: data })),
    );
  }
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
      if (source.readyState !== EventSource.CLOSED || !element.isConnected) return;
      setTimeout(() => element.isConnected && connect(), wait);
      wait = Math.min(wait * 2, 30000);
    });
    for (const name of names) {
      source.addEventListener(name, (event) => {
        if (!element.isConnected) return source.close();
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
  connect();
  window.addEventListener("pagehide", () => source.close());
  return () => source.close();
}
