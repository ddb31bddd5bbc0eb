/* Elements without markup: text stays text, whatever it holds. */

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name, style = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", style);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/simulator/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export const $ = (selector, within = document) => within.querySelector(selector);

/* The time at a place: "5:02 pm" and "Fri 13 Mar", as the messages write it. */
export function clock(at, zone) {
  const format = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", timeZone: zone });
  return format.format(at).replace("AM", "am").replace("PM", "pm").replace("\u202f", " ");
}

export function day(at, zone) {
  const options = { weekday: "short", day: "numeric", month: "short", timeZone: zone };
  const part = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", options).formatToParts(at).map(({ type, value }) => [type, value]),
  );
  return `${part.weekday} ${part.day} ${part.month.slice(0, 3)}`;
}

export async function post(path, body = {}) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.json();
}

/* Tabs by the arrow keys, as the pattern of the ARIA guide has it. */
export function arrows(list) {
  list.addEventListener("keydown", (event) => {
    const tabs = [...list.querySelectorAll('[role="tab"]')];
    const at = tabs.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -at, End: tabs.length - 1 - at }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const next = tabs[(at + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
}
