/** One of the application's objects: below are several of its kind, with ids of their own. */
interface Virtual {
  readonly id: string;
  /** Of those that are open. */
  realIds(): string[];
}

/** How the application knows what the answers of workers name. */
export interface Names {
  /** Its ids, by those below. */
  readonly known: ReadonlyMap<string, string>;
  /** Ids of its objects that have nothing below at the moment. */
  readonly alone: ReadonlySet<string>;
}

export function namesOf(objects: Iterable<Virtual>): Names {
  const entries = [...objects].map((object) => [object.id, object.realIds()] as const);

  return {
    known: new Map(entries.flatMap(([id, realIds]) => realIds.map((realId) => [realId, id]))),
    alone: new Set(entries.flatMap(([id, realIds]) => (realIds.length === 0 ? [id] : []))),
  };
}

/** Of before an answer and of after it: what was closed or made meanwhile may be in it. */
export function bothNames(before: Names, after: Names): Names {
  return {
    known: new Map([...before.known, ...after.known]),
    alone: new Set([...before.alone].filter((id) => after.alone.has(id))),
  };
}

/** Ids of the application's, each once; what it does not know is left out. */
export function knownAs(ids: readonly string[], { known }: Pick<Names, 'known'>): string[] {
  return unique(ids.flatMap((id) => known.get(id) ?? []));
}

export function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
