// Where a number comes from, down to the objects of Stripe.

import type { ComponentChildren } from "preact";

import type { Comparison, Explanation as Explained, Integration, Unit } from "../api/types";
import { amount, day, number, signed, words } from "../format";

type Row = Explained["breakdown"]["by_price"][number];

/** The formula with its figures, what adds up to it, and what was left out. */
export function Explanation({
  of,
  mode,
  more,
}: {
  of: Explained;
  mode: Integration["mode"];
  /** Stands below the contributions: how to see more of them. */
  more?: ComponentChildren;
}) {
  const { unit, currency, breakdown } = of;
  // Of a ratio the parts are amounts or counts, whose unit is that of the contributions.
  const inner = of.contributions.data[0]?.currency;
  const partUnit: Unit = unit === "percent" ? (inner ? "currency" : "count") : unit;
  const partCurrency = currency ?? inner ?? null;
  const write = (value: number | null) => amount(value, partUnit, partCurrency);
  return (
    <div class="explanation">
      <p class="formula">{of.formula}</p>
      <Warnings warnings={of.warnings} />
      {of.parts.length > 0 && (
        <Table
          caption="What it is made of"
          head={["Part", "Count", "Amount"]}
          rows={of.parts.map((part) => [part.label, number(part.count), write(part.value)])}
        />
      )}
      {of.coverage && (
        <p class="coverage">
          {number(of.coverage.counted)} of {number(of.coverage.read)} {nouns(of.coverage.object)}{" "}
          count.
        </p>
      )}
      {of.left_out.length > 0 && (
        <Table
          caption="What was left out, and why"
          head={["Reason", "Count", "Amount"]}
          rows={of.left_out.map((it) => [
            it.detail,
            number(it.count),
            it.amount === null ? "–" : amount(it.amount, "currency", currency ?? inner ?? null),
          ])}
        />
      )}
      {breakdown.by_currency.length > 1 && (
        <Table
          caption="By currency"
          head={["Currency", "Amount", "Rate", "Converted"]}
          rows={breakdown.by_currency.map((it) => [
            it.currency.toUpperCase(),
            amount(it.value, "currency", it.currency),
            rateText(it),
            it.converted === null ? "no rate" : write(it.converted),
          ])}
        />
      )}
      <ByKey
        caption="By product"
        kind="products"
        rows={breakdown.by_product}
        mode={mode}
        write={write}
      />
      <ByKey caption="By price" kind="prices" rows={breakdown.by_price} mode={mode} write={write} />
      {of.contributions.data.length > 0 && (
        <>
          <Table
            caption={`The largest of ${number(of.contributions.total)}`}
            head={["Object", "Customer", "Detail", "Amount"]}
            rows={of.contributions.data.map((it) => [
              <StripeLink key={it.id} id={it.id} mode={mode} />,
              it.customer && it.customer !== it.id ? (
                <StripeLink id={it.customer} mode={mode} />
              ) : (
                ""
              ),
              it.detail,
              amount(it.amount, it.currency ? "currency" : "count", it.currency),
            ])}
          />
          {more}
        </>
      )}
    </div>
  );
}

/** Why the number is another under other definitions, cause by cause. */
export function ComparisonTable({
  of,
  unit,
  currency,
}: {
  of: Comparison;
  unit: Unit;
  currency: string | null;
}) {
  const write = (value: number | null) => amount(value, unit, currency);
  return (
    <>
      <p>
        Stripe's definitions give <strong>{of.formatted ?? "no value"}</strong>
        {of.difference !== null && `, a difference of ${signed(of.difference, unit, currency)}`}.
      </p>
      {of.causes.length > 0 && (
        <Table
          caption="What makes the difference"
          head={["Cause", "What holds then", "Adds", "Value then"]}
          rows={of.causes.map((it) => [
            words(it.cause),
            it.detail,
            it.difference === null ? "–" : signed(it.difference, unit, currency),
            write(it.value),
          ])}
        />
      )}
      {of.still_differs.length > 0 && (
        <ul>
          {of.still_differs.map((it) => (
            <li key={it}>{it}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What to know before relying on a number. */
export function Warnings({ warnings }: { warnings: Explained["warnings"] }) {
  if (warnings.length === 0) return null;
  return (
    <ul class="notice notice-warning">
      {warnings.map((it) => (
        <li key={it.code}>{it.message}</li>
      ))}
    </ul>
  );
}

/** A table of figures; the first column names, the last is a number. */
export function Table({
  caption,
  head,
  rows,
}: {
  caption: string;
  head: readonly string[];
  rows: readonly (readonly ComponentChildren[])[];
}) {
  return (
    <section class="table-wrap" aria-label={caption} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {head.map((it) => (
              <th key={it} scope="col">
                {it}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, at) => (
            <tr key={at}>
              {cells.map((cell, column) => (
                <td key={column}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function ByKey({
  caption,
  kind,
  rows,
  mode,
  write,
}: {
  caption: string;
  kind: "products" | "prices";
  rows: readonly Row[];
  mode: Integration["mode"];
  write: (value: number | null) => string;
}) {
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>
        {caption} ({number(rows.length)})
      </summary>
      <Table
        caption={caption}
        head={[kind === "prices" ? "Price" : "Product", "Count", "Amount"]}
        rows={rows.map((it) => [
          it.id === null ? "Not known" : <StripeLinks ids={it.id} mode={mode} />,
          number(it.count),
          write(it.value),
        ])}
      />
    </details>
  );
}

// A customer who pays for several things stands once, under all of them.
function StripeLinks({ ids, mode }: { ids: string; mode: Integration["mode"] }) {
  return (
    <>
      {ids.split(" + ").map((id, at) => (
        <span key={id}>
          {at > 0 && " + "}
          <StripeLink id={id} mode={mode} />
        </span>
      ))}
    </>
  );
}

const PLACES: readonly (readonly [prefix: string, place: string])[] = [
  ["sub_", "subscriptions"],
  ["cus_", "customers"],
  ["ch_", "payments"],
  ["py_", "payments"],
  ["pi_", "payments"],
  ["price_", "prices"],
  ["prod_", "products"],
  ["in_", "invoices"],
  ["po_", "payouts"],
];

/** An object's id, which leads to it in Stripe's dashboard. */
export function StripeLink({ id, mode }: { id: string; mode: Integration["mode"] }) {
  const place = PLACES.find(([prefix]) => id.startsWith(prefix))?.[1];
  if (!place) return <code>{id}</code>;
  const test = mode === "test" ? "test/" : "";
  return (
    <a href={`https://dashboard.stripe.com/${test}${place}/${id}`} target="_blank" rel="noreferrer">
      <code>{id}</code>
    </a>
  );
}

function rateText(row: Explained["breakdown"]["by_currency"][number]): string {
  if (row.rate === null) return "none";
  const rate = number(row.rate, 6);
  if (row.rate_source === "configured") return `${rate} (set)`;
  if (row.rate_source === "implied") return `${rate} (of ${day(row.rate_at)})`;
  return rate;
}

function nouns(object: string): string {
  return `${words(object).toLowerCase()}s`;
}
