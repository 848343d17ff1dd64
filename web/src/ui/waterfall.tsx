// MRR movements: what led from the MRR at the start of a range to that at its end.

import type { Explanation } from "../api/types";
import { money } from "../format";

type Kind = "end" | "gain" | "loss";

const STEPS: readonly (readonly [name: string, label: string, sign: 1 | -1])[] = [
  ["fx_impact", "Exchange rates", 1],
  ["new_mrr", "New", 1],
  ["reactivation_mrr", "Reactivation", 1],
  ["expansion_mrr", "Expansion", 1],
  ["contraction_mrr", "Contraction", -1],
  ["churned_mrr", "Churned", -1],
];
const BAR = 44;
const GAP = 20;
const HEIGHT = 160;

interface Bar {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly shown: string;
  readonly kind: Kind;
}

/** The movements as bars with their figures; nothing where they are not known. */
export function Waterfall({ of, currency }: { of: Explanation; currency: string }) {
  const bars = barsOf(of.companions, currency);
  if (bars.length === 0) return null;
  const values = bars.flatMap((bar) => [bar.from, bar.to]);
  // Movements are small beside what they move: the axis begins near them.
  const least = Math.min(...values.filter((it) => it > 0));
  const top = Math.max(...values);
  const low = Math.max(0, least - (top - least));
  const y = (value: number) => HEIGHT - ((Math.max(value, low) - low) / (top - low || 1)) * HEIGHT;
  return (
    <figure class="waterfall">
      <figcaption>MRR movements: how it came from what it was to what it is</figcaption>
      <section class="table-wrap" aria-label="MRR movements" tabIndex={0}>
        <ol>
          {bars.map((bar) => (
            <li key={bar.label}>
              <svg viewBox={`0 0 ${BAR + GAP} ${HEIGHT}`} aria-hidden="true">
                <rect
                  class={`waterfall-${bar.kind}`}
                  x={GAP / 2}
                  width={BAR}
                  y={Math.min(y(bar.from), y(bar.to))}
                  height={Math.max(1, Math.abs(y(bar.from) - y(bar.to)))}
                  rx="2"
                />
              </svg>
              <span>{bar.label}</span>
              <strong>{bar.shown}</strong>
            </li>
          ))}
        </ol>
      </section>
      <Beside of={of} currency={currency} />
    </figure>
  );
}

/** What the bar at the end holds and MRR leaves out, so that the two can be compared. */
function Beside({ of, currency }: { of: Explanation; currency: string }) {
  const kinds = [
    ["at_risk_mrr", "past due"],
    ["in_trial_mrr", "in a free month"],
  ] as const;
  const held = kinds.flatMap(([name, label]) => {
    const value = of.companions[name] ?? 0;
    return value === 0 ? [] : [`${money(value, currency)} ${label}`];
  });
  if (held.length === 0) return null;
  return <p class="detail">The end holds {held.join(" and ")}, which MRR may leave out.</p>;
}

function barsOf(companions: Explanation["companions"], currency: string): Bar[] {
  const opening = companions["opening_mrr"];
  const closing = companions["closing_mrr"];
  if (opening === undefined || opening === null || closing === undefined || closing === null)
    return [];
  const ends = (label: string, value: number): Bar => ({
    label,
    from: 0,
    to: value,
    shown: money(value, currency),
    kind: "end",
  });
  const bars = [ends("At the start", opening)];
  let level = opening;
  for (const [name, label, sign] of STEPS) {
    const change = (companions[name] ?? 0) * sign;
    if (name === "fx_impact" && change === 0) continue;
    const shown = `${change > 0 ? "+" : change < 0 ? "−" : ""}${money(Math.abs(change), currency)}`;
    bars.push({
      label,
      from: level,
      to: level + change,
      shown,
      kind: change < 0 ? "loss" : "gain",
    });
    level += change;
  }
  bars.push(ends("At the end", closing));
  return bars;
}
