import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket as TcpSocket } from 'node:net';
import * as packets from 'dns-packet';
import { onTestFinished } from 'vitest';
import { freePort } from '../../support/freePort.js';

type Records = readonly packets.Answer[];
type ErrorCode = 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';
/** What it does with a question: records (none is an empty answer), an error, or nothing at all. */
type Behaviour = Records | ErrorCode | 'silence';

const codes: Record<ErrorCode, number> = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
const udpLimit = 512;

/** A real DNS server, over UDP and TCP, whose answers the test decides. */
export class DnsServer {
  /** How often each kind of record was asked for. */
  readonly asked = { A: 0, AAAA: 0, SRV: 0 };
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #udp: Socket = createSocket('udp4');
  readonly #tcp: Server = createServer((socket) => this.#accept(socket));
  readonly #connections = new Set<TcpSocket>();

  private constructor() {
    onTestFinished(async () => {
      this.#udp.close();
      this.#connections.forEach((socket) => socket.destroy());
      this.#tcp.close();
      await once(this.#tcp, 'close');
    });
  }

  static async start(): Promise<DnsServer> {
    const server = new DnsServer();

    server.#udp.on('message', (message, from) => server.#receive(message, from));
    // One port for both.
    server.#udp.bind(await freePort(), '127.0.0.1');
    await once(server.#udp, 'listening');
    server.#tcp.listen(server.#udp.address().port, '127.0.0.1');
    await once(server.#tcp, 'listening');

    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#tcp.address() as AddressInfo).port}`;
  }

  /** From now on, for addresses; with the same TTL in seconds for each. */
  addresses(name: string, type: 'A' | 'AAAA', addresses: readonly string[], ttl = 0): void {
    this.set(
      name,
      type,
      addresses.map((data) => ({ name, type, ttl, data })),
    );
  }

  services(name: string, targets: readonly { target: string; port: number }[]): void {
    this.set(
      name,
      'SRV',
      targets.map((data) => ({ name, type: 'SRV', ttl: 0, data })),
    );
  }

  set(name: string, type: 'A' | 'AAAA' | 'SRV', behaviour: Behaviour): void {
    this.#behaviours.set(`${name} ${type}`, behaviour);
  }

  #receive(message: Buffer, { port, address }: RemoteInfo): void {
    const answer = this.#answer(packets.decode(message));

    if (answer) {
      const whole = packets.encode(answer);
      const fits = whole.length <= udpLimit;

      this.#udp.send(
        fits ? whole : packets.encode({ ...answer, answers: [], flags: truncated }),
        port,
        address,
      );
    }
  }

  #accept(socket: TcpSocket): void {
    let received = Buffer.alloc(0);

    this.#connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const answer = this.#answer(packets.streamDecode(received));

        received = received.subarray(2 + received.readUInt16BE(0));
        if (answer) socket.write(packets.streamEncode(answer));
      }
    });
  }

  /** What nobody has decided about does not exist. */
  #answer({ id, questions }: packets.Packet): packets.Packet | undefined {
    const [question] = questions ?? [];
    const { name = '', type = 'A' } = question ?? {};
    const behaviour = this.#behaviours.get(`${name.toLowerCase()} ${type}`) ?? 'NXDOMAIN';

    if (type === 'A' || type === 'AAAA' || type === 'SRV') this.asked[type] += 1;
    if (behaviour === 'silence') return undefined;

    return {
      id,
      type: 'response',
      questions,
      flags: packets.AUTHORITATIVE_ANSWER | (typeof behaviour === 'string' ? codes[behaviour] : 0),
      answers: typeof behaviour === 'string' ? [] : [...behaviour],
    };
  }
}

const truncated = packets.AUTHORITATIVE_ANSWER | packets.TRUNCATED_RESPONSE;
