/* eslint-disable @typescript-eslint/no-explicit-any -- methods of any kind */
type Method = (...args: any[]) => any;
type MethodNames<T> = {
  [K in keyof T]: T[K] extends Method ? K : never;
}[keyof T];

/**
 * Puts a method in front of one of an object's own. What the application holds is the very object
 * of the layer below, so all that is not overridden cannot differ from it.
 */
export function override<T extends object, K extends MethodNames<T> & string>(
  object: T,
  name: K,
  method: (original: Method, ...args: any[]) => unknown,
): void {
  const original = (object[name] as Method).bind(object);

  Object.defineProperty(object, name, {
    value: (...args: unknown[]) => method(original, ...args),
    configurable: true,
    writable: true,
    enumerable: false,
  });
}
