// One number at a glance: its value, how it changed, its last weeks, and how fresh it is.

import { Link } from "wouter-preact";

import { answerOf, api } from "../api/client";
import type { Integration, Metric, Value } from "../api/types";
import { percentChange, signed } from "../format";
import { useResource } from "../use_resource";
import { Freshness, syncWords } from "./chip";
import { Sparkline } from "./sparkline";

const DAYS = 30;
const DAY_MS = 86_400_000;

/** A card of a metric, which leads to its page. */
export function MetricCard({ metric, account }: { metric: Metric; account: Integration }) {
  const { current } = metric;
  const key = `${metric.id} ${current?.as_of ?? ""}`;
  const past = useResource(() => lastDays(metric), key);
  const before = past.value?.[0];
  const said = syncWords(metric.sync);
  return (
    <Link href={`/metrics/${metric.id}`} class="card metric-card">
      <span class="card-title">{metric.name}</span>
      <span class="card-account">
        {account.name}
        {account.mode === "test" && " (test)"}
      </span>
      <strong class="big">{valueText(metric)}</strong>
      <Change now={current?.value ?? null} before={before} good={metric.good_direction}>
        in 30 days
      </Change>
      <Sparkline values={(past.value ?? []).map((it) => it.value)} />
      <span class="card-foot">
        <Freshness sync={metric.sync} status={account.status} />
        {metric.sync.error && said && <span class="card-note">{said}</span>}
      </span>
    </Link>
  );
}

/** The value as the API words it, or why there is none. */
export function valueText(metric: Metric): string {
  const { current } = metric;
  if (!current) return metric.sync.error ? "No value yet" : "Waiting for the first value";
  return current.formatted ?? withheldText(current.warnings) ?? "No value";
}

function withheldText(warnings: readonly { code: string }[]): string | null {
  return warnings.some((it) => it.code === "currency_rate_missing") ? "No exchange rate" : null;
}

/** What changed since a value, coloured by whether it is good news. */
export function Change({
  now,
  before,
  good,
  children,
}: {
  now: number | null;
  before: Value | undefined;
  good: Metric["good_direction"];
  children: string;
}) {
  if (!before) return <span class="delta">{"\u00a0"}</span>;
  if (now === null || before.value === null)
    return <span class="delta">no value to compare with</span>;
  const change = now - before.value;
  if (change === 0) return <span class="delta">{`unchanged ${children}`}</span>;
  const isGood = good === null ? null : change > 0 === (good === "up");
  const tone = isGood === null ? "" : isGood ? "delta-good" : "delta-bad";
  return (
    <span class={`delta ${tone}`}>
      {changeText(change, before)} {children}
    </span>
  );
}

function changeText(change: number, before: Value): string {
  // Of a rate the difference is in points: a percentage of a percentage misleads.
  if (before.unit === "percent") return `${signed(change, null, null)} points`;
  const share = percentChange(change, before.value ?? 0);
  return `${signed(change, before.unit, before.currency)}${share ? ` (${share})` : ""}`;
}

async function lastDays({ id, current }: Metric): Promise<Value[]> {
  if (!current) return [];
  const from = new Date(Date.parse(current.as_of) - DAYS * DAY_MS).toISOString();
  const answer = await answerOf(
    api.GET("/v1/metrics/{metric_id}/values", {
      params: { path: { metric_id: id }, query: { resolution: "day", from, limit: 100 } },
    }),
  );
  return answer.data;
}
