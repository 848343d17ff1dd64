// How far a goal is: a bar from start to target, the pace, and the date that it leads to.

import type { Goal, GoalProgress as Progress } from "../api/types";
import { amount, day, number } from "../format";
import { Chip } from "./chip";

/** The bar with its figures; a goal to lower a number reads the same way. */
export function GoalProgress({ goal, progress }: { goal: Goal; progress: Progress }) {
  const { percent, start, current, target } = progress;
  const shown = Math.min(100, Math.max(0, percent ?? 0));
  const write = (value: number | null) => amount(value, goal.unit, goal.currency);
  return (
    <div class="goal-progress">
      <div
        class="bar"
        role="progressbar"
        aria-label={`Progress of ${goal.name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(shown)}
        aria-valuetext={percent === null ? "not known yet" : `${number(percent, 1)}%`}
      >
        <div class="bar-done" style={{ width: `${shown}%` }} />
      </div>
      <dl class="ends">
        <div>
          <dt>Start</dt>
          <dd>{write(start)}</dd>
        </div>
        <div>
          <dt>Now</dt>
          <dd>
            <strong>{write(current)}</strong>
            {percent !== null && ` (${number(percent, 1)}%)`}
          </dd>
        </div>
        <div>
          <dt>Target</dt>
          <dd>
            {write(target)}
            {goal.due_on && ` by ${day(goal.due_on)}`}
          </dd>
        </div>
      </dl>
      <p class="pace">
        <Pace progress={progress} /> {progress.note}
      </p>
    </div>
  );
}

function Pace({ progress }: { progress: Progress }) {
  if (progress.reached_at)
    return <Chip tone="good">{`Reached on ${day(progress.reached_at)}`}</Chip>;
  if (progress.on_track === null) return null;
  return progress.on_track ? <Chip tone="good">On track</Chip> : <Chip tone="bad">Off pace</Chip>;
}
