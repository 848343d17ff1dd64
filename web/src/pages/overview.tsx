// The first page: goals, numbers, and the alerts that are firing.

import { Link } from "wouter-preact";

import { type Account, readAccounts, readAlerts, readGoals } from "../api/stock";
import type { Alert, Goal } from "../api/types";
import { instant } from "../format";
import { Chip } from "../ui/chip";
import { GoalProgress } from "../ui/goal_progress";
import { MetricCard } from "../ui/metric_card";
import { Empty, Loaded } from "../ui/states";
import { useResource } from "../use_resource";

const REFRESH_MS = 30_000;

export function Overview() {
  const accounts = useResource(readAccounts, "accounts", REFRESH_MS);
  const goals = useResource(readGoals, "goals", REFRESH_MS);
  const alerts = useResource(readAlerts, "alerts", REFRESH_MS);
  return (
    <>
      <h1>Overview</h1>
      <Loaded of={alerts}>{(found) => <Firing alerts={found} />}</Loaded>
      <section aria-labelledby="goals">
        <h2 id="goals">Goals</h2>
        <Loaded of={goals}>{(found) => <Goals goals={found} />}</Loaded>
      </section>
      <section aria-labelledby="numbers">
        <h2 id="numbers">Numbers</h2>
        <Loaded of={accounts}>{(found) => <Numbers accounts={found} />}</Loaded>
      </section>
    </>
  );
}

function Firing({ alerts }: { alerts: readonly Alert[] }) {
  const firing = alerts.filter((alert) => alert.state.status === "firing");
  if (firing.length === 0) return null;
  return (
    <section class="notice notice-error" aria-labelledby="firing">
      <h2 id="firing">
        {firing.length === 1 ? "1 alert is firing" : `${firing.length} alerts are firing`}
      </h2>
      <ul>
        {firing.map((alert) => (
          <li key={alert.id}>
            <Link href={`/alerts/${alert.id}`}>{alert.name}</Link>
            {alert.state.since && `, since ${instant(alert.state.since)}`}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Goals({ goals }: { goals: readonly Goal[] }) {
  if (goals.length === 0) {
    return (
      <Empty title="No goal is set yet">
        <p>A goal gives a number a target and a date, and follows it with every refresh.</p>
        <Link href="/goals/new" class="button">
          Set a goal
        </Link>
      </Empty>
    );
  }
  return (
    <div class="cards goals">
      {goals.map((goal) => (
        <article key={goal.id} class="card">
          <h3>
            <Link href={`/goals/${goal.id}`}>{goal.name}</Link>
          </h3>
          {goal.metrics.length === 0 ? (
            <p>
              <Chip tone="quiet">No metric</Chip> Link a metric, and the goal follows it.
            </p>
          ) : (
            <GoalProgress goal={goal} progress={goal.progress} />
          )}
        </article>
      ))}
    </div>
  );
}

function Numbers({ accounts }: { accounts: readonly Account[] }) {
  if (accounts.length === 0) {
    return (
      <Empty title="No Stripe account is connected">
        <p>Connect one with a secret key. It is only read from, and its history comes with it.</p>
        <Link href="/settings/integrations" class="button">
          Connect Stripe
        </Link>
      </Empty>
    );
  }
  const metrics = accounts.flatMap(({ integration, metrics: found }) =>
    found.map((metric) => <MetricCard key={metric.id} metric={metric} account={integration} />),
  );
  if (metrics.length > 0) return <div class="cards">{metrics}</div>;
  const [first] = accounts;
  return (
    <Empty title="No metric is saved yet">
      <p>The account is connected. Choose the first number to keep an eye on.</p>
      <Link href={`/settings/integrations/${first?.integration.id}`} class="button">
        Add a metric
      </Link>
    </Empty>
  );
}
