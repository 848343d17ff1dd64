// Forms: fields with their labels, what is wrong beside each, and one action at a time.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { ApiError } from "../api/client";
import { asApiError } from "../use_resource";

/** A field with its label, its explanation, and what is wrong with it. */
export function Field({
  label,
  help,
  wrong,
  children,
}: {
  label: string;
  help?: string | undefined;
  wrong?: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <label class={wrong ? "field field-wrong" : "field"}>
      <span class="field-label">{label}</span>
      {children}
      {help && <span class="field-help">{help}</span>}
      {wrong && <span class="field-error">{wrong}</span>}
    </label>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A choice of a few. */
export function Select({
  value,
  choices,
  onChange,
}: {
  value: string;
  choices: readonly Choice[];
  onChange: (value: string) => void;
}) {
  return (
    <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

export interface Action {
  readonly isBusy: boolean;
  readonly error: ApiError | undefined;
  /** Do it, unless something is being done; true if it succeeded. */
  readonly run: (work: () => Promise<void>) => Promise<boolean>;
}

/** Keep track of one thing that is being done, and of why it failed. */
export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  async function run(work: () => Promise<void>): Promise<boolean> {
    if (isBusy) return false;
    setBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (caught) {
      setError(asApiError(caught));
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { isBusy, error, run };
}

/** A form: what is wrong with it as a whole stands above its buttons. */
export function Form({
  action,
  submit,
  onSubmit,
  children,
  more,
}: {
  action: Action;
  submit: string;
  onSubmit: () => Promise<void>;
  children: ComponentChildren;
  more?: ComponentChildren;
}) {
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void action.run(onSubmit);
      }}
    >
      {children}
      {action.error && (
        <p class="notice notice-error" role="alert">
          {action.error.message}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="primary" disabled={action.isBusy}>
          {action.isBusy ? "One moment …" : submit}
        </button>
        {more}
      </div>
    </form>
  );
}

/** A button that asks once more before it does something that cannot be undone. */
export function Confirmed({
  label,
  question,
  action,
  onConfirm,
}: {
  label: string;
  question: string;
  action: Action;
  onConfirm: () => Promise<void>;
}) {
  const [isAsking, setAsking] = useState(false);
  if (!isAsking) {
    return (
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        {label}
      </button>
    );
  }
  return (
    <div class="confirm" role="group" aria-label={label}>
      <p>{question}</p>
      {action.error && <p class="field-error">{action.error.message}</p>}
      <div class="buttons">
        <button
          type="button"
          class="danger"
          disabled={action.isBusy}
          onClick={() => void action.run(onConfirm)}
        >
          {action.isBusy ? "One moment …" : label}
        </button>
        <button type="button" onClick={() => setAsking(false)}>
          Keep it
        </button>
      </div>
    </div>
  );
}
