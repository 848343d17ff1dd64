// What a page shows of the API: loaded, refreshed, and kept while it cannot be refreshed.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { ApiError } from "./api/client";

export interface Resource<T> {
  /** What was answered last; undefined before the first answer. */
  readonly value: T | undefined;
  /** Why the last try failed; undefined if it did not. */
  readonly error: ApiError | undefined;
  readonly reload: () => Promise<void>;
}

/**
 * Load something, and again whenever *key* changes, the page is looked at again, or the time of
 * *every* has passed (milliseconds).
 */
export function useResource<T>(load: () => Promise<T>, key: string, every?: number): Resource<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<ApiError>();
  const newest = useRef(0);
  const latestLoad = useRef(load);
  latestLoad.current = load;

  const reload = useCallback(async () => {
    newest.current += 1;
    const mine = newest.current;
    try {
      const found = await latestLoad.current();
      // An answer that was overtaken by another is not shown.
      if (mine !== newest.current) return;
      setValue(() => found);
      setError(undefined);
    } catch (caught) {
      if (mine === newest.current) setError(asApiError(caught));
    }
  }, []);

  useEffect(() => {
    setValue(undefined);
    void reload();
  }, [key, reload]);

  useEffect(() => {
    const again = () => {
      if (document.visibilityState === "visible") void reload();
    };
    const timer = every === undefined ? undefined : setInterval(again, every);
    document.addEventListener("visibilitychange", again);
    addEventListener("online", again);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
      removeEventListener("online", again);
    };
  }, [every, reload]);

  return { value, error, reload };
}

/** Give what was thrown as an error with words for people. */
export function asApiError(caught: unknown): ApiError {
  if (caught instanceof ApiError) return caught;
  console.error(caught);
  return new ApiError("Something went wrong on this page. Load it again.", "page", -1);
}
