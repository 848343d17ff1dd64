// Setting an alert: its rule, when it would have fired, and whom it tells.

import { useState } from "preact/hooks";
import { Link, useSearchParams } from "wouter-preact";

import { answerOf, api } from "../api/client";
import { type Account, readAccounts, readChannels } from "../api/stock";
import type { Alert, AlertRule, Channel, Preview } from "../api/types";
import { instant, number } from "../format";
import { Field, Form, Select, Switch, useAction } from "../ui/form";
import { Empty, Loaded } from "../ui/states";
import { useResource } from "../use_resource";

type Threshold = Extract<AlertRule, { type: "threshold" }>;
type Change = Extract<AlertRule, { type: "change" }>;

const KINDS = [
  { value: "threshold", label: "It crosses a threshold" },
  { value: "change", label: "It changes by so much" },
];
const SIDES = [
  { value: "below", label: "Below" },
  { value: "above", label: "Above" },
];
const WAYS = [
  { value: "decrease", label: "Decreases" },
  { value: "increase", label: "Increases" },
  { value: "any", label: "Changes either way" },
];
const AGAINST = [
  { value: "previous", label: "The previous value" },
  { value: "day", label: "The day before" },
  { value: "week", label: "The week before" },
  { value: "month", label: "The month before" },
  { value: "year", label: "The year before" },
  { value: "last_alert", label: "What was told last" },
];

interface Stock {
  readonly accounts: readonly Account[];
  readonly channels: readonly Channel[];
}

export function AlertForm({
  alert,
  onSaved,
}: {
  alert?: Alert;
  onSaved: (alert: Alert) => Promise<void>;
}) {
  const stock = useResource(readStock, "stock");
  return (
    <Loaded of={stock}>
      {(found) => <Chosen {...found} {...(alert ? { alert } : {})} onSaved={onSaved} />}
    </Loaded>
  );
}

function Chosen({
  accounts,
  channels,
  alert,
  onSaved,
}: Stock & { alert?: Alert; onSaved: (alert: Alert) => Promise<void> }) {
  const [search] = useSearchParams();
  const metrics = accounts.flatMap(({ integration, metrics: found }) =>
    found.map((it) => ({ value: it.id, label: `${it.name} (${integration.name})` })),
  );
  const [metric, setMetric] = useState(
    alert?.metric_id ?? search.get("metric") ?? metrics[0]?.value ?? "",
  );
  const [rule, setRule] = useState<AlertRule>(
    alert?.rule ?? { type: "threshold", direction: "below", threshold: 0, hysteresis: 0 },
  );
  const [told, setTold] = useState<readonly string[]>(alert?.channels ?? []);
  const [cooldown, setCooldown] = useState(String(alert?.cooldown_hours ?? 0));
  const [onRecovery, setOnRecovery] = useState(alert?.notify_on_recovery ?? true);
  const [already, setAlready] = useState(alert?.notify_if_already_breached ?? false);
  const [preview, setPreview] = useState<Preview>();
  const saving = useAction();
  const trying = useAction();
  if (metrics.length === 0) {
    return (
      <Empty title="No metric is saved yet">
        <p>An alert watches a saved metric.</p>
        <Link href="/settings/integrations" class="button">
          Add a metric
        </Link>
      </Empty>
    );
  }
  const settings = {
    rule,
    cooldown_hours: Number(cooldown),
    notify_on_recovery: onRecovery,
    notify_if_already_breached: already,
  };
  async function save() {
    const body = { ...settings, channels: [...told] };
    const saved = alert
      ? await answerOf(
          api.PATCH("/v1/alerts/{alert_id}", { params: { path: { alert_id: alert.id } }, body }),
        )
      : await answerOf(
          api.POST("/v1/alerts", { body: { ...body, metric_id: metric, enabled: true } }),
        );
    await onSaved(saved);
  }
  async function look() {
    const body = { ...settings, metric_id: metric };
    setPreview(await answerOf(api.POST("/v1/alerts/preview", { body })));
  }
  return (
    <Form
      action={saving}
      submit={alert ? "Save" : "Set the alert"}
      onSubmit={save}
      more={
        <button type="button" disabled={trying.isBusy} onClick={() => void trying.run(look)}>
          When would it have fired?
        </button>
      }
    >
      {!alert && (
        <Field label="Metric">
          <Select value={metric} choices={metrics} onChange={setMetric} />
        </Field>
      )}
      <Field label="Tell us when">
        <Select
          value={rule.type}
          choices={KINDS}
          onChange={(it) =>
            setRule(
              it === "threshold"
                ? { type: "threshold", direction: "below", threshold: 0, hysteresis: 0 }
                : { type: "change", direction: "decrease", percentage: 10, compare_to: "month" },
            )
          }
        />
      </Field>
      {rule.type === "threshold" ? (
        <ThresholdFields rule={rule} onChange={setRule} />
      ) : (
        <ChangeFields rule={rule} onChange={setRule} />
      )}
      <Told channels={channels} chosen={told} onChange={setTold} />
      <Field
        label="Cooldown in hours"
        help="After it has told you, it waits so long before it does again."
      >
        <input
          type="number"
          min="0"
          step="any"
          value={cooldown}
          onInput={(event) => setCooldown(event.currentTarget.value)}
        />
      </Field>
      <Switch label="Tell us as well when it is back" value={onRecovery} onChange={setOnRecovery} />
      <Switch label="Tell us at once if it is so already" value={already} onChange={setAlready} />
      {trying.error && (
        <p class="notice notice-error" role="alert">
          {trying.error.message}
        </p>
      )}
      {preview && <WouldHave of={preview} />}
    </Form>
  );
}

