import { postJson } from "./csrf.js";
import { take } from "./find.js";

/**
 * Proofs of presence (macro heartbeat). While the page is visible, every 30 s:
 *   POST data-heartbeat-url  {"nonce": "…", "input": true if keys, pointer or scrolling were used since the last beat,
 *                             "present": true if the person has just answered "I'm here"}
 *   200 {"nonce": "the next", "ask": bool, "stop": bool, "interval": seconds or absent}
 *   any 4xx: this page no longer counts (signed out, or another page took over); 5xx or no answer: the same nonce again.
 * A nonce is used once; the server answers a repeat of its latest nonce as it did at first, so a lost answer loses nothing.
 * When the page is left:  POST data-heartbeat-end {"nonce": "…"}; if that is lost, the server ends the time after a silence.
 * The server alone decides what counts and when to ask; this only shows it.
 */
const INTERVAL = 30;

export function startHeartbeats(root) {
  for (const element of take(root, "[data-heartbeat-url]", "heartbeat")) new Heartbeat(element);
}

class Heartbeat {
  constructor(element) {
    this.element = element;
    this.dialog = element.querySelector("dialog");
    this.nonce = element.dataset.heartbeatNonce;
    this.interval = Number(element.dataset.heartbeatInterval) || INTERVAL;
    this.input = false;
    this.present = false;
    this.sending = false;
    this.stopped = false;
    for (const type of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"]) {
      document.addEventListener(type, () => (this.input = true), { passive: true, capture: true });
    }
    this.dialog.querySelector("[data-heartbeat-present]").addEventListener("click", () => {
      this.dialog.close();
      this.present = true;
      this.beat();
    });
    // Escape is no answer: the question stays until the button is pressed.
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    document.addEventListener("visibilitychange", () => this.onVisibility());
    window.addEventListener("pagehide", () => this.leave());
    this.onVisibility();
  }

  onVisibility() {
    clearTimeout(this.timer);
    if (this.stopped) return;
    if (document.visibilityState === "visible") this.beat();
    else this.show("paused");
  }

  async beat() {
    clearTimeout(this.timer);
    if (this.stopped || this.sending || !this.element.isConnected) return;
    this.sending = true;
    const sent = { nonce: this.nonce, input: this.input, present: this.present };
    this.input = false;
    this.present = false;
    let delivered = false;
    try {
      const response = await postJson(this.element.dataset.heartbeatUrl, sent);
      delivered = response.ok;
      if (response.status >= 400 && response.status < 500 && response.status !== 429) this.stop();
      else if (delivered) this.take(await response.json());
    } catch {
      delivered = false;
    }
    this.sending = false;
    if (this.stopped) return;
    if (!delivered) {
      // Say it again with the next beat.
      this.input ||= sent.input;
      this.present ||= sent.present;
      this.show("offline");
    }
    if (document.visibilityState !== "visible") return;
    // An answer given while a beat was under way goes out at once.
    this.timer = setTimeout(() => this.beat(), delivered && this.present ? 0 : this.interval * 1000);
  }

  take(answer) {
    this.nonce = answer.nonce;
    if (answer.interval) this.interval = answer.interval;
    if (answer.stop) return this.stop();
    const ask = answer.ask && !this.present;
    if (ask && !this.dialog.open) this.dialog.showModal();
    if (!ask && this.dialog.open) this.dialog.close(); // answered on another page
    this.show(ask ? "asking" : document.visibilityState === "visible" ? "counting" : "paused");
  }

  /** The page is left. Coming back to it later, from the browser's memory, goes on with the same nonce. */
  leave() {
    clearTimeout(this.timer);
    const url = this.element.dataset.heartbeatEnd;
    if (this.stopped || !url || this.nonce === this.element.dataset.heartbeatNonce || !this.element.isConnected) return;
    postJson(url, { nonce: this.nonce }, { keepalive: true }).catch(() => {});
  }

  stop() {
    this.stopped = true;
    if (this.dialog.open) this.dialog.close();
    this.show("stopped");
  }

  show(state) {
    const status = this.element.querySelector(".presence");
    if (status.dataset.state !== state) status.dataset.state = state;
  }
}
