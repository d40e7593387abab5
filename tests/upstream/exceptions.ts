/** A test of mediasoup's suite that looks at more than mediasoup's public API. */
export interface Exception {
  file: string;
  test: string;
  reason: string;
  /**
   * `runs`: what looks inside is taken out, the rest of the test must pass everywhere.
   * `fails`: nothing public would be left; only mediasoup itself can pass it.
   */
  publicPart: 'runs' | 'fails';
}

const sizes = 'counts the entries of private maps (…ForTesting)';
const className = "compares the name of mediasoup's private class";
const notification = "feeds a binary notification into mediasoup's private channel";

/** All of them, as of mediasoup 3.27.1. On mediasoup itself they run as they are. */
export const exceptions: readonly Exception[] = [
  {
    file: 'Consumer',
    test: 'Consumer emits "score"',
    reason: notification,
    publicPart: 'fails',
  },
  {
    file: 'Producer',
    test: 'Producer emits "score"',
    reason: notification,
    publicPart: 'fails',
  },
  {
    file: 'WebRtcTransport',
    test: 'WebRtcTransport events succeed',
    reason: notification,
    publicPart: 'fails',
  },
  {
    file: 'PipeTransport',
    test: 'router.pipeToRouter() called in two Routers passing one to each other as argument generates a single PipeTransport pair',
    reason: className,
    publicPart: 'runs',
  },
  {
    file: 'Router',
    test: 'worker.createRouter() succeeds',
    reason: sizes,
    publicPart: 'runs',
  },
  {
    file: 'WebRtcServer',
    test: 'worker.createWebRtcServer() succeeds',
    reason: sizes,
    publicPart: 'runs',
  },
  {
    file: 'WebRtcServer',
    test: 'worker.createWebRtcServer() with portRange succeeds',
    reason: sizes,
    publicPart: 'runs',
  },
  {
    file: 'WebRtcServer',
    test: 'worker.createWebRtcServer() without specifying port/portRange succeeds',
    reason: sizes,
    publicPart: 'runs',
  },
  {
    file: 'WebRtcServer',
    test: 'router.createWebRtcTransport() with webRtcServer succeeds and transport is closed',
    reason: sizes,
    publicPart: 'runs',
  },
  {
    file: 'WebRtcServer',
    test: 'router.createWebRtcTransport() with webRtcServer succeeds and webRtcServer is closed',
    reason: sizes,
    publicPart: 'runs',
  },
  {
    file: 'Worker',
    test: 'mediasoup.createWorker() succeeds',
    reason: className,
    publicPart: 'runs',
  },
];

/** Takes out of a test file what looks inside mediasoup's own objects. */
export function publicPartOf(source: string): string {
  return source
    .replaceAll(/^ *expect\(.*ForTesting\.size\)\.toBe\(\d+\);$/gm, '')
    .replaceAll(/^ *expect\(.*\.constructor\.name\)\.toBe\('\w+'\);$/gm, '')
    .replaceAll(/(\w+)\.constructor\.name !== 'PipeTransportImpl'/g, "$1.type !== 'pipe'");
}
