// Forms: fields with their labels, what is wrong beside each, and one action at a time.

import { type ComponentChildren, cloneElement, type VNode } from "preact";
import { useId, useState } from "preact/hooks";

import type { ApiError } from "../api/client";
import { asApiError } from "../use_resource";

/** What ties a control to the words around it. */
export interface Described {
  readonly id?: string;
  readonly "aria-describedby"?: string;
  readonly "aria-invalid"?: boolean;
}

/** A control with its label, its explanation, and what is wrong with it. */
export function Field({
  label,
  help,
  wrong,
  children,
}: {
  label: string;
  help?: string | undefined;
  wrong?: string | undefined;
  children: VNode<Described>;
}) {
  const id = useId();
  const described = [help && `${id}-help`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
      </label>
      {cloneElement(children, {
        id,
        ...(described ? { "aria-describedby": described } : {}),
        ...(wrong ? { "aria-invalid": true } : {}),
      })}
      {help && (
        <span class="field-help" id={`${id}-help`}>
          {help}
        </span>
      )}
      {wrong && (
        <span class="field-error" id={`${id}-wrong`}>
          {wrong}
        </span>
      )}
    </div>
  );
}

/** Something that is so or not. */
export function Switch({
  label,
  help,
  value,
  onChange,
}: {
  label: string;
  help?: string;
  value: boolean;
  onChange: (value: boolean) => void;
}) {
  const id = useId();
  return (
    <div class="switch">
      <input
        type="checkbox"
        id={id}
        checked={value}
        onChange={(event) => onChange(event.currentTarget.checked)}
        {...(help ? { "aria-describedby": `${id}-help` } : {})}
      />
      <label for={id}>{label}</label>
      {help && (
        <span class="field-help" id={`${id}-help`}>
          {help}
        </span>
      )}
    </div>
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
  ...described
}: Described & {
  value: string;
  choices: readonly Choice[];
  onChange: (value: string) => void;
}) {
  return (
    <select {...described} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
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
    <fieldset class="confirm">
      <legend>{label}</legend>
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
    </fieldset>
  );
}