function ThresholdFields({
  rule,
  onChange,
}: {
  rule: Threshold;
  onChange: (rule: AlertRule) => void;
}) {
  return (
    <>
      <Field label="Direction">
        <Select
          value={rule.direction}
          choices={SIDES}
          onChange={(it) => onChange({ ...rule, direction: it as Threshold["direction"] })}
        />
      </Field>
      <Field label="Threshold">
        <input
          type="number"
          step="any"
          required
          value={rule.threshold}
          onInput={(event) => onChange({ ...rule, threshold: Number(event.currentTarget.value) })}
        />
      </Field>
    </>
  );
}

function ChangeFields({ rule, onChange }: { rule: Change; onChange: (rule: AlertRule) => void }) {
  return (
    <>
      <Field label="Direction">
        <Select
          value={rule.direction}
          choices={WAYS}
          onChange={(it) => onChange({ ...rule, direction: it as Change["direction"] })}
        />
      </Field>
      <Field label="By how many percent">
        <input
          type="number"
          min="0"
          step="any"
          required
          value={rule.percentage}
          onInput={(event) => onChange({ ...rule, percentage: Number(event.currentTarget.value) })}
        />
      </Field>
      <Field label="Compared with">
        <Select
          value={rule.compare_to}
          choices={AGAINST}
          onChange={(it) => onChange({ ...rule, compare_to: it as Change["compare_to"] })}
        />
      </Field>
    </>
  );
}

function Told({
  channels,
  chosen,
  onChange,
}: {
  channels: readonly Channel[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}) {
  return (
    <fieldset>
      <legend>Who is told</legend>
      {channels.length === 0 && (
        <p>
          There is no channel yet. <Link href="/settings/channels">Add an address or a phone.</Link>
        </p>
      )}
      {channels.map((it) => (
        <Switch
          key={it.id}
          label={it.status === "active" ? it.address : `${it.address} (not confirmed yet)`}
          value={chosen.includes(it.id)}
          onChange={(isOn) =>
            onChange(isOn ? [...chosen, it.id] : chosen.filter((each) => each !== it.id))
          }
        />
      ))}
    </fieldset>
  );
}

function WouldHave({ of }: { of: Preview }) {
  return (
    <div class="answer" role="status">
      <p>
        <strong>
          {of.count === 1
            ? "It would have spoken once."
            : `It would have spoken ${number(of.count)} times.`}
        </strong>{" "}
        {of.note}
      </p>
      <ol class="rows">
        {of.data.slice(-20).map((it) => (
          <li key={it.at}>
            {it.text}
            <span class="detail">{instant(it.at)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

async function readStock(): Promise<Stock> {
  const [accounts, channels] = await Promise.all([readAccounts(), readChannels()]);
  return { accounts, channels };
}
