// The page of the local run: shows what the API answers, as text only. Nothing of it is deployed.

const STORED = "token";
const REFRESH_MS = 5000;

const $ = (selector) => document.querySelector(selector);

// The fragment never leaves the browser; taken out of the address, it stays out of the history.
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(STORED);
}

async function call(method, path, body) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(STORED)}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: JSON.stringify(body) });
  const content = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) {
    const errors = (content.errors ?? []).map((error) => `${error.pointer}: ${error.detail}`);
    const error = new Error([content.detail ?? content.message, ...errors].join(" "));
    error.status = answer.status;
    throw error;
  }
  return content;
}

const get = (path) => call("GET", path);
const listOf = async (path) => (await get(path)).data;

function say(text) {
  $("#message").textContent = text;
}

function instant(text) {
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

function choose(select, options) {
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  if (options.some(([value]) => value === before)) select.value = before;
}

function syncText({ state, error, last_success_at: last }) {
  return error ? `${state}: ${error.message}` : `${state}, last ${instant(last)}`;
}

async function showAccounts() {
  const accounts = await listOf("/v1/integrations?limit=100");
  fill(
    "#integrations",
    accounts.map((account) =>
      row([account.name, account.account.name, account.key, account.status, syncText(account.sync)]),
    ),
    "No account is connected yet.",
  );
  choose($("#query").elements.integration_id, accounts.map(({ id, name }) => [id, name]));
  return accounts;
}

async function showMetrics(accounts) {
  const lists = accounts.map(async (account) =>
    (await listOf(`/v1/integrations/${account.id}/metrics?limit=100`)).map((metric) =>
      row([
        metric.name,
        account.name,
        [metric.current?.formatted ?? "–", "value"],
        instant(metric.current?.as_of),
        metric.refresh_interval,
      ]),
    ),
  );
  fill("#metrics", (await Promise.all(lists)).flat(), "No metric is configured yet.");
}

async function showAlerts() {
  const rows = (await listOf("/v1/alerts?limit=100")).map(({ name, state }) =>
    row([name, state.status, state.last_value ?? "–", state.note ?? ""]),
  );
  fill("#alerts", rows, "No alert is set yet.");
}

async function showOutbox() {
  const messages = (await listOf("/_local/outbox")).reverse().map((message) => {
    const item = document.createElement("li");
    const text = document.createElement("pre");
    item.textContent = `${instant(message.at)}, ${message.protocol} to ${message.endpoint}: ${message.subject ?? ""}`;
    text.textContent = message.message;
    item.append(text);
    return item;
  });
  $("#outbox").replaceChildren(...messages);
  $("#outbox").nextElementSibling.hidden = messages.length > 0;
}

async function showTypes() {
  const types = await listOf("/v1/metric-types");
  choose($("#query").elements.type, types.map(({ type, title }) => [type, title]));
}

async function show() {
  const accounts = await showAccounts();
  await Promise.all([showMetrics(accounts), showAlerts(), showOutbox()]);
}

// Runs what a person asked for, says how it went, and shows what has changed.
async function perform(control, doing, work) {
  control.disabled = true;
  say(doing);
  try {
    say((await work()) ?? "");
    await show();
  } catch (error) {
    say(error.message);
  } finally {
    control.disabled = false;
  }
}

function onSubmit(selector, doing, work) {
  $(selector).addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const values = Object.fromEntries(new FormData(form));
    perform(form.querySelector("button"), doing, () => work(values, form));
  });
}

onSubmit("#connect", "Checking the key with Stripe …", async (values, form) => {
  const account = await call("POST", "/v1/integrations", values);
  form.reset();
  return `${account.account.name} is connected.`;
});

onSubmit("#query", "Asking …", async ({ integration_id, type }) => {
  const body = { integration_id, query: { type } };
  const answer = await call("POST", "/v1/test-query", body);
  $("#answer").textContent = `${answer.formatted} as of ${instant(answer.as_of)}`;
});

onSubmit("#advance", "Moving …", async ({ days }) => {
  return (await call("POST", "/_local/sandbox/advance", { days: Number(days) })).summary;
});

for (const button of document.querySelectorAll("[data-tick]")) {
  const interval = button.dataset.tick;
  button.addEventListener("click", () =>
    perform(button, "Refreshing …", async () => {
      const { syncs } = await call("POST", "/_local/tick", { interval });
      return `${syncs.length} ${interval} refresh(es) done.`;
    }),
  );
}

async function open() {
  await show();
  await showTypes();
  $("#sign-in").hidden = true;
  $("main").hidden = false;
  setInterval(() => document.hidden || show().catch((error) => say(error.message)), REFRESH_MS);
}

function askForToken(text) {
  sessionStorage.removeItem(STORED);
  $("#sign-in").hidden = false;
  say(text);
}

const start = () =>
  open().catch((error) => (error.status === 401 ? askForToken("This token is not the run's.") : say(error.message)));

$("#sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(STORED, new FormData(event.currentTarget).get("token"));
  start();
});

if (takeToken()) start();
else askForToken("");
