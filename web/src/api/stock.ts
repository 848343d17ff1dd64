// What several pages show: accounts with their metrics, goals, alerts, channels.

import { allOf, answerOf, api } from "./client";
import type { Alert, AlertEvent, Channel, Goal, Integration, Metric, MetricType } from "./types";

export interface Account {
  readonly integration: Integration;
  readonly metrics: readonly Metric[];
}

/** Every connected account with its metrics. */
export async function readAccounts(): Promise<Account[]> {
  const integrations = await readIntegrations();
  return Promise.all(
    integrations.map(async (integration) => ({
      integration,
      metrics: await readMetrics(integration.id),
    })),
  );
}

export function readIntegrations(): Promise<Integration[]> {
  return allOf((cursor) =>
    api.GET("/v1/integrations", { params: { query: { limit: 100, ...at(cursor) } } }),
  );
}

export function readMetrics(integrationId: string): Promise<Metric[]> {
  return allOf((cursor) =>
    api.GET("/v1/integrations/{integration_id}/metrics", {
      params: { path: { integration_id: integrationId }, query: { limit: 100, ...at(cursor) } },
    }),
  );
}

export function readGoals(): Promise<Goal[]> {
  return allOf((cursor) =>
    api.GET("/v1/goals", { params: { query: { limit: 100, ...at(cursor) } } }),
  );
}

export function readAlerts(): Promise<Alert[]> {
  return allOf((cursor) =>
    api.GET("/v1/alerts", { params: { query: { limit: 100, ...at(cursor) } } }),
  );
}

/** What an alert has decided, oldest first. */
export function readEvents(alertId: string): Promise<AlertEvent[]> {
  return allOf((cursor) =>
    api.GET("/v1/alerts/{alert_id}/events", {
      params: { path: { alert_id: alertId }, query: { limit: 100, ...at(cursor) } },
    }),
  );
}

export function readChannels(): Promise<Channel[]> {
  return allOf((cursor) =>
    api.GET("/v1/channels", { params: { query: { limit: 100, ...at(cursor) } } }),
  );
}

let types: Promise<MetricType[]> | undefined;

/** The types of metrics with their settings; they stay what they are while the page is open. */
export function readMetricTypes(): Promise<MetricType[]> {
  types ??= answerOf(api.GET("/v1/metric-types", {})).then((answer) => answer.data);
  types.catch(() => {
    types = undefined;
  });
  return types;
}

function at(cursor: string | undefined): { cursor?: string } {
  return cursor === undefined ? {} : { cursor };
}
