// Numbers and instants in the reader's locale, money in its own currency.

import type { Unit } from "./api/types";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Write a value with its unit; an en dash where there is none. */
export function amount(value: number | null, unit: Unit | null, currency: string | null): string {
  if (value === null) return "–";
  if (unit === "currency" && currency) return money(value, currency);
  if (unit === "percent") return `${number(value, 2)}%`;
  return number(value, 2);
}

/** Write a value as short as an axis needs it. */
export function shortAmount(value: number, unit: Unit, currency: string | null): string {
  const short: Intl.NumberFormatOptions = { notation: "compact", maximumFractionDigits: 1 };
  if (unit === "currency" && currency)
    return new Intl.NumberFormat(undefined, {
      ...short,
      style: "currency",
      currency: currency.toUpperCase(),
    }).format(value);
  return new Intl.NumberFormat(undefined, short).format(value) + (unit === "percent" ? "%" : "");
}

/** Write an amount of money in major units. */
export function money(value: number, currency: string): string {
  const code = currency.toUpperCase();
  return new Intl.NumberFormat(undefined, { style: "currency", currency: code }).format(value);
}

/** Write a number with no more decimals than that. */
export function number(value: number, decimals = 0): string {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: decimals }).format(value);
}

/** Write a change with its sign. */
export function signed(value: number, unit: Unit | null, currency: string | null): string {
  const text = amount(Math.abs(value), unit, currency);
  if (value === 0) return text;
  return `${value > 0 ? "+" : "−"}${text}`;
}

/** Write a change in percent of what was; null where there was nothing. */
export function percentChange(change: number, before: number): string | null {
  if (before === 0) return null;
  return signed((change / Math.abs(before)) * 100, "percent", null);
}

/** Write an instant: date and time. */
export function instant(text: string | null): string {
  if (text === null) return "–";
  return new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** Write the date of an instant, or a date, as it is in UTC. */
export function day(text: string | null): string {
  if (text === null) return "–";
  return new Date(text).toLocaleDateString(undefined, { dateStyle: "medium", timeZone: "UTC" });
}

/** Write how long ago an instant was, or how far ahead it is. */
export function ago(text: string, now = Date.now()): string {
  const seconds = Math.round((new Date(text).getTime() - now) / 1_000);
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  const away = Math.abs(seconds);
  if (away < MINUTE) return words.format(0, "minute");
  if (away < HOUR) return words.format(Math.round(seconds / MINUTE), "minute");
  if (away < DAY) return words.format(Math.round(seconds / HOUR), "hour");
  return words.format(Math.round(seconds / DAY), "day");
}

/** Write a name of the API as words: past_due -> Past due. */
export function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
