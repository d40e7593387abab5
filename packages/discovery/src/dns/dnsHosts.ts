import type { RecordWithTtl, SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { Discovery } from '../Discovery.js';
import { DiscoveryBase } from '../DiscoveryBase.js';
import { InvalidHostError, NameNotFoundError } from '../errors.js';
import { hostUrl } from '../hostUrl.js';
import { parseDnsUrl, type DnsName } from './dnsUrl.js';
import { Question, type Answer, type Outcome } from './Question.js';

export interface DnsOptions {
  /**
   * Milliseconds between lookups. Default: the answer's TTL, but at least 1 s and at most 30 s; 5 s
   * where it has none.
   */
  interval?: number;
  /** `wss:` instead of `ws:`; as `?secure` in the URL. Default false. */
  secure?: boolean;
  /** Addresses of DNS servers, with or without a port. Default: those of the system. */
  servers?: readonly string[];
  /** Empty answers in a row after which there are no hosts. Default 3. */
  emptyAnswers?: number;
  /** Milliseconds that a server may take to answer; each is asked twice. Default 2000. */
  timeout?: number;
}

const withoutTtl = 5000;
const shortest = 1000;
const longest = 30_000;

class DnsDiscovery extends DiscoveryBase {
  readonly #name: DnsName;
  readonly #options: DnsOptions;
  readonly #questions: readonly Question[];
  #resolver: Resolver | undefined;
  #timer: NodeJS.Timeout | undefined;
  #missing = false;
  /** What cannot be a host, and has been told. */
  #wrong: ReadonlySet<string> = new Set();

  constructor(name: DnsName, options: DnsOptions) {
    super();
    this.#name = name;
    this.#options = options;
    this.#questions = questionsOf(name).map((ask) => new Question(ask, options.emptyAnswers ?? 3));
    // Servers that make no sense are an error here, and not in each lookup.
    this.#newResolver();
  }

  protected begin(): void {
    void this.#lookUp();
  }

  protected async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#resolver?.cancel();
  }

  async #lookUp(): Promise<void> {
    const resolver = this.#newResolver();

    this.#resolver = resolver;

    const outcomes = await Promise.all(this.#questions.map((question) => question.ask(resolver)));

    if (this.closed) {
      return;
    }
    this.#tellOutcomes(outcomes);
    this.#timer = setTimeout(() => void this.#lookUp(), this.#delay(outcomes));
  }

  /** A new one each time: it reads the system's configuration, which may have changed. */
  #newResolver(): Resolver {
    const resolver = new Resolver({ timeout: this.#options.timeout ?? 2000, tries: 2 });

    if (this.#options.servers) {
      resolver.setServers(this.#options.servers);
    }

    return resolver;
  }

  #tellOutcomes(outcomes: readonly Outcome[]): void {
    const { name } = this.#name;
    const failure = outcomes.find(({ kind }) => kind === 'failure');
    const known = this.#questions.map((question) => question.known);
    const urls = known.flatMap((ofOne) => ofOne ?? []);

    if (failure?.kind === 'failure') {
      this.failed(`looking up ${name} failed`, failure.error);
    } else {
      this.recovered();
    }
    if (urls.length > 0 || known.every((ofOne) => ofOne !== undefined)) {
      this.learned([...new Set(urls)].sort().map((url) => ({ id: url, url })));
    }
    this.#tellWrong(this.#questions.flatMap(({ wrong }) => wrong));
    this.#tellMissing(outcomes.every((outcome) => outcome.kind === 'empty' && !outcome.exists));
  }

  #tellWrong(wrong: readonly string[]): void {
    const before = this.#wrong;

    this.#wrong = new Set(wrong);
    for (const what of this.#wrong) {
      if (!before.has(what)) {
        this.complain(
          new InvalidHostError(`${what} of ${this.#name.name} is ignored: it cannot be a host`),
        );
      }
    }
  }

  #tellMissing(missing: boolean): void {
    if (missing && !this.#missing) {
      const { name } = this.#name;

      this.complain(
        new NameNotFoundError(
          `there is no name ${name} in DNS; it must be complete, as search domains are not tried`,
        ),
      );
    }
    this.#missing = missing;
  }

  #delay(outcomes: readonly Outcome[]): number {
    const ttls = outcomes.map((outcome) => (outcome.kind === 'hosts' ? outcome.ttl : undefined));
    const ttl = Math.min(...ttls.filter((value) => value !== undefined)) * 1000;

    return (
      this.#options.interval ??
      (Number.isFinite(ttl) ? Math.min(Math.max(ttl, shortest), longest) : withoutTtl)
    );
  }
}

function questionsOf({
  kind,
  name,
  port,
  secure,
}: DnsName): ((resolver: Resolver) => Promise<Answer>)[] {
  const scheme = secure ? 'wss' : 'ws';
  const answer = (records: RecordWithTtl[], url: (address: string) => string): Answer => ({
    urls: records.map(({ address }) => url(address)),
    ttl: Math.min(...records.map(({ ttl }) => ttl)),
  });

  if (kind === 'addresses') {
    return [
      async (resolver) =>
        answer(
          await resolver.resolve4(name, { ttl: true }),
          (address) => `${scheme}://${address}:${port}/`,
        ),
      async (resolver) =>
        answer(
          await resolver.resolve6(name, { ttl: true }),
          (address) => `${scheme}://[${address}]:${port}/`,
        ),
    ];
  }

  return [
    async (resolver) => {
      const services = (await resolver.resolveSrv(name))
        // A single record with the root as target says that there is no such service.
        .filter((service) => service.name !== '' && service.name !== '.')
        .map((service) => ({ service, url: urlOf(service, scheme) }));

      return {
        urls: services.flatMap(({ url }) => url ?? []),
        wrong: services
          .filter(({ url }) => url === undefined)
          .map(({ service }) => JSON.stringify(service.name)),
      };
    },
  ];
}

/** Undefined for a name that is none of a host: in DNS there may be anything. */
function urlOf({ name, port }: SrvRecord, scheme: 'ws' | 'wss'): string | undefined {
  try {
    return /^[\w.-]+$/.test(name) ? hostUrl(`${scheme}://${name}:${port}/`) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Hosts by a name in DNS, looked up again and again.
 *
 * @param url - `dns://name:port` for each of the name's A and AAAA records, such as those of a
 *   Kubernetes headless service; or `dns+srv://_tureen._tcp.name` for each of its SRV records, whose
 *   names stay names, as certificates need.
 * @throws TypeError for another URL, or servers that are no addresses.
 */
export function dnsHosts(url: string, options: DnsOptions = {}): Discovery {
  const name = parseDnsUrl(url);

  return new DnsDiscovery({ ...name, secure: options.secure ?? name.secure }, options);
}
