import type { Entry } from './Side.js';
import { takenId } from './exceptions.js';
import { isRaced, type Step } from './sequence.js';

/** The same things in two logs in comparable streams: each a list of lines in their order. */
type Streams = Map<string, string[]>;

function add(streams: Streams, key: string, line: string): void {
  const lines = streams.get(key);

  if (lines) {
    lines.push(line);
  } else {
    streams.set(key, [line]);
  }
}

/**
 * Sorts a log into streams within which the order is mediasoup's promise:
 * - what happened during a synchronous call, on all objects;
 * - what the calls on one object caused, with their results;
 * - what notifications of the worker caused on one object;
 * - each event with a clock of its own.
 *
 * A notification and the answer to another call reach mediasoup in one read or in two, and it
 * treats them differently, so their order to each other is nobody's promise.
 */
function streamsOf(entries: readonly Entry[], step: Step): Streams {
  const streams: Streams = new Map();
  const raced = isRaced(step);
  const ambiguous = pausesBoth(step);

  for (const { object, channel, event, text, state, cause, during } of entries) {
    const where = channel === 'observer' ? `${object}.observer` : object;
    const line = `${where} ${event} ${raced ? racedText(text, step) : text}`;

    if (during !== undefined) {
      add(streams, `during ${during}`, `${line}  [${state}]`);
    } else if (cause === 'clock') {
      add(streams, `${where} ${event}`, line);
    } else if (cause === 'either' && ambiguous) {
      continue;
    } else if (raced) {
      add(streams, racedStream({ object, channel, event, text, cause }), line);
    } else {
      if (cause !== 'notification') {
        add(streams, `${object} calls`, `${line}  [${state}]`);
      }
      if (cause !== 'call') {
        add(streams, `${object} notifications`, line);
      }
    }
  }

  return streams;
}

/**
 * Answers that come in one read run their continuations in turns, so results of different methods
 * are not compared. What is refused for its arguments is refused by the server, and if the network
 * splits what was sent together, then after the answer to an earlier call.
 */
function racedStream({
  object,
  channel,
  event,
  text,
  cause,
}: Pick<Entry, 'object' | 'channel' | 'event' | 'text' | 'cause'>): string {
  if (channel !== 'result') {
    return `${object} ${cause}`;
  }

  return `${object} ${text.startsWith('resolved') ? event.split(' ').at(-1) : event}`;
}

/** What the outcome of a call is by chance is left out. */
function racedText(text: string, step: Step): string {
  return closesWorker(step) && text.startsWith('rejected')
    ? 'rejected'
    : text.replace(takenId, 'rejected: a $1 has that id');
}

/** The client aborts what is under way, and does not wait for what the server would have refused. */
function closesWorker(step: Step): boolean {
  return step.some(
    (operation) => 'call' in operation && operation.call === 'close' && /^w\d+$/.test(operation.on),
  );
}

const pausing = new Set(['pause', 'resume', 'close', 'pipeToRouter']);

/**
 * Whether consumers and producers are paused in the same step: which of the two comes first decides
 * how often a consumer says so.
 */
function pausesBoth(step: Step): boolean {
  const objects = step
    .filter((operation) => 'call' in operation && pausing.has(operation.call))
    .map(({ on }) => on);

  return isRaced(step) && (objects.length > 1 || step.length === 1);
}

/** What could be seen of one target after a step. */
export interface Observation {
  entries: readonly Entry[];
  /** Getters of every object. */
  snapshot: ReadonlyMap<string, string>;
  /** What the workers still hold at the very end. */
  leftovers?: string;
}

export interface Contrast {
  text: string;
  /** What a target showed in the place where the two differ. */
  outcomeOf(observation: Observation): string;
}

