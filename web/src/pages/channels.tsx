// Whom alerts can tell, and who hears of what concerns no single alert.

import { useState } from "preact/hooks";

import { answerOf, api } from "../api/client";
import { readChannels } from "../api/stock";
import type { Channel, Notifications } from "../api/types";
import { Chip, type Tone } from "../ui/chip";
import { Confirmed, Field, Form, Select, Switch, useAction } from "../ui/form";
import { Empty, Failure, Loaded } from "../ui/states";
import { useResource } from "../use_resource";

const REFRESH_MS = 10_000;
const STATES: Record<Channel["status"], readonly [Tone, string]> = {
  active: ["good", "Active"],
  pending_confirmation: ["busy", "Waiting to be confirmed"],
  not_receiving: ["bad", "Not receiving"],
};
const KINDS = [
  { value: "email", label: "E-mail" },
  { value: "sms", label: "SMS" },
];
const EVENTS: Record<Notifications["events"][number], string> = {
  sync_failed: "An account cannot be read",
  stale: "Numbers are getting old",
  recovered: "All is well again",
  goal_reached: "A goal is reached",
  goal_off_pace: "A goal falls behind its pace",
};

export function Channels() {
  const channels = useResource(readChannels, "channels", REFRESH_MS);
  const notifications = useResource(
    () => answerOf(api.GET("/v1/notifications", {})),
    "notifications",
  );
  return (
    <>
      <h1>Channels</h1>
      <Loaded of={channels}>
        {(found) => (
          <>
            {found.length === 0 ? (
              <Empty title="There is no channel yet">
                <p>Add an e-mail address or a phone number that alerts can reach.</p>
              </Empty>
            ) : (
              <ul class="rows">
                {found.map((it) => (
                  <Row key={it.id} channel={it} reload={channels.reload} />
                ))}
              </ul>
            )}
            <Add onAdded={channels.reload} />
            <section aria-labelledby="operation">
              <h2 id="operation">Who hears how it runs</h2>
              <Loaded of={notifications}>
                {(set) => <Operation channels={found} set={set} reload={notifications.reload} />}
              </Loaded>
            </section>
          </>
        )}
      </Loaded>
    </>
  );
}

function Row({ channel, reload }: { channel: Channel; reload: () => Promise<void> }) {
  const [said, setSaid] = useState("");
  const trying = useAction();
  const removing = useAction();
  const params = { path: { channel_id: channel.id } };
  const [tone, label] = STATES[channel.status];
  async function test() {
    setSaid("");
    await answerOf(api.POST("/v1/channels/{channel_id}/test", { params }));
    setSaid("A test message is on its way.");
  }
  async function remove() {
    await answerOf(api.DELETE("/v1/channels/{channel_id}", { params }));
    await reload();
  }
  return (
    <li>
      <strong>{channel.address}</strong> <Chip tone={tone}>{label}</Chip>
      {channel.note && <span class="detail">{channel.note}</span>}
      <div class="buttons">
        <button type="button" disabled={trying.isBusy} onClick={() => void trying.run(test)}>
          Send a test
        </button>
        <Confirmed
          label="Remove"
          question="It gets no more messages."
          action={removing}
          onConfirm={remove}
        />
      </div>
      {said && <p role="status">{said}</p>}
      {trying.error && <Failure error={trying.error} />}
    </li>
  );
}

function Add({ onAdded }: { onAdded: () => Promise<void> }) {
  const [type, setType] = useState<Channel["type"]>("email");
  const [address, setAddress] = useState("");
  const action = useAction();
  async function add() {
    await answerOf(api.POST("/v1/channels", { body: { type, address } }));
    setAddress("");
    await onAdded();
  }
  return (
    <section aria-labelledby="add">
      <h2 id="add">Add a channel</h2>
      <Form action={action} submit="Add" onSubmit={add}>
        <Field label="Kind">
          <Select value={type} choices={KINDS} onChange={(it) => setType(it as Channel["type"])} />
        </Field>
        <Field
          label={type === "email" ? "E-mail address" : "Phone number"}
          help={
            type === "email"
              ? "A message with a link to confirm is sent to it."
              : "With its country, such as +49 170 0000000."
          }
          wrong={action.error?.fields["/address"]}
        >
          <input
            type={type === "email" ? "email" : "tel"}
            value={address}
            required
            onInput={(event) => setAddress(event.currentTarget.value)}
          />
        </Field>
      </Form>
    </section>
  );
}

function Operation({
  channels,
  set,
  reload,
}: {
  channels: readonly Channel[];
  set: Notifications;
  reload: () => Promise<void>;
}) {
  const [told, setTold] = useState<readonly string[]>(set.channels);
  const [events, setEvents] = useState<Notifications["events"]>(set.events);
  const action = useAction();
  async function save() {
    await answerOf(api.PUT("/v1/notifications", { body: { channels: [...told], events } }));
    await reload();
  }
  const toggled = <T extends string>(list: readonly T[], it: T): T[] =>
    list.includes(it) ? list.filter((each) => each !== it) : [...list, it];
  return (
    <Form action={action} submit="Save" onSubmit={save}>
      <fieldset>
        <legend>They hear when</legend>
        {(Object.keys(EVENTS) as Notifications["events"]).map((it) => (
          <Switch
            key={it}
            label={EVENTS[it]}
            value={events.includes(it)}
            onChange={() => setEvents(toggled(events, it))}
          />
        ))}
      </fieldset>
      <fieldset>
        <legend>Who</legend>
        {channels.length === 0 && <p>Add a channel first.</p>}
        {channels.map((it) => (
          <Switch
            key={it.id}
            label={it.address}
            value={told.includes(it.id)}
            onChange={() => setTold(toggled(told, it.id))}
          />
        ))}
      </fieldset>
    </Form>
  );
}
