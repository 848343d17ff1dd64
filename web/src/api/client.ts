// The API, typed by its description. Every failure is an ApiError with a sentence to show.

import createClient from "openapi-fetch";

import { accessToken, signIn } from "../session";
import type { paths } from "./schema";
import type { Problem } from "./types";

/** What went wrong, in words for people. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
    /** What is wrong with which field of what was sent. */
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  /** Whether the request did not get through at all. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

const client = createClient<paths>({ baseUrl: "" });
client.use({
  async onRequest({ request }) {
    const token = await accessToken();
    if (token) request.headers.set("Authorization", `Bearer ${token}`);
    return request;
  },
});

export const api = client;

const NO_CONTENT = 204;
const UNAUTHORIZED = 401;

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Give what was answered, or throw an ApiError. */
export async function answerOf<T>(request: Promise<Answered<T>>): Promise<NonNullable<T>> {
  let answered: Answered<T>;
  try {
    answered = await request;
  } catch {
    throw new ApiError(
      "The API cannot be reached. Look at your connection; this page tries again.",
      "offline",
      0,
    );
  }
  const { data, error, response } = answered;
  if (response.ok) return (response.status === NO_CONTENT ? null : data) as NonNullable<T>;
  if (response.status === UNAUTHORIZED) {
    await signIn();
    throw new ApiError("You are signed out. Sign in again to go on.", "unauthorized", UNAUTHORIZED);
  }
  throw errorOf(error, response.status);
}

/** Give every entry of a list, page by page. */
export async function allOf<T>(
  page: (
    cursor: string | undefined,
  ) => Promise<Answered<{ data: T[]; next_cursor: string | null }>>,
): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const answer = await answerOf(page(cursor));
    found.push(...answer.data);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

function errorOf(body: unknown, status: number): ApiError {
  const problem = (body ?? {}) as Partial<Problem> & { message?: string };
  // The gateway's own answers, such as throttling, are {"message"}.
  const said = problem.detail ?? problem.message ?? `The API answered with status ${status}.`;
  const fields = (problem.errors ?? []).map(({ pointer, detail }) => [pointer, detail] as const);
  return new ApiError(said, problem.code ?? "unknown", status, Object.fromEntries(fields));
}
