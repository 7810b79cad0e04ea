/** The CSRF token of this page, from <meta name="csrf-token">; empty on pages without one. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** POSTs JSON to our own origin with the CSRF header; the caller looks at the response. `keepalive`: it outlives the page. */
export function postJson(url, body, { keepalive = false } = {}) {
  return fetch(url, {
    method: "POST",
    keepalive,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(body),
  });
}
