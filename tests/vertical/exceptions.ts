/**
 * What cannot be true of several workers that look like one, of mediasoup's own suite and of ours,
 * by the names of the tests. tests/vertical says what holds in their place.
 */
export const exceptions = {
  'router.pipeToRouter() with keepId: true fails if both Routers belong to the same Worker':
    'two virtual routers of one virtual worker are piped between two of its real workers, where ids do not collide: what mediasoup refuses works',
  'listeners added right after creation miss nothing':
    'what is closed or sent while a pipe to another worker is being built is closed or sent before there is a consumer',
  'a WebRtcServer serves several transports on one port':
    'several processes cannot share a port: each worker has one of its own',
  'messages pass between data channels and the app, both ways':
    'expects what one data consumer sends itself behind what came from another worker before it: between two ways there is no order',
  'router.pipeToRouter() called twice generates a single PipeTransport pair':
    'two producers on two real workers are piped from two real routers, each with a pair of its own',
  'a worker that dies takes everything with it, at once':
    'kills one of several processes: that takes only what was on it',
  'Consumer emits "score"':
    "puts a notification of a pipe's score into mediasoup's private channel: shown is the score of the sender",
  'a paused consumer gets nothing, a resumed one goes on where it was':
    'resumes a consumer right after a packet came in, which may still be on its way to that worker',
} as const satisfies Record<string, string>;
