import type { Conference } from '../conference/Conference.js';
import type { ConferenceState, RemotePeer } from '../conference/state.js';
import { h } from './dom.js';
import { tileSize } from './layout.js';
import type { Notices } from './Notices.js';
import { StatusBar } from './StatusBar.js';
import { Tile, type TileActions, type TileContent, type TileQuality } from './Tile.js';
import { Toolbar } from './Toolbar.js';

const SELF = 'self';
const GAP = 10;

/** The room: tiles of everybody, the line above them, the controls below. */
export class RoomView {
  readonly element: HTMLElement;
  readonly #conference: Conference;
  readonly #notices: Notices;
  readonly #bar: StatusBar;
  readonly #toolbar: Toolbar;
  readonly #grid = h('div', { class: 'grid', 'data-testid': 'grid' });
  readonly #alone = h('div', { class: 'alone' });
  readonly #tiles = new Map<string, Tile>();
  readonly #resized = new ResizeObserver(() => this.#arrange());

  constructor(conference: Conference, notices: Notices, leave: () => void) {
    this.#conference = conference;
    this.#notices = notices;
    this.#bar = new StatusBar(conference.state.room);
    this.#toolbar = new Toolbar({ toggle: (source) => void conference.toggle(source), leave });
    this.#alone.append(
      h('span', {}, 'Nobody else is here yet.'),
      h(
        'button',
        { type: 'button', class: 'link', onclick: () => void this.#bar.share() },
        'Copy the link to invite',
      ),
    );
    this.element = h(
      'main',
      { class: 'room', 'data-testid': 'room', tabindex: -1 },
      this.#bar.element,
      this.#bar.banner,
      h('section', { class: 'stage', 'aria-label': 'People' }, this.#grid, this.#alone),
      this.#toolbar.element,
    );
    this.#resized.observe(this.#grid);
    this.update(conference.state);
  }

  update(state: ConferenceState): void {
    this.#bar.update(state);
    this.#toolbar.update(state.microphone, state.camera);
    this.#alone.hidden = state.peers.size > 0 || state.connection !== 'connected';
    const contents = [...Array.from(state.peers.values(), remoteTile(state)), selfTile(state)];
    this.#show(contents);
  }

  remove(): void {
    this.#resized.disconnect();
    this.#toolbar.remove();
    for (const tile of this.#tiles.values()) tile.remove();
    this.element.remove();
  }

  #show(contents: TileContent[]): void {
    const before = this.#tiles.size;
    const ids = new Set(contents.map(({ id }) => id));
    for (const [id, tile] of this.#tiles) {
      if (ids.has(id)) continue;
      tile.remove();
      this.#tiles.delete(id);
    }
    for (const content of contents) {
      const tile = this.#tiles.get(content.id);
      if (tile) tile.update(content);
      else this.#add(content);
    }
    if (this.#tiles.size !== before) this.#arrange();
  }

  #add(content: TileContent): void {
    const tile = new Tile(content, this.#actions);
    this.#tiles.set(content.id, tile);
    // We ourselves stay last.
    const own = this.#tiles.get(SELF);
    this.#grid.insertBefore(tile.element, own && own !== tile ? own.element : null);
    this.#arrange();
  }

  #arrange(): void {
    const area = { width: this.#grid.clientWidth, height: this.#grid.clientHeight };
    if (area.width === 0) return;
    const { width, height } = tileSize(this.#tiles.size, area, GAP);
    this.#grid.style.setProperty('--tile-width', `${width}px`);
    this.#grid.style.setProperty('--tile-height', `${height}px`);
  }

  readonly #actions: TileActions = {
    setReceiving: (peerId, receiving) => void this.#conference.setReceiving(peerId, receiving),
    setPreferredLayer: (peerId, layer) => void this.#conference.setPreferredLayer(peerId, layer),
    soundBlocked: () =>
      this.#notices.ask('Your browser holds back the sound.', 'Turn on sound', () => {
        for (const audio of this.#grid.querySelectorAll('audio')) void audio.play();
      }),
  };
}

function selfTile(state: ConferenceState): TileContent {
  return {
    id: SELF,
    name: state.displayName,
    self: true,
    video: state.camera.track,
    cameraOn: state.camera.on,
    microphoneOn: state.microphone.on,
    volume: state.volume,
    speaking: state.peerId !== undefined && state.activeSpeaker === state.peerId,
    receiving: true,
  };
}

function remoteTile(state: ConferenceState): (peer: RemotePeer) => TileContent {
  return (peer) => ({
    id: peer.id,
    name: peer.displayName,
    self: false,
    video: peer.camera?.consumer?.track,
    audio: peer.microphone?.consumer?.track,
    cameraOn: peer.camera !== undefined && !peer.camera.producerPaused,
    microphoneOn: peer.microphone !== undefined && !peer.microphone.producerPaused,
    volume: peer.receiving ? peer.volume : 0,
    speaking: state.activeSpeaker === peer.id,
    receiving: peer.receiving,
    quality: qualityOf(peer),
  });
}

function qualityOf({ camera }: RemotePeer): TileQuality | undefined {
  if (!camera) return undefined;
  return {
    score: camera.score.score,
    spatialLayer: camera.layers?.spatialLayer,
    temporalLayer: camera.layers?.temporalLayer,
    spatialLayers: camera.spatialLayers,
    preferred: camera.preferredSpatialLayer,
  };
}
