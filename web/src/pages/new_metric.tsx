// A new metric: chosen from what the API offers, tried, then saved.

import { useState } from "preact/hooks";

import { answerOf, api } from "../api/client";
import { readMetricTypes } from "../api/stock";
import type {
  Integration,
  Interval,
  MetricQuery,
  MetricType,
  Setting,
  TestAnswer,
} from "../api/types";
import { number } from "../format";
import { Explanation, Warnings } from "../ui/explanation";
import { Field, Form, Select, Switch, useAction } from "../ui/form";
import { Loaded } from "../ui/states";
import { useResource } from "../use_resource";
import { INTERVALS } from "./metric_settings";

type Settings = Readonly<Record<string, string | boolean>>;

export function NewMetric(props: { integration: Integration; onSaved: () => Promise<void> }) {
  const types = useResource(readMetricTypes, "metric-types");
  return (
    <details class="new">
      <summary>Add a metric</summary>
      <Loaded of={types}>{(found) => <Chosen {...props} types={found} />}</Loaded>
    </details>
  );
}

function Chosen({
  integration,
  onSaved,
  types,
}: {
  integration: Integration;
  onSaved: () => Promise<void>;
  types: readonly MetricType[];
}) {
  const [type, setType] = useState(types[0]?.type ?? "mrr");
  const [settings, setSettings] = useState<Settings>({});
  const [name, setName] = useState("");
  const [interval, setInterval] = useState<Interval>("hourly");
  const [tried, setTried] = useState<TestAnswer>();
  const testing = useAction();
  const saving = useAction();
  const chosen = types.find((it) => it.type === type);
  if (!chosen) return null;
  const query = queryOf(chosen, settings);
  const title = titleOf(chosen, settings);

  function change(next: Settings) {
    setSettings(next);
    setTried(undefined);
  }
  async function test() {
    setTried(undefined);
    const body = { integration_id: integration.id, query };
    setTried(await answerOf(api.POST("/v1/test-query", { body })));
  }
  async function save() {
    const params = { path: { integration_id: integration.id } };
    const body = { name: name || title, query, refresh_interval: interval };
    await answerOf(api.POST("/v1/integrations/{integration_id}/metrics", { params, body }));
    setName("");
    setTried(undefined);
    await onSaved();
  }
  return (
    <Form
      action={saving}
      submit="Save metric"
      onSubmit={save}
      more={
        <button type="button" disabled={testing.isBusy} onClick={() => void testing.run(test)}>
          {testing.isBusy ? "Reading the account …" : "Test query"}
        </button>
      }
    >
      <Field label="Metric" help={chosen.description}>
        <Select
          value={type}
          choices={types.map((it) => ({ value: it.type, label: it.title }))}
          onChange={(it) => {
            setType(it);
            change({});
          }}
        />
      </Field>
      {chosen.settings.map((setting) => (
        <SettingField
          key={`${type} ${setting.name}`}
          setting={setting}
          value={settings[setting.name] ?? setting.default}
          onChange={(value) => change({ ...settings, [setting.name]: value })}
        />
      ))}
      <Field label="Name" wrong={saving.error?.fields["/name"]}>
        <input
          value={name}
          placeholder={title}
          maxLength={200}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Field label="Refreshed">
        <Select
          value={interval}
          choices={INTERVALS}
          onChange={(it) => setInterval(it as Interval)}
        />
      </Field>
      {testing.error && (
        <p class="notice notice-error" role="alert">
          {testing.error.message}
        </p>
      )}
      {tried && <Answer of={tried} />}
    </Form>
  );
}

function SettingField({
  setting,
  value,
  onChange,
}: {
  setting: Setting;
  value: string | boolean;
  onChange: (value: string | boolean) => void;
}) {
  if (setting.kind === "switch") {
    return (
      <Switch
        label={setting.label}
        help={setting.help}
        value={value === true}
        onChange={onChange}
      />
    );
  }
  return (
    <Field label={setting.label} help={setting.help}>
      <Select value={String(value)} choices={setting.options} onChange={onChange} />
    </Field>
  );
}

function Answer({ of }: { of: TestAnswer }) {
  return (
    <div class="answer" role="status">
      <p class="headline">
        <strong class="big">{of.formatted ?? "No value"}</strong>
        <span>
          {of.account.name ?? of.account.id}, {of.mode} mode, {number(of.took_ms / 1_000, 1)} s,{" "}
          {number(of.requests)} requests
        </span>
      </p>
      <Warnings warnings={of.warnings.filter(({ code }) => !inExplanation(of, code))} />
      <Explanation of={of.explanation} mode={of.mode} />
    </div>
  );
}

function inExplanation(of: TestAnswer, code: string): boolean {
  return of.explanation.warnings.some((it) => it.code === code);
}

function queryOf(type: MetricType, settings: Settings): MetricQuery {
  const chosen = type.settings.map((it) => [it.name, settings[it.name] ?? it.default]);
  return { type: type.type, ...Object.fromEntries(chosen) } as MetricQuery;
}

function titleOf(type: MetricType, settings: Settings): string {
  const said = type.settings
    .filter((it) => it.kind === "choice")
    .map((it) => {
      const value = String(settings[it.name] ?? it.default);
      return it.options.find((option) => option.value === value)?.label ?? value;
    });
  return [type.title, ...said].join(", ");
}
