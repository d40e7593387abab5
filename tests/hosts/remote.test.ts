import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../browser/processes.js';
import { everybodyReceives, RoomPage } from '../browser/RoomPage.js';
import type { TestBrowser } from '../support/browser.js';
import type { Daemon } from '../support/Daemon.js';
import { HostNetwork } from './support/HostNetwork.js';
import { APP, insecureOrigin, TokenFile } from './support/room.js';

const TIMEOUT_MS = 90_000;

/** The simplest of all: one media host, and everybody somewhere else. */
describe('a daemon, an app and two browsers, each on a host of its own', () => {
  let network: HostNetwork;
  let token: TokenFile;
  let daemon: Daemon;
  let app: Service;
  let browsers: TestBrowser[];

  beforeAll(async () => {
    network = await HostNetwork.create({
      mediaHosts: ['media'],
      others: ['app', 'ann', 'bob'],
      impairment: { delay: 0, loss: 0, seed: 1 },
    });
    token = await TokenFile.create();
    daemon = await network.host('media').startDaemon(token.args);
    app = await network
      .host('app')
      .startService(APP, [
        ...['--host', network.host('app').address, '--port', '0'],
        ...['--tureen-url', daemon.url, ...token.args],
      ]);
    browsers = await Promise.all(
      ['ann', 'bob'].map((name) =>
        network.host(name).launchBrowser({ flags: [insecureOrigin(app.url)] }),
      ),
    );
  }, TIMEOUT_MS);

  afterAll(async () => {
    for (const browser of browsers ?? []) await browser.close();
    await app?.stop();
    await daemon?.stop();
    await token?.remove();
    await network?.close();
  }, TIMEOUT_MS);

  it(
    'play video to each other',
    async () => {
      const names = ['Ann', 'Bob'];
      const pages = await Promise.all(
        browsers.map((browser, index) => RoomPage.join(browser, `${app.url}/room`, names[index]!)),
      );
      await everybodyReceives(pages);
      expect(browsers.flatMap(({ pageErrors }) => pageErrors)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
