import { KilnError } from '../../base/errors.ts';
import { evaluateExpression, type Parameters } from '../expression.ts';

/** The value of an expression of the manifest for one task; its errors name the place in the manifest. */
export function evaluateAt(place: string, expression: number | string, parameters: Parameters): number {
  try {
    return evaluateExpression(expression, parameters);
  } catch (error) {
    if (!(error instanceof KilnError)) throw error;
    throw new KilnError(error.code, `${place}: ${error.message}`, {
      data: { ...error.data, path: place },
      hint: error.hint ?? 'Change the expression so that it has a value for every task.',
      cause: error,
    });
  }
}

/** The same for a whole number within bounds; throws `job/bad-number` with the task in which it is none. */
export function wholeAt(
  expression: number | string,
  parameters: Parameters,
  place: string,
  atLeast: number,
  atMost = Number.MAX_SAFE_INTEGER,
): number {
  const value = evaluateAt(place, expression, parameters);
  if (Number.isSafeInteger(value) && value >= atLeast && value <= atMost) return value;
  const upTo = atMost === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${atMost}`;
  throw new KilnError('job/bad-number', `${place}: is ${value} in task ${parameters['index']! + 1}.`, {
    data: { path: place, expression, value, task: parameters['index']! },
    hint: `Make it a whole number of at least ${atLeast}${upTo} in every task.`,
  });
}
