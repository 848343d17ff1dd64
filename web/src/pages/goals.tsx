// Goals: all of them, one with its metrics, and setting one.

import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";

import { answerOf, api } from "../api/client";
import { readAccounts, readGoals } from "../api/stock";
import type { Goal } from "../api/types";
import { amount } from "../format";
import { Confirmed, Field, Form, Select, useAction } from "../ui/form";
import { GoalProgress } from "../ui/goal_progress";
import { Empty, Loaded } from "../ui/states";
import { useResource } from "../use_resource";

const REFRESH_MS = 15_000;

export function Goals() {
  const goals = useResource(readGoals, "goals", REFRESH_MS);
  return (
    <>
      <h1>Goals</h1>
      <p>
        <Link href="/goals/new" class="button primary">
          Set a goal
        </Link>
      </p>
      <Loaded of={goals}>
        {(found) =>
          found.length === 0 ? (
            <Empty title="No goal is set yet">
              <p>A goal gives a number a target and a date, and follows it with every refresh.</p>
            </Empty>
          ) : (
            <div class="cards goals">
              {found.map((goal) => (
                <article key={goal.id} class="card">
                  <h2>
                    <Link href={`/goals/${goal.id}`}>{goal.name}</Link>
                  </h2>
                  {goal.description && <p>{goal.description}</p>}
                  <GoalProgress goal={goal} progress={goal.progress} />
                </article>
              ))}
            </div>
          )
        }
      </Loaded>
    </>
  );
}

export function NewGoal() {
  const [, navigate] = useLocation();
  return (
    <>
      <p class="crumbs">
        <Link href="/goals">Goals</Link>
      </p>
      <h1>Set a goal</h1>
      <GoalForm
        submit="Set the goal"
        onSaved={(goal) => {
          navigate(`/goals/${goal.id}`);
          return Promise.resolve();
        }}
      />
    </>
  );
}

export function GoalPage({ id }: { id: string }) {
  const params = { path: { goal_id: id } };
  const goal = useResource(
    () => answerOf(api.GET("/v1/goals/{goal_id}", { params })),
    id,
    REFRESH_MS,
  );
  const removing = useAction();
  const [, navigate] = useLocation();
  async function remove() {
    await answerOf(api.DELETE("/v1/goals/{goal_id}", { params }));
    navigate("/goals");
  }
  return (
    <Loaded of={goal}>
      {(found) => (
        <>
          <p class="crumbs">
            <Link href="/goals">Goals</Link>
          </p>
          <h1>{found.name}</h1>
          {found.description && <p>{found.description}</p>}
          <GoalProgress goal={found} progress={found.progress} />
          <Linked goal={found} reload={goal.reload} />
          <details>
            <summary>Change this goal</summary>
            <GoalForm goal={found} submit="Save" onSaved={goal.reload} />
          </details>
          <Confirmed
            label="Delete this goal"
            question="Its metrics stay; alerts that name it do so no longer."
            action={removing}
            onConfirm={remove}
          />
        </>
      )}
    </Loaded>
  );
}

