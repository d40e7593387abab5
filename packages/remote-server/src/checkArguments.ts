/**
 * Names that mean something to JavaScript itself. mediasoup writes arguments into a channel that
 * all calls of a worker share: a value that cannot be made a number leaves that channel unusable,
 * even for closing, and anything with a length is gone through up to it, however large.
 */
const misleading = ['length', 'toString', 'valueOf'] as const;

/** Far above the number of codecs, encodings or addresses that anybody has. */
const maxObjectsInList = 1000;

/**
 * Refuses what no application of mediasoup passes but a hostile one may. What the arguments mean is
 * left to mediasoup; `appData` is not looked into, by mediasoup neither.
 *
 * @throws TypeError naming what is wrong.
 */
export function checkArguments(args: readonly unknown[]): void {
  for (const argument of args) {
    if (typeof argument === 'object' && argument !== null && 'appData' in argument) {
      const { appData: _, ...rest } = argument;

      checkValue(rest);
    } else {
      checkValue(argument);
    }
  }
}

/** Values and characters of a shared value; capabilities have some hundred and some thousand. */
const maxShared = { values: 20_000, characters: 1024 * 1024 };

/**
 * Refuses a value that is too large to be kept for later calls. One message cannot hold much, but
 * many of them could.
 *
 * @throws TypeError saying so.
 */
export function checkShared(shared: unknown): void {
  const left = { ...maxShared };
  const visit = (value: unknown) => {
    left.values -= 1;
    if (typeof value === 'string' || Buffer.isBuffer(value)) {
      left.characters -= value.length;
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        left.characters -= Array.isArray(value) ? 0 : key.length;
        visit(item);
      }
    }
    if (left.values < 0 || left.characters < 0) {
      throw new TypeError('shared value is too large');
    }
  };

  visit(shared);
}

function checkValue(value: unknown): void {
  if (typeof value === 'bigint') {
    throw new TypeError('arguments must not hold integers beyond 64-bit floating point');
  }
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) {
    return;
  }
  if (Array.isArray(value)) {
    checkList(value);
  } else {
    for (const name of misleading) {
      if (Object.hasOwn(value, name)) {
        throw new TypeError(`arguments must not have a property named ${name}`);
      }
    }
    for (const key in value) {
      checkValue((value as Record<string, unknown>)[key]);
    }
  }
}

function checkList(list: readonly unknown[]): void {
  let objects = 0;

  for (const item of list) {
    if (typeof item === 'object' && item !== null && (objects += 1) > maxObjectsInList) {
      throw new TypeError(`arguments must not have lists of more than ${maxObjectsInList} objects`);
    }
    checkValue(item);
  }
}
