import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ResumeRequest, SessionKey } from '@tureen/protocol';
import type { Session } from './Session.js';

interface Entry {
  session: Session;
  secret: Buffer;
}

/** The sessions of a server, each found by its id and proven by its secret. */
export class SessionTable {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  add(session: Session): SessionKey {
    const id = randomBytes(16).toString('base64url');
    const secret = randomBytes(32).toString('base64url');

    this.#entries.set(id, { session, secret: digest(secret) });

    return { id, secret };
  }

  /** The session that the client may go on with; undefined whatever is wrong about its claim. */
  find({ id, secret }: ResumeRequest): Session | undefined {
    const entry = this.#entries.get(id);

    return entry && timingSafeEqual(entry.secret, digest(secret)) ? entry.session : undefined;
  }

  delete(session: Session): void {
    for (const [id, entry] of this.#entries) {
      if (entry.session === session) {
        this.#entries.delete(id);
      }
    }
  }

  sessions(): Session[] {
    return [...this.#entries.values()].map(({ session }) => session);
  }
}

/** The secret itself is not kept. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
