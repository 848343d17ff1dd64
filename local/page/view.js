// Shows what the API answers, as text only.

import { listOf } from "./api.js";

export const $ = (selector) => document.querySelector(selector);

export function say(text) {
  $("#message").textContent = text;
}

export function instant(text) {
  return text ? new Date(text).toLocaleString() : "–";
}

function row(cells) {
  const line = document.createElement("tr");
  for (const [text, kind] of cells.map((cell) => [cell].flat())) {
    const cell = document.createElement("td");
    cell.textContent = text;
    if (kind) cell.className = kind;
    line.append(cell);
  }
  return line;
}

function fill(selector, rows, none) {
  const body = $(selector);
  if (rows.length) return body.replaceChildren(...rows);
  const line = row([[none, "none"]]);
  line.firstChild.colSpan = 5;
  return body.replaceChildren(line);
}

export function choose(select, options) {
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  if (options.some(([value]) => value === before)) select.value = before;
}

function syncText({ state, error, progress, notes, last_success_at: last }) {
  if (error) return `${state}: ${error.message}`;
  if (progress) return `${state}: ${progress.message}`;
  return [last ? `${state}, last ${instant(last)}` : state, ...notes].join(". ");
}

function showAccounts(accounts) {
  fill(
    "#integrations",
    accounts.map((account) =>
      row([account.name, account.account.name, account.key, account.status, syncText(account.sync)]),
    ),
    "No account is connected yet: give a name and a secret key below.",
  );
  choose($("#query").elements.integration_id, accounts.map(({ id, name }) => [id, name]));
}

async function showMetrics(accounts) {
  const found = await Promise.all(
    accounts.map((account) => listOf(`/v1/integrations/${account.id}/metrics?limit=100`)),
  );
  const metrics = found.flatMap((list, at) => list.map((metric) => [metric, accounts[at].name]));
  fill(
    "#metrics",
    metrics.map(([metric, account]) =>
      row([
        metric.name,
        account,
        [valueText(metric.current), "value"],
        instant(metric.current?.as_of),
        metric.refresh_interval,
      ]),
    ),
    "No metric is saved yet: test a query, then save it.",
  );
  choose($("#alert").elements.metric_id, metrics.map(([{ id, name }]) => [id, name]));
}

// A value that is not there is withheld for a reason that stands in its warnings, or it is a ratio
// of nothing.
export function valueText(current) {
  if (!current) return "waiting for the first value";
  const withheld = current.warnings.find(({ code }) => code === "currency_rate_missing");
  return current.formatted ?? withheld?.message ?? "no value";
}

async function showGoals() {
  const rows = (await listOf("/v1/goals?limit=100")).map(({ name, metrics, progress, due_on: due }) =>
    row([
      name,
      metrics.map((metric) => metric.name).join(", ") || "–",
      [progress.percent === null ? "–" : `${progress.percent.toLocaleString()}%`, "value"],
      due ?? "–",
      progress.note,
    ]),
  );
  fill("#goals", rows, "No goal is set yet.");
}

async function showAlerts() {
  const rows = (await listOf("/v1/alerts?limit=100")).map(({ name, state }) =>
    row([name, state.status, state.last_value?.toLocaleString() ?? "–", state.note]),
  );
  fill("#alerts", rows, "No alert is set yet.");
}

async function showOutbox() {
  const messages = (await listOf("/_local/outbox")).reverse().map((message) => {
    const item = document.createElement("li");
    const text = document.createElement("pre");
    const subject = message.subject ? `: ${message.subject}` : "";
    item.textContent = `${instant(message.at)}, ${message.protocol} to ${message.endpoint}${subject}`;
    text.textContent = message.message;
    item.append(text);
    return item;
  });
  $("#outbox").replaceChildren(...messages);
  $("#outbox").nextElementSibling.hidden = messages.length > 0;
}

export async function show() {
  const accounts = await listOf("/v1/integrations?limit=100");
  showAccounts(accounts);
  await Promise.all([showMetrics(accounts), showGoals(), showAlerts(), showOutbox()]);
}
