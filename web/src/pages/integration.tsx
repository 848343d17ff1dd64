// One Stripe account: its state, its metrics, its definitions, its key, and its end.

import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";

import { answerOf, api } from "../api/client";
import { readMetrics } from "../api/stock";
import type { Integration, Metric } from "../api/types";
import { instant, number } from "../format";
import { Chip, Freshness } from "../ui/chip";
import { Confirmed, Field, Form, useAction } from "../ui/form";
import { valueText } from "../ui/metric_card";
import { Empty, Loaded } from "../ui/states";
import { useResource } from "../use_resource";
import { DefinitionsForm } from "./definitions";
import { IntegrationSettings } from "./integration_settings";
import { KeyHint } from "./integrations";
import { NewMetric } from "./new_metric";

const REFRESH_MS = 3_000;

export function IntegrationPage({ id }: { id: string }) {
  const params = { path: { integration_id: id } };
  const integration = useResource(
    () => answerOf(api.GET("/v1/integrations/{integration_id}", { params })),
    id,
    REFRESH_MS,
  );
  const metrics = useResource(() => readMetrics(id), id, REFRESH_MS);
  return (
    <Loaded of={integration}>
      {(found) => (
        <>
          <p class="crumbs">
            <Link href="/settings/integrations">Stripe accounts</Link>
          </p>
          <h1>{found.name}</h1>
          <State integration={found} />
          <section aria-labelledby="metrics">
            <h2 id="metrics">Metrics</h2>
            <Loaded of={metrics}>{(list) => <Metrics metrics={list} />}</Loaded>
            {found.status !== "disconnected" && (
              <NewMetric integration={found} onSaved={metrics.reload} />
            )}
          </section>
          {found.status !== "disconnected" && (
            <>
              <DefinitionsForm integration={found} reload={integration.reload} />
              <IntegrationSettings integration={found} reload={integration.reload} />
            </>
          )}
          <Key integration={found} reload={integration.reload} />
          <End integration={found} reload={integration.reload} />
        </>
      )}
    </Loaded>
  );
}

function State({ integration }: { integration: Integration }) {
  const { sync, account, status } = integration;
  const syncing = useAction();
  const params = { path: { integration_id: integration.id } };
  return (
    <>
      <p class="headline">
        <Freshness sync={sync} status={status} />
        {integration.mode === "test" && <Chip tone="quiet">Test mode</Chip>}
        <span>{account.name ?? account.id}</span>
        <code>{integration.key}</code>
      </p>
      {integration.mode === "test" && (
        <p class="notice notice-warning">
          This account is read with a test key: its numbers are of test data.
        </p>
      )}
      {sync.error && (
        <div class="notice notice-error" role="alert">
          <p>{sync.error.message}</p>
          {sync.next_due_at && <p>Next try: {instant(sync.next_due_at)}.</p>}
        </div>
      )}
      {sync.progress && <FirstImport progress={sync.progress} />}
      {sync.notes.map((note) => (
        <p key={note} class="notice notice-warning">
          {note}
        </p>
      ))}
      <p class="detail">
        Read up to {instant(sync.data_through)}, last tried {instant(sync.last_attempt_at)}, next{" "}
        {instant(sync.next_due_at)}. The last sync took {number(sync.requests)} requests.
      </p>
      {status !== "disconnected" && (
        <button
          type="button"
          disabled={syncing.isBusy}
          onClick={() =>
            void syncing.run(async () => {
              await answerOf(api.POST("/v1/integrations/{integration_id}/sync", { params }));
            })
          }
        >
          Sync now
        </button>
      )}
      {syncing.error && <p class="field-error">{syncing.error.message}</p>}
    </>
  );
}

function FirstImport({ progress }: { progress: NonNullable<Integration["sync"]["progress"]> }) {
  const { done, expected, message } = progress;
  return (
    <div class="notice" role="status">
      <label>
        {message}
        <progress {...(expected ? { value: done, max: expected } : {})} />
      </label>
    </div>
  );
}

function Metrics({ metrics }: { metrics: readonly Metric[] }) {
  if (metrics.length === 0) {
    return (
      <Empty title="No metric is saved yet">
        <p>Choose one below, test it, and save it.</p>
      </Empty>
    );
  }
  return (
    <ul class="rows">
      {metrics.map((metric) => (
        <li key={metric.id}>
          <Link href={`/metrics/${metric.id}`}>{metric.name}</Link>{" "}
          <strong>{valueText(metric)}</strong>
          <span class="detail">refreshed {metric.refresh_interval}</span>
        </li>
      ))}
    </ul>
  );
}

function Key({ integration, reload }: { integration: Integration; reload: () => Promise<void> }) {
  const [key, setKey] = useState("");
  const action = useAction();
  const isGone = integration.status === "disconnected";
  const params = { path: { integration_id: integration.id } };
  async function save() {
    const body = { secret_key: key.trim() };
    if (isGone) {
      await answerOf(api.POST("/v1/integrations/{integration_id}/reconnect", { params, body }));
    } else {
      await answerOf(api.PATCH("/v1/integrations/{integration_id}", { params, body }));
    }
    setKey("");
    await reload();
  }
  return (
    <section aria-labelledby="key">
      <h2 id="key">{isGone ? "Reconnect" : "Roll the key"}</h2>
      <p>
        {isGone
          ? "With a key of the same account its syncs go on where they ended."
          : "Give a new key of the same account; the one before is forgotten at once."}
      </p>
      <Form action={action} submit={isGone ? "Reconnect" : "Use this key"} onSubmit={save}>
        <Field label="Secret key" wrong={action.error?.fields["/secret_key"]}>
          <input
            type="password"
            value={key}
            required
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </Field>
        <KeyHint value={key.trim()} />
      </Form>
    </section>
  );
}

function End({ integration, reload }: { integration: Integration; reload: () => Promise<void> }) {
  const [, navigate] = useLocation();
  const action = useAction();
  const params = { path: { integration_id: integration.id } };
  async function disconnect() {
    await answerOf(api.POST("/v1/integrations/{integration_id}/disconnect", { params }));
    await reload();
  }
  async function remove() {
    await answerOf(api.DELETE("/v1/integrations/{integration_id}", { params }));
    navigate("/settings/integrations");
  }
  if (integration.status === "disconnected") {
    return (
      <section aria-labelledby="end">
        <h2 id="end">Delete</h2>
        <p>Its history, metrics and goals are still here to read.</p>
        <Confirmed
          label="Delete this account and its data"
          question="Its metrics, values and alerts go with it. This cannot be undone."
          action={action}
          onConfirm={remove}
        />
      </section>
    );
  }
  return (
    <section aria-labelledby="end">
      <h2 id="end">Disconnect</h2>
      <p>
        Syncing stops and the key is deleted. Goals, metrics and their history stay readable, and
        the account can be reconnected later.
      </p>
      <Confirmed
        label="Disconnect"
        question="No number of this account will be refreshed from now on."
        action={action}
        onConfirm={disconnect}
      />
    </section>
  );
}
