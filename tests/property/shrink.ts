import type { Difference, Duel } from './Duel.js';
import type { Sequence, Step } from './sequence.js';

/** Runs that finding a smaller sequence may take. */
const budget = 60;
/** Milliseconds after which a difference counts: shorter, since one is known to be there. */
const patience = 1000;

export interface Shrunk {
  sequence: Sequence;
  difference: Difference;
}

/** Leaves out steps, then single operations, as long as there still is a difference. */
export async function shrink(
  sequence: Sequence,
  difference: Difference,
  duel: Duel,
): Promise<Shrunk> {
  let smallest: Shrunk = {
    sequence: { ...sequence, steps: sequence.steps.slice(0, difference.step + 1) },
    difference,
  };
  let runs = 0;

  const attempt = async (steps: readonly Step[]): Promise<boolean> => {
    if (steps.length === 0 || runs >= budget) {
      return false;
    }
    runs += 1;

    const smaller = { ...sequence, steps };
    const found = await duel.run(smaller, patience);

    if (found) {
      smallest = {
        sequence: { ...smaller, steps: steps.slice(0, found.step + 1) },
        difference: found,
      };
    }

    return found !== undefined;
  };

  for (let size = Math.ceil(smallest.sequence.steps.length / 2); size >= 1; size >>= 1) {
    for (let end = smallest.sequence.steps.length; end > 0;) {
      const { steps } = smallest.sequence;
      const start = Math.max(0, end - size);

      await attempt([...steps.slice(0, start), ...steps.slice(end)]);
      end = Math.min(start, smallest.sequence.steps.length);
    }
  }
  for (let index = smallest.sequence.steps.length - 1; index >= 0; index -= 1) {
    const step = smallest.sequence.steps[index] ?? [];

    for (let operation = step.length - 1; operation >= 0 && step.length > 1; operation -= 1) {
      const { steps } = smallest.sequence;
      const now = steps[index] ?? [];

      if (now.length > 1) {
        await attempt(
          steps.with(
            index,
            now.filter((_, position) => position !== operation),
          ),
        );
      }
    }
  }

  return smallest;
}
