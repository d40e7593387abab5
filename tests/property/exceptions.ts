/*
 * Where two runs of mediasoup itself differ, or where parity is impossible by nature. Everything
 * else that differs is a fault.
 */

/**
 * Events that media, the network, the clock or the operating system cause, at a moment of their
 * own: they are compared with those of the same name on the same object, in their order, but not
 * with anything else.
 */
export const timedEvents = new Set([
  'sctpstatechange',
  'icestatechange',
  'iceselectedtuplechange',
  'dtlsstatechange',
  'tuple',
  'rtcptuple',
  'subprocessclose',
  // The worker asks for key frames at intervals of its own.
  'trace pli',
  'trace fir',
]);

/** Fields that the same causes change: what they are at the moment of an event is by chance. */
export const timedFields = new Set([
  'sctpState',
  'sctpNegotiatedCapabilities',
  'iceState',
  'iceSelectedTuple',
  'dtlsState',
  'dtlsRemoteCert',
  'tuple',
  'rtcpTuple',
  'subprocessClosed',
]);

/** Events whose very number depends on the clock. They are not compared here but in conformance. */
export const uncomparedEvents: readonly { kind?: RegExp; event: string; reason: string }[] = [
  { event: 'rtcp', reason: 'the worker sends reports at random intervals' },
  {
    kind: /Transport$/,
    event: 'trace',
    reason: 'the worker estimates bandwidth, and probes it, at intervals of its own',
  },
  {
    kind: /^producer$/,
    event: 'trace nack',
    reason: 'the worker asks for lost packets again and again, at intervals',
  },
  { event: 'volumes', reason: 'depends on what fell into the interval of the observer' },
  { event: 'silence', reason: 'depends on what fell into the interval of the observer' },
  { event: 'dominantspeaker', reason: 'depends on what fell into the interval of the observer' },
];

/** Calls that are left out of all sequences. */
export const uncalled = [
  {
    call: 'consumer.requestKeyFrame() on a pipe consumer of audio',
    reason: 'the worker never answers; the remote client gives up after its requestTimeout',
  },
  {
    call: 'router.pipeToRouter() to a closed router',
    reason: 'mediasoup leaves the transport that it has created on the other router; we close it',
  },
  {
    call: 'router.pipeToRouter() with something else as router',
    reason: 'mediasoup leaves a rejected promise behind that nobody can handle',
  },
  {
    call: 'router.pipeToRouter() with a listenInfo on which no transport can listen',
    reason: 'mediasoup keeps the pair that it could not make, and refuses every later one',
  },
  {
    call: 'a call on a closed producer whose id another one has got',
    reason: "mediasoup's worker knows objects by their ids, and does it with the other one",
  },
  {
    call: 'a call that names an object whose owner closed while it was being created',
    reason:
      'mediasoup knows such an object for ever, the server forgets it: both refuse the call with ' +
      'NotFoundError, but say different things',
  },
] as const;

/** Keys whose values are random or measured: named by the order in which they appear. */
export const randomKeys = new Set([
  'usernameFragment',
  'localIceUsernameFragment',
  'password',
  'cname',
  'keyBase64',
]);

/** Keys whose values are measured and say nothing. */
export const measuredKeys = new Set(['timestamp', 'sequenceNumber', 'wideSequenceNumber']);

/**
 * What is under way when a worker closes is rejected at once, by the client: it does not know the
 * names and numbers that mediasoup gives its requests.
 */
export const abortedRequest = /(Channel closed, pending request aborted) \[.*\]$/;

/**
 * A call that mediasoup refuses for its arguments, made in one block with the close of its worker:
 * mediasoup rejects it with its TypeError or UnsupportedError. The client leaves that to the server
 * and aborts it with WorkerClosedError, as all that is under way when a worker closes, since nobody
 * may be left to answer. How it was rejected is not compared in such a step.
 */

/**
 * Of two calls under way that take the same id, the second is refused by mediasoup if it has heard
 * of the first one's success by then, otherwise by the worker.
 */
export const takenId =
  /^rejected \w+ \(\w+\): a (\w+) with same (?:id ".*"|\w+) already exists(?: \[method:.*\])?$/;

/**
 * Errors that quote what was given. A function, symbol, date or map cannot travel and arrives as an
 * empty object; so does one inside of what mediasoup clones, where it would complain of it.
 */
export const quotedFunction = '() => undefined';
export const quotedAsItArrives = '[object Object]';
