import type { Locator, Page, WebSocket } from 'playwright-core';
import type { TestBrowser } from '../support/browser.js';
import { grows, until } from './waiting.js';

/** What `window.conference.stats()` gives for one remote peer. */
export interface PeerStats {
  displayName: string;
  video?: { framesDecoded: number; frameWidth: number; packetsReceived: number; paused: boolean };
  audio?: { packetsReceived: number; paused: boolean };
}

/** Where the media of a transport goes. */
export interface MediaPlace {
  /** Of the media host. */
  address: string;
  port: number;
}

/** One participant: a page of the example app, used as a person would use it. */
export class RoomPage {
  /** What the server has told the page for its transports, in order. */
  readonly #places: MediaPlace[] = [];

  private constructor(
    readonly name: string,
    readonly page: Page,
  ) {
    page.on('websocket', (socket) => this.#readAnswers(socket));
  }

  /** Opens the room's page, fills in the form and waits until it is connected. */
  static async join(
    browser: TestBrowser,
    url: string,
    name: string,
    // A small picture: several pages encode and decode it in software.
    video = '640x360',
  ): Promise<RoomPage> {
    const page = await browser.newPage();
    const room = new RoomPage(name, page);
    await page.goto(`${url}?video=${video}`);
    await room.submitJoinForm();
    return room;
  }

  async submitJoinForm(): Promise<void> {
    await this.page.getByTestId('join-name').fill(this.name);
    await this.page.getByTestId('join').click();
    await this.connected();
  }

  connected(): Promise<void> {
    return until(
      `${this.name} is connected`,
      async () => (await this.connection()) === 'connected',
    );
  }

  /** Where the media of the page's two transports goes. */
  get mediaPlaces(): MediaPlace[] {
    return this.#places.slice(-2);
  }

  /** Their ports, on the media host. */
  get mediaPorts(): number[] {
    return this.mediaPlaces.map(({ port }) => port);
  }

  /** Who speaks, as far as this page knows. */
  activeSpeaker(): Promise<string | null> {
    return this.page.evaluate<string | null>('window.conference.activeSpeaker');
  }

  connection(): Promise<string> {
    return this.page.evaluate<string>('window.conference.connection');
  }

  /** The tile of another participant. */
  tile(name: string): Locator {
    return this.page
      .getByTestId('tile')
      .filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Names on the tiles, our own one included. */
  tileNames(): Promise<string[]> {
    return this.page.locator('.tile-name').allTextContents();
  }

  async stats(name: string): Promise<PeerStats | undefined> {
    const all = await this.page.evaluate<Record<string, PeerStats>>('window.conference.stats()');
    return Object.values(all).find(({ displayName }) => displayName === name);
  }

  async framesOf(name: string): Promise<number> {
    return (await this.stats(name))?.video?.framesDecoded ?? 0;
  }

  async audioPacketsOf(name: string): Promise<number> {
    return (await this.stats(name))?.audio?.packetsReceived ?? 0;
  }

  #readAnswers(socket: WebSocket): void {
    socket.on('framereceived', ({ payload }) => {
      const candidates = /"iceCandidates":\[(.+?)\]/.exec(String(payload))?.[1];
      const [, port] = /"port":(\d+)/.exec(candidates ?? '') ?? [];
      const [, address] = /"address":"([^"]+)"/.exec(candidates ?? '') ?? [];
      if (port && address) this.#places.push({ address, port: Number(port) });
    });
  }

  /** Waits until picture and sound of somebody arrive here. */
  async receives(name: string): Promise<void> {
    await Promise.all([
      grows(`${this.name} decodes the video of ${name}`, () => this.framesOf(name)),
      grows(`${this.name} receives the audio of ${name}`, () => this.audioPacketsOf(name)),
    ]);
  }
}

/** Waits until everybody receives everybody else. */
export async function everybodyReceives(pages: RoomPage[]): Promise<void> {
  await Promise.all(
    pages.flatMap((page) =>
      pages.filter((other) => other !== page).map((other) => page.receives(other.name)),
    ),
  );
}
