// What a person can do on the page: connect, test, save, be alerted, let time pass.

import { call, listOf } from "./api.js";
import { $, choose, instant, say, show, valueText } from "./view.js";

let types = [];
let tested = null;

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
    perform(form.querySelector("button:not([type])"), doing, () => work(values, form));
  });
}

onSubmit("#connect", "Checking the key with Stripe …", async (values, form) => {
  const account = await call("POST", "/v1/integrations", values);
  form.reset();
  return `${account.account.name ?? account.name} is connected.`;
});

const chosenType = () => types.find(({ type }) => type === $("#query").elements.type.value);

// Draws a field for each setting of the chosen type.
function drawSettings() {
  const chosen = chosenType();
  $("#description").textContent = chosen.description;
  $("#settings").replaceChildren(...chosen.settings.map(drawSetting));
}

function drawSetting(setting) {
  const label = document.createElement("label");
  const field = document.createElement(setting.kind === "choice" ? "select" : "input");
  const help = document.createElement("small");
  if (setting.kind === "choice") {
    choose(field, setting.options.map(({ value, label: text }) => [value, text]));
    field.value = setting.default;
  } else {
    field.type = "checkbox";
    field.checked = setting.default;
  }
  field.dataset.setting = setting.name;
  help.textContent = setting.help;
  label.append(`${setting.label} `, field, help);
  return label;
}

const settingFields = () => [...document.querySelectorAll("[data-setting]")];

function readQuery(type) {
  const query = { type };
  for (const field of settingFields()) {
    query[field.dataset.setting] = field.type === "checkbox" ? field.checked : field.value;
  }
  return query;
}

// What a metric of the chosen settings could be called: "Revenue: Net, Last 30 days".
function suggestName() {
  const words = settingFields()
    .filter((field) => field.type !== "checkbox")
    .map((field) => field.selectedOptions[0].text);
  const { title } = chosenType();
  return words.length ? `${title}: ${words.join(", ")}` : title;
}

onSubmit("#query", "Asking Stripe …", async ({ integration_id, type }) => {
  $("#answer").hidden = true;
  const query = readQuery(type);
  const answer = await call("POST", "/v1/test-query", { integration_id, query });
  tested = { integration_id, query };
  $("#answer output").textContent = `${valueText(answer)} as of ${instant(answer.as_of)}`;
  $("#answer p").textContent = answer.explanation.formula;
  const warnings = answer.warnings.map(({ message }) => {
    const item = document.createElement("li");
    item.textContent = message;
    return item;
  });
  $("#answer ul").replaceChildren(...warnings);
  $("#save").elements.name.value = suggestName();
  $("#answer").hidden = false;
});

onSubmit("#save", "Saving …", async (values) => {
  const path = `/v1/integrations/${tested.integration_id}/metrics`;
  await call("POST", path, { ...values, query: tested.query });
  $("#answer").hidden = true;
  return `${values.name} is saved; its first value is on its way.`;
});

// The channel that an address has already, or a new one.
async function channelOf(address) {
  const type = address.includes("@") ? "email" : "sms";
  const known = (await listOf("/v1/channels?limit=100")).find((found) => found.address === address);
  return known ?? call("POST", "/v1/channels", { type, address });
}

onSubmit("#alert", "Setting the alert …", async ({ metric_id, direction, threshold, address }, form) => {
  const channel = await channelOf(address.trim());
  const rule = { type: "threshold", threshold: Number(threshold), direction };
  const alert = await call("POST", "/v1/alerts", { metric_id, rule, channels: [channel.id] });
  form.elements.threshold.value = "";
  return `${alert.name}: ${alert.state.note}`;
});

onSubmit("#advance", "Moving the business ahead …", async ({ days }) => {
  return (await call("POST", "/_local/sandbox/advance", { days: Number(days) })).summary;
});

for (const button of document.querySelectorAll("[data-tick]")) {
  const interval = button.dataset.tick;
  button.addEventListener("click", () =>
    perform(button, "Refreshing …", async () => {
      const { syncs } = await call("POST", "/_local/tick", { interval });
      const failed = syncs.filter(({ error }) => error).map(({ error }) => error.message);
      const done = syncs.length - failed.length;
      return [`Refreshed ${done} of ${syncs.length} accounts with ${interval} metrics.`, ...failed].join(" ");
    }),
  );
}

export async function prepareForms() {
  types = await listOf("/v1/metric-types");
  choose($("#query").elements.type, types.map(({ type, title }) => [type, title]));
  $("#query").elements.type.addEventListener("change", () => {
    $("#answer").hidden = true;
    drawSettings();
  });
  drawSettings();
}
