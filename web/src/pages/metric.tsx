// One metric: its past, where its number comes from, and what watches it.

import { lazy, Suspense } from "preact/compat";
import { useMemo, useState } from "preact/hooks";
import { Link } from "wouter-preact";

import { allOf, answerOf, api } from "../api/client";
import { readAlerts, readEvents } from "../api/stock";
import type { Alert, Integration, Metric, MetricExplanation, Value } from "../api/types";
import { amount, instant, words } from "../format";
import { AlertStatus, Chip, Freshness, syncWords } from "../ui/chip";
import { ComparisonTable, Explanation, Table } from "../ui/explanation";
import { Field, Select } from "../ui/form";
import { Change, valueText } from "../ui/metric_card";
import { Empty, Loaded, Loading } from "../ui/states";
import { Waterfall } from "../ui/waterfall";
import { useResource } from "../use_resource";
import { MetricSettings } from "./metric_settings";

const Chart = lazy(() => import("../ui/chart"));

const REFRESH_MS = 30_000;
const DAY_MS = 86_400_000;
const RANGES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "0", label: "All" },
];
type Resolution = "raw" | "day" | "week" | "month";
const RESOLUTIONS: readonly { value: Resolution; label: string }[] = [
  { value: "raw", label: "Every value" },
  { value: "day", label: "Days" },
  { value: "week", label: "Weeks" },
  { value: "month", label: "Months" },
];

interface Page {
  readonly metric: Metric;
  readonly integration: Integration;
  readonly alerts: readonly Alert[];
  /** The instants of the data at which they fired. */
  readonly fired: readonly string[];
}

export function MetricPage({ id }: { id: string }) {
  const page = useResource(() => readPage(id), id, REFRESH_MS);
  return <Loaded of={page}>{(found) => <Shown {...found} reload={page.reload} />}</Loaded>;
}

function Shown({
  metric,
  integration,
  alerts,
  fired,
  reload,
}: Page & { reload: () => Promise<void> }) {
  const said = syncWords(metric.sync);
  return (
    <>
      <p class="crumbs">
        <Link href="/">Overview</Link> / {integration.name}
        {integration.mode === "test" && <Chip tone="quiet">Test mode</Chip>}
      </p>
      <h1>{metric.name}</h1>
      <p class="headline">
        <strong class="big">{valueText(metric)}</strong>
        <Freshness sync={metric.sync} status={integration.status} />
        {metric.current && <span>as of {instant(metric.current.as_of)}</span>}
        <span>refreshed {metric.refresh_interval}</span>
      </p>
      {said && <p class="notice notice-warning">{said}</p>}
      {metric.goals.length > 0 && (
        <p>
          Goals:{" "}
          {metric.goals.map((goal) => (
            <Link key={goal.id} href={`/goals/${goal.id}`} class="tag">
              {goal.name}
            </Link>
          ))}
        </p>
      )}
      <Past metric={metric} alerts={alerts} fired={fired} />
      {metric.current && <Explained metric={metric} integration={integration} />}
      <section aria-labelledby="alerts">
        <h2 id="alerts">Alerts</h2>
        <ul class="rows">
          {alerts.map((alert) => (
            <li key={alert.id}>
              <Link href={`/alerts/${alert.id}`}>{alert.name}</Link>{" "}
              <AlertStatus state={alert.state} />
            </li>
          ))}
        </ul>
        <Link href={`/alerts/new?metric=${metric.id}`} class="button">
          Set an alert
        </Link>
      </section>
      <MetricSettings metric={metric} reload={reload} />
    </>
  );
}

type Watched = Pick<Page, "metric" | "alerts" | "fired">;

function Past({ metric, alerts, fired }: Watched) {
  const [days, setDays] = useState("90");
  const [resolution, setResolution] = useState<Resolution>("day");
  const key = `${metric.id} ${days} ${resolution} ${metric.current?.computed_at ?? ""}`;
  const values = useResource(() => readValues(metric, Number(days), resolution), key);
  return (
    <section aria-labelledby="past">
      <div class="section-head">
        <h2 id="past">Over time</h2>
        <Field label="Range">
          <Select value={days} choices={RANGES} onChange={setDays} />
        </Field>
        <Field label="Resolution">
          <Select
            value={resolution}
            choices={RESOLUTIONS}
            onChange={(it) => setResolution(it as Resolution)}
          />
        </Field>
      </div>
      <Loaded of={values}>
        {(found) => <Drawn metric={metric} values={found} alerts={alerts} fired={fired} />}
      </Loaded>
    </section>
  );
}

