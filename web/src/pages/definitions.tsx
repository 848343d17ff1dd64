// The definitions that a team can argue about, each with its effect in words.

import { useState } from "preact/hooks";

import { answerOf, api } from "../api/client";
import type { Definitions, Integration } from "../api/types";
import { day, words } from "../format";
import { Field, Form, Select, Switch, useAction } from "../ui/form";

type Name = Exclude<keyof Definitions, "preset" | "net_deducts">;

interface Option {
  readonly name: Name;
  readonly label: string;
  readonly choices: readonly { value: string; label: string }[];
}

const OPTIONS: readonly Option[] = [
  {
    name: "past_due",
    label: "Subscriptions whose payment failed",
    choices: [
      { value: "exclude", label: "are at risk: beside MRR, not in it" },
      { value: "include", label: "count in MRR, as in Stripe's dashboard" },
    ],
  },
  {
    name: "discounts",
    label: "Discounts taken off",
    choices: [
      { value: "recurring", label: "all that recur, while they last" },
      { value: "forever_only", label: "only those without an end, as in Stripe's dashboard" },
      { value: "all", label: "all, also those of one invoice" },
      { value: "none", label: "none: list prices" },
    ],
  },
  {
    name: "paused_collection",
    label: "Subscriptions with paused collection",
    choices: [
      { value: "include", label: "count, with a note" },
      { value: "exclude", label: "do not count" },
    ],
  },
  {
    name: "churn_on",
    label: "A customer who cancels",
    choices: [
      { value: "ended", label: "has left when the subscription ends" },
      { value: "cancel_requested", label: "has left when the end is requested" },
    ],
  },
  {
    name: "customer_churn",
    label: "The customer churn rate is",
    choices: [
      { value: "cohort", label: "of those who paid at the start, how many left" },
      { value: "stripe", label: "all who left / (who paid at the start + who came since)" },
    ],
  },
  {
    name: "revenue_churn",
    label: "The revenue churn rate counts",
    choices: [
      { value: "cancellations", label: "customers who left" },
      { value: "with_contraction", label: "also what those who stay pay less" },
    ],
  },
];
const DEDUCTIONS = ["refunds", "disputes", "fees"] as const;

export function DefinitionsForm({
  integration,
  reload,
}: {
  integration: Integration;
  reload: () => Promise<void>;
}) {
  const [changed, setChanged] = useState<Definitions>({});
  const action = useAction();
  const shown: Definitions = { ...integration.definitions, ...changed };
  const deducts = shown.net_deducts ?? [];
  const params = { path: { integration_id: integration.id } };
  async function save(definitions: Definitions) {
    await answerOf(
      api.PATCH("/v1/integrations/{integration_id}", { params, body: { definitions } }),
    );
    setChanged({});
    await reload();
  }
  return (
    <details>
      <summary>Definitions ({words(integration.definitions.preset ?? "default")})</summary>
      <p>
        Other definitions begin a new series of values, with its past computed anew. What was stored
        before stays as it is.
      </p>
      <Form action={action} submit="Use these definitions" onSubmit={() => save(shown)}>
        {OPTIONS.map(({ name, label, choices }) => (
          <Field key={name} label={label}>
            <Select
              value={String(shown[name])}
              choices={choices}
              onChange={(value) => setChanged({ ...changed, [name]: value })}
            />
          </Field>
        ))}
        <fieldset>
          <legend>Net revenue is the total less</legend>
          {DEDUCTIONS.map((it) => (
            <Switch
              key={it}
              label={it}
              value={deducts.includes(it)}
              onChange={(isOn) =>
                setChanged({
                  ...changed,
                  net_deducts: DEDUCTIONS.filter((each) =>
                    each === it ? isOn : deducts.includes(each),
                  ),
                })
              }
            />
          ))}
        </fieldset>
      </Form>
      <div class="buttons">
        <button
          type="button"
          disabled={action.isBusy}
          onClick={() => void action.run(() => save({ preset: "default" }))}
        >
          Back to the defaults
        </button>
        <button
          type="button"
          disabled={action.isBusy}
          onClick={() => void action.run(() => save({ preset: "match_stripe" }))}
        >
          Match Stripe's dashboard
        </button>
      </div>
      <ul class="rows">
        {integration.definitions_history.map((it) => (
          <li key={it.since}>
            <code>{it.version}</code> {words(it.definitions.preset ?? "default")},{" "}
            {it.currency.toUpperCase()}
            <span class="detail">
              since {day(it.since)}
              {it.until && ` until ${day(it.until)}`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
