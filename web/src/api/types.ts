// Short names for what the API answers and takes; all of it is drawn from docs/openapi.json.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Alert = Schemas["AlertView"];
export type AlertEvent = Schemas["AlertEventView"];
export type AlertRule = Alert["rule"];
export type Channel = Schemas["ChannelView"];
export type Comparison = Schemas["ComparisonView"];
export type Current = Schemas["CurrentView"];
export type Definitions = Schemas["Definitions"];
export type Explanation = Schemas["ExplanationView"];
export type Goal = Schemas["GoalView"];
export type GoalProgress = Schemas["GoalProgressView"];
export type Integration = Schemas["IntegrationView"];
export type Metric = Schemas["MetricView"];
export type MetricExplanation = Schemas["MetricExplanationView"];
export type MetricQuery = Schemas["MetricQuery"];
export type MetricType = Schemas["MetricTypeView"];
export type Notifications = Schemas["NotificationsView"];
export type Preview = Schemas["PreviewView"];
export type Problem = Schemas["Problem"];
export type Setting = Schemas["SettingView"];
export type Sync = Schemas["SyncView"];
export type TestAnswer = Schemas["TestAnswerView"];
export type Unit = Current["unit"];
export type Value = Schemas["ValueView"];
export type Warning = Schemas["WarningView"];
export type Interval = Metric["refresh_interval"];
