// Renaming a metric, how often it is refreshed, and removing it.

import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";

import { answerOf, api } from "../api/client";
import type { Interval, Metric } from "../api/types";
import { Confirmed, Field, Form, Select, useAction } from "../ui/form";

export const INTERVALS = [
  { value: "hourly", label: "Every hour" },
  { value: "daily", label: "Every day" },
  { value: "weekly", label: "Every week" },
];

export function MetricSettings({
  metric,
  reload,
}: {
  metric: Metric;
  reload: () => Promise<void>;
}) {
  const [name, setName] = useState(metric.name);
  const [interval, setInterval] = useState<Interval>(metric.refresh_interval);
  const [, navigate] = useLocation();
  const saving = useAction();
  const removing = useAction();
  const params = { path: { metric_id: metric.id } };
  async function save() {
    const body = { name, refresh_interval: interval };
    await answerOf(api.PATCH("/v1/metrics/{metric_id}", { params, body }));
    await reload();
  }
  async function remove() {
    await answerOf(api.DELETE("/v1/metrics/{metric_id}", { params }));
    navigate("/");
  }
  return (
    <details>
      <summary>Settings of this metric</summary>
      <Form action={saving} submit="Save" onSubmit={save}>
        <Field label="Name" wrong={saving.error?.fields["/name"]}>
          <input
            value={name}
            required
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
      </Form>
      <Confirmed
        label="Delete this metric"
        question="Its values and alerts go with it; goals keep their other metrics."
        action={removing}
        onConfirm={remove}
      />
    </details>
  );
}
