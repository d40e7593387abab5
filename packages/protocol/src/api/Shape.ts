import type { extras } from 'mediasoup';

/*
 * The types of the API table. Every row is checked against the mediasoup interface that it
 * describes: a member or an event that mediasoup has and the row lacks, or the reverse, does not
 * compile. An upgrade of mediasoup therefore starts as a list of compile errors.
 */

/** Kinds of remote objects. `mediasoup` is the module itself, the root of every session. */
export type Kind =
  | 'mediasoup'
  | 'worker'
  | 'webRtcServer'
  | 'router'
  | TransportKind
  | RtpObserverKind
  | 'producer'
  | 'consumer'
  | 'dataProducer'
  | 'dataConsumer';
export type TransportKind =
  'webRtcTransport' | 'plainTransport' | 'pipeTransport' | 'directTransport';
export type RtpObserverKind = 'activeSpeakerObserver' | 'audioLevelObserver';

/**
 * - `const`: travels once, when the object is created.
 * - `packed`: as `const`, for what is large and read seldom: stays packed until it is read.
 * - `live`: travels again, in a patch, whenever it was seen to have changed.
 */
export type FieldRow = 'const' | 'packed' | 'live';

/**
 * - `value`: the server calls the method and answers with its result.
 * - `child:KIND`: the same, and the result is a new object of that kind.
 * - `written`: the same as `value` for the server; the client's side is written by hand.
 * - `manual`: written by hand on the client and never sent as such.
 */
export type CallRow = 'value' | 'written' | `child:${Exclude<Kind, 'mediasoup'>}` | 'manual';

/**
 * - `close`: closes the object and what it owns at once, then tells the server.
 * - `cause:EVENT`: the parent went; closes the object without telling anybody, emitting EVENT.
 * - `notify`: written by hand on the client, then sent without waiting for an answer.
 * - `manual`: written by hand on the client and never sent.
 */
export type LocalRow = 'close' | `cause:${string}` | 'notify' | 'manual';

/**
 * - `forward`: the server forwards the event with its plain arguments.
 * - `reference`: as `forward`, but the arguments hold remote objects, which travel as handles.
 * - `close`: belongs to the end of the object. Dropped by a client that closed the object itself.
 * - `stream`: high rate, none may be lost; not sent while nobody listens.
 * - `lossy`: as `stream`, but dropped (and counted) when the link cannot keep up.
 * - `local`: emitted by the client itself, never sent.
 */
export type EventRow = 'forward' | 'reference' | 'close' | 'stream' | 'lossy' | 'local';

/** Children of an object, in the order in which mediasoup closes them. */
export interface Owns {
  readonly kinds: readonly Kind[];
  /** Method that closes the child when its owner closes. */
  readonly closedBy: string;
  /** Observer event of the owner that announces a new child. */
  readonly announced: string;
}

type Emitter = extras.EnhancedEventEmitter;
type Own<T> = Exclude<keyof T, keyof Emitter> & string;
type AnyFunction = (...args: never[]) => unknown;
type AsyncFunction = (...args: never[]) => Promise<unknown>;

export type CallsOf<T> = { [K in Own<T>]: T[K] extends AsyncFunction ? K : never }[Own<T>];
export type LocalsOf<T> = {
  [K in Own<T>]: T[K] extends AnyFunction ? (T[K] extends AsyncFunction ? never : K) : never;
}[Own<T>];
export type FieldsOf<T> = { [K in Own<T>]: T[K] extends AnyFunction ? never : K }[Own<T>];
/** Names beginning with @ are mediasoup's private events. */
export type PublicEvents<E> = Exclude<keyof E, `@${string}`> & string;

/** Members that every object has and that the base class supplies. */
type BaseMembers = 'appData' | 'observer' | 'closed';

export interface Shape<T, E, O> {
  readonly fields: Readonly<Record<Exclude<FieldsOf<T>, BaseMembers>, FieldRow>>;
  readonly calls: Readonly<Record<CallsOf<T>, CallRow>>;
  readonly local: Readonly<Record<LocalsOf<T>, LocalRow>>;
  readonly events: Readonly<Record<PublicEvents<E>, EventRow>>;
  readonly observer: Readonly<Record<PublicEvents<O>, EventRow>>;
  readonly owns?: readonly Owns[];
  /** Fields whose getter gives mediasoup's own object instead of a clone. */
  readonly uncloned?: readonly FieldsOf<T>[];
  /** Values that fields take when the object closes (only those that it has, if `ifPresent`). */
  readonly onClose?: Readonly<Partial<Record<FieldsOf<T>, unknown>>>;
  readonly onCloseIfPresent?: Readonly<Partial<Record<FieldsOf<T>, unknown>>>;
  /** Option names of calls whose value is a remote object. */
  readonly references?: Readonly<Partial<Record<CallsOf<T>, readonly string[]>>>;
  /** Option names of calls whose value is large and often the same, and so travels once. */
  readonly shared?: Readonly<Partial<Record<CallsOf<T>, readonly string[]>>>;
}

/** A row with the types forgotten, as code that walks the table sees it. */
export interface Row {
  readonly fields: Readonly<Record<string, FieldRow>>;
  readonly calls: Readonly<Record<string, CallRow>>;
  readonly local: Readonly<Record<string, LocalRow>>;
  readonly events: Readonly<Record<string, EventRow>>;
  readonly observer: Readonly<Record<string, EventRow>>;
  readonly owns?: readonly Owns[];
  readonly uncloned?: readonly string[];
  readonly onClose?: Readonly<Record<string, unknown>>;
  readonly onCloseIfPresent?: Readonly<Record<string, unknown>>;
  readonly references?: Readonly<Record<string, readonly string[]>>;
  readonly shared?: Readonly<Record<string, readonly string[]>>;
}
