// The connected Stripe accounts, and connecting another.

import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";

import { answerOf, api } from "../api/client";
import { readIntegrations } from "../api/stock";
import { Chip, Freshness, syncWords } from "../ui/chip";
import { Field, Form, useAction } from "../ui/form";
import { Empty, Loaded } from "../ui/states";
import { useResource } from "../use_resource";

const REFRESH_MS = 5_000;

export function Integrations() {
  const integrations = useResource(readIntegrations, "integrations", REFRESH_MS);
  return (
    <>
      <h1>Stripe accounts</h1>
      <Loaded of={integrations}>
        {(found) =>
          found.length === 0 ? (
            <Empty title="No Stripe account is connected">
              <p>Give a name and a secret key below. The account is only read from.</p>
            </Empty>
          ) : (
            <ul class="rows">
              {found.map((it) => (
                <li key={it.id}>
                  <Link href={`/settings/integrations/${it.id}`}>{it.name}</Link>{" "}
                  {it.mode === "test" && <Chip tone="quiet">Test mode</Chip>}{" "}
                  <Freshness sync={it.sync} status={it.status} />
                  <span class="detail">
                    {it.account.name ?? it.account.id}, key <code>{it.key}</code>
                    {it.status !== "disconnected" &&
                      syncWords(it.sync) &&
                      `. ${syncWords(it.sync)}`}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <Connect />
    </>
  );
}

function Connect() {
  const [name, setName] = useState("");
  const [key, setKey] = useState("");
  const [, navigate] = useLocation();
  const action = useAction();
  async function connect() {
    const body = { name, secret_key: key.trim() };
    const made = await answerOf(api.POST("/v1/integrations", { body }));
    navigate(`/settings/integrations/${made.id}`);
  }
  return (
    <section aria-labelledby="connect">
      <h2 id="connect">Connect an account</h2>
      <Form action={action} submit="Connect" onSubmit={connect}>
        <Field
          label="Name"
          help="How you call this account here."
          wrong={action.error?.fields["/name"]}
        >
          <input
            value={name}
            required
            maxLength={200}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <Field
          label="Secret key"
          help="From Developers, API keys in Stripe's dashboard: sk_live_… or sk_test_…. It is checked with Stripe, kept in your Secrets Manager, and never shown again."
          wrong={action.error?.fields["/secret_key"]}
        >
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

/** What can be told of a key before it is sent. */
export function KeyHint({ value }: { value: string }) {
  if (value.startsWith("sk_test_")) {
    return (
      <p class="notice notice-warning">
        This is a test key: the numbers will be of test data, and are marked as such.
      </p>
    );
  }
  if (value.startsWith("pk_")) {
    return <p class="notice notice-error">This is a publishable key: it cannot read an account.</p>;
  }
  return null;
}
