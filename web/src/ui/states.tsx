// What stands where nothing can be shown yet: loading, errors, and empty lists with the next step.

import type { ComponentChildren } from "preact";

import type { ApiError } from "../api/client";
import type { Resource } from "../use_resource";

/** Show a resource: what was loaded, with a note if it could not be refreshed. */
export function Loaded<T>({
  of,
  children,
}: {
  of: Resource<T>;
  children: (value: T) => ComponentChildren;
}) {
  if (of.value === undefined) {
    return of.error ? <Failure error={of.error} retry={of.reload} /> : <Loading />;
  }
  return (
    <>
      {of.error && (
        <p class="notice notice-warning" role="status">
          This may be out of date. {of.error.message}
        </p>
      )}
      {children(of.value)}
    </>
  );
}

/** Say that something is on its way; the words appear only if it takes a while. */
export function Loading() {
  return (
    <div class="loading" role="status" aria-live="polite">
      <span class="skeleton" />
      <span class="skeleton" />
      <span class="slow">Loading …</span>
    </div>
  );
}

/** Say what went wrong, and offer to try again. */
export function Failure({ error, retry }: { error: ApiError; retry?: () => Promise<void> }) {
  return (
    <div class="notice notice-error" role="alert">
      <p>{error.message}</p>
      {retry && (
        <button type="button" onClick={() => void retry()}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Say that there is nothing yet, and what to do. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <h3>{title}</h3>
      {children}
    </div>
  );
}
