/*
 * The messages of subprotocol tureen.1. A frame is one binary WebSocket message: a header
 * `[sequence, acknowledged]` and then messages, each a MessagePack array beginning with its type.
 * docs/protocol.md describes them for people.
 */

export const subprotocol = 'tureen.1';

/** How many values a client may have shared at a time. */
export const sharedValues = 64;

/** Handle of the mediasoup module itself in every session. */
export const rootHandle = 0;

export const MessageType = {
  hello: 0,
  call: 1,
  notify: 2,
  listen: 3,
  goodbye: 4,
  share: 5,
  welcome: 10,
  refused: 11,
  reply: 12,
  failure: 13,
  patch: 14,
  event: 15,
  observerEvent: 16,
  release: 17,
  log: 18,
} as const;

export interface Hello {
  /** Version of the client package, for people. */
  client: string;
  /** mediasoup version that the client's API table describes. */
  api: string;
  /** Fingerprint of the client's API table. */
  fingerprint: string;
  /** A session of before, to go on with. */
  resume?: ResumeRequest;
}

/** What a session is known by. The secret makes it worthless to know the id. */
export interface SessionKey {
  id: string;
  secret: string;
}

export interface ResumeRequest extends SessionKey {
  /** Sequence of the last numbered frame that the client got. */
  received: number;
}

export interface Welcome {
  /** Version of the server package, for people. */
  server: string;
  /** Version of the mediasoup that the server gives. */
  mediasoup: string;
  workerBin: string;
  fingerprint: string;
  session: SessionKey;
  /** Whether the session is the one that the client asked to go on with. */
  resumed: boolean;
  /** Sequence of the last numbered frame of this session that the server got. */
  received: number;
  /** Milliseconds that the session outlives its connection. */
  resumeWindow: number;
}

export interface WireError {
  name: string;
  message: string;
  stack?: string;
}

export type LogLevel = 'debug' | 'warn' | 'error';

type Arguments = readonly unknown[];

export type HelloMessage = [typeof MessageType.hello, Hello];
/**
 * A call of a method. The client chooses the handle of the object that the call creates. With
 * `after`, the id of a call under way that creates an object, it is carried out when that one has
 * been answered, and fails with it: so it can be on what is being created.
 */
export type CallMessage = [
  typeof MessageType.call,
  id: number,
  handle: number,
  method: string,
  args: Arguments,
  childHandle?: number,
  after?: number,
];
/** A call without an answer. */
export type NotifyMessage = [
  typeof MessageType.notify,
  handle: number,
  method: string,
  args: Arguments,
];
/** Begins or ends the sending of one high-rate event. */
export type ListenMessage = [
  typeof MessageType.listen,
  handle: number,
  event: string,
  observer: boolean,
  on: boolean,
];
/** A value that later calls name by this number, from 0 up to {@link sharedValues}. */
export type ShareMessage = [typeof MessageType.share, number: number, value: unknown];
/** Either end ends the session; nothing is kept for it. */
export type GoodbyeMessage = [typeof MessageType.goodbye];
export type WelcomeMessage = [typeof MessageType.welcome, Welcome];
export type RefusedMessage = [typeof MessageType.refused, WireError];
/** For a call that creates an object, `value` holds the fields of that object. */
export type ReplyMessage = [typeof MessageType.reply, id: number, value: unknown];
export type FailureMessage = [typeof MessageType.failure, id: number, WireError];
/** Fields that have changed; comes before the event or reply that it belongs to. */
export type PatchMessage = [
  typeof MessageType.patch,
  handle: number,
  fields: Record<string, unknown>,
];
export type EventMessage = [
  typeof MessageType.event | typeof MessageType.observerEvent,
  handle: number,
  event: string,
  args: Arguments,
];
/** Nothing more will be said of this object and of what it owned. */
export type ReleaseMessage = [typeof MessageType.release, handle: number];
/** A log line of a worker of this session, with its handle where the server knows which it is. */
export type LogMessage = [
  typeof MessageType.log,
  LogLevel,
  namespace: string,
  text: string,
  worker?: number,
];

export type ClientMessage =
  HelloMessage | CallMessage | NotifyMessage | ListenMessage | GoodbyeMessage | ShareMessage;
export type ServerMessage =
  | GoodbyeMessage
  | WelcomeMessage
  | RefusedMessage
  | ReplyMessage
  | FailureMessage
  | PatchMessage
  | EventMessage
  | ReleaseMessage
  | LogMessage;
export type Message = ClientMessage | ServerMessage;

/** A remote object inside event arguments. */
export interface Reference {
  $handle: number;
}

export function isReference(value: unknown): value is Reference {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, '$handle') &&
    typeof (value as Reference).$handle === 'number'
  );
}

/**
 * Replaces objects inside event arguments: remote ones by references on the way out, references
 * by remote ones on the way in. Only events whose row says `reference` come through here; their
 * arguments are arrays and plain objects, a few levels deep.
 */
export function mapReferences(
  value: unknown,
  replace: (candidate: object) => unknown,
  depth = 4,
): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) {
    return value;
  }

  const replaced = replace(value);

  if (replaced !== undefined) {
    return replaced;
  }

  if (Array.isArray(value)) {
    return value.map((item) => mapReferences(item, replace, depth - 1));
  }

  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapReferences(item, replace, depth - 1)]),
  );
}
