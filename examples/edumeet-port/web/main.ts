import './styles/base.css';
import './styles/join.css';
import './styles/room.css';
import './styles/tile.css';
import { ROOM_NAME } from '../shared/protocol.js';
import { Conference } from './conference/Conference.js';
import { LocalMedia, videoSizeFrom } from './conference/LocalMedia.js';
import { collectStats } from './conference/stats.js';
import { JoinView, type JoinChoice, type JoinViewOptions } from './view/JoinView.js';
import { Notices } from './view/Notices.js';
import { RoomView } from './view/RoomView.js';

const NAME_KEY = 'display-name';

const notices = new Notices();
const root = document.createElement('div');
root.className = 'root';
document.body.append(root, notices.element);

let conference: Conference | undefined;
let view: RoomView | undefined;

function roomFromAddress(): string | undefined {
  const name = decodeURIComponent(location.pathname.slice(1));
  return ROOM_NAME.test(name) ? name.toLowerCase() : undefined;
}

function showJoin(message?: JoinViewOptions['message']): void {
  const room = roomFromAddress();
  document.title = room === undefined ? 'Conference' : `${room} · Conference`;
  const join = new JoinView({ room, displayName: savedName(), message, onJoin: enter });
  root.replaceChildren(join.element);
  join.focus();
}

function enter({ room, displayName, sources }: JoinChoice): void {
  saveName(displayName);
  if (roomFromAddress() !== room) history.pushState(null, '', `/${room}${location.search}`);
  document.title = `${room} · Conference`;
  const media = new LocalMedia(videoSizeFrom(location.search));
  const entered = new Conference({
    room,
    displayName,
    sources,
    media,
    onChange: scheduleUpdate,
    onNotice: (message) => notices.show(message),
  });
  conference = entered;
  view = new RoomView(entered, notices, leave);
  root.replaceChildren(view.element);
  // The form that had the focus is gone; the next Tab should reach the room's first control.
  view.element.focus();
  void entered.start();
}

function leave(): void {
  conference?.leave();
}

/** Many changes come at once; they are shown once. */
let scheduled = false;
function scheduleUpdate(): void {
  if (scheduled) return;
  scheduled = true;
  // Not an animation frame: a page in the background has none, and its state must still be right.
  setTimeout(() => {
    scheduled = false;
    if (!conference || !view) return;
    const { connection, failure } = conference.state;
    if (connection !== 'left' && connection !== 'failed') return view.update(conference.state);
    view.remove();
    view = undefined;
    conference = undefined;
    showJoin({ text: failure ?? 'You left the room.', bad: connection === 'failed' });
  });
}

function savedName(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

function saveName(name: string): void {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Storage is switched off; then the name is asked for each time.
  }
}

window.addEventListener('popstate', () => {
  if (conference) leave();
  else showJoin();
});
// The others see at once that we are gone, not when the server misses our answers.
window.addEventListener('pagehide', leave);

Object.defineProperty(window, 'conference', {
  value: Object.freeze({
    get connection() {
      return conference?.state.connection ?? 'left';
    },
    get peerId() {
      return conference?.state.peerId;
    },
    get activeSpeaker() {
      return conference?.state.activeSpeaker ?? null;
    },
    stats: async () => (conference ? collectStats(conference.state) : {}),
  }),
});

showJoin();