/** Gives the first difference of two logs of one step, or undefined. */
export function differenceOf(
  expected: readonly Entry[],
  actual: readonly Entry[],
  step: Step,
): Contrast | undefined {
  const expectedStreams = streamsOf(expected, step);
  const actualStreams = streamsOf(actual, step);

  for (const key of new Set([...expectedStreams.keys(), ...actualStreams.keys()])) {
    const difference = linesDiffer(expectedStreams.get(key) ?? [], actualStreams.get(key) ?? []);

    if (difference !== undefined) {
      return {
        text: `${key}:\n${difference}`,
        outcomeOf: ({ entries }) => JSON.stringify(streamsOf(entries, step).get(key) ?? []),
      };
    }
  }

  return brokenBlock(expected, actual, step);
}

function linesDiffer(expected: readonly string[], actual: readonly string[]): string | undefined {
  const length = Math.max(expected.length, actual.length);

  for (let index = 0; index < length; index += 1) {
    if (expected[index] !== actual[index]) {
      return [
        ...expected.slice(Math.max(0, index - 2), index).map((line) => `      both: ${line}`),
        ...expected.slice(index, index + 3).map((line) => `  expected: ${line}`),
        ...(expected.length <= index ? ['  expected: nothing more'] : []),
        ...actual.slice(index, index + 3).map((line) => `       got: ${line}`),
        ...(actual.length <= index ? ['       got: nothing more'] : []),
        ...(expected.length > index && actual.length > index
          ? ['      where:', contrast(expected[index] as string, actual[index] as string)]
          : []),
      ].join('\n');
    }
  }

  return undefined;
}

export function mapsDiffer(
  expected: ReadonlyMap<string, string>,
  actual: ReadonlyMap<string, string>,
): Contrast | undefined {
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const one = expected.get(key);
    const other = actual.get(key);

    if (one !== other) {
      const text = contrast(one ?? 'no such object', other ?? 'no such object');

      return {
        text: `getters of ${key}:\n${text}`,
        outcomeOf: ({ snapshot }) => String(snapshot.get(key)),
      };
    }
  }

  return undefined;
}

/** Two long lines from shortly before they differ. */
function contrast(expected: string, actual: string): string {
  const index = [...expected].findIndex((character, position) => character !== actual[position]);
  const start = Math.max(0, (index < 0 ? expected.length : index) - 60);

  return [
    `  expected: ${expected.slice(start, start + 400)}`,
    `       got: ${actual.slice(start, start + 400)}`,
  ].join('\n');
}

function blocksOf(all: readonly Entry[], step: Step, raced: boolean): string[][] {
  const blocks = new Map<number, Entry[]>();
  const entries = pausesBoth(step) ? all.filter(({ cause }) => cause !== 'either') : all;

  for (const entry of entries) {
    if (entry.during === undefined && entry.channel !== 'result') {
      blocks.set(entry.block, [...(blocks.get(entry.block) ?? []), entry]);
    }
  }

  return (
    [...blocks.values()]
      // What several answers cause may look like one block, so then only those count that begin with
      // an event that nothing but a notification causes.
      .filter(([first]) => !raced || (first?.cause === 'notification' && first.event !== 'close'))
      .map((block) =>
        block.map(({ object, channel, event, text }) => `${object} ${channel} ${event} ${text}`),
      )
  );
}

/** What mediasoup does without anything in between must have nothing in between. */
function brokenBlock(
  expected: readonly Entry[],
  actual: readonly Entry[],
  step: Step,
): Contrast | undefined {
  const actualBlocks = blocksOf(actual, step, false);

  for (const block of blocksOf(expected, step, isRaced(step))) {
    if (block.length > 1 && !actualBlocks.some((other) => holds(other, block))) {
      const touched = (blocks: string[][]) =>
        blocks.filter((other) => other.some((line) => block.includes(line)));
      const text = [
        'a synchronous block was broken up or reordered:',
        ...block.map((line) => `  expected: ${line}`),
        ...touched(actualBlocks).flatMap((other) => [
          '       got a block:',
          ...other.map((line) => `         ${line}`),
        ]),
      ].join('\n');

      return {
        text,
        outcomeOf: ({ entries }) => JSON.stringify(touched(blocksOf(entries, step, false))),
      };
    }
  }

  return undefined;
}

function holds(lines: readonly string[], wanted: readonly string[]): boolean {
  return lines.some((_line, start) => wanted.every((line, index) => lines[start + index] === line));
}
