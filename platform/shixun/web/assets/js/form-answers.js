import { csrfToken, postJson } from "./csrf.js";
import { take } from "./find.js";

const PAUSE = 500; // ms after the last key
const AGAIN = 4000; // ms until a failed saving is tried again

/**
 * A lab's form (data-answers="where answers are kept" on the <form>; [data-field="id"] around each field f-<id>).
 *   POST {"writer": "hex of this page", "turn": n, "answers": {"id": ["typed"]}}   only fields that changed
 *   200  {"answers": all, "faults": {"id": "what is wrong"}, "saved": bool}; GET the same
 * What was typed is sent after a short pause, and at once when the page is hidden or left. The server keeps the latest `turn`
 * of a writer, so a slow request can't bring an old text back. Fields that nobody touches here follow what another device wrote.
 */
export function startAnswers(root) {
  for (const form of take(root, "[data-answers]", "answers")) new Answers(form);
}

class Answers {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.answers;
    this.state = form.querySelector(".save-state");
    this.writer = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.turn = 0;
    this.edits = new Map(); // field → how often it changed since the page was loaded
    this.unsaved = new Map(); // field → the change that is not saved yet
    this.sending = false;
    this.leaving = false;
    form.addEventListener("input", (event) => this.changed(event.target));
    form.addEventListener("change", (event) => this.changed(event.target, 0));
    form.addEventListener("submit", () => (this.leaving = true));
    window.addEventListener("pagehide", () => this.flush());
    window.addEventListener("pageshow", (event) => event.persisted && this.back());
    window.addEventListener("online", () => this.send());
    document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? this.back() : this.flush()));
    document.querySelector("[data-dialog=submit-answers]")?.addEventListener("click", () => this.countEmpty());
  }

  changed(input, pause = PAUSE) {
    const field = input.closest("[data-field]")?.dataset.field;
    if (!field) return;
    const edit = (this.edits.get(field) ?? 0) + 1;
    this.edits.set(field, edit);
    this.unsaved.set(field, edit);
    this.show("saving");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), pause);
  }

  typed(field) {
    return new FormData(this.form).getAll(`f-${field}`).filter((text) => text.trim() !== "");
  }

  message() {
    this.turn += 1;
    const answers = Object.fromEntries([...this.unsaved.keys()].map((field) => [field, this.typed(field)]));
    return { writer: this.writer, turn: this.turn, answers };
  }

  async send() {
    clearTimeout(this.timer);
    if (this.sending || this.leaving || !this.unsaved.size || !this.form.isConnected) return;
    this.sending = true;
    const sent = new Map(this.unsaved);
    let pause = 0;
    try {
      const response = await postJson(this.url, this.message());
      if (response.ok) {
        for (const [field, edit] of sent) if (this.unsaved.get(field) === edit) this.unsaved.delete(field);
        this.follow(await response.json());
        this.show(this.unsaved.size ? "saving" : "saved");
      } else if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        this.show("stopped");
        pause = null;
      } else {
        throw new Error(String(response.status));
      }
    } catch {
      this.show("away");
      pause = AGAIN;
    }
    this.sending = false;
    if (pause !== null && this.unsaved.size) this.timer = setTimeout(() => this.send(), pause || PAUSE);
  }

  /** The page is hidden or left: what is not known to be saved goes out in a way that outlives the page. */
  flush() {
    if (this.leaving || !this.unsaved.size) return;
    const message = JSON.stringify(this.message());
    const data = new FormData();
    data.append("csrf_token", csrfToken());
    data.append("sent", message);
    if (!navigator.sendBeacon(this.url, data)) postJson(this.url, JSON.parse(message), { keepalive: true }).catch(() => {});
  }

  /** The page is looked at again: save what may have got lost, and take over what another device wrote meanwhile. */
  async back() {
    this.leaving = false;
    if (this.unsaved.size) return this.send();
    try {
      const response = await fetch(this.url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (response.ok) this.follow(await response.json());
    } catch {
      // Nothing is lost by showing what this page knows.
    }
  }

  follow({ answers, faults }) {
    for (const place of this.form.querySelectorAll("[data-field]")) {
      const field = place.dataset.field;
      if (this.unsaved.has(field)) continue;
      if (!place.contains(document.activeElement)) this.fill(place, field, answers[field] ?? []);
      const fault = place.querySelector("[data-fault]");
      fault.hidden = !faults[field] || (place.contains(document.activeElement) && fault.hidden);
      if (!fault.hidden) fault.querySelector("span").textContent = faults[field];
      const input = place.querySelector("input.input, textarea");
      if (input && fault.hidden) input.removeAttribute("aria-invalid");
      else input?.setAttribute("aria-invalid", "true");
    }
  }

  fill(place, field, texts) {
    if (JSON.stringify(this.typed(field).sort()) === JSON.stringify([...texts].sort())) return;
    for (const input of place.querySelectorAll(`[name="f-${field}"]`)) {
      if (input.type === "radio" || input.type === "checkbox") input.checked = texts.includes(input.value);
      else input.value = texts[0] ?? "";
    }
  }

  countEmpty() {
    const places = [...this.form.querySelectorAll("[data-field]")];
    const empty = places.filter((place) => !this.typed(place.dataset.field).length).length;
    document.querySelector("[data-answers-empty]").textContent = String(empty);
  }

  show(state) {
    if (this.state.dataset.state !== state) this.state.dataset.state = state;
  }
}
