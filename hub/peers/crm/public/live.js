// Hears that something changed, asks for the page again and lays its live parts over the old ones: no reload, no framework.
const shown = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part.id, part.innerHTML]));
let asking = null;
let again = false;

async function refresh() {
  if (asking !== null) {
    again = true;
    return;
  }
  asking = ask();
  await asking;
  asking = null;
  if (again) {
    again = false;
    await refresh();
  }
}

async function ask() {
  try {
    const text = await (await fetch(location.href, { headers: { accept: "text/html" } })).text();
    for (const part of new DOMParser().parseFromString(text, "text/html").querySelectorAll("[data-live]")) {
      const place = document.getElementById(part.id);
      if (place === null || shown.get(part.id) === part.innerHTML) continue;
      shown.set(part.id, part.innerHTML);
      place.innerHTML = part.innerHTML;
    }
  } catch {
    // The CRM itself is away: the event source tries again, and its first event asks anew.
  }
}

/** How long ago, while the feed is away. */
function count() {
  for (const place of document.querySelectorAll("[data-since]"))
    place.textContent = `> ${Math.max(0, Math.round((Date.now() - Number(place.dataset.since)) / 1000))} s`;
}

new EventSource("/api/changes").addEventListener("message", () => void refresh());
setInterval(count, 1000);
