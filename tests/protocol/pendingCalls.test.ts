import { PendingCalls, RequestTimeoutError } from '@tureen/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

interface Outcome {
  resolved: unknown[];
  rejected: Error[];
  late: number;
}

function add(calls: PendingCalls<unknown>, method = 'dump'): Outcome & { id: number } {
  const outcome: Outcome & { id: number } = { resolved: [], rejected: [], late: 0, id: 0 };

  outcome.id = calls.add({
    handle: 1,
    method,
    resolve: (result) => outcome.resolved.push(result),
    reject: (error) => outcome.rejected.push(error),
    late: () => (outcome.late += 1),
  });

  return outcome;
}

describe('PendingCalls', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test('an answer settles its call, once', () => {
    const calls = new PendingCalls<unknown>(1000);
    const [first, second] = [add(calls), add(calls)];

    calls.resolve(second.id, 'answer');
    calls.resolve(second.id, 'again');
    calls.reject(second.id, new Error('again'));
    expect(second).toMatchObject({ resolved: ['answer'], rejected: [], late: 0 });
    expect(first).toMatchObject({ resolved: [], rejected: [], late: 0 });
    expect(calls.size).toBe(1);

    const failure = new Error('failure');

    calls.reject(first.id, failure);
    expect(first.rejected).toEqual([failure]);
    expect(calls.size).toBe(0);
  });

  test('an answer to nothing is ignored', () => {
    const calls = new PendingCalls<unknown>(1000);

    calls.resolve(1, 'answer');
    calls.reject(2, new Error('failure'));
    expect(calls.size).toBe(0);
  });

  test('each call has the whole time, whenever it began', () => {
    const calls = new PendingCalls<unknown>(1000);
    const first = add(calls, 'first');

    vi.advanceTimersByTime(600);

    const second = add(calls, 'second');

    vi.advanceTimersByTime(399);
    expect(first.rejected).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(first.rejected[0]).toBeInstanceOf(RequestTimeoutError);
    expect(first.rejected[0]?.message).toMatch(/first\(\) within 1000 ms.*unknown/);
    expect(second.rejected).toEqual([]);
    vi.advanceTimersByTime(600);
    expect(second.rejected[0]).toBeInstanceOf(RequestTimeoutError);
    expect(calls.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('an answered call does not time out, and later ones still do', () => {
    const calls = new PendingCalls<unknown>(1000);
    const first = add(calls);

    vi.advanceTimersByTime(500);

    const second = add(calls);

    calls.resolve(first.id, 1);
    vi.advanceTimersByTime(999);
    expect(second.rejected).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(second.rejected).toHaveLength(1);
    expect(first.rejected).toEqual([]);
  });

  test('a result that comes after all is told as late, a failure is not', () => {
    const calls = new PendingCalls<unknown>(1000);
    const [created, failed] = [add(calls), add(calls)];

    vi.advanceTimersByTime(1001);
    calls.resolve(created.id, 'too late');
    calls.resolve(created.id, 'too late');
    calls.reject(failed.id, new Error('too late'));
    expect(created).toMatchObject({ resolved: [], late: 1 });
    expect(failed).toMatchObject({ late: 0 });
    expect([created, failed].map(({ rejected }) => rejected.length)).toEqual([1, 1]);
  });

  test('with 0 they wait for ever', () => {
    const calls = new PendingCalls<unknown>(0);
    const call = add(calls);

    vi.advanceTimersByTime(1e9);
    expect(call.rejected).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('rejectAll() rejects each with an error of its own and leaves no timer', () => {
    const calls = new PendingCalls<unknown>(1000);
    const outcomes = ['a', 'b'].map((method) => add(calls, method));

    calls.rejectAll(({ method }) => new Error(`lost ${method}`));
    expect(outcomes.map(({ rejected }) => rejected[0]?.message)).toEqual(['lost a', 'lost b']);
    expect(calls.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    calls.rejectAll(() => new Error('again'));
    expect(outcomes.map(({ rejected }) => rejected.length)).toEqual([1, 1]);
  });

  test('whoever calls again from a rejection is not rejected with the rest', () => {
    const calls = new PendingCalls<unknown>(1000);
    let retried: Outcome | undefined;

    calls.add({
      handle: 1,
      method: 'dump',
      resolve: () => undefined,
      reject: () => (retried = add(calls)),
      late: () => undefined,
    });
    calls.rejectAll(() => new Error('lost'));
    expect(retried).toMatchObject({ rejected: [] });
    expect(calls.size).toBe(1);
    calls.rejectAll(() => new Error('lost'));
  });
});
