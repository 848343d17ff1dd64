// What an account is called, the currency of its numbers, and the rates that are set.

import { useState } from "preact/hooks";

import { ApiError, answerOf, api } from "../api/client";
import type { Integration } from "../api/types";
import { Field, Form, useAction } from "../ui/form";

const RATE = /^\s*([A-Za-z]{3})\s*[=:]?\s*([0-9]+(?:[.,][0-9]+)?)\s*$/;

export function IntegrationSettings({
  integration,
  reload,
}: {
  integration: Integration;
  reload: () => Promise<void>;
}) {
  const [name, setName] = useState(integration.name);
  const [currency, setCurrency] = useState(integration.currency.toUpperCase());
  const [rates, setRates] = useState(written(integration.fx_rates));
  const action = useAction();
  const unread = rates.split("\n").filter((line) => line.trim() && !RATE.test(line));
  const wrong = action.error?.fields ?? {};
  async function save() {
    if (unread.length > 0) throw new ApiError("Mend the exchange rates first.", "form", -1);
    const params = { path: { integration_id: integration.id } };
    const body = { name, currency: currency.toLowerCase(), fx_rates: read(rates) };
    await answerOf(api.PATCH("/v1/integrations/{integration_id}", { params, body }));
    await reload();
  }
  return (
    <details>
      <summary>Name, currency and exchange rates</summary>
      <Form action={action} submit="Save" onSubmit={save}>
        <Field label="Name" wrong={wrong["/name"]}>
          <input
            value={name}
            required
            maxLength={200}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <Field
          label="Reporting currency"
          help="Every number of this account is in it. Another one begins a new series of values."
          wrong={wrong["/currency"]}
        >
          <input
            value={currency}
            required
            minLength={3}
            maxLength={3}
            onInput={(event) => setCurrency(event.currentTarget.value)}
          />
        </Field>
        <Field
          label="Exchange rates"
          help={`One a line, such as EUR 1.10: what one of it is worth in ${currency}. Where none is set, the rate is taken from what your own payments were exchanged at.`}
          wrong={
            unread.length > 0
              ? `This is no rate: ${unread[0]}. Write it like EUR 1.10.`
              : Object.entries(wrong).find(([at]) => at.startsWith("/fx_rates"))?.[1]
          }
        >
          <textarea
            rows={3}
            value={rates}
            onInput={(event) => setRates(event.currentTarget.value)}
          />
        </Field>
      </Form>
    </details>
  );
}

function written(rates: Integration["fx_rates"]): string {
  return Object.entries(rates)
    .map(([code, rate]) => `${code.toUpperCase()} ${rate}`)
    .join("\n");
}

function read(text: string): Record<string, number> {
  const found = text.split("\n").flatMap((line) => {
    const [, code, rate] = RATE.exec(line) ?? [];
    return code && rate ? [[code.toLowerCase(), Number(rate.replace(",", "."))] as const] : [];
  });
  return Object.fromEntries(found);
}
