// Alerts: all of them, and one with what it has decided and sent.

import { Link, useLocation } from "wouter-preact";

import { answerOf, api } from "../api/client";
import { readAlerts, readChannels, readEvents } from "../api/stock";
import type { Alert, AlertEvent } from "../api/types";
import { amount, instant, number, words } from "../format";
import { AlertStatus, Chip } from "../ui/chip";
import { Confirmed, useAction } from "../ui/form";
import { Empty, Failure, Loaded } from "../ui/states";
import { useResource } from "../use_resource";
import { AlertForm } from "./alert_form";

const REFRESH_MS = 15_000;

export function Alerts() {
  const alerts = useResource(readAlerts, "alerts", REFRESH_MS);
  return (
    <>
      <h1>Alerts</h1>
      <p>
        <Link href="/alerts/new" class="button primary">
          Set an alert
        </Link>
      </p>
      <Loaded of={alerts}>
        {(found) =>
          found.length === 0 ? (
            <Empty title="No alert is set yet">
              <p>An alert tells you when a number crosses a threshold, or changes by so much.</p>
            </Empty>
          ) : (
            <ul class="rows">
              {found.map((alert) => (
                <li key={alert.id}>
                  <Link href={`/alerts/${alert.id}`}>{alert.name}</Link>{" "}
                  <AlertStatus state={alert.state} />
                  <span class="detail">
                    {ruleWords(alert)} {alert.state.note}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}

export function AlertPage({ id }: { id: string }) {
  const params = { path: { alert_id: id } };
  const alert = useResource(
    () => answerOf(api.GET("/v1/alerts/{alert_id}", { params })),
    id,
    REFRESH_MS,
  );
  const events = useResource(() => readEvents(id), id, REFRESH_MS);
  const channels = useResource(readChannels, "channels");
  const switching = useAction();
  const removing = useAction();
  const [, navigate] = useLocation();
  async function toggle(enabled: boolean) {
    await answerOf(api.PATCH("/v1/alerts/{alert_id}", { params, body: { enabled } }));
    await alert.reload();
  }
  async function remove() {
    await answerOf(api.DELETE("/v1/alerts/{alert_id}", { params }));
    navigate("/alerts");
  }
  return (
    <Loaded of={alert}>
      {(found) => (
        <>
          <p class="crumbs">
            <Link href="/alerts">Alerts</Link> /{" "}
            <Link href={`/metrics/${found.metric_id}`}>its metric</Link>
          </p>
          <h1>{found.name}</h1>
          <p class="headline">
            <AlertStatus state={found.state} />
            <span>{ruleWords(found)}</span>
          </p>
          <p>{found.state.note}</p>
          <p class="detail">
            Tells{" "}
            {(channels.value ?? [])
              .filter((it) => found.channels.includes(it.id))
              .map((it) => it.address)
              .join(", ") || "nobody"}
            .
          </p>
          <div class="buttons">
            <button
              type="button"
              disabled={switching.isBusy}
              onClick={() => void switching.run(() => toggle(!found.enabled))}
            >
              {found.enabled ? "Pause" : "Resume"}
            </button>
          </div>
          {switching.error && <Failure error={switching.error} />}
          <section aria-labelledby="history">
            <h2 id="history">History</h2>
            <Loaded of={events}>{(list) => <History events={list} alert={found} />}</Loaded>
          </section>
          <details>
            <summary>Change this alert</summary>
            <AlertForm alert={found} onSaved={alert.reload} />
          </details>
          <Confirmed
            label="Delete this alert"
            question="Its history goes with it."
            action={removing}
            onConfirm={remove}
          />
        </>
      )}
    </Loaded>
  );
}

export function NewAlert() {
  const [, navigate] = useLocation();
  return (
    <>
      <p class="crumbs">
        <Link href="/alerts">Alerts</Link>
      </p>
      <h1>Set an alert</h1>
      <AlertForm
        onSaved={(alert) => {
          navigate(`/alerts/${alert.id}`);
          return Promise.resolve();
        }}
      />
    </>
  );
}

function History({ events, alert }: { events: readonly AlertEvent[]; alert: Alert }) {
  if (events.length === 0) return <p>It has not fired yet.</p>;
  return (
    <ol class="rows">
      {events.toReversed().map((event) => (
        <li key={event.id}>
          <Chip tone={event.kind === "recover" ? "good" : "bad"}>{words(event.kind)}</Chip>{" "}
          {event.text} <strong>{amount(event.value, alert.unit, alert.currency)}</strong>
          <span class="detail">
            {instant(event.as_of)}
            {event.held && ". Held back by the cooldown"}
            {event.notices.map((notice) => (
              <span key={`${notice.channel} ${notice.sent_at}`}>
                {". "}
                {words(notice.status)} to {notice.address}
                {notice.sent_at && ` ${instant(notice.sent_at)}`}
                {notice.failure && `: ${notice.failure}`}
              </span>
            ))}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** The rule of an alert in words. */
export function ruleWords({
  rule,
  unit,
  currency,
}: Pick<Alert, "rule" | "unit" | "currency">): string {
  if (rule.type === "threshold") {
    return `When it is ${rule.direction} ${amount(rule.threshold, unit, currency)}.`;
  }
  const way = rule.direction === "any" ? "changes" : `${rule.direction}s`;
  const against =
    rule.compare_to === "last_alert" ? "what was told last" : `the ${rule.compare_to} before`;
  return `When it ${way} by ${number(rule.percentage, 2)}% against ${against.replace("previous before", "previous value")}.`;
}