function Drawn({ metric, values, alerts, fired }: Watched & { values: readonly Value[] }) {
  const last = values.at(-1);
  const chart = useMemo(
    () => ({
      points: values.map((it) => ({
        at: Date.parse(it.as_of) / 1_000,
        value: it.value,
        isReconstructed: it.origin === "reconstructed",
      })),
      thresholds: alerts.flatMap(({ rule, name }) =>
        rule.type === "threshold" ? [{ value: rule.threshold, label: name }] : [],
      ),
      marks: fired.map((it) => Date.parse(it) / 1_000),
    }),
    [values, alerts, fired],
  );
  if (!last) {
    return (
      <Empty title="No values in this range yet">
        <p>A connected account brings its past along: it is computed when the first import ends.</p>
      </Empty>
    );
  }
  const first = values[0];
  return (
    <>
      {first && first !== last && (
        <p>
          <Change now={last.value} before={first} good={metric.good_direction}>
            over this range
          </Change>
        </p>
      )}
      <Suspense fallback={<Loading />}>
        <Chart {...chart} unit={last.unit} currency={last.currency} />
      </Suspense>
      <details>
        <summary>The same as a table, and as a file</summary>
        <p>
          <button type="button" onClick={() => download(metric, values)}>
            Download CSV
          </button>
        </p>
        <Table
          caption={`${metric.name}, newest first`}
          head={["As of", "How", "Value"]}
          rows={values
            .toReversed()
            .map((it) => [
              instant(it.as_of),
              words(it.origin),
              amount(it.value, it.unit, it.currency),
            ])}
        />
      </details>
    </>
  );
}

function Explained({ metric, integration }: { metric: Metric; integration: Integration }) {
  const key = `${metric.id} ${metric.current?.computed_at ?? ""}`;
  const found = useResource(() => readExplanation(metric.id), key);
  const [rest, setRest] = useState<MetricExplanation["contributions"]>();
  const hasMovements = ["mrr", "arr", "nrr", "churn"].includes(metric.query.type);
  return (
    <section aria-labelledby="why">
      <h2 id="why">Why is it this?</h2>
      <Loaded of={found}>
        {(explained) => {
          const shown = rest
            ? { ...rest, data: [...explained.contributions.data, ...rest.data] }
            : explained.contributions;
          return (
            <>
              {hasMovements && <Waterfall of={explained} currency={integration.currency} />}
              <Explanation
                of={{ ...explained, contributions: shown }}
                mode={integration.mode}
                more={
                  shown.next_cursor && (
                    <button
                      type="button"
                      onClick={() => void moreOf(metric.id, shown, rest).then(setRest)}
                    >
                      Show more
                    </button>
                  )
                }
              />
              {explained.comparison && (
                <>
                  <h2>Why does Stripe say otherwise?</h2>
                  <ComparisonTable
                    of={explained.comparison}
                    unit={explained.unit}
                    currency={explained.currency}
                  />
                </>
              )}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

async function moreOf(
  id: string,
  shown: MetricExplanation["contributions"],
  rest: MetricExplanation["contributions"] | undefined,
): Promise<MetricExplanation["contributions"]> {
  const next = await answerOf(
    api.GET("/v1/metrics/{metric_id}/explain", {
      params: {
        path: { metric_id: id },
        query: { limit: 100, ...(shown.next_cursor ? { cursor: shown.next_cursor } : {}) },
      },
    }),
  );
  return { ...next.contributions, data: [...(rest?.data ?? []), ...next.contributions.data] };
}

async function readPage(id: string): Promise<Page> {
  const metric = await answerOf(
    api.GET("/v1/metrics/{metric_id}", { params: { path: { metric_id: id } } }),
  );
  const path = { integration_id: metric.integration_id };
  const [integration, alerts] = await Promise.all([
    answerOf(api.GET("/v1/integrations/{integration_id}", { params: { path } })),
    readAlerts(),
  ]);
  const mine = alerts.filter((it) => it.metric_id === id);
  const events = await Promise.all(mine.map((it) => readEvents(it.id)));
  const fired = events.flat().filter((it) => it.kind !== "recover");
  return { metric, integration, alerts: mine, fired: fired.map((it) => it.as_of) };
}

function readValues(metric: Metric, days: number, resolution: Resolution): Promise<Value[]> {
  // A range ends with the newest value, however old that is.
  const end = metric.current ? Date.parse(metric.current.as_of) : Date.now();
  const from = days ? { from: new Date(end - days * DAY_MS).toISOString() } : {};
  // The raw list has the values of every series; what is drawn is the present one.
  const series = resolution === "raw" ? { definitions_version: "current" } : {};
  return allOf((cursor) =>
    api.GET("/v1/metrics/{metric_id}/values", {
      params: {
        path: { metric_id: metric.id },
        query: { limit: 100, resolution, ...from, ...series, ...(cursor ? { cursor } : {}) },
      },
    }),
  );
}

function readExplanation(id: string): Promise<MetricExplanation> {
  return answerOf(
    api.GET("/v1/metrics/{metric_id}/explain", {
      params: { path: { metric_id: id }, query: { limit: 10, compare_to: "match_stripe" } },
    }),
  );
}

function download(metric: Metric, values: readonly Value[]): void {
  const lines = values.map((it) =>
    [it.as_of, it.value ?? "", it.currency ?? it.unit, it.origin, it.definitions_version].join(","),
  );
  const text = ["as_of,value,unit,origin,definitions_version", ...lines, ""].join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = `${metric.name.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase()}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}