function Linked({ goal, reload }: { goal: Goal; reload: () => Promise<void> }) {
  const accounts = useResource(readAccounts, "accounts");
  const [chosen, setChosen] = useState("");
  const action = useAction();
  const linked = new Set(goal.metrics.map((it) => it.id));
  const pathOf = (metricId: string) => ({ path: { goal_id: goal.id, metric_id: metricId } });
  function link(metricId: string, body: { primary?: boolean }) {
    return action.run(async () => {
      const params = pathOf(metricId);
      await answerOf(api.PUT("/v1/goals/{goal_id}/metrics/{metric_id}", { params, body }));
      await reload();
    });
  }
  function unlink(metricId: string) {
    return action.run(async () => {
      const params = pathOf(metricId);
      await answerOf(api.DELETE("/v1/goals/{goal_id}/metrics/{metric_id}", { params }));
      await reload();
    });
  }
  return (
    <section aria-labelledby="linked">
      <h2 id="linked">Metrics of this goal</h2>
      {goal.metrics.length === 0 && <p>None yet: link one, and the goal follows it.</p>}
      <ul class="rows">
        {goal.metrics.map((it) => (
          <li key={it.id}>
            <Link href={`/metrics/${it.id}`}>{it.name}</Link>{" "}
            <strong>{amount(it.progress.current, goal.unit, goal.currency)}</strong>
            <span class="detail">
              {it.primary ? (
                "The goal's progress is of this one."
              ) : (
                <button type="button" onClick={() => void link(it.id, { primary: true })}>
                  Follow this one
                </button>
              )}{" "}
              <button type="button" onClick={() => void unlink(it.id)}>
                Unlink
              </button>
            </span>
          </li>
        ))}
      </ul>
      {action.error && (
        <p class="notice notice-error" role="alert">
          {action.error.message}
        </p>
      )}
      <Loaded of={accounts}>
        {(found) => {
          const choices = found.flatMap(({ integration, metrics }) =>
            metrics
              .filter((it) => !linked.has(it.id))
              .map((it) => ({ value: it.id, label: `${it.name} (${integration.name})` })),
          );
          if (choices.length === 0) return <p>Every saved metric is linked.</p>;
          const value = chosen && !linked.has(chosen) ? chosen : (choices[0]?.value ?? "");
          return (
            <div class="inline">
              <Field label="Link a metric">
                <Select value={value} choices={choices} onChange={setChosen} />
              </Field>
              <button type="button" disabled={action.isBusy} onClick={() => void link(value, {})}>
                Link
              </button>
            </div>
          );
        }}
      </Loaded>
    </section>
  );
}

function GoalForm({
  goal,
  submit,
  onSaved,
}: {
  goal?: Goal;
  submit: string;
  onSaved: (goal: Goal) => Promise<void>;
}) {
  const [name, setName] = useState(goal?.name ?? "");
  const [description, setDescription] = useState(goal?.description ?? "");
  const [target, setTarget] = useState(goal ? String(goal.target) : "");
  const [start, setStart] = useState(goal?.start == null ? "" : String(goal.start));
  const [due, setDue] = useState(goal?.due_on ?? "");
  const action = useAction();
  const wrong = action.error?.fields ?? {};
  async function save() {
    const body = {
      name,
      target: Number(target),
      description: description || null,
      start: start === "" ? null : Number(start),
      due_on: due || null,
    };
    const saved = goal
      ? await answerOf(
          api.PATCH("/v1/goals/{goal_id}", { params: { path: { goal_id: goal.id } }, body }),
        )
      : await answerOf(api.POST("/v1/goals", { body }));
    await onSaved(saved);
  }
  return (
    <Form action={action} submit={submit} onSubmit={save}>
      <Field label="Name" wrong={wrong["/name"]}>
        <input
          value={name}
          required
          maxLength={200}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Field
        label="Target"
        help="In the unit of the metric: money in its currency, rates in percent. A target below the start is a goal to lower a number."
        wrong={wrong["/target"]}
      >
        <input
          type="number"
          step="any"
          value={target}
          required
          onInput={(event) => setTarget(event.currentTarget.value)}
        />
      </Field>
      <Field
        label="Start"
        help="Where it starts from. Left empty: from the metric's value when it is linked."
        wrong={wrong["/start"]}
      >
        <input
          type="number"
          step="any"
          value={start}
          onInput={(event) => setStart(event.currentTarget.value)}
        />
      </Field>
      <Field label="Due on" wrong={wrong["/due_on"]}>
        <input type="date" value={due} onInput={(event) => setDue(event.currentTarget.value)} />
      </Field>
      <Field label="Description" wrong={wrong["/description"]}>
        <textarea
          value={description}
          rows={2}
          onInput={(event) => setDescription(event.currentTarget.value)}
        />
      </Field>
    </Form>
  );
}
