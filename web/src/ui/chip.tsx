// Small marks of a state: how fresh numbers are, and where an alert stands.

import type { Alert, Integration, Sync } from "../api/types";
import { ago, instant, words } from "../format";

export type Tone = "good" | "bad" | "busy" | "quiet";

/** A word with a colour; the word alone says it all. */
export function Chip({ tone, children, title }: { tone: Tone; children: string; title?: string }) {
  return (
    <span class={`chip chip-${tone}`} title={title}>
      {children}
    </span>
  );
}

/** How fresh what is shown is: fresh, syncing, stale, or an error. */
export function Freshness({ sync, status }: { sync: Sync; status?: Integration["status"] }) {
  if (status === "disconnected") return <Chip tone="quiet">Disconnected</Chip>;
  if (sync.error)
    return (
      <Chip tone="bad" title={sync.error.message}>
        Sync failed
      </Chip>
    );
  if (sync.progress)
    return (
      <Chip tone="busy" title={sync.progress.message}>
        First import
      </Chip>
    );
  if (sync.stale)
    return (
      <Chip tone="bad" title={`Read up to ${instant(sync.data_through)}.`}>
        Stale
      </Chip>
    );
  if (sync.state === "running") return <Chip tone="busy">Syncing</Chip>;
  if (sync.last_success_at === null) return <Chip tone="quiet">Not read yet</Chip>;
  return (
    <Chip
      tone="good"
      title={instant(sync.last_success_at)}
    >{`Fresh, ${ago(sync.last_success_at)}`}</Chip>
  );
}

/** What a sync has to say in words, if it has: the cause and what to do. */
export function syncWords(sync: Sync): string | null {
  if (sync.error) {
    const next = sync.next_due_at ? ` Next try: ${instant(sync.next_due_at)}.` : "";
    return sync.error.message + next;
  }
  if (sync.progress) return sync.progress.message;
  return sync.notes.length > 0 ? sync.notes.join(" ") : null;
}

const TONES: Record<Alert["state"]["status"], Tone> = {
  waiting: "quiet",
  ok: "good",
  firing: "bad",
  paused: "quiet",
};

/** Where an alert stands. */
export function AlertStatus({ state }: { state: Alert["state"] }) {
  return (
    <Chip tone={TONES[state.status]} title={state.note}>
      {words(state.status)}
    </Chip>
  );
}
